// SPDX-License-Identifier: Apache-2.0
/// @file
/// What plain scalars mean: the core schema of YAML 1.2, which JSON's literals are part of.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "document/document.hpp"

namespace promoflow::detail {

/// Null, Bool, Integer, Float or String. `yes` and `on` are strings.
NodeKind resolve_plain(std::string_view text) noexcept;

/// An Integer's value; none if it is beyond 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;

/// A Float's or an Integer's value; infinite or not a number for `.inf` and `.nan`.
double parse_float(std::string_view text);

/// As messages call it: `a string`, `a list`, `a mapping`.
std::string_view kind_word(NodeKind kind) noexcept;

}  // namespace promoflow::detail
