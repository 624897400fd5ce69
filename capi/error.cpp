// SPDX-License-Identifier: Apache-2.0
// Errors and owned text.
#include "capi.hpp"

namespace promoflow::capi {

namespace {

/// When there is no memory for an error either. Never freed, never changed: all may share it.
const promoflow_error& out_of_memory() noexcept {
  static const promoflow_error error{PROMOFLOW_E_OUT_OF_MEMORY, {}, "out of memory"};
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
  try {
    *error = new promoflow_error{code, std::string(where), std::string(message)};
    return code;
  } catch (...) { return fail(error, PROMOFLOW_E_OUT_OF_MEMORY, {}, {}); }
}

promoflow_status fail(promoflow_error** error, const Error& why) noexcept {
  return fail(error, static_cast<promoflow_status>(why.code), why.where, why.message);
}

promoflow_status missing(promoflow_error** error, const char* name) noexcept {
  return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, name, "must be given, but is NULL");
}

promoflow_status meaningless(promoflow_error** error, const char* name) noexcept {
  return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, name,
              "has a number, an index or a size that means nothing to this version");
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
  return out_text(error == nullptr ? std::string_view() : error->message);
}

promoflow_str promoflow_error_where(const promoflow_error* error) {
  return out_text(error == nullptr ? std::string_view() : error->where);
}

void promoflow_error_free(promoflow_error* error) {
  if (error != &out_of_memory()) { delete error; }
}

promoflow_str promoflow_buffer_text(const promoflow_buffer* buffer) {
  return out_text(buffer == nullptr ? std::string_view() : buffer->text);
}

void promoflow_buffer_free(promoflow_buffer* buffer) { delete buffer; }
