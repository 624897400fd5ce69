// SPDX-License-Identifier: Apache-2.0
/// @file
/// Deep merging of one value (C2).
#pragma once

#include <string>
#include <string_view>

#include "context/json_value.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The value that comes of merging an object into another value, as RFC 7396 has it, as compact
/// JSON text. `before` is compact JSON text; other values than objects, or none, count as an empty
/// object. The result is nested no deeper than the deeper of the two. May throw std::bad_alloc.
std::string merged_object(std::string_view before, JsonValue patch);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
