// SPDX-License-Identifier: Apache-2.0
/// @file
/// ReleaseQueue: which releases of one product may run, and which of them may be in an environment.
/// A pure machine like Release: events in, commands out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "promoflow/export.hpp"
#include "promoflow/result.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {
struct QueueState;
}

/// What a further release of the product does to those before it.
enum class QueueMode : std::int32_t {
  Queue = 1,      ///< It waits until all before it have ended.
  Terminate = 2,  ///< It starts at once, and terminates an older one whose environment it needs.
};

struct ReleaseQueueOptions {
  QueueMode mode = QueueMode::Queue;
  std::uint32_t waiting_max = 50;  ///< Releases that wait; the oldest is dropped for one more.
};

/// A release is wanted. Ids are not empty, and each is used by one release at a time.
struct ReleaseRequested {
  std::string release;
  std::string flow{};  ///< Kept, and given back by StartRelease.
};
/// An environment of an active release is about to begin. It begins on BeginEnvironment.
struct EnvironmentBegan {
  std::string release;
  std::string environment;
};
/// An environment is neither Running nor Suspended any more, or is not wanted any more.
struct EnvironmentLeft {
  std::string release;
  std::string environment;
};
/// An active release is final; it has left all environments.
struct ReleaseEnded {
  std::string release;
};
/// A release is not wanted any more, whether it waits or is active.
struct ReleaseCancelled {
  std::string release;
};
using QueueEvent = std::variant<ReleaseRequested, EnvironmentBegan, EnvironmentLeft, ReleaseEnded,
                                ReleaseCancelled>;

struct StartRelease {
  std::string release;
  std::string flow{};
  bool operator==(const StartRelease&) const = default;
};
/// The environment is free for the release. Only in QueueMode::Terminate can it have to wait.
struct BeginEnvironment {
  std::string release;
  std::string environment;
  bool operator==(const BeginEnvironment&) const = default;
};
struct TerminateRelease {
  std::string release;
  std::string reason;
  bool operator==(const TerminateRelease&) const = default;
};
/// The release never starts.
struct DropRelease {
  std::string release;
  std::string reason;
  bool operator==(const DropRelease&) const = default;
};
using QueueCommand = std::variant<StartRelease, BeginEnvironment, TerminateRelease, DropRelease>;

enum class QueueStatus : std::int32_t { Queued = 1, Active = 2 };

/// The queue of one product. Each release that was requested gets exactly one StartRelease or
/// DropRelease; no two active releases are in one environment; and nobody waits for ever, if
/// releases end and environments that began are left. One thread at a time.
class PROMOFLOW_API ReleaseQueue {
 public:
  explicit ReleaseQueue(ReleaseQueueOptions options = {});  ///< May throw std::bad_alloc.
  ReleaseQueue(ReleaseQueue&&) noexcept;
  ReleaseQueue& operator=(ReleaseQueue&&) noexcept;
  ~ReleaseQueue();

  /// Applies an event whole, or refuses it with the queue as it was. The commands are to be carried
  /// out in their order. Errors: NotAllowed (a release that is there already is requested; one that
  /// is not active begins, leaves or ends; an environment begins twice, or is left that did not
  /// begin; a release that was terminated already is cancelled), InvalidEvent (a release or an
  /// environment without a name), InvalidArgument (the mode of its options is none), OutOfMemory.
  /// Texts are UTF-8; U+FFFD replaces other bytes. Cost: the releases that are known.
  [[nodiscard]] Result<std::vector<QueueCommand>> apply(const QueueEvent& event) noexcept;

  /// None: the release is not known, or has ended.
  [[nodiscard]] std::optional<QueueStatus> status(std::string_view release) const noexcept;
  /// The active release that is in an environment; empty: none is. Borrowed until the next event.
  std::string_view holder(std::string_view environment) const noexcept PROMOFLOW_LIFETIMEBOUND;
  /// The releases that wait or are active, oldest first. Borrowed as above. May throw
  /// std::bad_alloc.
  std::vector<std::string_view> releases() const PROMOFLOW_LIFETIMEBOUND;

  /// The queue as JSON. Errors: OutOfMemory.
  [[nodiscard]] Result<std::string> snapshot() const noexcept;
  /// An equal queue. Errors: InvalidSnapshot, SnapshotTooNew, OutOfMemory.
  [[nodiscard]] static Result<ReleaseQueue> restore(std::string_view snapshot) noexcept;

 private:
  std::unique_ptr<detail::QueueState> state_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
