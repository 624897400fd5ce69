// SPDX-License-Identifier: Apache-2.0
/// @file
/// What arguments are put together from: the defaults of a release, and those of a failure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "context/default_names.hpp"

namespace promoflow::detail {

/// Built once for a release; views into its ReleaseInfo and its flow.
struct DefaultArguments {
  std::array<std::string_view, kDefaultNames.size()> values;
};

/// Built once when an onFail chain begins; never copied or moved.
struct FailureArguments {
  std::array<std::string, kFailureNames.size()> values;
  std::array<std::string_view, kFailureNames.size()> views;  ///< Of the values.
};

}  // namespace promoflow::detail
