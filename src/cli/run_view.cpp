// SPDX-License-Identifier: Apache-2.0
#include "cli/run_view.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/json_string.hpp"
#include "base/printable.hpp"
#include "cli/output.hpp"
#include "render/words.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kReset = "\x1b[0m";
constexpr std::size_t kTimeWidth = 9;
constexpr std::size_t kWhereWidth = 12;
constexpr std::size_t kRowsDefault = 24;

const char* code_of(Tone tone) {
  switch (tone) {
    case Tone::Plain: return "";
    case Tone::Good: return "\x1b[32m";
    case Tone::Bad: return "\x1b[31m";
    case Tone::Busy: return "\x1b[36m";
    case Tone::Faint: return "\x1b[2m";
  }
  return "";
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t used = detail::columns(text);
  if (used < width) { text.append(width - used, ' '); }
  return text;
}

/// The text safe to print, its further lines indented.
std::string indented(std::string_view text, std::size_t columns) {
  std::string out;
  for (const char c : detail::printable_lines(text)) {
    out += c;
    if (c == '\n') { out.append(columns, ' '); }
  }
  return out;
}

std::size_t terminal_rows() {
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
  return known ? size.ws_row : kRowsDefault;
}

}  // namespace

std::string printed(const TimelineLine& line, bool color) {
  std::string text = padded('+' + short_duration(line.at), kTimeWidth) + "  " +
                     padded(detail::printable(line.where), kWhereWidth) + "  ";
  const bool colored = color && line.tone != Tone::Plain;
  if (colored) { text += code_of(line.tone); }
  text += indented(line.what, kTimeWidth + kWhereWidth + 4);
  if (colored) { text += kReset; }
  return text + '\n';
}

RunView::RunView(RunFormat format, bool color, std::string name, const Flow& flow,
                 Timeline::LogOf log_of)
    : format_(format),
      color_(color),
      name_(std::move(name)),
      timeline_(flow, format == RunFormat::Lines, std::move(log_of),
                [this](const TimelineLine& line) {
                  if (silent_ || format_ == RunFormat::Json) { return; }
                  const std::string prefix =
                      name_.empty() ? std::string() : detail::printable(name_) + "  ";
                  write_out(prefix + printed(line, color_));
                }) {}

void RunView::begin(std::string first, Instant origin) {
  first_ = std::move(first);
  origin_ = origin;
}

void RunView::announce() {
  if (first_.empty()) { return; }
  write_json(std::exchange(first_, {}) + '\n');
}

void RunView::add(std::string_view line, bool shown) {
  if (!shown) { announce(); }
  silent_ = shown;
  timeline_.add(line);
  silent_ = false;
  now_ = std::max(now_, timeline_.now());
  if (format_ != RunFormat::Json || shown) { return; }
  std::string text(line);
  if (!name_.empty() && text.starts_with('{')) {  // Which of several releases it is of.
    std::string member = "\"release\":";
    detail::append_json_string(member, name_);
    text.insert(1, member + ',');
  }
  write_json(text + '\n');
}

void RunView::idle(Instant now) {
  timeline_.flush();
  if (origin_) { now_ = std::max(now_, now - *origin_); }
  if (is_live() && origin_) { draw(); }
}

void RunView::draw() {
  const std::size_t width = terminal_width() - 1;
  const std::size_t rows = terminal_rows();
  const std::size_t room = rows > 6 ? rows - 4 : 2;
  const auto passed = [this](std::chrono::milliseconds since) {
    return short_duration((now_ - since) / 1000 * 1000);
  };
  std::string text;
  std::size_t shown = 0;
  for (const auto& [ticket, activity] : timeline_.active()) {
    if (shown == room) { break; }
    ++shown;
    const std::string what = padded(detail::printable(activity.where), kWhereWidth) + "  " +
                             activity.what + (activity.suspended ? ", waits for a person" : "") +
                             (activity.queued ? ", waits for a free slot" : "") + "  " +
                             passed(activity.since);
    const Tone tone = activity.queued ? Tone::Faint : Tone::Busy;
    text += (color_ ? code_of(tone) : "") + detail::printable("  > " + what, false, width) +
            (color_ ? kReset : "") + '\n';
  }
  const std::size_t active = timeline_.active().size();
  const std::string more =
      active > shown ? ", " + std::to_string(active - shown) + " more run" : "";
  text += detail::printable("  " + timeline_.progress() + ", " + passed({}) + more, false, width) +
          '\n';
  draw_below(text, shown + 1);
}

}  // namespace promoflow::cli
