// SPDX-License-Identifier: Apache-2.0
// What the tests of manifests share: short ways to write one, and to say what came of it.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "promoflow/manifest.hpp"

namespace promoflow::testing {

/// The head of a manifest up to `spec:`, five lines; the rest follows from line 6 on.
inline std::string with_head(std::string_view rest) {
  return "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata:\n  name: "
         "billing\nspec:\n" +
         std::string(rest);
}

/// A manifest with the steps from line 8 on.
inline std::string with_steps(std::string_view steps) {
  return with_head("  triggerEnvironment: dev\n  steps:\n" + std::string(steps));
}

/// A manifest of one step; what else it says begins at line 10, indented by six.
inline std::string with_step(std::string_view more) {
  return with_steps("    - environment: staging\n      dependsOn: [dev]\n" + std::string(more));
}

/// `10:7 unknown-field /spec/steps/0/hook`, one for each diagnostic; warnings begin with `~`.
inline std::vector<std::string> facts(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& diagnostic : diagnostics) {
    out.push_back(fmt::format("{}{}:{} {} {}", diagnostic.severity == Severity::Warning ? "~" : "",
                              diagnostic.line, diagnostic.column, to_string(diagnostic.code),
                              diagnostic.pointer));
  }
  return out;
}

inline std::vector<std::string> facts(std::string_view text, const ReadOptions& options = {}) {
  return facts(read_manifest(text, options)->diagnostics);
}

using Facts = std::vector<std::string>;

}  // namespace promoflow::testing
