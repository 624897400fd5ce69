// SPDX-License-Identifier: Apache-2.0
// What the files of libpromoflow_process's C interface share. They use the functions that
// libpromoflow exports, and never what is inside its handles.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "promoflow/process_executor.hpp"
#include "promoflow_process.h"
#include "structs.hpp"

struct promoflow_process_commands {
  promoflow::ProcessCommandsReport report;
};

namespace promoflow::capi::process {

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

inline bool is_path(promoflow_str text) noexcept {
  return view(text).find('\0') == std::string_view::npos;
}

}  // namespace promoflow::capi::process
