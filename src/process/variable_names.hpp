// SPDX-License-Identifier: Apache-2.0
/// @file
/// Names of variables: which an argument or a context key may set.
#pragma once

#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Whether the system and shells take it for a variable's name.
bool is_variable_name(std::string_view name) noexcept;
/// Whether a variable of this name decides which code a program loads or runs: no argument sets it.
bool decides_code(std::string_view name) noexcept;
/// Whether a context key may be a variable of its own name, if the host says so.
bool may_be_exported(std::string_view name) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
