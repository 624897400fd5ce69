// SPDX-License-Identifier: Apache-2.0
// The one meeting place of threads: whatever answers, run() takes it from here.
#include "executor/inbox.hpp"

#include <algorithm>
#include <exception>
#include <utility>
namespace promoflow {

namespace detail {

namespace {

constexpr std::size_t kKeptMax = 16;  // The third termination of a release says nothing new.
// Nobody can wait longer at once without overflowing some clock; to wake early is harmless.
constexpr std::chrono::hours kSleepMax{1};

std::optional<std::string_view> view(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

}  // namespace

Event Message::event(Instant at) const {
  switch (kind) {
    case Kind::Succeeded:
      if (is_hook) { return {at, HookSucceeded{ticket, view(context)}}; }
      return {at, PromotionSucceeded{ticket}};
    case Kind::Failed:
      if (is_hook) { return {at, HookFailed{ticket, text, view(context)}}; }
      return {at, PromotionFailed{ticket, text}};
    case Kind::Suspended: return {at, promoflow::Suspended{ticket}};
    case Kind::Resumed: return {at, promoflow::Resumed{ticket}};
    case Kind::Terminate: return {at, promoflow::Terminate{text}};
  }
  return {at, Tick{}};
}

void Inbox::open(Ticket ticket, bool is_hook) {
  const std::lock_guard lock(mutex_);
  open_.insert_or_assign(ticket, is_hook);
}

void Inbox::close(Ticket ticket) noexcept {
  const std::lock_guard lock(mutex_);
  open_.erase(ticket);
}

std::vector<Ticket> Inbox::shut() noexcept {
  const std::lock_guard lock(mutex_);
  std::vector<Ticket> tickets;
  try {
    tickets.reserve(open_.size());
    for (const auto& [ticket, is_hook] : open_) { tickets.push_back(ticket); }
  } catch (const std::exception&) {
    tickets.clear();  // Without memory nothing can be cancelled; nothing is answered either.
  }
  open_.clear();
  messages_.clear();
  shut_ = true;
  return tickets;
}

/// Drops what the machine would refuse: second and late answers must not fill the memory.
bool Inbox::admit(Message& message) {
  if (message.kind == Message::Kind::Terminate) {
    if (!shut_) { messages_.push_back(std::move(message)); }
    return !shut_;
  }
  const auto found = open_.find(message.ticket);
  if (found == open_.end()) { return false; }
  message.is_hook = found->second;
  const bool ends =
      message.kind == Message::Kind::Succeeded || message.kind == Message::Kind::Failed;
  messages_.push_back(std::move(message));
  if (ends) { open_.erase(found); }
  return true;
}

void Inbox::post(Message message) noexcept {
  const std::lock_guard lock(mutex_);
  try {
    if (!admit(message)) { return; }
  } catch (const std::exception&) { overrun_ = true; }
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
  return has_news();
}

bool Inbox::wait_for(std::optional<std::chrono::milliseconds> time) noexcept {
  std::unique_lock lock(mutex_);
  if (time) {
    const std::chrono::milliseconds limit = kSleepMax;
    changed_.wait_for(lock, std::min(*time, limit), [this] { return has_news(); });
  } else {
    changed_.wait(lock, [this] { return has_news(); });
  }
  return has_news();
}

bool Inbox::overrun() const noexcept {
  const std::lock_guard lock(mutex_);
  return overrun_;
}

void Remote::attach(const std::shared_ptr<Inbox>& inbox) {
  const std::lock_guard lock(mutex_);
  inboxes_.push_back(inbox);
  for (std::string& reason : kept_) {
    inbox->post({.kind = Message::Kind::Terminate, .text = std::move(reason)});
  }
  kept_.clear();
}

void Remote::detach(const std::shared_ptr<Inbox>& inbox) noexcept {
  const std::lock_guard lock(mutex_);
  inboxes_.erase(std::remove(inboxes_.begin(), inboxes_.end(), inbox), inboxes_.end());
}

void Remote::terminate(std::string reason) noexcept {
  const std::lock_guard lock(mutex_);
  try {
    for (const auto& inbox : inboxes_) {
      inbox->post({.kind = Message::Kind::Terminate, .text = reason});
    }
    if (inboxes_.empty() && kept_.size() < kKeptMax) { kept_.push_back(std::move(reason)); }
  } catch (const std::exception&) {
    // An empty reason still fits into memory that a long one does not.
    for (const auto& inbox : inboxes_) { inbox->post({.kind = Message::Kind::Terminate}); }
  }
}

}  // namespace detail

// --- Handles -------------------------------------------------------------------------------------

void Reply::succeeded(std::optional<std::string> context) const noexcept {
  inbox_->post(
      {.kind = detail::Message::Kind::Succeeded, .ticket = ticket_, .context = std::move(context)});
}

void Reply::failed(std::string message, std::optional<std::string> context) const noexcept {
  inbox_->post({.kind = detail::Message::Kind::Failed,
                .ticket = ticket_,
                .text = std::move(message),
                .context = std::move(context)});
}

void Reply::suspended() const noexcept {
  inbox_->post({.kind = detail::Message::Kind::Suspended, .ticket = ticket_});
}

void Reply::resumed() const noexcept {
  inbox_->post({.kind = detail::Message::Kind::Resumed, .ticket = ticket_});
}

bool Waiting::ready() const noexcept { return inbox_->ready(); }

bool Waiting::wait_for(std::optional<std::chrono::milliseconds> time) noexcept {
  return inbox_->wait_for(time);
}

Control::Control() : remote_(std::make_shared<detail::Remote>()) {}

void Control::terminate(std::string reason) const noexcept {
  remote_->terminate(std::move(reason));
}

}  // namespace promoflow
