// SPDX-License-Identifier: Apache-2.0
// Which names look the same: the key that they have in common.
#include <algorithm>
#include <iterator>

#include "base/look_alike_table.hpp"
#include "base/name_text.hpp"
#include "base/printable.hpp"
#include "base/utf8.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// The element of a sorted table whose `first` to `last` has the character; null: none.
template <class Entry, std::size_t Count>
const Entry* find_range(const Entry (&table)[Count], char32_t character) noexcept {
  const Entry* const found =
      std::partition_point(std::begin(table), std::end(table),
                           [character](const Entry& entry) { return entry.last < character; });
  return found != std::end(table) && found->first <= character ? found : nullptr;
}

template <class Entry, std::size_t Count>
const Entry* find_one(const Entry (&table)[Count], char32_t character) noexcept {
  const Entry* const found =
      std::partition_point(std::begin(table), std::end(table),
                           [character](const Entry& entry) { return entry.character < character; });
  return found != std::end(table) && found->character == character ? found : nullptr;
}

void append_like(std::u32string& out, char32_t character) {
  const LooksLike* const like = find_one(kLooksLike, character);
  out += like == nullptr ? character : static_cast<char32_t>(like->latin);
}

/// A Hangul syllable's two or three letters; they are computed (Unicode, chapter 3.12).
void append_syllable(std::u32string& out, char32_t syllable) {
  constexpr char32_t kFirst = 0xAC00;
  constexpr char32_t kVowels = 21;
  constexpr char32_t kTails = 28;
  const char32_t index = syllable - kFirst;
  out.push_back(char32_t{0x1100} + index / (kVowels * kTails));
  out.push_back(char32_t{0x1161} + index % (kVowels * kTails) / kTails);
  if (index % kTails != 0) { out.push_back(char32_t{0x11A7} + index % kTails); }
}

void append_parts(std::u32string& out, char32_t character) {
  if (character < 0x80) {
    out += character;
  } else if (character >= 0xAC00 && character <= 0xD7A3) {
    append_syllable(out, character);
  } else if (const SameAs* const same = find_range(kSameAs, character)) {
    append_like(out, character + static_cast<char32_t>(same->delta));
  } else if (const Several* const several = find_one(kSeveral, character)) {
    for (const char32_t part : several->parts) {
      if (part != 0) { append_like(out, part); }
    }
  } else if (!is_unprintable(character)) {
    append_like(out, character);
  }
}

}  // namespace

std::string look_alike_key(std::string_view text) {
  std::u32string parts;
  for (std::size_t at = 0; at < text.size();) {
    const Character self = character_at(text, at);
    append_parts(parts, self.value);
    at += self.bytes;
  }
  // Marks of one character in a fixed order: coarser than Unicode's canonical order, which keeps
  // that of marks at the same place.
  for (std::size_t begin = 0; begin < parts.size(); ++begin) {
    std::size_t end = begin;
    while (end < parts.size() && find_range(kMarks, parts[end]) != nullptr) { ++end; }
    std::sort(parts.begin() + static_cast<std::ptrdiff_t>(begin),
              parts.begin() + static_cast<std::ptrdiff_t>(end));
    begin = std::max(begin, end);
  }
  std::string out;
  for (const char32_t part : parts) { append_utf8(out, part); }
  return out;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
