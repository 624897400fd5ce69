// SPDX-License-Identifier: Apache-2.0
/// @file
/// The guard around every public function: no exception leaves the library.
#pragma once

#include <utility>

#include "base/exceptions.hpp"
#include "promoflow/result.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline tl::unexpected<Error> out_of_memory() noexcept {
  return tl::unexpected(Error{ErrorCode::OutOfMemory, {}, kNoMemoryText});
}

/// Throws if memory ran out, so that the guard says so, whatever the caller makes of other errors.
template <class T>
void throw_if_out_of_memory(const Result<T>& given) {
  if (!given && given.error().code == ErrorCode::OutOfMemory) { throw_out_of_memory(); }
}

/// What a function gave whose only error is that memory ran out: then this throws, for the guard.
template <class T>
T value_or_throw(Result<T>&& given) {
  if (!given) { throw_out_of_memory(); }
  return *std::move(given);
}

/// What a function of an object that was moved from answers. `what` is its kind.
inline Error moved_from(const char* what) {
  return {ErrorCode::InvalidState, what, "it was moved from; use the object that it was moved to"};
}

/// Runs the body of a public function and turns exceptions into Errors.
template <class Body>
auto guarded(Body&& body) noexcept -> decltype(body()) {
  using Answer = decltype(body());
  const auto no_memory = []() -> Answer { return out_of_memory(); };
  return catching(std::forward<Body>(body), no_memory, [&](const char* why) -> Answer {
    const auto refuse = [&]() -> Answer {
      return tl::unexpected(Error{ErrorCode::Internal, {}, why});
    };
    return catching(refuse, no_memory, [&](const char*) { return no_memory(); });
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
