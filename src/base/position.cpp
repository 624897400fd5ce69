// SPDX-License-Identifier: Apache-2.0
#include "base/position.hpp"

#include <algorithm>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

std::size_t count_code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_code_point));
}

std::size_t bytes_of_code_points(std::string_view text, std::size_t count) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_code_point(text[i]) && count-- == 0) { return i; }
  }
  return text.size();
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShownMax = 80;
  const std::size_t shown = bytes_of_code_points(text, kShownMax);
  std::string out = "'";
  out += text.substr(0, shown);
  out += shown < text.size() ? "...'" : "'";
  return out;
}

std::size_t line_length(std::string_view text) noexcept {
  return std::min(text.find_first_of("\r\n"), text.size());
}

std::size_t line_break_length(std::string_view text) noexcept {
  if (text.starts_with("\r\n")) { return 2; }
  return text.starts_with('\n') || text.starts_with('\r') ? 1 : 0;
}

TextWalker::TextWalker(std::string_view text) noexcept : rest_(text) { skip_mark(); }

/// Texts that were put together have one at the beginning of each.
void TextWalker::skip_mark() noexcept {
  rest_.remove_prefix(rest_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
}

std::string_view TextWalker::seek(Position place) noexcept {
  while (at_.line < place.line && !rest_.empty()) {
    rest_.remove_prefix(line_length(rest_));
    rest_.remove_prefix(line_break_length(rest_));
    at_ = {at_.line + 1, 1};
    skip_mark();
  }
  std::size_t skipped = 0;
  while (at_.column < place.column && skipped < rest_.size() && rest_[skipped] != '\n' &&
         rest_[skipped] != '\r') {
    ++skipped;
    at_.column += skipped == rest_.size() || begins_code_point(rest_[skipped]) ? 1U : 0U;
  }
  rest_.remove_prefix(skipped);
  return at_.line == place.line ? rest_ : std::string_view();
}

Position advance(Position from, std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool half_break = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (text[i] == '\n' || (text[i] == '\r' && !half_break)) {
      ++from.line;
      from.column = 1;
    } else if (!half_break && begins_code_point(text[i])) {
      ++from.column;
    }
  }
  return from;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
