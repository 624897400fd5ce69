// SPDX-License-Identifier: Apache-2.0
// Events, rows and calls of one release. Restart is in recovery.cpp.
#include "engine/driven_release.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "base/utf8.hpp"
#include "promoflow/store_history.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::uint64_t kSnapshotInterval = 256;  // Events: what a restart applies at most (D3).

/// What was exported may be any bytes, and then fails; the store has texts only.
std::optional<std::string> owned(std::optional<std::string_view> text) {
  if (!text) { return std::nullopt; }
  std::string stored(*text);
  make_utf8(stored);
  return stored;
}

}  // namespace

/// Reads the records of an event.
struct DrivenRelease::Collector {
  DrivenRelease* self = nullptr;
  Instant at{};

  void operator()(const RunHook& hook) const {
    Live command{.owner = hook.environment, .kind = CommandKind::Hook};
    command.row = {.ticket = hook.ticket,
                   .hook = std::string(hook.hook),
                   .point = hook.point,
                   .attempt = hook.attempt,
                   .state = StoredCommandState::Issued,
                   .issued = at};
    if (hook.environment) { command.row.environment = std::string(hook.environment_name); }
    self->note_issue(std::move(command));
  }
  void operator()(const Promote& promotion) const {
    const bool soaks = self->release_.flow().step(promotion.environment).soak.has_value();
    Live command{.owner = promotion.environment,
                 .kind = soaks ? CommandKind::SoakingPromotion : CommandKind::Promotion};
    command.row = {.ticket = promotion.ticket,
                   .environment = std::string(promotion.environment_name),
                   .attempt = promotion.attempt,
                   .state = StoredCommandState::Issued,
                   .issued = at};
    self->note_issue(std::move(command));
  }
  void operator()(const Cancel& cancel) const { self->note_cancel(cancel.ticket, at); }
  void operator()(const HookSucceeded& end) const {
    self->note_end(end.ticket, at, true, {}, end.context);
  }
  void operator()(const HookFailed& end) const {
    self->note_end(end.ticket, at, false, end.message, end.context);
  }
  void operator()(const PromotionSucceeded& end) const {
    self->note_end(end.ticket, at, true, {}, std::nullopt);
  }
  void operator()(const PromotionFailed& end) const {
    self->note_end(end.ticket, at, false, end.message, std::nullopt);
  }
  void operator()(const Soaked& soaked) const {
    self->inbox_->close(soaked.ticket);  // From here on the promotion can no longer fail (R18).
    self->live_.erase(soaked.ticket);
    self->settled_.push_back(soaked.ticket);
  }
  void operator()(const Terminate& terminate) const {
    self->is_forced_ = self->is_forced_ || terminate.force;
  }
  // Nothing runs while a person is waited for: the place is free meanwhile.
  void operator()(const Suspended& suspended) const {
    if (const auto place = self->live_.find(suspended.ticket); place != self->live_.end()) {
      self->free_place(place->second);
    }
  }
  void operator()(const Resumed& resumed) const {
    const auto place = self->live_.find(resumed.ticket);
    if (place == self->live_.end() || !place->second.is_given || place->second.has_place) {
      return;
    }
    place->second.has_place = true;
    ++self->places_->taken;
  }
  void operator()(const Queued& queued) const {
    if (const auto place = self->live_.find(queued.ticket); place != self->live_.end()) {
      place->second.queued = true;
    }
  }
  template <class Other>
  void operator()(const Other& /*record*/) const {}
};

DrivenRelease::DrivenRelease(DrivenParts parts)
    : release_(std::move(parts.release)),
      executor_(parts.executor),
      places_(parts.places),
      reports_(executor_->reports()),
      cancelled_(std::make_shared<SharedCancelledCalls>()),
      inbox_(
          std::make_shared<Inbox>(reports_.stopped ? cancelled_ : nullptr, std::move(parts.wake))),
      origin_(parts.origin),
      epoch_(parts.epoch),
      sequence_(parts.sequence),
      snapshot_sequence_(parts.snapshot_sequence),
      head_(std::move(parts.head)),
      latest_(parts.updated) {
  cancelled_->attach(inbox_);
}

DrivenRelease::~DrivenRelease() {
  inbox_->shutdown();
  for (auto& [ticket, command] : live_) { free_place(command); }
}

