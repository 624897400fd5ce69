// SPDX-License-Identifier: Apache-2.0
/// @file
/// The last diagnostic of a list that has a bound.
#pragma once

#include <cstddef>
#include <span>

#include "promoflow/diagnostic.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Says how many problems were counted but not listed, at the place of `listed`. `severity` is that
/// of the worst one that is not listed.
[[nodiscard]] Diagnostic further_problems(std::size_t count, Severity severity,
                                          const Diagnostic& listed);
/// The last problem that is listed of a text; its beginning, if none is.
[[nodiscard]] Diagnostic last_listed(std::span<const Diagnostic> listed);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
