// SPDX-License-Identifier: Apache-2.0
// Limits of manifests (M7): names, and the number of listed diagnostics.
#include <string>

#include "catch.hpp"
#include "manifest_texts.hpp"

using namespace promoflow;
using namespace promoflow::testing;

TEST_CASE("a name may be as long as its limit, and no longer", "[M7]") {
  const auto text = [](std::size_t size) {
    return with_steps("    - {environment: " + std::string(size, 'x') + ", dependsOn: [dev]}\n");
  };
  CHECK(facts(text(65536)).empty());
  CHECK(facts(text(65537)) == Facts{"8:21 limit-exceeded /spec/steps/0/environment"});
  CHECK(facts(with_step("      hooks: {onStart: " + std::string(1 << 20, 'x') + "}\n")) ==
        Facts{"10:24 limit-exceeded /spec/steps/0/hooks/onStart"});
  CHECK(facts(with_steps("    - {environment: a, dependsOn: [" + std::string(70000, 'x') +
                         "]}\n")) == Facts{"8:36 limit-exceeded /spec/steps/0/dependsOn/0"});
}

TEST_CASE("control characters are no part of a name", "[M6]") {
  CHECK(facts(with_step("      hooks: {onStart: \"a\\nb\"}\n")) ==
        Facts{"10:24 invalid-name /spec/steps/0/hooks/onStart"});
}

TEST_CASE("a hook may be assigned 1024 arguments, and no more", "[M7]") {
  const auto hooks = [](int count) {
    std::string arguments;
    for (int i = 0; i < count; ++i) { arguments += "A" + std::to_string(i) + ": x, "; }
    return "{name: page, arguments: {" + arguments + "}}";
  };
  const auto errors = [](const std::string& text) {
    Facts found;
    for (const std::string& fact : facts(text)) {
      if (fact.find("extension-field") == std::string::npos) { found.push_back(fact); }
    }
    return found;
  };
  CHECK(errors(with_step("      hooks: {onFail: " + hooks(1024) + "}\n")).empty());
  CHECK(errors(with_step("      hooks: {onFail: [a, " + hooks(1025) + "]}\n")) ==
        Facts{"10:51 limit-exceeded /spec/steps/0/hooks/onFail/1/arguments"});
  CHECK(errors(with_step("") + "  hooks: {onEnd: " + hooks(1025) + "}\n") ==
        Facts{"10:10 limit-exceeded /spec/hooks", "10:10 limit-exceeded /spec/hooks"});
}

TEST_CASE("beyond diagnostics_max problems are counted, and the first ones listed", "[M7]") {
  std::string more;
  for (int i = 0; i < 500; ++i) { more += "      x" + std::to_string(i) + ": 1\n"; }
  ReadOptions options;
  options.limits.diagnostics_max = 3;
  const ManifestReport report = read_manifest(with_step(more), options).value();
  CHECK(facts(report.diagnostics) ==
        Facts{"10:7 unknown-field /spec/steps/0/x0", "11:7 unknown-field /spec/steps/0/x1",
              "12:7 unknown-field /spec/steps/0/x2", "12:7 limit-exceeded "});
  CHECK(report.diagnostics.back().message == "and 497 further problems");
  CHECK(report.flows.empty());

  options.limits.diagnostics_max = 0;
  CHECK(facts(with_step(more), options) == Facts{"1:1 limit-exceeded "});
  std::string twice;
  for (int i = 0; i < 100; ++i) { twice += "      policy: {}\n"; }
  CHECK(read_manifest(with_step(twice), options)->flows.empty());
  options.limits.diagnostics_max = 2;
  CHECK(read_manifest(with_step(twice), options)->diagnostics.back().message ==
        "and 97 further problems");
}

TEST_CASE("an error behind more warnings than may be listed is listed", "[M7]") {
  std::string steps;
  for (int i = 0; i < 500; ++i) {
    steps += "    - {environment: e" + std::to_string(i) + ", dependsOn: [dev], soak: 1s}\n";
  }
  steps += "    - {environment: last, dependsOn: [dev], x: 1}\n";
  ReadOptions options;
  options.limits.diagnostics_max = 3;
  const ManifestReport report = read_manifest(with_steps(steps), options).value();
  CHECK(facts(report.diagnostics) == Facts{"~8:43 extension-field /spec/steps/0/soak",
                                           "~9:43 extension-field /spec/steps/1/soak",
                                           "508:45 unknown-field /spec/steps/500/x",
                                           "~508:45 limit-exceeded "});
  CHECK(report.diagnostics.back().message == "and 498 further problems");
  CHECK(report.diagnostics.back().severity == Severity::Warning);
}

TEST_CASE("more warnings than are listed are no error", "[M7]") {
  ReadOptions options;
  options.limits.diagnostics_max = 1;
  const ManifestReport report =
      read_manifest(with_step("      timeout: 1s\n      retry: {limit: 1}\n"), options).value();
  CHECK(facts(report.diagnostics) ==
        Facts{"~10:7 extension-field /spec/steps/0/timeout", "~10:7 limit-exceeded "});
  CHECK(report.flows.size() == 1);
}

TEST_CASE("a limit exceeded in a later document keeps the earlier ones", "[M7]") {
  const ManifestReport report =
      read_manifest(with_step("") + "---\na: " + std::string(1000, '[')).value();
  CHECK(report.flows.size() == 1);
  CHECK(report.diagnostics.at(0).document == 1);
}

TEST_CASE("the hint of a limit is for users of the program, too", "[M7]") {
  ReadOptions options;
  options.limits.work_max = 5;
  const ManifestReport report = read_manifest(with_step(""), options).value();
  REQUIRE_FALSE(report.diagnostics.empty());
  CHECK(report.diagnostics[0].hint ==
        "split the text, or, in a program that embeds the library, raise the limit "
        "TextLimits::work_max");
}
