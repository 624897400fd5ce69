// SPDX-License-Identifier: Apache-2.0
/// @file
/// Types and values of plain scalars by the core schema of YAML 1.2, which includes JSON's
/// literals.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The type: Null, Bool, Integer, Float or String. `yes` and `on` are strings.
NodeKind resolve_plain(std::string_view text) noexcept;

/// The value of an Integer; none if it is beyond 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;

/// The value of a Float or an Integer; infinite or not a number for `.inf` and `.nan`.
double parse_float(std::string_view text);

/// The type's name in messages: `a string`, `a list`, `a mapping`.
std::string_view kind_word(NodeKind kind) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
