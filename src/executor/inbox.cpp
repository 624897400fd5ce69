// SPDX-License-Identifier: Apache-2.0
// All that other threads say to run() goes through here.
#include "executor/inbox.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace promoflow {

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
    case Kind::Terminate: return {at, promoflow::Terminate{text, force, by}};
    case Kind::Retry:
      if (!environments) { return {at, promoflow::Retry{std::nullopt, by}}; }
      names.assign(environments->begin(), environments->end());
      return {at, promoflow::Retry{std::span<const std::string_view>(names), by}};
    case Kind::Skip: return {at, promoflow::Skip{environment, text, by}};
  }
  return {at, Tick{}};
}

void Inbox::open(Ticket ticket, CommandKind kind) {
  const std::lock_guard lock(mutex_);
  open_.insert_or_assign(ticket, OpenTicket{kind});
}

void Inbox::close(Ticket ticket) noexcept {
  const std::lock_guard lock(mutex_);
  open_.erase(ticket);
}

std::vector<Ticket> Inbox::shutdown() noexcept {
  const std::lock_guard lock(mutex_);
  std::vector<Ticket> tickets;
  try {
    tickets.reserve(open_.size());
    for (const auto& [ticket, open] : open_) {
      if (!open.succeeded) { tickets.push_back(ticket); }
    }
  } catch (const std::exception&) {
    tickets.clear();  // Without memory nothing can be cancelled.
  }
  open_.clear();
  messages_.clear();
  shut_down_ = true;
  return tickets;
}

/// Whether the message was kept. One that the release would refuse anyway is dropped.
bool Inbox::enqueue(Message& message) {
  if (shut_down_) { return false; }
  if (!is_request(message.kind)) { return enqueue_answer(message); }
  messages_.push_back(std::move(message));
  return true;
}

bool Inbox::enqueue_answer(Message& message) {
  const Message::Kind kind = message.kind;
  const auto found = open_.find(message.ticket);
  if (found == open_.end()) { return false; }
  OpenTicket& open = found->second;
  if (open.succeeded && kind != Message::Kind::Failed) { return false; }
  message.is_hook = open.kind == CommandKind::Hook;
  messages_.push_back(std::move(message));
  if (kind == Message::Kind::Succeeded && open.kind == CommandKind::SoakingPromotion) {
    open.succeeded = true;
  } else if (kind == Message::Kind::Succeeded || kind == Message::Kind::Failed) {
    open_.erase(found);
  }
  return true;
}

void Inbox::post(Message message) noexcept {
  const std::lock_guard lock(mutex_);
  try {
    if (!enqueue(message)) { return; }
  } catch (const std::exception&) { message_lost_ = true; }
  changed_.notify_all();
}

void Inbox::lose_message() noexcept {
  const std::lock_guard lock(mutex_);
  message_lost_ = true;
  changed_.notify_all();
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
  try {
    for (const auto& inbox : inboxes_) { inbox->post(message); }
    if (inboxes_.empty() && kept_.size() < kKeptMax) { kept_.push_back(std::move(message)); }
  } catch (const std::exception&) {
    for (const auto& inbox : inboxes_) { inbox->lose_message(); }
    if (inboxes_.empty()) { message_lost_ = true; }
  }
}

}  // namespace detail

// --- Handles -------------------------------------------------------------------------------------

using Kind = detail::Message::Kind;

void Reply::succeeded(std::optional<std::string> context) const noexcept {
  inbox_->post({.kind = Kind::Succeeded, .ticket = ticket_, .context = std::move(context)});
}

void Reply::failed(std::string message, std::optional<std::string> context) const noexcept {
  inbox_->post({.kind = Kind::Failed,
                .ticket = ticket_,
                .text = std::move(message),
                .context = std::move(context)});
}

void Reply::suspended() const noexcept {
  inbox_->post({.kind = Kind::Suspended, .ticket = ticket_});
}

void Reply::resumed(std::string by) const noexcept {
  inbox_->post({.kind = Kind::Resumed, .ticket = ticket_, .by = std::move(by)});
}

void Reply::queued() const noexcept { inbox_->post({.kind = Kind::Queued, .ticket = ticket_}); }

void Reply::started() const noexcept { inbox_->post({.kind = Kind::Started, .ticket = ticket_}); }

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

}  // namespace promoflow
