// SPDX-License-Identifier: Apache-2.0
// Pictures of flows: what they must show, and that no name can break out of its label.
#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/release.hpp"
#include "promoflow/render.hpp"

using namespace promoflow;

namespace {

Hooks hooks(std::initializer_list<std::string_view> on_start,
            std::initializer_list<std::string_view> on_fail = {}) {
  Hooks hooks;
  for (const std::string_view name : on_start) { hooks.on_start.push_back({std::string(name)}); }
  for (const std::string_view name : on_fail) { hooks.on_fail.push_back({std::string(name)}); }
  return hooks;
}

Flow built(FlowBuilder& builder) {
  const Result<FlowReport> report = builder.build();
  REQUIRE(report.has_value());
  REQUIRE(report->flow.has_value());
  return *report->flow;
}

/// dev, staging, two regions, and an environment that depends on both.
Flow diamond() {
  FlowBuilder builder("billing", "dev");
  FlowOptions options;
  options.hooks = hooks({"announce"}, {"page"});
  builder.options(options);
  StepOptions staging;
  staging.policy.action = PolicyAction::PullRequest;
  staging.hooks = hooks({"check", "tell"}, {"open-ticket"});
  builder.step("staging", {"dev"}, staging);
  builder.step("eu", {"staging"});
  builder.step("us", {"staging"});
  builder.step("done", {"eu", "us"});
  return built(builder);
}

/// Texts that mean something to at least one of the languages.
constexpr std::string_view kEvil = "a\"b<c>&'#x\\ ](n){d}|%%;`";

Flow evil() {
  FlowBuilder builder("evil", "dev");
  StepOptions step;
  step.policy.pre_action = std::string(kEvil);
  builder.step("staging", {"dev"}, step);
  return built(builder);
}

std::string drawn(const Flow& flow, RenderFormat format) {
  const Result<std::string> text = render(flow, {.format = format});
  REQUIRE(text.has_value());
  return *text;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

/// `count` environments one after another.
Flow chain(std::uint32_t count) {
  FlowBuilder builder("chain", "dev");
  std::string before = "dev";
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string name = "e" + std::to_string(i);
    builder.step(name, {before});
    before = name;
  }
  return built(builder);
}

}  // namespace

TEST_CASE("a drawing in ASCII shows lanes that split and join, with the hooks beside them") {
  const Result<std::string> text = render(diamond(), {.ascii = true});
  REQUIRE(text.has_value());
  CHECK(*text ==
        "billing\n"
        "5 environments, failFast, at most 24h\n"
        "\n"
        "release.onStart    announce\n"
        "\n"
        "*    dev  trigger\n"
        "|\n"
        "*    staging  pr\n"
        "|      onStart      check, tell\n"
        "|      onFail       open-ticket\n"
        "+-.\n"
        "* |  eu\n"
        "| *  us\n"
        "+-'\n"
        "*    done  after eu, us\n"
        "\n"
        "release.onFail     page\n");
}

TEST_CASE("a drawing in Unicode has the same shape") {
  const std::string text = drawn(diamond(), RenderFormat::Text);
  CHECK(
      has(text, "\u251C\u2500\u256E\n\u25CF \u2502  eu\n\u2502 \u25CF  us\n\u251C\u2500\u256F\n"));
}

TEST_CASE("colour changes nothing but colour") {
  const Result<std::string> text = render(diamond(), {.color = true});
  REQUIRE(text.has_value());
  std::string plain;
  for (std::size_t i = 0; i < text->size(); ++i) {
    if ((*text)[i] == '\x1b') { i = text->find('m', i) + 1; }
    while (i < text->size() && (*text)[i] == '\x1b') { i = text->find('m', i) + 1; }
    if (i < text->size()) { plain += (*text)[i]; }
  }
  CHECK(plain == drawn(diamond(), RenderFormat::Text));
}

TEST_CASE("a release is drawn with the status and the message of each environment") {
  Result<Release> release = Release::start(diamond(), {.id = "r-42"}, Instant{});
  REQUIRE(release.has_value());
  for (const std::uint64_t ticket : {1U, 2U, 3U}) {  // announce, check, tell
    REQUIRE(release->apply({Instant{}, HookSucceeded{Ticket{ticket}}}).has_value());
  }
  REQUIRE(release->apply({Instant{}, PromotionFailed{Ticket{4}, "degraded"}}).has_value());
  const Result<std::string> text = render(*release, {.ascii = true});
  REQUIRE(text.has_value());
  CHECK(has(*text, "release r-42: Running: degraded\n"));
  CHECK(has(*text, "+    dev  trigger\n|      Successful\n"));
  CHECK(has(*text, "x    staging  pr\n|      Failed (Finalizing): degraded\n"));
  CHECK(has(*text, "o |  eu\n| |    Pending: waits for staging (Failed)\n"));

  const Result<std::string> mermaid = render(*release, {.format = RenderFormat::Mermaid});
  REQUIRE(mermaid.has_value());
  CHECK(has(*mermaid, ":::Failed\n"));
  CHECK(has(*mermaid, "  classDef Failed fill:"));
  const Result<std::string> svg = render(*release, {.format = RenderFormat::Svg});
  REQUIRE(svg.has_value());
  CHECK(has(*svg, ">Failed (Finalizing): degraded</text>"));
}

