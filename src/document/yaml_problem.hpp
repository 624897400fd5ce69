// SPDX-License-Identifier: Apache-2.0
/// @file
/// Translates libyaml's error messages into helpful ones.
#pragma once

#include <string>
#include <string_view>

#include "base/position.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// An error as libyaml reports it.
struct YamlProblem {
  std::string_view problem;
  std::string_view context;
  Position at;
  Position context_at;
  std::string_view rest{};  ///< The text from `at` on.
};

inline constexpr std::string_view kNotUtf8 = "this is not valid UTF-8";

/// The message for the user.
struct YamlMessage {
  std::string message;
  std::string hint;
  Position at;
};

YamlMessage explain(const YamlProblem& problem);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
