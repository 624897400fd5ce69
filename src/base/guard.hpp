// SPDX-License-Identifier: Apache-2.0
/// @file
/// The guard around every public function: no exception leaves the library.
#pragma once

#include <exception>
#include <new>
#include <utility>

#include "promoflow/result.hpp"

namespace promoflow::detail {

inline tl::unexpected<Error> out_of_memory() noexcept {
  return tl::unexpected(Error{ErrorCode::OutOfMemory, {}, "out of memory"});
}

/// Runs the body of a public function and turns exceptions into Errors.
template <class Body>
auto guarded(Body&& body) noexcept -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) { return out_of_memory(); } catch (const std::exception& error) {
    try {
      return tl::unexpected(Error{ErrorCode::Internal, {}, error.what()});
    } catch (const std::bad_alloc&) { return out_of_memory(); }
  }
}

}  // namespace promoflow::detail