TEST_CASE("Mermaid gets ids for nodes and one arrow a dependency") {
  const std::string text = drawn(diamond(), RenderFormat::Mermaid);
  CHECK(has(text, "flowchart LR\n"));
  CHECK(has(text,
            "  n1[\"<b>staging</b><br/>pr<br/>onStart: check, tell<br/>onFail: open-ticket\"]\n"));
  CHECK(has(text, "  n0 --> n1\n  n1 --> n2\n  n1 --> n3\n  n2 --> n4\n  n3 --> n4\n"));
  CHECK(has(text, "  start>\"release.onStart: announce\"] -.-> n0\n"));
  CHECK(has(text, "  n4 -.-> finish\n"));
}

TEST_CASE("no name breaks out of its label in Mermaid") {
  const std::string text = drawn(evil(), RenderFormat::Mermaid);
  CHECK(has(text, "preAction: a#34;b#60;c#62;#38;#39;#35;x#92; "));
  CHECK(count_of(text, "\"") == 4);  // Two labels.
}

TEST_CASE("no name breaks out of its label in DOT") {
  const std::string text = drawn(evil(), RenderFormat::Dot);
  CHECK(has(text, "preAction: a&quot;b&lt;c&gt;&amp;&#39;#x\\\\ "));
  CHECK(has(text, "  n0 -> n1;\n"));
}

TEST_CASE("no name breaks out of its text in SVG") {
  const std::string text = drawn(evil(), RenderFormat::Svg);
  CHECK(has(text, ">a&quot;b&lt;c&gt;&amp;&#39;#x\\ "));
}

TEST_CASE("a name that could control the terminal is in no flow that is drawn", "[H7][H12]") {
  FlowBuilder builder("evil", "dev");
  StepOptions step;
  step.policy.pre_action = "a\xc2\x9b[31m";
  builder.step("staging", {"dev"}, step);
  const Result<FlowReport> report = builder.build();
  REQUIRE(report.has_value());
  CHECK_FALSE(report->flow);
}

TEST_CASE("an SVG has a title, a description and a background of its own") {
  const std::string text = drawn(diamond(), RenderFormat::Svg);
  CHECK(has(text, "<title id=\"title\">Promotion flow billing</title>"));
  CHECK(has(text, "staging after dev. eu after staging. us after staging. done after eu, us."));
  CHECK(has(text, "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#ffffff\"/>"));
  CHECK(count_of(text, "marker-end") == 5);
}

TEST_CASE("a flow too large for a picture is drawn as a list") {
  const Flow flow = chain(100000);
  const std::string text = drawn(flow, RenderFormat::Text);
  CHECK(has(text, "wave 100000\n"));
  CHECK(has(text, " e99999  after e99998\n"));
  CHECK(has(drawn(flow, RenderFormat::Svg), "... and 95001 more"));
  CHECK(has(drawn(flow, RenderFormat::Mermaid), "  n99999 --> n100000\n"));
  CHECK(has(drawn(flow, RenderFormat::Dot), "  n99999 -> n100000;\n"));
}

TEST_CASE("a flow with more lanes than the width holds is drawn as a list") {
  FlowBuilder builder("wide", "dev");
  for (int i = 0; i < 60; ++i) { builder.step("region-" + std::to_string(i), {"dev"}); }
  const Flow flow = built(builder);
  CHECK(has(drawn(flow, RenderFormat::Text), "wave 1\n"));
  const Result<std::string> wide = render(flow, {.width = 200});
  REQUIRE(wide.has_value());
  CHECK_FALSE(has(*wide, "wave 1\n"));
}

TEST_CASE("[R16] a skipped environment has a sign, a word and a dashed outline of its own") {
  EnvironmentSelection selection;
  selection.skip = std::vector<std::string>{"us"};
  const Result<Release> release = Release::start(diamond(), {.id = "r"}, Instant{}, {}, selection);
  REQUIRE(release.has_value());
  CHECK(has(*render(*release, {.ascii = true}), "| ~  us\n| |    Skipped\n"));
  CHECK(has(*render(*release, {.format = RenderFormat::Svg}), " stroke-dasharray=\"5 4\"/>"));
  CHECK(has(*render(*release, {.format = RenderFormat::Dot}), "style=\"rounded,filled,dashed\""));
  const std::string mermaid = *render(*release, {.format = RenderFormat::Mermaid});
  CHECK(has(mermaid, "us</b><br/>Skipped\"]:::Skipped\n"));
  CHECK(has(mermaid, "stroke-dasharray:5 4\n"));
}

TEST_CASE("[R17] a drawing says what a pending environment waits for") {
  Result<Release> release = Release::start(diamond(), {.id = "r"}, Instant{});
  REQUIRE(release.has_value());
  CHECK(has(*render(*release, {.ascii = true, .width = 200}),
            "Pending: waits for eu (Pending), us (Pending), because of dev (Pending)\n"));
}

TEST_CASE("[R18] a drawing shows the length of a soak and which environment soaks") {
  FlowBuilder builder("canary", "dev");
  builder.step("canary", {"dev"}, {.soak = std::chrono::minutes{30}});
  Result<Release> release = Release::start(built(builder), {.id = "r"}, Instant{});
  REQUIRE(release.has_value());
  REQUIRE(release->apply({Instant{}, PromotionSucceeded{Ticket{1}}}).has_value());
  const std::string text = *render(*release, {.ascii = true});
  CHECK(has(text, "Running (Soaking)\n"));
  CHECK(has(text, "soak         30m\n"));
}
