// SPDX-License-Identifier: Apache-2.0
// What the C interfaces of the libraries beside libpromoflow share. They use the functions that
// libpromoflow exports, and never what is inside its handles. All is in this header, because each
// of them has a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promoflow/manifest.hpp"
#include "promoflow/release.hpp"
#include "structs.hpp"

namespace promoflow::capi::component {

inline promoflow_status fail(promoflow_error** error, promoflow_status code, std::string_view where,
                             std::string_view message) noexcept {
  if (error == nullptr) { return code; }
  const promoflow_status made =
      promoflow_error_new(code, out_text(where), out_text(message), error);
  return made == PROMOFLOW_OK ? code : made;
}
inline promoflow_status fail(promoflow_error** error, const Error& why) noexcept {
  return fail(error, static_cast<promoflow_status>(why.code), why.where, why.message);
}
inline promoflow_status missing(promoflow_error** error, const char* name) noexcept {
  return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, name, "must be given, but is NULL");
}
inline promoflow_status invalid_argument(promoflow_error** error, const char* name) noexcept {
  return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, name,
              "has a number or a size that is out of range for this version");
}

inline promoflow_status refuse(promoflow_error** error, const Fault& fault) noexcept {
  if (fault.name == nullptr) { return PROMOFLOW_OK; }
  return fault.is_missing ? missing(error, fault.name) : invalid_argument(error, fault.name);
}

/// Fails with the name of the first parameter that is missing.
template <std::size_t kCount>
promoflow_status need(promoflow_error** error, const RequiredParam (&all)[kCount]) noexcept {
  const char* const name = first_missing(all);
  return name == nullptr ? PROMOFLOW_OK : missing(error, name);
}

inline bool is_path(promoflow_str text) noexcept {
  return view(text).find('\0') == std::string_view::npos;
}
inline promoflow_status no_path(promoflow_error** error, const char* name) noexcept {
  return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, name, "a path cannot hold a NUL character");
}

/// Wraps the body of every function that may fail: no exception crosses the border.
template <class Body>
promoflow_status guarded(promoflow_error** error, Body&& body) noexcept {
  const auto failed = [&](promoflow_status code, std::string_view message) noexcept {
    return fail(error, code, {}, message);
  };
  return guarded_by(failed, error, std::forward<Body>(body));
}

/// Reads a struct that gives its own size; fails with `name`. `in` is not NULL.
template <class T>
promoflow_status take_struct(promoflow_error** error, const char* name, const T* in,
                             T& out) noexcept {
  const std::size_t size = size_to_fill(in);
  return size != 0 && read_struct(in, size, out) ? PROMOFLOW_OK : invalid_argument(error, name);
}

inline promoflow_status take_names(promoflow_error** error, const char* name,
                                   const promoflow_str* in, std::uint64_t count,
                                   std::vector<std::string>& out) {
  return refuse(error, capi::take_names(name, in, count, out));
}

/// `in` may be NULL: all environments.
inline promoflow_status from_c(promoflow_error** error, const promoflow_selection* in,
                               EnvironmentSelection& out) {
  return refuse(error, take_selection("selection", in, out));
}

/// Takes over what has a destroy() of its own, which T's destructor calls. Without memory that is
/// called, too, before this throws. `T(in)` takes no memory.
template <class T, class In>
std::unique_ptr<T> take_over(const In& in) {
  std::unique_ptr<T> made(new (std::nothrow) T(in));
  if (made != nullptr) { return made; }
  const T destroyed(in);
  detail::throw_out_of_memory();
}

struct FreeBuffer {
  void operator()(promoflow_buffer* buffer) const noexcept { promoflow_buffer_free(buffer); }
};
using OwnBuffer = std::unique_ptr<promoflow_buffer, FreeBuffer>;

/// The flow as C++ has it: through its manifest, because handles are closed here.
inline promoflow_status from_c(promoflow_error** error, const promoflow_flow* flow,
                               std::optional<Flow>& out) {
  promoflow_buffer* made = nullptr;
  const promoflow_status status = promoflow_flow_write(flow, PROMOFLOW_TEXT_JSON, &made, error);
  const OwnBuffer text(made);
  if (status != PROMOFLOW_OK) { return status; }
  Result<Flow> loaded = load_flow(view(promoflow_buffer_text(text.get())));
  if (!loaded) { return fail(error, loaded.error()); }
  out.emplace(std::move(*loaded));
  return PROMOFLOW_OK;
}

}  // namespace promoflow::capi::component
