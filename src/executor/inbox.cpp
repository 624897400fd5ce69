// SPDX-License-Identifier: Apache-2.0
// All that other threads say to run() goes through here.
#include "executor/inbox.hpp"

#include <algorithm>
#include <utility>

#include "base/exceptions.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

constexpr std::size_t kKeptMax = 16;  // The bound that executor.hpp promises.
// A longer wait could overflow the clock of a platform; to wake up early is harmless.
constexpr std::chrono::hours kSleepMax{1};

std::optional<std::string_view> view(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

bool is_request(Message::Kind kind) noexcept {
  return kind == Message::Kind::Terminate || kind == Message::Kind::Retry ||
         kind == Message::Kind::Skip;
}

}  // namespace

Event Message::event(Instant at) {
  switch (kind) {
    case Kind::Succeeded:
      if (is_hook) { return {at, HookSucceeded{ticket, view(context)}}; }
      return {at, PromotionSucceeded{ticket}};
    case Kind::Failed:
      if (is_hook) { return {at, HookFailed{ticket, text, view(context)}}; }
      return {at, PromotionFailed{ticket, text}};
    case Kind::Suspended: return {at, promoflow::Suspended{ticket}};
    case Kind::Resumed: return {at, promoflow::Resumed{ticket, by}};
    case Kind::Queued: return {at, promoflow::Queued{ticket}};
    case Kind::Started: return {at, promoflow::Started{ticket}};
    case Kind::Stopped: break;  // It is of a command that the release has settled.
    case Kind::Terminate: return {at, promoflow::Terminate{text, force, by}};
    case Kind::Retry:
      if (!environments) { return {at, promoflow::Retry{std::nullopt, by}}; }
      names.assign(environments->begin(), environments->end());
      return {at, promoflow::Retry{std::span<const std::string_view>(names), by}};
    case Kind::Skip: return {at, promoflow::Skip{environment, text, by}};
  }
  return {at, Tick{}};
}

void SharedCancelledCalls::attach(const std::shared_ptr<Inbox>& inbox) {
  const std::lock_guard lock(mutex_);
  inbox_ = inbox;
}

void SharedCancelledCalls::add(Ticket ticket, CallOwner owner) {
  const std::lock_guard lock(mutex_);
  calls_.add(ticket, owner);
}

void SharedCancelledCalls::stopped(Ticket ticket) noexcept {
  std::shared_ptr<Inbox> inbox;
  {
    const std::lock_guard lock(mutex_);
    if (!calls_.stopped(ticket)) { return; }
    inbox = inbox_.lock();
  }
  if (inbox) { inbox->note_stop(); }
}

bool SharedCancelledCalls::blocks(CallOwner owner) const noexcept {
  const std::lock_guard lock(mutex_);
  return calls_.blocks(owner);
}

bool SharedCancelledCalls::runs(Ticket ticket) const noexcept {
  const std::lock_guard lock(mutex_);
  return calls_.runs(ticket);
}

void Inbox::open(Ticket ticket, const OpenCall& call) {
  const std::lock_guard lock(mutex_);
  open_.insert_or_assign(ticket, OpenTicket{call});
}

void Inbox::note_room(Ticket ticket, bool queued, bool started) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(ticket);
  if (found == open_.end()) { return; }
  found->second.call.queued = queued;
  found->second.call.started = started;
}

void Inbox::close(Ticket ticket) noexcept {
  const std::lock_guard lock(mutex_);
  open_.erase(ticket);
}

void Inbox::close_cancelled(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(ticket);
  if (found != open_.end()) { close(found); }  // Else it was answered: it runs no more.
}

bool Inbox::close_answered(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(ticket);
  return found != open_.end() && !found->second.succeeded && close(found);
}

bool Inbox::close(Open::iterator place) {
  const OpenTicket& open = place->second;
  const bool runs = !open.succeeded && !open.stopped;
  if (cancelled_ && runs) { cancelled_->add(place->first, open.call.owner); }
  open_.erase(place);
  return runs;
}

