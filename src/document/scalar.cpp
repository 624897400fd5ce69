// SPDX-License-Identifier: Apache-2.0
#include "document/scalar.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <locale>
#include <sstream>
#include <string>
#include <version>

#include "base/byte_set.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kNulls[] = {"", "~", "null", "Null", "NULL"};
constexpr std::string_view kBools[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
constexpr std::string_view kInfinities[] = {".inf", ".Inf", ".INF"};
constexpr std::string_view kNotNumbers[] = {".nan", ".NaN", ".NAN"};

template <class Words>
bool is_one_of(std::string_view text, const Words& words) noexcept {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_digit(text[at])) { ++at; }
  return at;
}

std::string_view without_sign(std::string_view text) noexcept {
  if (text.starts_with('-') || text.starts_with('+')) { text.remove_prefix(1); }
  return text;
}

bool is_octal(std::string_view text) noexcept {
  return text.size() > 2 && text.starts_with("0o") &&
         text.find_first_not_of("01234567", 2) == std::string_view::npos;
}

bool is_hexadecimal(std::string_view text) noexcept {
  return text.size() > 2 && text.starts_with("0x") &&
         text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
}

/// Digits with a point or an exponent, without a sign.
bool is_decimal_fraction(std::string_view text) noexcept {
  std::size_t at = skip_digits(text, 0);
  std::size_t digits = at;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = skip_digits(text, at + 1);
    digits += end - at - 1;
    at = end;
  }
  if (digits == 0) { return false; }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    at += at < text.size() && (text[at] == '-' || text[at] == '+') ? 1U : 0U;
    const std::size_t end = skip_digits(text, at);
    return end > at && end == text.size();
  }
  return at == text.size();
}

}  // namespace

NodeKind resolve_plain(std::string_view text) noexcept {
  // Almost every scalar of a manifest is a word: its first letter decides.
  static constexpr ByteSet kFirsts("~nNtTfF+-.0123456789");
  if (text.empty()) { return NodeKind::Null; }
  if (!kFirsts.holds(text.front())) { return NodeKind::String; }
  if (is_one_of(text, kNulls)) { return NodeKind::Null; }
  if (is_one_of(text, kBools)) { return NodeKind::Bool; }
  const std::string_view digits = without_sign(text);
  if (!digits.empty() && skip_digits(digits, 0) == digits.size()) { return NodeKind::Integer; }
  if (is_octal(text) || is_hexadecimal(text)) {
    return parse_integer(text) ? NodeKind::Integer : NodeKind::Float;
  }
  if (is_decimal_fraction(digits) || is_one_of(digits, kInfinities) ||
      is_one_of(text, kNotNumbers)) {
    return NodeKind::Float;
  }
  return NodeKind::String;
}

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  const int base = is_octal(text) ? 8 : is_hexadecimal(text) ? 16 : 10;
  if (base != 10) {
    text.remove_prefix(2);
  } else if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) { return std::nullopt; }
  return value;
}

double parse_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = without_sign(text);
  double value = 0;
  if (is_one_of(digits, kInfinities)) {
    value = std::numeric_limits<double>::infinity();
  } else if (is_one_of(digits, kNotNumbers)) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (is_octal(digits) || is_hexadecimal(digits)) {
    for (const char c : digits.substr(2)) {
      const int digit = is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
      value = value * (digits[1] == 'o' ? 8 : 16) + digit;
    }
  } else {
#ifdef __cpp_lib_to_chars
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (result.ec == std::errc::result_out_of_range) {
      // Either too large or too near to zero; the exponent's sign tells.
      value =
          digits.find("e-") != std::string_view::npos || digits.find("E-") != std::string_view::npos
              ? 0
              : std::numeric_limits<double>::infinity();
    }
#elif defined(__wasi__)  // It has no locale but C's; streams would be a quarter of the module.
    value = std::strtod(std::string(digits).c_str(), nullptr);
#else
    std::istringstream stream{std::string(digits)};
    stream.imbue(std::locale::classic());
    stream >> value;
#endif
  }
  return negative ? -value : value;
}

std::string_view kind_word(NodeKind kind) noexcept {
  switch (kind) {
    case NodeKind::Null: return "null";
    case NodeKind::Bool: return "a boolean";
    case NodeKind::Integer:
    case NodeKind::Float: return "a number";
    case NodeKind::String: return "a string";
    case NodeKind::Sequence: return "a list";
    case NodeKind::Mapping: return "a mapping";
  }
  return "a value";
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
