// SPDX-License-Identifier: Apache-2.0
/// @file
/// JSON text without what nobody reads: objects of a cluster are large, and most of each is not
/// looked at. To find where it ends costs a tenth of reading it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Behind the string that begins at `at`; npos: it does not end. It looks for quotes alone: that is
/// many times as fast as to look at each character.
inline std::size_t end_of_string(std::string_view text, std::size_t at) noexcept {
  for (std::size_t end = text.find('"', at + 1); end != std::string_view::npos;
       end = text.find('"', end + 1)) {
    std::size_t escapes = end;
    while (text[escapes - 1] == '\\') { --escapes; }  // The first quote ends it.
    if ((end - escapes) % 2 == 0) { return end + 1; }
  }
  return std::string_view::npos;
}

/// Behind the value that begins at `at`; npos: it does not end.
inline std::size_t end_of_value(std::string_view text, std::size_t at) noexcept {
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '"':
        at = end_of_string(text, at);
        if (at == std::string_view::npos || depth == 0) { return at; }
        continue;
      case '{':
      case '[': ++depth; break;
      case '}':
      case ']':
        if (depth == 0) { return at; }
        if (--depth == 0) { return at + 1; }
        break;
      case ',':
        if (depth == 0) { return at; }
        break;
      default: break;
    }
    ++at;
  }
  return std::string_view::npos;
}

/// The text with null as the value of each member that has one of these names, at any depth. A text
/// that ends too early stays as it is.
inline std::string without_members(std::string_view text,
                                   std::initializer_list<std::string_view> names) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::string out;
  std::size_t kept = 0;
  for (std::size_t at = text.find('"'); at != std::string_view::npos; at = text.find('"', at)) {
    const std::size_t end = end_of_string(text, at);
    if (end == std::string_view::npos) { return std::string(text); }
    const std::string_view name = text.substr(at + 1, end - at - 2);
    at = end;
    if (std::find(names.begin(), names.end(), name) == names.end()) { continue; }
    const std::size_t colon = text.find_first_not_of(kSpace, end);
    if (colon == std::string_view::npos || text[colon] != ':') { continue; }
    const std::size_t value = text.find_first_not_of(kSpace, colon + 1);
    at = value == std::string_view::npos ? value : end_of_value(text, value);
    if (at == std::string_view::npos) { return std::string(text); }
    out.append(text, kept, value - kept).append("null");
    kept = at;
  }
  return out.append(text, kept, std::string_view::npos);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