std::vector<Ticket> Inbox::shutdown() noexcept {
  const std::lock_guard lock(mutex_);
  std::vector<Ticket> tickets;
  const auto none = [&] { tickets.clear(); };  // Without memory nothing can be cancelled.
  catching(
      [&] {
        tickets.reserve(open_.size());
        for (const auto& [ticket, open] : open_) {
          if (open.succeeded) { continue; }
          if (cancelled_ && !open.stopped) { cancelled_->add(ticket, open.call.owner); }
          tickets.push_back(ticket);
        }
      },
      none, [&](const char*) { none(); });
  open_.clear();
  messages_.clear();
  shut_down_ = true;
  return tickets;
}

/// Whether the message was kept. One that the release would refuse anyway is dropped.
bool Inbox::enqueue(Message& message) {
  if (message.kind == Message::Kind::Stopped) { return note_stopped(message.ticket); }
  if (shut_down_) { return false; }
  if (!is_request(message.kind)) { return enqueue_answer(message); }
  messages_.push_back(std::move(message));
  return true;
}

/// Whether it is of a call that is open; else it is of one that was cancelled.
bool Inbox::note_stopped(Ticket ticket) noexcept {
  const auto found = open_.find(ticket);
  if (found == open_.end()) { return false; }
  found->second.stopped = true;
  return true;
}

/// Whether the answer fits what is known of the call.
bool Inbox::takes(OpenTicket& open, Message::Kind kind) noexcept {
  if (open.succeeded) { return kind == Message::Kind::Failed; }
  if (kind == Message::Kind::Queued) { return !open.call.queued && !open.call.started; }
  if (kind == Message::Kind::Started) { return open.call.queued && !open.call.started; }
  return true;
}

bool Inbox::enqueue_answer(Message& message) {
  const Message::Kind kind = message.kind;
  const auto found = open_.find(message.ticket);
  if (found == open_.end()) { return false; }
  OpenTicket& open = found->second;
  if (!takes(open, kind)) { return false; }
  message.is_hook = open.call.kind == CommandKind::Hook;
  messages_.push_back(std::move(message));
  if (kind == Message::Kind::Queued) { open.call.queued = true; }
  if (kind == Message::Kind::Started) { open.call.started = true; }
  if (kind == Message::Kind::Succeeded && open.call.kind == CommandKind::SoakingPromotion) {
    open.succeeded = true;
  } else if (kind == Message::Kind::Succeeded || kind == Message::Kind::Failed) {
    open_.erase(found);
  }
  return true;
}

void Inbox::post(Message message) noexcept {
  const bool ends = message.kind == Message::Kind::Succeeded ||
                    message.kind == Message::Kind::Failed || message.kind == Message::Kind::Stopped;
  const Ticket ticket = message.ticket;
  {
    const std::lock_guard lock(mutex_);
    bool kept = true;
    const auto lost = [&] { message_lost_ = true; };
    catching([&] { kept = enqueue(message); }, lost, [&](const char*) { lost(); });
    if (kept) { return wake_reader(); }
  }
  // An answer that comes after the cancellation is the end of the call as well.
  if (ends && cancelled_) { cancelled_->stopped(ticket); }
}

/// The mutex is held: so nothing is woken that has gone since.
void Inbox::wake_reader() noexcept {
  changed_.notify_all();
  if (listener_) { listener_(); }
}

void Inbox::lose_message() noexcept {
  const std::lock_guard lock(mutex_);
  message_lost_ = true;
  wake_reader();
}

void Inbox::note_stop() noexcept {
  const std::lock_guard lock(mutex_);
  has_stop_ = true;
  wake_reader();
}

bool Inbox::take_stop() noexcept {
  const std::lock_guard lock(mutex_);
  return std::exchange(has_stop_, false);
}

std::optional<Message> Inbox::take() {
  const std::lock_guard lock(mutex_);
  if (messages_.empty()) { return std::nullopt; }
  std::optional<Message> message(std::move(messages_.front()));
  messages_.pop_front();
  return message;
}

bool Inbox::ready() const noexcept {
  const std::lock_guard lock(mutex_);
  return has_message();
}

bool Inbox::wait_for(std::optional<std::chrono::milliseconds> time) noexcept {
  std::unique_lock lock(mutex_);
  if (time) {
    const std::chrono::milliseconds limit = kSleepMax;
    changed_.wait_for(lock, std::min(*time, limit), [this] { return has_message(); });
  } else {
    changed_.wait(lock, [this] { return has_message(); });
  }
  return has_message();
}

bool Inbox::message_lost() const noexcept {
  const std::lock_guard lock(mutex_);
  return message_lost_;
}

