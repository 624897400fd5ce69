// SPDX-License-Identifier: Apache-2.0
// How text is measured, cut, broken and coloured for a terminal.
#include <fmt/format.h>

#include <algorithm>

#include "render/words.hpp"

namespace promoflow::detail {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

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
/// Controls, line and paragraph separators, and what reorders text (the trojan source characters).
constexpr Range kUnsafe[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C}, {0x200E, 0x200F},
                             {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF}};

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

bool is_continuation(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
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

Character character_at(std::string_view text, std::size_t position) noexcept {
  const auto lead = static_cast<unsigned char>(text[position]);
  if (lead < 0x80) { return {lead, 1}; }
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || position + bytes > text.size()) { return {kReplacement, 1}; }
  char32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text[position + i])) { return {kReplacement, 1}; }
    value = (value << 6U) | (static_cast<unsigned char>(text[position + i]) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool outside = value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF);
  if (overlong || outside) { return {kReplacement, 1}; }
  return {value, bytes};
}

bool is_unsafe(char32_t character) noexcept { return is_in(kUnsafe, character); }

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
    const Character character = character_at(text, at);
    const bool escaped = is_unsafe(character.value) || (ascii && character.value > 0x7F);
    const std::size_t before = out.size();
    if (escaped) {
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(character.value));
      used += out.size() - before;
    } else if (character.value == kReplacement) {
      out += "\uFFFD";
      ++used;
    } else {
      out += text.substr(at, character.bytes);
      used += columns_of(character.value);
    }
    if (used > columns_max) {
      out.resize(fits);
      out += ellipsis;
      return out;
    }
    if (used <= room) { fits = out.size(); }
    at += character.bytes;
  }
  return out;
}

void append_xml(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    const bool not_xml = character.value == kReplacement || is_unsafe(character.value) ||
                         character.value == 0xFFFE || character.value == 0xFFFF;
    if (character.value == '\n' || character.value == '\t' || character.value == '\r') {
      out += ' ';
    } else if (not_xml) {
      out += "\uFFFD";
    } else if (character.value == '&') {
      out += "&amp;";
    } else if (character.value == '<') {
      out += "&lt;";
    } else if (character.value == '>') {
      out += "&gt;";
    } else if (character.value == '"') {
      out += "&quot;";
    } else if (character.value == '\'') {
      out += "&#39;";
    } else {
      out += text.substr(at, character.bytes);
    }
    at += character.bytes;
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

}  // namespace promoflow::detail
