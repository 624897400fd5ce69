// SPDX-License-Identifier: Apache-2.0
// C1, C3, C4, C6: the promotion context as a release hands it to hooks and takes it from them.
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// One environment with one onStart hook that exports.
Flow exporting() {
  FlowBuilder builder("exporting", "dev");
  StepOptions step;
  step.hooks.on_start = {hook("export")};
  builder.step("staging", {"dev"}, step);
  return built(builder);
}

}  // namespace

TEST_CASE("an export that is empty, or white space only, is none", "[C1]") {
  for (const std::string_view text : {"", " \t\r\n"}) {
    Host host(exporting(), R"({"A":1})");
    REQUIRE(host.apply(0, HookSucceeded{ticket(1), text}) == "ok");
    CHECK(host.release.context().to_json().value() == R"({"A":1})");
    CHECK(host.release.rejected_exports().value().empty());
  }
}

TEST_CASE("an invalid export fails its hook, and the text that it sent is kept", "[C4]") {
  Host host(exporting());
  REQUIRE(host.apply(0, HookSucceeded{ticket(1), "[1,2]"}) == "ok");
  const auto rejected = host.release.rejected_exports().value();
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].ticket == ticket(1));
  CHECK(rejected[0].text == "[1,2]");
  CHECK(rejected[0].reason == "not a JSON object but an array; it begins '[1,2]'");
  CHECK(host.release.status() == ReleaseStatus::Failed);
}

TEST_CASE("a start with a bad context is refused", "[C1][C4]") {
  const auto refused = Release::start(exporting(), {.id = "r"}, at(0), "[]");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::InvalidContext);
  CHECK(Release::start(exporting(), {.id = "r"}, at(0), " \n"));
}

TEST_CASE("a failed hook's export is recorded and not merged", "[C1]") {
  Host host(exporting());
  host.apply(0, HookFailed{ticket(1), "no", "{\"A\":1}"});
  CHECK(host.release.context().size() == 0);
  const auto rejected = host.release.rejected_exports().value();
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].reason.empty());
  CHECK(rejected[0].text == "{\"A\":1}");
}

TEST_CASE("a key named as a default argument is kept, recorded as shadowed, never handed", "[C6]") {
  FlowBuilder builder("shadowed", "dev");
  StepOptions step;
  step.hooks.on_start = {hook("export"), hook("look")};
  builder.step("staging", {"dev"}, step);
  auto release = Release::start(built(builder), {.id = "r-42"}, at(0));
  REQUIRE(release);
  REQUIRE(release->next_command());
  REQUIRE(
      release->apply({at(0), HookSucceeded{ticket(1), R"({"RELEASE_ID":"x","ERROR_MESSAGE":"y",)"
                                                      R"("FAILED_ENVIRONMENTS":"q","OK":"z"})"}}));
  CHECK(release->context().find("RELEASE_ID")->shadowed);
  CHECK(release->context().find("ERROR_MESSAGE")->shadowed);
  CHECK(release->context().find("FAILED_ENVIRONMENTS")->shadowed);
  CHECK_FALSE(release->context().find("OK")->shadowed);
  const auto command = release->next_command();
  REQUIRE(command);
  const auto& arguments = std::get<RunHook>(*command).arguments;
  CHECK(arguments.find("RELEASE_ID") == "r-42");
  CHECK_FALSE(arguments.find("ERROR_MESSAGE"));
  CHECK(arguments.find("OK") == "z");
}

TEST_CASE("a hook sees what was merged before it was issued, and nothing later", "[C3]") {
  FlowBuilder builder("moments", "dev");
  StepOptions step;
  step.hooks.on_start = {hook("export")};
  builder.step("eu", {"dev"}, step).step("us", {"dev"}, step);
  auto release = Release::start(built(builder), {.id = "r"}, at(0));
  REQUIRE(release);
  // Both hooks were issued before the first export, though neither was taken.
  REQUIRE(release->apply({at(0), HookSucceeded{ticket(1), "{\"A\":1}"}}));
  REQUIRE(release->next_command());
  const auto second = release->next_command();
  REQUIRE(second);
  CHECK(std::get<RunHook>(*second).environment_name == "us");
  CHECK(std::get<RunHook>(*second).context.size() == 0);
  CHECK_FALSE(std::get<RunHook>(*second).arguments.find("A"));
}
