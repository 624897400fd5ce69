// SPDX-License-Identifier: Apache-2.0
/// @file
/// The start of a release as JSON.
#pragma once

#include <string>
#include <string_view>

#include "promoflow/release.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// `{}`, or an object with one of `skip`, `until`, `only`. May throw std::bad_alloc.
std::string selection_to_json(const EnvironmentSelection& selection);
/// Reads what selection_to_json() wrote. Throws StoreFault: StoreDamaged.
EnvironmentSelection selection_from_json(std::string_view text);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
