// SPDX-License-Identifier: Apache-2.0
/// @file
/// Problem: why the system did not do something, for people, and whether it may do it later.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Out of descriptors, processes or memory: it passes when something else has ended.
inline bool is_shortage(int error) noexcept {
  return error == EAGAIN || error == EMFILE || error == ENFILE || error == ENOMEM ||
         error == ENOBUFS;
}

/// An empty text: there is none.
struct Problem {
  std::string text{};
  int error = 0;  ///< The system's number; 0: it has none.

  explicit operator bool() const noexcept { return !text.empty(); }
};

/// What the system answered to `what`, such as "cannot write FILE".
inline Problem system_problem(std::string what, int error) {
  return {std::move(what) + ": " + std::generic_category().message(error), error};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
