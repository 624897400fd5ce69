// SPDX-License-Identifier: Apache-2.0
// Texts of the host, bounded (R5), and the messages that are made of them (R5, R6).
#include "release/message.hpp"

#include <fmt/format.h>

#include <memory>
#include <new>

#include "base/guard.hpp"
#include "base/position.hpp"
#include "base/utf8.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kEllipsis = "...";
constexpr std::string_view kNoMessage = "no message was given";

}  // namespace

std::string cut_text(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) { return std::string(text); }
  if (bytes_max < kEllipsis.size()) { return {}; }
  std::size_t end = bytes_max - kEllipsis.size();
  while (end > 0 && !begins_code_point(text[end])) { --end; }
  std::string cut(text.substr(0, end));
  cut += kEllipsis;
  return cut;
}

std::string bounded_text(std::string_view text) {
  if (is_utf8(text)) { return cut_text(text, kMessageBytesMax); }
  return cut_text(to_utf8(text), kMessageBytesMax);
}

Text make_message(std::string_view text) {
  return std::make_shared<const std::string>(text.empty() ? std::string(kNoMessage)
                                                          : bounded_text(text));
}

std::string hook_failure(State state, std::string_view hook, std::string_view message) {
  const std::string_view point = to_string(point_of(state, true));
  return fmt::format("{} hook '{}' failed: {}", point.substr(point.find('.') + 1), hook, message);
}

Text termination_message(const Text& reason, const Text& first_failure) {
  if (!first_failure) { return reason; }
  return std::make_shared<const std::string>(
      fmt::format("{} (first failure: {})", *reason, *first_failure));
}

std::string duration_text(Millis duration) {
  return value_or_throw(format_duration(std::chrono::milliseconds{duration}));
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
