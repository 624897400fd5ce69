// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/utf8.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Unicode's categories Cc, Cf, Cs, Zl and Zp, the property Default_Ignorable_Code_Point, and the
/// noncharacters of the basic plane; those of the others are a matter of arithmetic. Sorted.
constexpr Range kUnprintable[] = {
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},
    {0x0600, 0x0605},   {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},
    {0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
    {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
    {0x3164, 0x3164},   {0xD800, 0xDFFF},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},
    {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD},
    {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF}};

/// Blocks of pictures, of which variants and joined sequences exist.
constexpr Range kPictures[] = {{0x203C, 0x203C}, {0x2049, 0x2049},  {0x2122, 0x2122},
                               {0x2139, 0x2139}, {0x2194, 0x21AA},  {0x231A, 0x23FF},
                               {0x25AA, 0x25FE}, {0x2600, 0x27BF},  {0x2934, 0x2935},
                               {0x2B05, 0x2B55}, {0x1F000, 0x1FAFF}};

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kTextVariant = 0xFE0E;
constexpr char32_t kPictureVariant = 0xFE0F;

template <std::size_t Count>
bool is_in(const Range (&ranges)[Count], char32_t value) noexcept {
  const auto* const found =
      std::partition_point(std::begin(ranges), std::end(ranges),
                           [value](const Range& range) { return range.last < value; });
  return found != std::end(ranges) && found->first <= value;
}

/// The character that ends right before `at`; none: U+0000.
char32_t character_before(std::string_view text, std::size_t at) noexcept {
  for (std::size_t bytes = 1; bytes <= std::min<std::size_t>(at, 4); ++bytes) {
    const Character found = character_at(text, at - bytes);
    if (found.valid && found.bytes == bytes) { return found.value; }
  }
  return 0;
}

/// A variation selector behind a picture, or a joiner between two.
bool belongs_to_emoji(std::string_view text, std::size_t at, const Character& self) noexcept {
  if (self.value == kTextVariant || self.value == kPictureVariant) {
    return is_in(kPictures, character_before(text, at));
  }
  const std::size_t next = at + self.bytes;
  if (self.value != kJoiner || next >= text.size()) { return false; }
  constexpr std::size_t kVariantBytes = 3;
  if (character_before(text, at) == kPictureVariant) { at -= kVariantBytes; }
  return is_in(kPictures, character_before(text, at)) &&
         is_in(kPictures, character_at(text, next).value);
}

void append_hex(std::string& out, char32_t value, std::size_t digits_min) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::size_t digits = digits_min;
  while (digits < 6 && (value >> (4 * digits)) != 0) { ++digits; }
  while (digits > 0) { out += kDigits[(value >> (4 * --digits)) & 15U]; }
}

}  // namespace

Character character_at(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const std::size_t bytes = utf8_sequence(text, at);
  if (bytes == 0) { return {byte(0), 1, false}; }
  if (bytes == 1) { return {byte(0), 1, true}; }
  char32_t value = byte(0) & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) { value = (value << 6U) | (byte(i) & 0x3FU); }
  return {value, bytes, true};
}

bool is_unprintable(char32_t character) noexcept {
  constexpr char32_t kLast = 0x10FFFF;
  const bool never = (character & 0xFFFEU) == 0xFFFEU || character > kLast;
  return never || is_in(kUnprintable, character);
}

std::size_t append_printable(std::string& out, std::string_view text, std::size_t at, bool ascii) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte >= 0x20 && byte < 0x7F) {
    out += text[at];
    return 1;
  }
  const Character self = character_at(text, at);
  if (!self.valid) {
    out += "<0x";
    append_hex(out, self.value, 2);
    out += '>';
  } else if (ascii || (is_unprintable(self.value) && !belongs_to_emoji(text, at, self))) {
    out += "<U+";
    append_hex(out, self.value, 4);
    out += '>';
  } else {
    out += text.substr(at, self.bytes);
  }
  return self.bytes;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) { at += append_printable(out, text, at); }
  return out;
}

std::string printable_lines(std::string_view text, bool ascii) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const bool is_line_end = text[at] == '\n' || text.substr(at, 2) == "\r\n";
    if (is_line_end) {
      out += '\n';
      at += text[at] == '\r' ? 2U : 1U;
    } else if (text[at] == '\t') {
      out += ' ';
      ++at;
    } else {
      at += append_printable(out, text, at, ascii);
    }
  }
  return out;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