std::string DrivenRelease::take_records() {
  std::string trace;
  while (const std::optional<Record> record = release_.next_record()) {
    Result<std::string> line = to_json(*record, origin_);
    if (!line) { throw std::bad_alloc(); }
    trace += *line;
    trace += '\n';
    std::visit(Collector{this, record->at}, record->what);
  }
  return trace;
}

void DrivenRelease::begin(StoreStart start) {
  start.trace = take_records();
  start_ = std::move(start);
}

Result<void> DrivenRelease::apply(Instant at, const Event::What& what) {
  at = latest_ = std::max(at, latest_);
  Event event{at, what};
  Result<void> applied = release_.apply(event);
  if (!applied && applied.error().code == ErrorCode::OutOfMemory) { throw std::bad_alloc(); }
  StoredEntry entry{.at = at, .trace = take_records()};
  // What was refused changed nothing, but timers may have been due: a Tick brings the same about.
  if (entry.trace.empty() && (!applied || std::holds_alternative<Tick>(what))) { return applied; }
  if (!applied) { event.what = Tick{}; }
  Result<std::string> text = to_json(event);
  if (!text) { throw std::bad_alloc(); }
  entry.event = std::move(*text);
  entry.sequence = sequence_ + 1;
  entry.hash = chain_hash(head_, entry.sequence, entry.at, entry.event);
  std::string head = entry.hash;
  entries_.push_back(std::move(entry));
  ++sequence_;
  head_ = std::move(head);
  return applied;
}

void DrivenRelease::take_messages(Instant at) {
  if (inbox_->message_lost()) { throw std::bad_alloc(); }
  if (inbox_->take_stop()) { note_stops(at); }
  // A refusal is of an answer that came too late or twice: nothing is to be done about it.
  while (std::optional<Message> message = inbox_->take()) {
    static_cast<void>(apply(at, message->event(at).what));
  }
}

Instant DrivenRelease::before_timers(Instant at) const noexcept {
  const std::optional<Instant> timer = release_.next_timer();
  if (!timer || *timer > at) { return at; }
  return std::max(latest_, *timer - std::chrono::milliseconds(1));
}

void DrivenRelease::acknowledge(Promise promise, Result<void> result) {
  waiters_.push_back({std::move(promise), std::move(result)});
}

void DrivenRelease::decide(StoredRequest request) { decisions_.push_back(std::move(request)); }

// --- Rows ----------------------------------------------------------------------------------------

void DrivenRelease::change(Live& command) {
  if (command.is_changed) { return; }
  changed_.push_back(command.row.ticket);
  command.is_changed = true;
}

void DrivenRelease::note_issue(const Command& command, Instant at) {
  std::visit(Collector{this, at}, command);
}

void DrivenRelease::note_issue(Live command) {
  const Ticket ticket = command.row.ticket;
  inbox_->open(ticket, {command.kind, command.owner});
  Live& kept = live_.insert_or_assign(ticket, std::move(command)).first->second;
  change(kept);
  fresh_.push_back(ticket);
  wait_or_hold(ticket, kept);
}

void DrivenRelease::wait_or_hold(Ticket ticket, const Live& command) {
  if (reports_.stopped && cancelled_->blocks(command.owner)) {
    held_.hold(ticket, command.owner, ticket);
  } else {
    waiting_.push_back(ticket);
  }
}

/// The command does not wait any more.
void DrivenRelease::withdraw(Ticket ticket) {
  std::erase(waiting_, ticket);
  held_.drop(ticket);
  std::erase_if(actions_, [&](const Action& action) { return action.ticket == ticket; });
}

void DrivenRelease::note_end(Ticket ticket, Instant at, bool succeeded, std::string_view message,
                             std::optional<std::string_view> context) {
  const auto place = live_.find(ticket);
  if (place == live_.end()) { return; }
  Live& command = place->second;
  StoredCommand& row = command.row;
  row.ended = at;
  row.succeeded = succeeded;
  row.message = std::string(message);
  row.context = owned(context);
  change(command);
  // What has expired was cancelled just before, and may still run.
  if (row.state == StoredCommandState::Cancelled) { return; }
  if (!command.is_given || is_planned(ticket)) {  // Answered before the executor has seen it.
    withdraw(ticket);
    inbox_->close(ticket);
  } else if (command.has_place && inbox_->close_answered(ticket)) {
    stop(ticket, command, at);  // Answered by someone else, and it still runs.
    return;
  }
  row.state = StoredCommandState::Ended;
  free_place(command);
}

