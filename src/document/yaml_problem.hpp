// SPDX-License-Identifier: Apache-2.0
/// @file
/// What libyaml complains about, in words that help.
#pragma once

#include <string>
#include <string_view>

#include "base/position.hpp"

namespace promoflow::detail {

/// As libyaml reports it.
struct YamlProblem {
  std::string_view problem;
  std::string_view context;
  Position at;
  Position context_at;
  char character = 0;  ///< What stands at `at`; 0: the end.
};

/// As a person wants to read it.
struct YamlMessage {
  std::string message;
  std::string hint;
  Position at;
};

YamlMessage explain(const YamlProblem& problem);

}  // namespace promoflow::detail
