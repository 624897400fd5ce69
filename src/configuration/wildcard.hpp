// SPDX-License-Identifier: Apache-2.0
/// @file
/// Wildcards of git trigger selectors (P9).
#pragma once

#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Whether the pattern matches the whole text: `*` is any run of characters, everything else is
/// itself. Cost: linear in the text and the pattern together.
bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
