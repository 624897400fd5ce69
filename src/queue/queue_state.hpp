// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a ReleaseQueue knows.
#pragma once

#include <string>
#include <vector>

#include "promoflow/release_queue.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A release that waits or is active.
struct QueueEntry {
  std::string release{};
  std::string flow{};
  bool active = false;
  bool terminated = false;  ///< TerminateRelease was given.
};

/// A release that is in an environment, or waits for it.
struct QueueStay {
  std::string release{};
  std::string environment{};
  bool inside = false;
};

/// Invariants, for each environment: at most one release is in it; if a younger one waits for it,
/// the one that is in it has been terminated.
struct QueueState {
  ReleaseQueueOptions options{};
  std::vector<QueueEntry> entries{};  ///< Oldest first.
  std::vector<QueueStay> stays{};     ///< In the order in which they began.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
