// SPDX-License-Identifier: Apache-2.0
#include "base/name_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "base/byte_set.hpp"
#include "base/position.hpp"
#include "base/printable.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

struct NamedCharacter {
  char32_t character;
  std::string_view name;
};

/// The characters that keyboards, editors, web pages and chat programs put into texts.
constexpr NamedCharacter kNamed[] = {
    {0x0009, "a tab"},
    {0x000A, "a line break"},
    {0x000D, "a carriage return"},
    {0x00A0, "a no-break space"},
    {0x00AD, "a soft hyphen"},
    {0x061C, "an Arabic letter mark"},
    {0x1680, "an Ogham space"},
    {0x2007, "a figure space"},
    {0x200B, "a zero width space"},
    {0x200C, "a zero width non-joiner"},
    {0x200D, "a zero width joiner"},
    {0x200E, "a left-to-right mark"},
    {0x200F, "a right-to-left mark"},
    {0x2028, "a line separator"},
    {0x2029, "a paragraph separator"},
    {0x202A, "a left-to-right embedding"},
    {0x202B, "a right-to-left embedding"},
    {0x202C, "an end of directional formatting"},
    {0x202D, "a left-to-right override"},
    {0x202E, "a right-to-left override"},
    {0x202F, "a narrow no-break space"},
    {0x2060, "a word joiner"},
    {0x2066, "a left-to-right isolate"},
    {0x2067, "a right-to-left isolate"},
    {0x2068, "a first strong isolate"},
    {0x2069, "an end of a directional isolate"},
    {0x2800, "a Braille blank"},
    {0x3000, "an ideographic space"},
    {0xFEFF, "a byte order mark"},
    {0xFFFC, "an object replacement character"},
    {0xFFFD, "a replacement character"},
};

constexpr char32_t kReplacement = 0xFFFD;

/// Blank, but not the space of the keyboard.
bool is_other_space(char32_t c) noexcept {
  return c == 0x00A0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F ||
         c == 0x2800 || c == 0x3000;
}

bool is_lost(char32_t c) noexcept { return c == 0xFFFC || c == kReplacement; }

/// How a character stands in a name.
enum class Part : std::uint8_t { Plain, Space, OtherSpace, Lost, Invisible, NotUtf8 };

struct Found {
  Part part = Part::Plain;
  char32_t character = 0;
  std::size_t at = 0;
  std::size_t bytes = 0;
};

/// The character at `at`. append_printable() knows which invisible characters belong to an emoji.
Found classify(std::string_view name, std::size_t at, std::string& scratch) {
  const Character self = character_at(name, at);
  Found found{Part::Plain, self.value, at, self.bytes};
  if (!self.valid) {
    found.part = Part::NotUtf8;
  } else if (self.value == ' ') {
    found.part = Part::Space;
  } else if (is_other_space(self.value)) {
    found.part = Part::OtherSpace;
  } else if (is_lost(self.value)) {
    found.part = Part::Lost;
  } else if (is_unprintable(self.value)) {
    scratch.clear();
    append_printable(scratch, name, at);
    found.part = scratch == name.substr(at, self.bytes) ? Part::Plain : Part::Invisible;
  }
  return found;
}

bool is_ascii_name(std::string_view name) noexcept {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

bool is_refused(Part part) noexcept { return part != Part::Plain && part != Part::Space; }

std::string_view word_for(const Found& found) noexcept {
  if (found.part == Part::OtherSpace) { return "unusual spaces"; }
  if (found.character < 0xA0) { return "control characters"; }
  return found.part == Part::Lost ? "replacement characters" : "invisible characters";
}

/// The first character that a name can't have; Plain: there is none.
Found first_refused(std::string_view name) {
  std::string scratch;
  for (std::size_t at = 0; at < name.size();) {
    const Found found = classify(name, at, scratch);
    if (is_refused(found.part)) { return found; }
    at += found.bytes;
  }
  return {};
}

constexpr std::size_t kShownMax = 256;

/// The name with all that cannot be seen, or that looks like a space, written out.
std::string shown(std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    if (at >= kShownMax) { return out + "..."; }
    const Character self = character_at(name, at);
    if (self.valid && is_other_space(self.value)) {
      out += fmt::format("<U+{:04X}>", static_cast<std::uint32_t>(self.value));
      at += self.bytes;
    } else {
      at += append_printable(out, name, at);
    }
  }
  return out;
}

/// Where in a name a character is: `at its end`.
std::string place_of(std::string_view name, const Found& found) {
  if (found.at == 0) { return "at its beginning"; }
  if (found.at + found.bytes == name.size()) { return "at its end"; }
  return fmt::format("behind '{}'", shown(name.substr(0, found.at)));
}

