// SPDX-License-Identifier: Apache-2.0
// The release queue (P10): what each event does.
#include "promoflow/release_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/enumerator.hpp"
#include "base/guard.hpp"
#include "base/position.hpp"
#include "base/utf8.hpp"
#include "queue/queue_state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

using Answer = Result<std::vector<QueueCommand>>;

/// Applies one event to a state. What it refuses it refuses before it has changed anything.
class QueueMachine {
 public:
  explicit QueueMachine(QueueState& state) : state_(state) {}

  Answer on(const ReleaseRequested& event);
  Answer on(const EnvironmentBegan& event);
  Answer on(const EnvironmentLeft& event);
  Answer on(const ReleaseEnded& event);
  Answer on(const ReleaseCancelled& event);

 private:
  QueueEntry* find(std::string_view release) {
    const auto found =
        std::find_if(state_.entries.begin(), state_.entries.end(),
                     [&](const QueueEntry& entry) { return entry.release == release; });
    return found == state_.entries.end() ? nullptr : &*found;
  }
  auto find_stay(const std::string& release, const std::string& environment) {
    return std::find_if(state_.stays.begin(), state_.stays.end(), [&](const QueueStay& stay) {
      return stay.release == release && stay.environment == environment;
    });
  }
  Answer refuse(const std::string& release, std::string_view why) const {
    return tl::unexpected(Error{ErrorCode::NotAllowed, release,
                                fmt::format("the release {} {}", in_quotes(release), why)});
  }
  void erase(std::string_view release) {
    std::erase_if(state_.entries,
                  [&](const QueueEntry& entry) { return entry.release == release; });
  }
  void terminate(QueueEntry& entry, std::string reason) {
    entry.terminated = true;
    commands_.emplace_back(TerminateRelease{entry.release, std::move(reason)});
  }
  void drop(const std::string& release, std::string reason) {
    commands_.emplace_back(DropRelease{release, std::move(reason)});
    erase(release);
  }
  void start(QueueEntry& entry) {
    entry.active = true;
    commands_.emplace_back(StartRelease{entry.release, entry.flow});
  }
  void start_next();
  void supersede(const std::string& environment);
  void let_in(const std::string& environment);

  QueueState& state_;
  std::vector<QueueCommand> commands_;
};

/// Starts the oldest one that waits, if none is active.
void QueueMachine::start_next() {
  std::vector<QueueEntry>& entries = state_.entries;
  const auto is_active = [](const QueueEntry& entry) { return entry.active; };
  if (!entries.empty() && std::none_of(entries.begin(), entries.end(), is_active)) {
    start(entries.front());
  }
}

/// Terminates the release that is in an environment, if a younger one waits for it.
void QueueMachine::supersede(const std::string& environment) {
  QueueEntry* holder = nullptr;
  const QueueEntry* youngest = nullptr;
  for (const QueueStay& stay : state_.stays) {
    if (stay.environment != environment) { continue; }
    QueueEntry* const entry = find(stay.release);
    if (stay.inside) {
      holder = entry;
    } else if (youngest == nullptr || entry > youngest) {
      youngest = entry;  // Entries are in the order of their age.
    }
  }
  if (holder == nullptr || youngest == nullptr || youngest < holder || holder->terminated) {
    return;
  }
  terminate(*holder, fmt::format("superseded by release {} in environment {}", youngest->release,
                                 environment));
}

/// Lets the one in that has waited longest, if the environment is free.
void QueueMachine::let_in(const std::string& environment) {
  QueueStay* next = nullptr;
  for (QueueStay& stay : state_.stays) {
    if (stay.environment != environment) { continue; }
    if (stay.inside) { return; }
    next = next == nullptr ? &stay : next;
  }
  if (next == nullptr) { return; }
  next->inside = true;
  commands_.emplace_back(BeginEnvironment{next->release, environment});
  supersede(environment);
}

Answer QueueMachine::on(const ReleaseRequested& event) {
  if (find(event.release) != nullptr) { return refuse(event.release, "is there already"); }
  state_.entries.push_back({event.release, event.flow});
  if (state_.options.mode == QueueMode::Terminate) {
    start(state_.entries.back());
    return std::move(commands_);
  }
  start_next();
  std::size_t waiting = 0;
  const QueueEntry* oldest = nullptr;
  for (const QueueEntry& entry : state_.entries) {
    if (entry.active) { continue; }
    ++waiting;
    oldest = oldest == nullptr ? &entry : oldest;
  }
  if (waiting > state_.options.waiting_max) {
    drop(std::string(oldest->release),
         fmt::format("superseded: more than {} releases were waiting", state_.options.waiting_max));
  }
  return std::move(commands_);
}

