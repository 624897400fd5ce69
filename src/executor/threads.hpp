// SPDX-License-Identifier: Apache-2.0
/// @file
/// Starting a thread, so that an error says what is short where the system has none to give.
#pragma once

#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline constexpr const char* kNoThread =
    "the system refuses this process a further thread: raise its limit of processes ('ulimit -u') "
    "or of memory ('ulimit -v'), or end something else that runs";

struct NoThread : std::runtime_error {
  NoThread() : std::runtime_error(kNoThread) {}
};

/// Throws NoThread, and std::bad_alloc.
template <class Body>
std::thread start_thread(Body&& body) {
  try {
    return std::thread(std::forward<Body>(body));
  } catch (const std::system_error&) { throw NoThread(); }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
