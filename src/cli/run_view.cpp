// SPDX-License-Identifier: Apache-2.0
#include "cli/run_view.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "cli/cli.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kPlain = "";
constexpr const char* kGood = "\x1b[32m";
constexpr const char* kBad = "\x1b[31m";
constexpr const char* kBusy = "\x1b[36m";
constexpr const char* kFaint = "\x1b[2m";
constexpr const char* kReset = "\x1b[0m";
constexpr std::size_t kTimeWidth = 9;
constexpr std::size_t kWhereWidth = 12;
constexpr std::size_t kRowsDefault = 24;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) { text.append(width - text.size(), ' '); }
  return text;
}

/// No control character reaches the terminal; further lines are indented.
std::string harmless(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += '\n' + std::string(kTimeWidth + kWhereWidth + 4, ' ');
    } else {
      out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    }
  }
  return out;
}

/// At most so many characters, on one line.
std::string shortened(std::string_view text, std::size_t width) {
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size() && text[end] != '\n'; ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U;
    if (begins && count++ == width) { break; }
  }
  return std::string(text.substr(0, end));
}

std::string seconds(std::chrono::milliseconds time) {
  const bool exact = time < std::chrono::seconds{1};
  return format_duration(exact ? time : time / 100 * 100).value_or("");
}

std::size_t terminal_rows() {
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
  return known ? size.ws_row : kRowsDefault;
}

std::string_view word_of(Point point) {
  const std::string_view name = to_string(point);
  return name.substr(name.find('.') + 1);
}

}  // namespace

/// Writes a record: one overload for each kind.
struct RecordWriter {
  RunView& view;
  const Release& release;

  void operator()(const ReleaseChanged& changed) const {
    view.line("release", to_string(changed.status), tone(changed.status));
  }
  void operator()(const EnvironmentChanged& changed) const {
    if (changed.status == EnvironmentStatus::Successful) { ++view.successful_; }
    if (changed.status == EnvironmentStatus::Skipped) { ++view.skipped_; }
    if (changed.status != EnvironmentStatus::Running) {
      view.end_soak_of(changed.environment_name);
    }
    view.line(changed.environment_name, to_string(changed.status), tone(changed.status));
  }
  void operator()(const RunHook& hook) const {
    view.begin(hook.ticket,
               {std::string(hook.environment ? hook.environment_name : "release"),
                std::string(word_of(hook.point)) + " hook " + std::string(hook.hook)},
               hook.attempt);
  }
  void operator()(const Promote& promote) const {
    view.begin(promote.ticket,
               {.where = std::string(promote.environment_name),
                .what = "promotion",
                .soak = release.flow().step(promote.environment).soak},
               promote.attempt);
  }
  void operator()(const Cancel& cancel) const { view.end(cancel.ticket, "cancelled", {}, kBad); }
  void operator()(const HookSucceeded& event) const {
    view.end(event.ticket, "succeeded", {}, kGood);
  }
  void operator()(const HookFailed& event) const {
    view.end(event.ticket, "failed", event.message, kBad);
  }
  void operator()(const PromotionSucceeded& event) const { view.begin_soak(event.ticket); }
  void operator()(const PromotionFailed& event) const {
    view.end(event.ticket, "failed", event.message, kBad);
  }
  void operator()(const Soaked& event) const { view.end(event.ticket, "ended well", {}, kGood); }
  void operator()(const Suspended& event) const {
    set(event.ticket, &RunView::Activity::suspended, true, "waits for a person");
  }
  void operator()(const Resumed& event) const {
    set(event.ticket, &RunView::Activity::suspended, false, "goes on" + by(event.by));
  }
  void operator()(const Queued& event) const {
    set(event.ticket, &RunView::Activity::queued, true, "waits for a free slot");
  }
  void operator()(const Started& event) const {
    set(event.ticket, &RunView::Activity::queued, false, "starts");
  }
  void operator()(const Terminate& event) const {
    view.line("release",
              std::string(event.force ? "terminate by force: " : "terminate: ") +
                  std::string(event.reason) + by(event.by),
              kBad);
  }
  void operator()(const Retry& event) const {
    std::string what = "retry";
    if (event.environments) {
      for (const std::string_view name : *event.environments) { what += ' ' + std::string(name); }
    }
    view.line("release", what + by(event.by), kPlain);
  }
  void operator()(const Skip& event) const {
    const std::string reason = event.reason.empty() ? "" : ": " + std::string(event.reason);
    view.line(event.environment, "skip" + reason + by(event.by), kPlain);
  }
  void operator()(const ContextConflict& conflict) const {
    view.line("release",
              "conflict in the promotion context: " + std::string(conflict.key) +
                  " was written by ticket " + number(conflict.earlier) + " and by ticket " +
                  number(conflict.later) + ", whose value remains",
              kBusy);
  }
  void operator()(const KeyShadowed& shadowed) const {
    view.line("release",
              std::string(shadowed.key) +
                  " is the name of a default argument: hooks are not handed this value",
              kBusy);
  }
  void operator()(const Refused&) const {}  // In simulations only.

  /// A command's state changes; lines show it, and so does a live view when it is drawn next.
  void set(Ticket ticket, bool RunView::Activity::*state, bool value,
           const std::string& words) const {
    const auto found = view.active_.find(ticket);
    if (found == view.active_.end()) { return; }
    found->second.*state = value;
    if (!view.is_live()) {
      view.line(found->second.where, found->second.what + ' ' + words, kPlain);
    }
  }

