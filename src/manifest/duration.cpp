// SPDX-License-Identifier: Apache-2.0
// Reads and prints durations as Go does (M5). Exact: no fraction is rounded.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/guard.hpp"
#include "base/position.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};

constexpr Unit kUnits[] = {
    {"ns", 1},
    {"us", 1'000},
    {"\xC2\xB5s", 1'000},  // Micro sign.
    {"\xCE\xBCs", 1'000},  // Greek mu.
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
};

constexpr std::uint64_t kNanosecondsMax = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kNanosecondsInMillisecond = 1'000'000;

enum class Problem { None, Form, Unit, TooLong, TooFine };

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

/// total := total + digits * unit, within Go's range.
Problem add_whole(std::uint64_t& total, std::string_view digits, std::uint64_t unit) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kNanosecondsMax - digit) / 10) { return Problem::TooLong; }
    value = value * 10 + digit;
  }
  if (value > (kNanosecondsMax - total) / unit) { return Problem::TooLong; }
  total += value * unit;
  return Problem::None;
}

/// total := total + 0.digits * unit, if that is a whole number of nanoseconds.
Problem add_fraction(std::uint64_t& total, std::string_view digits, std::uint64_t unit) {
  digits = digits.substr(0, digits.find_last_not_of('0') + 1);
  constexpr std::size_t kDigitsMax = 15;  // 3600 s have no finer part than 10^-7 of an hour.
  if (digits.size() > kDigitsMax) { return Problem::TooFine; }
  std::uint64_t value = 0;
  std::uint64_t scale = 1;
  for (const char c : digits) {
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    scale *= 10;
  }
  const std::uint64_t common = std::gcd(scale, unit);
  if (value % (scale / common) != 0) { return Problem::TooFine; }
  const std::uint64_t part = value / (scale / common) * (unit / common);
  if (part > kNanosecondsMax - total) { return Problem::TooLong; }
  total += part;
  return Problem::None;
}

/// Reads one number with its unit.
Problem take_part(std::string_view& text, std::uint64_t& total) {
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (whole.empty() && fraction.empty()) { return Problem::Form; }
  // The longest unit wins: `ms` is not `m` and a letter.
  const Unit* unit = nullptr;
  for (const Unit& candidate : kUnits) {
    if (text.starts_with(candidate.name) &&
        (unit == nullptr || candidate.name.size() > unit->name.size())) {
      unit = &candidate;
    }
  }
  if (unit == nullptr) { return Problem::Unit; }
  text.remove_prefix(unit->name.size());
  if (const Problem problem = add_whole(total, whole, unit->nanoseconds);
      problem != Problem::None) {
    return problem;
  }
  return add_fraction(total, fraction, unit->nanoseconds);
}

Problem take_all(std::string_view text, std::uint64_t& total) {
  if (text == "0") { return Problem::None; }
  Problem problem = text.empty() ? Problem::Form : Problem::None;
  while (problem == Problem::None && !text.empty()) { problem = take_part(text, total); }
  if (problem == Problem::None && total % kNanosecondsInMillisecond != 0) {
    return Problem::TooFine;
  }
  return problem;
}

std::string_view explain(Problem problem) {
  switch (problem) {
    case Problem::None: return "";
    case Problem::Form: return "is not a duration; write one such as 1h30m, 45s or 500ms";
    case Problem::Unit: return "has a number without a unit; units are h, m, s and ms, as in 1h30m";
    case Problem::TooLong: return "is longer than 292 years";
    case Problem::TooFine: return "is not a whole number of milliseconds";
  }
  return "";
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
  return detail::guarded([&]() -> Result<std::chrono::milliseconds> {
    const bool negative = text.starts_with('-');
    const std::size_t sign = negative || text.starts_with('+') ? 1U : 0U;
    std::uint64_t total = 0;
    if (const Problem problem = take_all(text.substr(sign), total); problem != Problem::None) {
      return tl::unexpected(Error{ErrorCode::InvalidArgument, "duration",
                                  fmt::format("{} {}", detail::in_quotes(text), explain(problem))});
    }
    const auto value = static_cast<std::int64_t>(total / kNanosecondsInMillisecond);
    return std::chrono::milliseconds(negative ? -value : value);
  });
}

Result<std::string> format_duration(std::chrono::milliseconds duration) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    const std::int64_t count = duration.count();
    // Unsigned, because the smallest value has no absolute value otherwise.
    const std::uint64_t rest = count < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(count)
                                         : static_cast<std::uint64_t>(count);
    std::string out = count < 0 ? "-" : "";
    if (rest < 1000) { return out + (rest == 0 ? "0s" : fmt::format("{}ms", rest)); }
    const std::uint64_t seconds = rest / 1000 % 60;
    const std::uint64_t milliseconds = rest % 1000;
    if (const std::uint64_t hours = rest / 3'600'000; hours != 0) {
      out += fmt::format("{}h", hours);
    }
    if (const std::uint64_t minutes = rest / 60'000 % 60; minutes != 0) {
      out += fmt::format("{}m", minutes);
    }
    if (milliseconds != 0) {
      std::string fraction = fmt::format("{:03}", milliseconds);
      fraction.resize(fraction.find_last_not_of('0') + 1);
      out += fmt::format("{}.{}s", seconds, fraction);
    } else if (seconds != 0) {
      out += fmt::format("{}s", seconds);
    }
    return out;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
