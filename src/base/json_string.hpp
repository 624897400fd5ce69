// SPDX-License-Identifier: Apache-2.0
/// @file
/// Writes text as a JSON string.
#pragma once

#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Appends text as a JSON string. Only quotes, backslashes and control characters are escaped.
void append_json_string(std::string& out, std::string_view text);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
