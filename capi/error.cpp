// SPDX-License-Identifier: Apache-2.0
// Errors and owned text.
#include "base/utf8.hpp"
#include "capi.hpp"

namespace promoflow::capi {

namespace {

/// For when there is no memory for an error either. Never freed and never changed, so that all
/// threads may share it.
const promoflow_error& out_of_memory() noexcept {
  static const promoflow_error error{PROMOFLOW_E_OUT_OF_MEMORY, {}, detail::kNoMemoryText};
  return error;
}

}  // namespace

promoflow_status fail(promoflow_error** error, promoflow_status code, std::string_view where,
                      std::string_view message) noexcept {
  if (error == nullptr) { return code; }
  if (code == PROMOFLOW_E_OUT_OF_MEMORY) {
    *error = const_cast<promoflow_error*>(&out_of_memory());
    return code;
  }
  const auto no_memory = [&]() { return fail(error, PROMOFLOW_E_OUT_OF_MEMORY, {}, {}); };
  return detail::catching(
      [&] {
        *error = new (std::nothrow)
            promoflow_error{code, detail::to_utf8(where), detail::to_utf8(message)};
        return *error != nullptr ? code : no_memory();
      },
      no_memory, [&](const char*) { return no_memory(); });
}

promoflow_status fail(promoflow_error** error, const Error& why) noexcept {
  return fail(error, static_cast<promoflow_status>(why.code), why.where, why.message);
}

promoflow_status missing(promoflow_error** error, const char* name) noexcept {
  return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, name, "must be given, but is NULL");
}

promoflow_status invalid_argument(promoflow_error** error, const char* name) noexcept {
  return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, name,
              "has a number, an index or a size that is out of range for this version");
}

promoflow_status refuse(promoflow_error** error, const Fault& fault) noexcept {
  if (fault.name == nullptr) { return PROMOFLOW_OK; }
  return fault.is_missing ? missing(error, fault.name) : invalid_argument(error, fault.name);
}

promoflow_status give_text(promoflow_error** error, promoflow_buffer** out,
                           Result<std::string> text) {
  if (!text) { return fail(error, text.error()); }
  *out = new promoflow_buffer{std::move(*text)};
  return PROMOFLOW_OK;
}

}  // namespace promoflow::capi

using namespace promoflow::capi;

promoflow_status promoflow_error_code(const promoflow_error* error) {
  return error == nullptr ? PROMOFLOW_OK : error->code;
}

promoflow_str promoflow_error_message(const promoflow_error* error) {
  if (error == &out_of_memory()) { return out_text(promoflow::detail::kNoMemory); }
  return out_text(error == nullptr ? std::string_view() : error->message);
}

promoflow_str promoflow_error_where(const promoflow_error* error) {
  return out_text(error == nullptr ? std::string_view() : error->where);
}

void promoflow_error_free(promoflow_error* error) {
  if (error != &out_of_memory()) { delete error; }
}

promoflow_status promoflow_error_new(promoflow_status code, promoflow_str where,
                                     promoflow_str message, promoflow_error** out) {
  if (const auto bad = need(nullptr, {{"where", where}, {"message", message}, {"out", out}})) {
    return bad;
  }
  if (code >= PROMOFLOW_OK) { return PROMOFLOW_E_INVALID_ARGUMENT; }
  promoflow_error* made = nullptr;
  const promoflow_status status = guarded(
      &made, [&]() -> promoflow_status { return fail(&made, code, view(where), view(message)); });
  *out = made;
  return code != status && status == PROMOFLOW_E_OUT_OF_MEMORY ? status : PROMOFLOW_OK;
}

promoflow_str promoflow_buffer_text(const promoflow_buffer* buffer) {
  return out_text(buffer == nullptr ? std::string_view() : buffer->text);
}

void promoflow_buffer_free(promoflow_buffer* buffer) { delete buffer; }

promoflow_status promoflow_buffer_new(promoflow_str text, promoflow_buffer** out,
                                      promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"text", text}, {"out", out}})) { return bad; }
    return give_text(error, out, promoflow::detail::to_utf8(view(text)));
  });
}