void DrivenRelease::note_cancel(Ticket ticket, Instant at) {
  const auto place = live_.find(ticket);
  if (place == live_.end()) { return; }
  Live& command = place->second;
  StoredCommand& row = command.row;
  if (!row.ended) { row.ended = at; }
  change(command);
  if (!command.is_given || is_planned(ticket)) {  // The executor has not seen it.
    withdraw(ticket);
    inbox_->close(ticket);
    row.state = StoredCommandState::Cancelled;
    row.stopped = at;
    free_place(command);
    return;
  }
  inbox_->close_cancelled(ticket);
  stop(ticket, command, at);
}

/// The executor is to stop what runs, which the inbox expects no answer of any more.
void DrivenRelease::stop(Ticket ticket, Live& command, Instant at) {
  command.row.state = StoredCommandState::Cancelled;
  actions_.push_back({ticket, true});
  // One that has just answered, or that waits for a person, has nothing that could stop.
  if (reports_.stopped && cancelled_->runs(ticket)) {
    stopping_.push_back(ticket);
  } else {
    command.row.stopped = at;
    free_place(command);
  }
}

/// The executor is to be called for it once all is stored.
bool DrivenRelease::is_planned(Ticket ticket) const noexcept {
  return std::any_of(actions_.begin(), actions_.end(),
                     [ticket](const Action& action) { return action.ticket == ticket; });
}

/// Cancelled calls have ended: their rows say so, and what waited for them may begin.
void DrivenRelease::note_stops(Instant at) {
  std::erase_if(stopping_, [&](Ticket ticket) {
    if (cancelled_->runs(ticket)) { return false; }
    if (const auto place = live_.find(ticket); place != live_.end()) {
      place->second.row.stopped = at;
      change(place->second);
      free_place(place->second);
    }
    return true;
  });
  for (const Ticket ticket : cancelled_->take_ready(held_)) { waiting_.push_back(ticket); }
}

void DrivenRelease::free_place(Live& command) noexcept {
  if (std::exchange(command.has_place, false)) { --places_->taken; }
}

// --- Places --------------------------------------------------------------------------------------

void DrivenRelease::plan_next(Instant at) {
  const Ticket ticket = waiting_.front();
  waiting_.pop_front();
  const auto place = live_.find(ticket);
  if (place == live_.end()) { return; }
  Live& command = place->second;
  command.row.state = StoredCommandState::Handed;
  command.row.handed = at;
  command.row.reference = reference_of(command.row);
  change(command);
  actions_.push_back({ticket, false});
  command.is_given = command.has_place = true;
  ++places_->taken;
  if (command.queued && !reports_.started) {
    static_cast<void>(apply(at, Started{ticket}));
    inbox_->note_room(ticket, true, true);
  }
}

std::string DrivenRelease::reference_of(const StoredCommand& row) {
  try {
    return row.hook.empty() ? executor_->reference(id(), row.ticket, row.attempt)
                            : executor_->hook_reference(id(), row.ticket, row.attempt);
  } catch (const std::bad_alloc&) { throw; } catch (...) {
    return {};  // Then the executor finds the call without it, or has lost it.
  }
}

void DrivenRelease::queue_rest(Instant at) {
  while (!fresh_.empty()) {
    for (const Ticket ticket : std::exchange(fresh_, {})) {
      const auto place = live_.find(ticket);
      if (place == live_.end() || place->second.queued ||
          place->second.row.state != StoredCommandState::Issued) {
        continue;
      }
      static_cast<void>(apply(at, Queued{ticket}));
      inbox_->note_room(ticket, true, false);
    }
  }
}

// --- Writing -------------------------------------------------------------------------------------

bool DrivenRelease::is_dirty() const noexcept {
  return start_ || !entries_.empty() || !changed_.empty() || !decisions_.empty() ||
         !waiters_.empty() || !actions_.empty();
}