std::string write_instead(std::string_view name) {
  const std::string visible = visible_name(name);
  if (visible.empty()) { return "write a name"; }
  return fmt::format("write '{}'", shown(visible));
}

std::string_view without_outer_spaces(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) { return {}; }
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// `U+0430 where the other has 'a'`: the first place at which two names differ.
std::string first_difference(std::string_view name, std::string_view other) {
  std::size_t at = 0;
  while (at < name.size() && at < other.size() && name[at] == other[at]) { ++at; }
  while (at > 0 && ((at < name.size() && !begins_code_point(name[at])) ||
                    (at < other.size() && !begins_code_point(other[at])))) {
    --at;
  }
  const auto spell = [at](std::string_view text) -> std::string {
    if (at >= text.size()) { return "nothing"; }
    const Character found = character_at(text, at);
    if (found.value > 0x20 && found.value < 0x7F) {
      return fmt::format("'{}'", static_cast<char>(found.value));
    }
    return fmt::format("U+{:04X}", static_cast<std::uint32_t>(found.value));
  };
  return fmt::format("{} where the other has {}", spell(other), spell(name));
}

}  // namespace

bool is_false_blank(char32_t character) noexcept {
  return is_other_space(character) || (character >= 0x80 && is_unprintable(character));
}

std::string name_of_character(char32_t character) {
  const auto* const found =
      std::find_if(std::begin(kNamed), std::end(kNamed),
                   [character](const NamedCharacter& each) { return each.character == character; });
  const bool control = character < 0x20 || (character >= 0x7F && character < 0xA0);
  std::string_view name = control ? "a control character" : "an invisible character";
  if (found != std::end(kNamed)) {
    name = found->name;
  } else if (is_other_space(character)) {
    name = "an unusual space";
  }
  return fmt::format("{} (U+{:04X})", name, static_cast<std::uint32_t>(character));
}

bool is_ordinary_name(std::string_view name) noexcept {
  static constexpr ByteSet kOrdinary(
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./");
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return kOrdinary.holds(c); });
}

bool is_plain_name(std::string_view name) noexcept {
  if (name.empty() || name.front() == ' ' || name.back() == ' ') { return false; }
  return is_ascii_name(name) || first_refused(name).part == Part::Plain;
}

NameProblem explain_name(std::string_view name) {
  if (name.empty()) { return {"must not be empty", "write a name, or leave it out"}; }
  const Found found = first_refused(name);
  if (found.part == Part::NotUtf8) {
    return {fmt::format("must be UTF-8, and '{}' is not", shown(name)), "save the text as UTF-8"};
  }
  if (found.part == Part::Plain) {
    const bool all = without_outer_spaces(name).empty();
    return {fmt::format("must not {} with a space: '{}'", name.front() == ' ' ? "begin" : "end",
                        shown(name)),
            all ? "write a name, or leave it out" : write_instead(name)};
  }
  const std::string message =
      fmt::format("must not have {}: '{}' has {} {}", word_for(found), shown(name),
                  name_of_character(found.character), place_of(name, found));
  if (found.part == Part::Lost) {
    return {message, "a text was decoded wrongly before: write the character that was meant"};
  }
  return {message, write_instead(name)};
}

std::string visible_name(std::string_view name) {
  std::string out;
  std::string scratch;
  for (std::size_t at = 0; at < name.size();) {
    const Found found = classify(name, at, scratch);
    const bool line_end = found.character == '\n' || found.character == '\t';
    if (found.part == Part::OtherSpace || (found.part == Part::Invisible && line_end)) {
      out += ' ';
    } else if (found.part == Part::Lost || found.part == Part::NotUtf8) {
      out += '?';
    } else if (found.part != Part::Invisible) {
      out += name.substr(at, found.bytes);
    }
    at += found.bytes;
  }
  return std::string(without_outer_spaces(out));
}

std::string explain_difference(std::string_view name, std::string_view other) {
  if (name.size() > kShownMax || other.size() > kShownMax) { return {}; }
  const Found found = first_refused(other);
  if (found.part != Part::Plain && found.part != Part::NotUtf8) {
    return fmt::format(" (it has {} {})", name_of_character(found.character),
                       place_of(other, found));
  }
  if (name == other || (is_ascii_name(name) && is_ascii_name(other))) { return {}; }
  if (look_alike_key(name) != look_alike_key(other)) { return {}; }
  return fmt::format(" (it looks the same, but has {})", first_difference(name, other));
}

bool is_dns_subdomain(std::string_view name) noexcept {
  constexpr std::size_t kBytesMax = 253;
  if (name.empty() || name.size() > kBytesMax) { return false; }
  char before = '.';
  for (const char c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!word && (before == '.' || (c != '-' && c != '.') || (before == '-' && c == '.'))) {
      return false;
    }
    before = c;
  }
  return before != '.' && before != '-';
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