Answer QueueMachine::on(const EnvironmentBegan& event) {
  const QueueEntry* const entry = find(event.release);
  if (entry == nullptr || !entry->active) { return refuse(event.release, "is not active"); }
  if (find_stay(event.release, event.environment) != state_.stays.end()) {
    return refuse(event.release,
                  fmt::format("has begun environment {} already", in_quotes(event.environment)));
  }
  state_.stays.push_back({event.release, event.environment});
  supersede(event.environment);
  let_in(event.environment);
  return std::move(commands_);
}

Answer QueueMachine::on(const EnvironmentLeft& event) {
  const QueueEntry* const entry = find(event.release);
  if (entry == nullptr || !entry->active) { return refuse(event.release, "is not active"); }
  const auto stay = find_stay(event.release, event.environment);
  if (stay == state_.stays.end()) {
    return refuse(event.release,
                  fmt::format("has not begun environment {}", in_quotes(event.environment)));
  }
  state_.stays.erase(stay);
  let_in(event.environment);
  return std::move(commands_);
}

Answer QueueMachine::on(const ReleaseEnded& event) {
  const QueueEntry* const entry = find(event.release);
  if (entry == nullptr || !entry->active) { return refuse(event.release, "is not active"); }
  std::vector<std::string> left;
  for (const QueueStay& stay : state_.stays) {
    if (stay.release == event.release) { left.push_back(stay.environment); }
  }
  std::erase_if(state_.stays, [&](const QueueStay& stay) { return stay.release == event.release; });
  erase(event.release);
  for (const std::string& environment : left) { let_in(environment); }
  if (state_.options.mode == QueueMode::Queue) { start_next(); }
  return std::move(commands_);
}

Answer QueueMachine::on(const ReleaseCancelled& event) {
  QueueEntry* const entry = find(event.release);
  if (entry == nullptr) { return refuse(event.release, "is not known, or has ended"); }
  if (entry->terminated) { return refuse(event.release, "was terminated already"); }
  if (entry->active) {
    terminate(*entry, "cancelled");
  } else {
    drop(event.release, "cancelled");
  }
  return std::move(commands_);
}

/// With U+FFFD for what is not UTF-8: a snapshot is JSON.
QueueEvent in_utf8(QueueEvent event) {
  std::visit(
      [](auto& what) {
        make_utf8(what.release);
        if constexpr (requires { what.environment; }) { make_utf8(what.environment); }
        if constexpr (requires { what.flow; }) { make_utf8(what.flow); }
      },
      event);
  return event;
}

bool has_names(const QueueEvent& event) {
  return std::visit(
      [](const auto& what) {
        if constexpr (requires { what.environment; }) {
          if (what.environment.empty()) { return false; }
        }
        return !what.release.empty();
      },
      event);
}

}  // namespace

}  // namespace detail

ReleaseQueue::ReleaseQueue(ReleaseQueueOptions options)
    : state_(std::make_unique<detail::QueueState>()) {
  state_->options = options;
}
ReleaseQueue::ReleaseQueue(ReleaseQueue&&) noexcept = default;
ReleaseQueue& ReleaseQueue::operator=(ReleaseQueue&&) noexcept = default;
ReleaseQueue::~ReleaseQueue() = default;

Result<std::vector<QueueCommand>> ReleaseQueue::apply(const QueueEvent& event) noexcept {
  return detail::guarded([&]() -> Result<std::vector<QueueCommand>> {
    if (!state_) { return tl::unexpected(detail::moved_from("ReleaseQueue")); }
    if (!detail::is_enumerator(state_->options.mode, QueueMode::Terminate)) {
      return tl::unexpected(
          Error{ErrorCode::InvalidArgument, "options.mode", "it is no value of its enumeration"});
    }
    if (!detail::has_names(event)) {
      return tl::unexpected(Error{ErrorCode::InvalidEvent, {}, "a name is empty"});
    }
    // On a copy, so that nothing is half done where memory ends. It is small: a few texts for each
    // release that waits or is active.
    auto next = std::make_unique<detail::QueueState>(*state_);
    detail::QueueMachine machine(*next);
    auto commands =
        std::visit([&](const auto& what) { return machine.on(what); }, detail::in_utf8(event));
    if (commands) { state_ = std::move(next); }
    return commands;
  });
}

std::optional<QueueStatus> ReleaseQueue::status(std::string_view release) const noexcept {
  if (!state_) { return std::nullopt; }
  for (const detail::QueueEntry& entry : state_->entries) {
    if (entry.release == release) {
      return entry.active ? QueueStatus::Active : QueueStatus::Queued;
    }
  }
  return std::nullopt;
}

std::string_view ReleaseQueue::holder(std::string_view environment) const noexcept {
  if (!state_) { return {}; }
  for (const detail::QueueStay& stay : state_->stays) {
    if (stay.inside && stay.environment == environment) { return stay.release; }
  }
  return {};
}

std::vector<std::string_view> ReleaseQueue::releases() const {
  std::vector<std::string_view> names;
  if (!state_) { return names; }
  for (const detail::QueueEntry& entry : state_->entries) { names.emplace_back(entry.release); }
  return names;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
