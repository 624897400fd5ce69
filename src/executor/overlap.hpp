// SPDX-License-Identifier: Apache-2.0
/// @file
/// What keeps the calls of one release from overlapping: the cancelled calls that still run, and
/// the calls that wait for them. Bookkeeping only: no clock, no thread, no executor.
///
/// Rule: a call of an environment does not begin while a cancelled call of the same environment
/// still runs, and a call of the release itself not while any cancelled call of the release does.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "promoflow/event.hpp"
#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Whose call it is: an environment's, or (none) the release's own.
using CallOwner = std::optional<EnvironmentId>;

/// The cancelled calls of one release that still run. Every function but add() and take_freed()
/// works without memory.
class CancelledCalls {
 public:
  /// The call was cancelled and still runs. Nothing changes if it is known. May throw
  /// std::bad_alloc, and then nothing has changed.
  void add(Ticket ticket, CallOwner owner) {
    const auto count = running_of_.try_emplace(owner, 0).first;
    if (running_.try_emplace(ticket, owner).second) { ++count->second; }
  }
  /// The call runs no more. False: it was not one of these.
  bool stopped(Ticket ticket) noexcept {
    const auto found = running_.find(ticket);
    if (found == running_.end()) { return false; }
    --running_of_.find(found->second)->second;
    freed_.insert(running_.extract(found));
    return true;
  }
  bool runs(Ticket ticket) const noexcept { return running_.contains(ticket); }
  /// Whether a call of this owner may not begin yet.
  bool blocks(CallOwner owner) const noexcept {
    if (!owner) { return !running_.empty(); }
    const auto found = running_of_.find(owner);
    return found != running_of_.end() && found->second > 0;
  }
  /// The owners of the calls that have stopped since this was last called.
  std::vector<CallOwner> take_freed() {
    std::vector<CallOwner> owners;
    owners.reserve(freed_.size());
    for (const auto& [ticket, owner] : freed_) { owners.push_back(owner); }
    freed_.clear();
    return owners;
  }

 private:
  std::map<Ticket, CallOwner> running_;
  std::map<CallOwner, std::uint32_t> running_of_;  ///< How many of each owner.
  std::map<Ticket, CallOwner> freed_;
};

/// The calls that wait until what was cancelled before them has stopped.
template <class Call>
class HeldCalls {
 public:
  /// May throw std::bad_alloc.
  void hold(Ticket ticket, CallOwner owner, Call call) {
    owner_of_[ticket] = owner;
    calls_[owner].insert_or_assign(ticket, std::move(call));
  }
  /// Forgets a call. False: it is not held.
  bool drop(Ticket ticket) noexcept {
    const auto found = owner_of_.find(ticket);
    if (found == owner_of_.end()) { return false; }
    calls_.find(found->second)->second.erase(ticket);
    owner_of_.erase(found);
    return true;
  }
  template <class Body>
  void each_ticket(Body&& body) const {
    for (const auto& [ticket, owner] : owner_of_) { body(ticket); }
  }
  /// The calls that may begin now, those of one owner in ticket order. The cost is that of what
  /// has stopped and of what is taken. May throw std::bad_alloc.
  std::vector<Call> take_ready(CancelledCalls& cancelled) {
    std::vector<Call> ready;
    for (const CallOwner owner : cancelled.take_freed()) {
      take(owner, cancelled, ready);
      if (owner) { take(std::nullopt, cancelled, ready); }
    }
    return ready;
  }

 private:
  void take(CallOwner owner, const CancelledCalls& cancelled, std::vector<Call>& ready) {
    const auto found = calls_.find(owner);
    if (found == calls_.end() || cancelled.blocks(owner)) { return; }
    ready.reserve(ready.size() + found->second.size());
    for (auto& [ticket, call] : found->second) {
      owner_of_.erase(ticket);
      ready.push_back(std::move(call));
    }
    calls_.erase(found);
  }

  std::map<CallOwner, std::map<Ticket, Call>> calls_;
  std::map<Ticket, CallOwner> owner_of_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
