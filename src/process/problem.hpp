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

/// A disk is full, or what this user may have of it is used up: somebody has to make room.
inline bool is_disk_full(int error) noexcept { return error == ENOSPC || error == EDQUOT; }

/// Out of descriptors, processes, memory or room on a disk: it passes.
inline bool is_shortage(int error) noexcept {
  return error == EAGAIN || error == EMFILE || error == ENFILE || error == ENOMEM ||
         error == ENOBUFS || is_disk_full(error);
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
