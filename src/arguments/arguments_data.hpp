// SPDX-License-Identifier: Apache-2.0
/// @file
/// What arguments are put together from: the defaults of a release, and those of a failure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "flow/default_names.hpp"
#include "promoflow/arguments.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Built once for a release; views into its ReleaseInfo and its flow.
struct DefaultArguments {
  explicit DefaultArguments(const std::array<std::string_view, kDefaultNames.size()>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) { list[i] = {kDefaultNames[i], values[i]}; }
  }
  DefaultArguments() = default;

  std::array<Argument, kDefaultNames.size()> list;
};

/// Built once when an onFail chain begins; never copied or moved.
struct FailureArguments {
  std::array<std::string, kFailureNames.size()> values;
  std::array<Argument, kFailureNames.size()> list;  ///< Views of the values.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