void ControlState::attach(const std::shared_ptr<Inbox>& inbox) {
  const std::lock_guard lock(mutex_);
  inboxes_.push_back(inbox);
  for (Message& message : kept_) { inbox->post(std::move(message)); }
  kept_.clear();
  if (std::exchange(message_lost_, false)) { inbox->lose_message(); }
}

void ControlState::detach(const std::shared_ptr<Inbox>& inbox) noexcept {
  const std::lock_guard lock(mutex_);
  inboxes_.erase(std::remove(inboxes_.begin(), inboxes_.end(), inbox), inboxes_.end());
}

void ControlState::request(Message message) noexcept {
  const std::lock_guard lock(mutex_);
  const auto lost = [&] {
    for (const auto& inbox : inboxes_) { inbox->lose_message(); }
    if (inboxes_.empty()) { message_lost_ = true; }
  };
  catching(
      [&] {
        for (const auto& inbox : inboxes_) { inbox->post(message); }
        if (inboxes_.empty() && kept_.size() < kKeptMax) { kept_.push_back(std::move(message)); }
      },
      lost, [&](const char*) { lost(); });
}

}  // namespace detail

// --- What executors need not know ---------------------------------------------------------------

std::string Executor::reference(std::string_view /*release_id*/, Ticket /*ticket*/,
                                std::uint32_t /*attempt*/) {
  return {};
}

Recovery Executor::recover(const HookCall& /*call*/, std::string_view /*reference*/,
                           const Reply& /*reply*/) {
  return Recovery::Lost;
}

Recovery Executor::recover(const PromotionCall& /*call*/, std::string_view /*reference*/,
                           const Reply& /*reply*/) {
  return Recovery::Lost;
}

bool Executor::recover_cancelled(std::string_view /*release_id*/, Ticket /*ticket*/,
                                 std::string_view /*reference*/, const Reply& /*reply*/) {
  return false;
}

std::string Executor::hook_reference(std::string_view release_id, Ticket ticket,
                                     std::uint32_t attempt) {
  return reference(release_id, ticket, attempt);
}

void Executor::settled(std::string_view /*release_id*/, Ticket /*ticket*/) noexcept {}

void Executor::force(std::string_view /*release_id*/) noexcept {}

// --- Handles -------------------------------------------------------------------------------------

using Kind = detail::Message::Kind;

void Reply::succeeded(std::optional<std::string> context) const noexcept {
  sink_->post({.kind = Kind::Succeeded, .ticket = ticket_, .context = std::move(context)});
}

void Reply::failed(std::string message, std::optional<std::string> context) const noexcept {
  sink_->post({.kind = Kind::Failed,
               .ticket = ticket_,
               .text = std::move(message),
               .context = std::move(context)});
}

void Reply::suspended() const noexcept {
  sink_->post({.kind = Kind::Suspended, .ticket = ticket_});
}

void Reply::resumed(std::string by) const noexcept {
  sink_->post({.kind = Kind::Resumed, .ticket = ticket_, .by = std::move(by)});
}

void Reply::queued() const noexcept { sink_->post({.kind = Kind::Queued, .ticket = ticket_}); }

void Reply::started() const noexcept { sink_->post({.kind = Kind::Started, .ticket = ticket_}); }

void Reply::stopped() const noexcept { sink_->post({.kind = Kind::Stopped, .ticket = ticket_}); }

bool Waiting::ready() const noexcept { return inbox_->ready(); }

bool Waiting::wait_for(std::optional<std::chrono::milliseconds> time) noexcept {
  return inbox_->wait_for(time);
}

Control::Control() : state_(std::make_shared<detail::ControlState>()) {}

void Control::terminate(std::string reason, bool force, std::string by) const noexcept {
  state_->request(
      {.kind = Kind::Terminate, .text = std::move(reason), .by = std::move(by), .force = force});
}

void Control::retry(std::vector<std::string> environments, std::string by) const noexcept {
  state_->request(
      {.kind = Kind::Retry, .by = std::move(by), .environments = std::move(environments)});
}

void Control::skip(std::string environment, std::string reason, std::string by) const noexcept {
  state_->request({.kind = Kind::Skip,
                   .text = std::move(reason),
                   .by = std::move(by),
                   .environment = std::move(environment)});
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
