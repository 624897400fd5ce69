// SPDX-License-Identifier: Apache-2.0
// What becomes of the commands of a release that was loaded from the store (D11).
#include <algorithm>
#include <utility>

#include "engine/driven_release.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kLost =
    "it was started, and the process that ran it is gone: nobody knows how it ended";

}  // namespace

void DrivenRelease::adopt(std::vector<StoredCommand> rows) {
  Result<std::vector<OutstandingCommand>> outstanding = release_.outstanding();
  if (!outstanding) { throw std::bad_alloc(); }
  std::map<Ticket, StoredCommand> row_of;
  for (StoredCommand& row : rows) {
    if (row.state == StoredCommandState::Cancelled && !row.stopped) {
      adopt_cancelled(std::move(row));  // First: what is issued may have to wait for it (D15).
    } else {
      row_of.emplace(row.ticket, std::move(row));
    }
  }
  for (const OutstandingCommand& command : *outstanding) {
    // A row is missing only where a host wrote the store itself: then it is as if newly issued.
    note_issue(command.command, latest_);
    const Ticket ticket = std::visit([](const auto& what) { return what.ticket; }, command.command);
    Live& live = live_.at(ticket);
    const auto stored = row_of.find(ticket);
    if (stored == row_of.end()) { continue; }
    live.row = std::move(stored->second);
    live.queued = command.queued;
    if (command.queued) { inbox_->note_room(ticket, true, false); }
    if (live.row.state != StoredCommandState::Handed) { continue; }
    withdraw(ticket);
    live.is_given = true;
    live.has_place = !command.suspended;  // Nothing runs while a person is waited for.
    if (live.has_place) { ++places_->taken; }
    to_recover_.push_back(ticket);
  }
}

/// It was cancelled, and had not stopped.
void DrivenRelease::adopt_cancelled(StoredCommand row) {
  const Ticket ticket = row.ticket;
  Live live{.row = std::move(row), .is_given = true};
  if (live.row.environment) {
    live.owner = release_.flow().find_environment(*live.row.environment);
  }
  cancelled_->add(ticket, live.owner);
  live_.insert_or_assign(ticket, std::move(live));
  stopping_.push_back(ticket);
}

void DrivenRelease::recover(LostCommand lost, Instant at) {
  for (const Ticket ticket : std::vector<Ticket>(stopping_)) {
    Live& command = live_.at(ticket);
    bool runs = false;
    try {
      runs =
          executor_->recover_cancelled(id(), ticket, command.row.reference, Reply(inbox_, ticket));
    } catch (const std::exception&) {  // An executor that cannot say: it does not run.
    }
    if (runs) {
      actions_.push_back({ticket, true});
    } else {
      cancelled_->stopped(ticket);
    }
  }
  note_stops(at);
  for (const Ticket ticket : std::exchange(to_recover_, {})) {
    const auto place = live_.find(ticket);
    if (place == live_.end() || place->second.row.state != StoredCommandState::Handed) { continue; }
    Live& command = place->second;
    switch (ask(command)) {
      case Recovery::Attached:
      case Recovery::Ended: break;  // The answer comes, or has come, by the reply.
      case Recovery::Unknown: actions_.push_back({ticket, false}); break;
      case Recovery::Lost:
        if (is_suspended(ticket)) {  // It waits for a person, and nothing of it runs.
          command.is_given = false;
          break;
        }
        if (lost == LostCommand::Again) {
          actions_.push_back({ticket, false});
          break;
        }
        inbox_->close(ticket);  // Nothing of it runs, and no answer comes.
        if (command.kind == CommandKind::Hook) {
          static_cast<void>(apply(at, HookFailed{ticket, kLost}));
        } else {
          static_cast<void>(apply(at, PromotionFailed{ticket, kLost}));
        }
        break;
    }
  }
}

bool DrivenRelease::is_suspended(Ticket ticket) const {
  const auto outstanding = release_.outstanding(ticket);
  if (!outstanding) { throw std::bad_alloc(); }
  return *outstanding && (*outstanding)->suspended;
}

Recovery DrivenRelease::ask(Live& command) {
  const Reply reply(inbox_, command.row.ticket);
  Result<std::optional<OutstandingCommand>> outstanding = release_.outstanding(command.row.ticket);
  if (!outstanding) { throw std::bad_alloc(); }
  if (!*outstanding) { return Recovery::Attached; }  // It was settled meanwhile.
  // Without memory to ask, the release is loaded anew; what the executor throws is no answer.
  const auto asked = [&](const auto& call) {
    try {
      return executor_->recover(call, command.row.reference, reply);
    } catch (const std::exception&) { return Recovery::Lost; }
  };
  if (const auto* hook = std::get_if<RunHook>(&(*outstanding)->command)) {
    return asked(to_call(*hook, release_));
  }
  return asked(to_call(std::get<Promote>((*outstanding)->command), release_));
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
