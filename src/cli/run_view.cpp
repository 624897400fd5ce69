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
std::string cut(std::string_view text, std::size_t width) {
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

/// A record in words: one overload for each kind.
struct RunWords {
  RunView& view;

  void operator()(const ReleaseChanged& changed) const {
    view.line("release", to_string(changed.status), tone(changed.status));
  }
  void operator()(const EnvironmentChanged& changed) const {
    if (changed.status == EnvironmentStatus::Successful) { ++view.successful_; }
    view.line(changed.environment_name, to_string(changed.status), tone(changed.status));
  }
  void operator()(const RunHook& hook) const {
    view.begin(hook.ticket, hook.environment ? hook.environment_name : "release",
               std::string(word_of(hook.point)) + " hook " + std::string(hook.hook), hook.attempt);
  }
  void operator()(const Promote& promote) const {
    view.begin(promote.ticket, promote.environment_name, "promotion", promote.attempt);
  }
  void operator()(const Cancel& cancel) const { view.end(cancel.ticket, "cancelled", {}, kBad); }
  void operator()(const HookSucceeded& event) const {
    view.end(event.ticket, "succeeded", {}, kGood);
  }
  void operator()(const HookFailed& event) const {
    view.end(event.ticket, "failed", event.message, kBad);
  }
  void operator()(const PromotionSucceeded& event) const {
    view.end(event.ticket, "succeeded", {}, kGood);
  }
  void operator()(const PromotionFailed& event) const {
    view.end(event.ticket, "failed", event.message, kBad);
  }
  void operator()(const Suspended& event) const { suspend(event.ticket, true); }
  void operator()(const Resumed& event) const { suspend(event.ticket, false); }
  void operator()(const Terminate& event) const {
    view.line("release", "terminate: " + std::string(event.reason), kBad);
  }
  void operator()(const Retry&) const { view.line("release", "retry", kPlain); }
  void operator()(const Refused&) const {}

  void suspend(Ticket ticket, bool suspended) const {
    const auto found = view.busy_.find(ticket);
    if (found != view.busy_.end()) { found->second.suspended = suspended; }
  }

  static const char* tone(EnvironmentStatus status) {
    switch (status) {
      case EnvironmentStatus::Successful: return kGood;
      case EnvironmentStatus::Failed:
      case EnvironmentStatus::Terminated: return kBad;
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

void RunView::note(const Release& release, const Record& record, Instant now) {
  now_ = now;
  if (!origin_) { origin_ = record.at; }
  if (format_ == RunFormat::Json) {
    write_out(to_json(record, *origin_).value_or("{}") + '\n');
    (void)std::fflush(stdout);  // finish_output() tells of what went wrong.
    return;
  }
  environments_ = release.flow().environment_count();
  std::visit(RunWords{*this}, record.what);
}

void RunView::begin(Ticket ticket, std::string_view where, std::string what,
                    std::uint32_t attempt) {
  if (attempt > 1) { what += " (attempt " + std::to_string(attempt) + ")"; }
  const auto [busy, is_new] =
      busy_.insert_or_assign(ticket, Busy{std::string(where), std::move(what), now_});
  if (is_new && !is_live()) { line(where, busy->second.what + " ...", kPlain); }
}

void RunView::end(Ticket ticket, std::string_view how, std::string_view message, const char* tone) {
  const auto found = busy_.find(ticket);
  if (found == busy_.end()) { return; }  // Cancelled, then failed: an expired command.
  const Busy busy = std::move(found->second);
  busy_.erase(found);
  std::string text = busy.what + ' ' + std::string(how) + " after " + seconds(now_ - busy.since);
  if (!message.empty()) { text += ": " + std::string(message); }
  line(busy.where, text, tone);
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

void RunView::draw() {
  const std::size_t width = terminal_width() - 1;
  const std::size_t rows = terminal_rows();
  const std::size_t room = rows > 6 ? rows - 4 : 2;
  std::string text;
  for (const auto& [ticket, busy] : busy_) {
    if (drawn_ == room) { break; }
    ++drawn_;
    const std::string what = padded(harmless(busy.where), kWhereWidth) + "  " + busy.what +
                             (busy.suspended ? ", waits for a person" : "") + "  " +
                             seconds((now_ - busy.since) / 1000 * 1000);
    text += (color_ ? kBusy : "") + cut("  > " + what, width) + (color_ ? kReset : "") + '\n';
  }
  const std::string more =
      busy_.size() > drawn_ ? ", " + std::to_string(busy_.size() - drawn_) + " more run" : "";
  text += cut("  " + std::to_string(successful_) + " of " + std::to_string(environments_) +
                  " environments successful, " + seconds((now_ - *origin_) / 1000 * 1000) + more,
              width) +
          '\n';
  ++drawn_;
  write_out(text);
}

}  // namespace promoflow::cli