  static std::string by(std::string_view who) {
    return who.empty() ? std::string() : " (by " + std::string(who) + ")";
  }
  static std::string number(Ticket ticket) {
    return std::to_string(static_cast<std::uint64_t>(ticket));
  }
  static const char* tone(EnvironmentStatus status) {
    switch (status) {
      case EnvironmentStatus::Successful: return kGood;
      case EnvironmentStatus::Failed:
      case EnvironmentStatus::Terminated: return kBad;
      case EnvironmentStatus::Skipped: return kFaint;
      case EnvironmentStatus::Pending:
      case EnvironmentStatus::Running:
      case EnvironmentStatus::Suspended: return kPlain;
    }
    return kPlain;
  }
  static const char* tone(ReleaseStatus status) {
    switch (status) {
      case ReleaseStatus::Succeeded: return kGood;
      case ReleaseStatus::Terminating:
      case ReleaseStatus::Failed:
      case ReleaseStatus::Terminated: return kBad;
      case ReleaseStatus::Running:
      case ReleaseStatus::Suspended: return kPlain;
    }
    return kPlain;
  }
};

void RunView::add(const Release& release, const Record& record, Instant now) {
  now_ = now;
  if (!origin_) { origin_ = record.at; }
  if (format_ == RunFormat::Json) {
    write_out(to_json(record, *origin_).value_or("{}") + '\n');
    (void)std::fflush(stdout);  // finish_output() reports a failure.
    return;
  }
  environments_ = release.flow().environment_count();
  std::visit(RecordWriter{*this, release}, record.what);
}

void RunView::begin(Ticket ticket, Activity activity, std::uint32_t attempt) {
  if (attempt > 1) { activity.what += " (attempt " + std::to_string(attempt) + ")"; }
  activity.since = now_;
  const auto [active, is_new] = active_.insert_or_assign(ticket, std::move(activity));
  if (is_new && !is_live()) { line(active->second.where, active->second.what + " ...", kPlain); }
}

void RunView::end(Ticket ticket, std::string_view how, std::string_view message, const char* tone) {
  const auto found = active_.find(ticket);
  if (found == active_.end()) { return; }  // An expired command: its Cancel came first.
  const Activity activity = std::move(found->second);
  active_.erase(found);
  std::string text =
      activity.what + ' ' + std::string(how) + " after " + seconds(now_ - activity.since);
  if (!message.empty()) { text += ": " + std::string(message); }
  line(activity.where, text, tone);
}

/// A promotion has succeeded; its soak, if there is one, goes on under the same ticket.
void RunView::begin_soak(Ticket ticket) {
  const auto found = active_.find(ticket);
  const std::optional<Activity> promotion =
      found == active_.end() ? std::nullopt : std::optional<Activity>(found->second);
  end(ticket, "succeeded", {}, kGood);
  if (!promotion || !promotion->soak) { return; }
  begin(
      ticket,
      {.where = promotion->where, .what = "soak of " + seconds(*promotion->soak), .soaking = true},
      1);
}

/// A soak that is cut short has no record of its own.
void RunView::end_soak_of(std::string_view environment) {
  std::erase_if(active_, [environment](const auto& entry) {
    return entry.second.soaking && entry.second.where == environment;
  });
}

void RunView::line(std::string_view where, std::string_view what, const char* tone) {
  finish();
  std::string text = padded('+' + seconds(now_ - *origin_), kTimeWidth) + "  " +
                     padded(harmless(where), kWhereWidth) + "  ";
  const bool colored = color_ && *tone != '\0';
  if (colored) { text += tone; }
  text += harmless(what);
  if (colored) { text += kReset; }
  write_out(text + '\n');
}

void RunView::idle(Instant now) {
  now_ = std::max(now, now_);
  if (is_live() && origin_) {
    finish();
    draw();
  }
  (void)std::fflush(stdout);
}

void RunView::finish() {
  if (drawn_ == 0) { return; }
  write_out("\x1b[" + std::to_string(drawn_) + "A\x1b[J");
  drawn_ = 0;
}

/// `3 of 5 environments successful, 1 skipped, 1m20s`.
std::string RunView::progress() const {
  std::string text = "  " + std::to_string(successful_) + " of " + std::to_string(environments_) +
                     " environments successful, ";
  if (skipped_ > 0) { text += std::to_string(skipped_) + " skipped, "; }
  return text + seconds((now_ - *origin_) / 1000 * 1000);
}

void RunView::draw() {
  const std::size_t width = terminal_width() - 1;
  const std::size_t rows = terminal_rows();
  const std::size_t room = rows > 6 ? rows - 4 : 2;
  std::string text;
  for (const auto& [ticket, activity] : active_) {
    if (drawn_ == room) { break; }
    ++drawn_;
    const std::string what = padded(harmless(activity.where), kWhereWidth) + "  " + activity.what +
                             (activity.suspended ? ", waits for a person" : "") +
                             (activity.queued ? ", waits for a free slot" : "") + "  " +
                             seconds((now_ - activity.since) / 1000 * 1000);
    const char* const tone = activity.queued ? kFaint : kBusy;
    text += (color_ ? tone : "") + shortened("  > " + what, width) + (color_ ? kReset : "") + '\n';
  }
  const std::string more =
      active_.size() > drawn_ ? ", " + std::to_string(active_.size() - drawn_) + " more run" : "";
  text += shortened(progress() + more, width) + '\n';
  ++drawn_;
  write_out(text);
}

}  // namespace promoflow::cli
