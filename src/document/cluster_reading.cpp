// SPDX-License-Identifier: Apache-2.0
#include "document/cluster_reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>

#include "base/byte_set.hpp"
#include "document/scalar.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

struct Word {
  std::string_view text;
  std::string_view reading;
};

constexpr std::string_view kInfinite = "infinity";
constexpr std::string_view kNotANumber = "not a number";

/// go-yaml's table of words, spelt as listed and no other way.
constexpr Word kWords[] = {
    {"y", "true"},         {"Y", "true"},         {"yes", "true"},      {"Yes", "true"},
    {"YES", "true"},       {"true", "true"},      {"True", "true"},     {"TRUE", "true"},
    {"on", "true"},        {"On", "true"},        {"ON", "true"},       {"n", "false"},
    {"N", "false"},        {"no", "false"},       {"No", "false"},      {"NO", "false"},
    {"false", "false"},    {"False", "false"},    {"FALSE", "false"},   {"off", "false"},
    {"Off", "false"},      {"OFF", "false"},      {"", "null"},         {"~", "null"},
    {"null", "null"},      {"Null", "null"},      {"NULL", "null"},     {".nan", kNotANumber},
    {".NaN", kNotANumber}, {".NAN", kNotANumber}, {".inf", kInfinite},  {".Inf", kInfinite},
    {".INF", kInfinite},   {"+.inf", kInfinite},  {"+.Inf", kInfinite}, {"+.INF", kInfinite},
    {"-.inf", kInfinite},  {"-.Inf", kInfinite},  {"-.INF", kInfinite},
};

/// Longer texts are no numbers that anybody writes; they are not looked at.
constexpr std::size_t kNumberMax = 128;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// An integer as Go's strconv reads it with base 0: 0x, 0o, 0b, and 0 for octal. None: it is none,
/// or is beyond 64 bits.
std::optional<std::string> read_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool has_sign = negative || text.starts_with('+');
  text.remove_prefix(has_sign ? 1 : 0);
  int base = 10;
  if (text.size() > 1 && text.front() == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    text.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  constexpr auto kSignedMax = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (has_sign && value > kSignedMax + (negative ? 1 : 0)) { return std::nullopt; }
  return fmt::format("{}{}", negative && value != 0 ? "-" : "", value);
}

/// Whether it is what go-yaml's pattern takes for a float: `1`, `1.`, `.5`, `1e3`, with a sign.
bool is_float(std::string_view text) noexcept {
  text.remove_prefix(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
  return !text.empty() && (is_digit(text.front()) || text.front() == '.') &&
         (resolve_plain(text) == NodeKind::Float || resolve_plain(text) == NodeKind::Integer) &&
         text.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
}

/// A float as Go writes it into JSON: with an exponent below 1e-6 and from 1e21 on. Not every
/// standard library has std::to_chars() for floats; fmt has the same digits, and other limits.
std::string json_float(double value) {
  const double size = std::abs(value);
  std::string shortest = fmt::format("{}", value);
  const std::size_t e = shortest.find('e');
  if (e == std::string::npos || size < 1e-6 || size >= 1e21) { return shortest; }
  const int exponent = std::stoi(shortest.substr(e + 1));
  std::string digits = shortest.substr(0, e);
  digits.erase(std::remove_if(digits.begin(), digits.end(), [](char c) { return !is_digit(c); }),
               digits.end());
  const std::string_view sign = value < 0 ? "-" : "";
  if (exponent < 0) { return fmt::format("{}0.{:0>{}}{}", sign, "", -exponent - 1, digits); }
  return fmt::format("{}{:0<{}}", sign, digits, exponent + 1);
}

std::string without_underscores(std::string_view text) {
  std::string out(text);
  out.erase(std::remove(out.begin(), out.end(), '_'), out.end());
  return out;
}

/// The value of a number, unless it is an integer of 64 bits. None: it is none to go-yaml.
std::optional<double> read_float(std::string_view text) {
  if (!is_float(text)) { return std::nullopt; }
  const double value = parse_float(text);
  if (!std::isfinite(value)) { return std::nullopt; }
  return value;
}

/// An integer beyond 64 bits in another base; its digits are not computed.
bool is_large_integer(std::string_view text) noexcept {
  text.remove_prefix(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
  if (text.size() < 3 || text.front() != '0') { return false; }
  const char letter = static_cast<char>(text[1] | 0x20);
  const std::string_view digits = letter == 'x'   ? "0123456789abcdefABCDEF"
                                  : letter == 'b' ? "01"
                                                  : "01234567";
  text.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  return text.find_first_not_of(digits) == std::string_view::npos;
}

const Word* find_word(std::string_view text) noexcept {
  const auto* const found = std::find_if(std::begin(kWords), std::end(kWords),
                                         [text](const Word& word) { return word.text == text; });
  return found == std::end(kWords) ? nullptr : found;
}

/// Whether it begins as what is no string to go-yaml.
bool may_differ(std::string_view text) noexcept {
  static constexpr ByteSet kFirsts("yYnNtTfFoO~.+-0123456789");
  return text.empty() || (text.size() <= kNumberMax && kFirsts.holds(text.front()));
}

bool may_be_integer(std::string_view text) noexcept {
  return is_digit(text.front()) || text.front() == '+' || text.front() == '-';
}

}  // namespace

std::optional<std::string> cluster_reading(std::string_view plain) {
  if (!may_differ(plain)) { return std::nullopt; }
  if (const Word* const word = find_word(plain)) { return std::string(word->reading); }
  if (plain.front() == '.') {
    const std::optional<double> value = read_float(plain);
    return value ? std::optional(json_float(*value)) : std::nullopt;
  }
  if (!may_be_integer(plain)) { return std::nullopt; }
  const std::string text = without_underscores(plain);
  if (text.empty()) { return std::nullopt; }
  if (auto integer = read_integer(text)) { return integer; }
  if (const std::optional<double> value = read_float(text)) { return json_float(*value); }
  return is_large_integer(text) ? std::optional<std::string>("a large integer") : std::nullopt;
}

std::optional<std::string> cluster_key(std::string_view plain) {
  std::optional<std::string> reading = cluster_reading(plain);
  if (!reading || *reading == plain) { return std::nullopt; }
  const std::string text = without_underscores(plain);
  if (!plain.empty() &&
      (is_digit(plain.front()) ||
       std::string_view("+-.").find(plain.front()) != std::string_view::npos) &&
      !read_integer(text)) {
    if (const std::optional<double> value = read_float(text)) {
      const auto narrow = static_cast<float>(*value);  // As sigs.k8s.io/yaml writes keys.
      reading = fmt::format("{}", narrow);
      if (*reading == plain) { return std::nullopt; }
    }
  }
  return reading;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
