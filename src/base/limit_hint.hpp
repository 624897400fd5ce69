// SPDX-License-Identifier: Apache-2.0
/// @file
/// The hint of `limit-exceeded`, for users of the program, which has no option for limits, as well
/// as for those of the library.
#pragma once

#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// `advice`: what to do instead. `limit`: as the library has it, such as `TextLimits::work_max`.
inline std::string limit_hint(std::string_view advice, std::string_view limit) {
  std::string hint(advice);
  hint += ", or, in a program that embeds the library, raise the limit ";
  return hint += limit;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