ReleaseWrite DrivenRelease::take_write(const std::string& owner, bool gives_up) {
  ReleaseWrite write{.release = id(),
                     .owner = owner,
                     .epoch = epoch_,
                     .status = release_.status(),
                     .phase = std::string(release_.phase()),
                     .head = head_,
                     .updated = latest_};
  for (const Ticket ticket : std::exchange(changed_, {})) {
    const auto place = live_.find(ticket);
    if (place == live_.end()) { continue; }
    Live& command = place->second;
    const StoredCommand& row = command.row;
    command.is_changed = false;
    write.commands.push_back(row);
    const bool is_over = row.state == StoredCommandState::Ended ||
                         (row.state == StoredCommandState::Cancelled && row.stopped);
    // What soaks may still fail (R18).
    const bool soaks = command.kind == CommandKind::SoakingPromotion && row.succeeded == true;
    if (!is_over || soaks) { continue; }
    if (command.is_given) { settled_.push_back(ticket); }
    live_.erase(place);
  }
  const bool has_ended = is_final(release_.status());
  write.give_up = gives_up || (has_ended && stopping_.empty());
  if (write.give_up || sequence_ - snapshot_sequence_ >= kSnapshotInterval) {
    Result<std::string> snapshot = release_.snapshot();
    if (!snapshot) { throw std::bad_alloc(); }
    write.snapshot = std::move(*snapshot);
    snapshot_sequence_ = sequence_;
  }
  write.start = std::exchange(start_, std::nullopt);
  write.entries = std::move(entries_);
  write.decisions = std::move(decisions_);
  entries_.clear();
  decisions_.clear();
  return write;
}

void DrivenRelease::report_stored() noexcept {
  for (Waiter& waiter : waiters_) { waiter.promise->set_value(std::move(waiter.result)); }
  waiters_.clear();
}

void DrivenRelease::report_lost(const Error& error) noexcept {
  for (Waiter& waiter : waiters_) { waiter.promise->set_value(tl::unexpected(copy_of(error))); }
  waiters_.clear();
}

void DrivenRelease::settle() noexcept {
  for (const Ticket ticket : settled_) { executor_->settled(id(), ticket); }
  settled_.clear();
}

void DrivenRelease::carry_out() {
  if (std::exchange(is_forced_, false)) { executor_->force(id()); }
  for (const Action& action : std::exchange(actions_, {})) {
    const auto place = live_.find(action.ticket);
    if (action.cancels) {
      try {
        executor_->cancel(id(), action.ticket);
      } catch (...) {  // No answer is expected, so there is no call to fail.
      }
    } else if (place != live_.end()) {
      call(place->second);
    }
  }
  settle();  // Behind the calls of cancel(), which may be of the same commands.
}

/// What the executor throws is the command's failure. What is thrown before it is called is not:
/// then the release is loaded anew, and the command carried out after all.
template <class Body>
void DrivenRelease::guarded_call(const Reply& reply, Body&& body) {
  try {
    std::forward<Body>(body)();
  } catch (const std::exception& error) { reply.failed(error.what()); } catch (...) {
    reply.failed("the executor threw something that is not a std::exception");
  }
}

void DrivenRelease::call(Live& command) {
  const Reply reply(inbox_, command.row.ticket);
  Result<std::optional<OutstandingCommand>> outstanding = release_.outstanding(command.row.ticket);
  if (!outstanding) { throw std::bad_alloc(); }
  if (!*outstanding) { return; }  // It was settled meanwhile.
  if (const auto* hook = std::get_if<RunHook>(&(*outstanding)->command)) {
    HookCall made = to_call(*hook, release_);
    guarded_call(reply, [&] { executor_->run_hook(std::move(made), reply); });
  } else if (const auto* promotion = std::get_if<Promote>(&(*outstanding)->command)) {
    PromotionCall made = to_call(*promotion, release_);
    guarded_call(reply, [&] { executor_->promote(std::move(made), reply); });
  }
}

void DrivenRelease::abandon() noexcept {
  for (const auto& [ticket, command] : live_) {
    // What was only planned, another engine may run under the same ticket.
    const bool runs =
        command.is_given && command.row.state == StoredCommandState::Handed && !is_planned(ticket);
    if (!runs || reports_.survives) { continue; }
    try {
      executor_->cancel(id(), ticket);
    } catch (...) {  // As in carry_out().
    }
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
