// SPDX-License-Identifier: Apache-2.0
// How text is measured, cut, broken and coloured for a terminal.
#include <fmt/format.h>

#include <algorithm>

#include "render/words.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Characters of two columns: the large blocks of Unicode's East Asian Width W and F, and emoji.
constexpr Range kWide[] = {
    {0x1100, 0x115F}, {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},  {0x4E00, 0x9FFF},
    {0xA000, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},  {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
/// Characters of no column: combining marks, joiners, variation selectors.
constexpr Range kCombining[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},
                                {0x064B, 0x065F}, {0x200B, 0x200D}, {0x20D0, 0x20FF},
                                {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

template <std::size_t Count>
bool is_in(const Range (&ranges)[Count], char32_t value) noexcept {
  return std::any_of(std::begin(ranges), std::end(ranges), [value](const Range& range) {
    return value >= range.first && value <= range.last;
  });
}

std::size_t columns_of(char32_t value) noexcept {
  if (is_in(kCombining, value)) { return 0; }
  return is_in(kWide, value) ? 2 : 1;
}

std::string_view code(Tone tone) noexcept {
  switch (tone) {
    case Tone::Plain: return "";
    case Tone::Strong: return "\x1b[1m";
    case Tone::Faint: return "\x1b[2m";
    case Tone::Good: return "\x1b[32m";
    case Tone::Bad: return "\x1b[31m";
    case Tone::Busy: return "\x1b[36m";
    case Tone::Waiting: return "\x1b[33m";
    case Tone::Stopped: return "\x1b[35m";
  }
  return "";
}

/// XML's five special characters are written as entities.
void append_escaped(std::string& out, char c) {
  switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    case '\'': out += "&#39;"; break;
    default: out += c; break;
  }
}

/// Appends the words of one line, broken at spaces.
void wrap_line(std::vector<std::string>& lines, std::string_view text, std::size_t width) {
  std::string line;
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    const std::size_t size = columns(word);
    if (used > 0 && used + 1 + size > width) {
      lines.push_back(std::move(line));
      line.clear();
      used = 0;
    }
    if (used > 0) {
      line += ' ';
      ++used;
    }
    line += word;
    used += size;
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  lines.push_back(std::move(line));
}

}  // namespace

std::size_t columns(std::string_view text) noexcept {
  std::size_t total = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    total += columns_of(character.value);
    at += character.bytes;
  }
  return total;
}

std::string printable(std::string_view text, bool ascii, std::size_t columns_max) {
  const std::string_view ellipsis = ascii ? "..." : "\u2026";
  const std::size_t room = columns_max - std::min(columns_max, columns(ellipsis));
  std::string out;
  std::size_t used = 0;
  std::size_t fits = 0;  // Bytes of `out` that leave room for the ellipsis.
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t before = out.size();
    at += append_printable(out, text, at, ascii);
    used += columns(std::string_view(out).substr(before));
    if (used > columns_max) {
      out.resize(fits);
      out += ellipsis;
      return out;
    }
    if (used <= room) { fits = out.size(); }
  }
  return out;
}

void append_xml(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
      out += ' ';
      ++at;
      continue;
    }
    std::string shown;
    at += append_printable(shown, text, at);
    for (const char c : shown) { append_escaped(out, c); }
  }
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  for (;;) {
    const std::size_t end = text.find('\n');
    wrap_line(lines, text.substr(0, end), width);
    if (end == std::string_view::npos) { break; }
    text.remove_prefix(end + 1);
  }
  return lines;
}

void paint(std::string& out, Tone tone, std::string_view text, bool color) {
  const std::string_view start = code(tone);
  if (!color || start.empty() || text.empty()) {
    out += text;
    return;
  }
  out += start;
  out += text;
  out += "\x1b[0m";
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
