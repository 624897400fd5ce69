// SPDX-License-Identifier: Apache-2.0
// A6: numbers keep their text on every way from an export to an argument.
#include "context_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

const std::vector<std::string> kNumbers = {"1.10",
                                           "1732812345.123456789",
                                           "1e23",
                                           "1E5",
                                           "-0",
                                           "0.0",
                                           "1e400",
                                           "2.0",
                                           "5.00",
                                           "3.14159265358979323846",
                                           "123456789012345678901234567890",
                                           std::string(400, '9')};

/// The number, within an object and within an array.
std::string exported(const std::string& number) {
  return "{\"N\":" + number + ", \"O\": {\"v\": " + number + ",\"w\":[" + number + ", 1]}}";
}

Flow two_hooks(ContextMerge merge) {
  StepOptions options;
  options.hooks.on_start = {{.name = "export"}, {.name = "show"}};
  FlowOptions whole;
  whole.context_merge = merge;
  FlowBuilder builder("numbers", "dev");
  builder.options(whole);
  builder.step("qa", {"dev"}, options);
  return built(builder);
}

/// What the hook that is outstanding is handed.
void check_handed(Release& release, const std::string& number) {
  const auto command = release.next_command();
  REQUIRE(command);
  const auto& hook = std::get<RunHook>(*command);
  REQUIRE(hook.hook == "show");
  CHECK(hook.arguments.find("N") == number);
  CHECK(hook.arguments.find("O") == "{\"v\":" + number + ",\"w\":[" + number + ",1]}");
  CHECK(hook.context.to_json().value() ==
        "{\"N\":" + number + ",\"O\":{\"v\":" + number + ",\"w\":[" + number + ",1]}}");
}

}  // namespace

TEST_CASE("numbers keep their text through merge, snapshot and journal", "[H9][A6][C2][R15]") {
  const auto merge = GENERATE(ContextMerge::Shallow, ContextMerge::Deep);
  const Flow flow = two_hooks(merge);
  for (const std::string& number : kNumbers) {
    INFO(number);
    Release release = Release::start(flow, {.id = "r"}, {}).value();
    const Ticket ticket = std::get<RunHook>(*release.next_command()).ticket;
    const std::string text = exported(number);
    const Event event{Instant{}, HookSucceeded{ticket, text}};
    const std::string line = to_json(event).value();
    const StoredEvent stored = StoredEvent::read(line).value();
    REQUIRE(release.apply(stored.event()));
    check_handed(release, number);
    Release restored = Release::restore(flow, release.snapshot().value()).value();
    check_handed(restored, number);
  }
}

TEST_CASE("numbers keep their text from the start, and from the flow's own arguments",
          "[H9][A5][A6]") {
  for (const std::string& number : kNumbers) {
    INFO(number);
    const std::string text =
        "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: "
        "{name: f}, spec: {triggerEnvironment: dev, steps: [{environment: qa, "
        "dependsOn: [dev], hooks: {onStart: {name: show, arguments: {OWN: " +
        number + ", IN: {a: [" + number + "]}}}}}]}}";
    const Flow flow = load_flow(text).value();
    Release release = Release::start(flow, {.id = "r"}, {}, exported(number)).value();
    const auto command = release.next_command();
    REQUIRE(command);
    const auto& arguments = std::get<RunHook>(*command).arguments;
    CHECK(arguments.find("OWN") == number);
    CHECK(arguments.find("IN") == "{\"a\":[" + number + "]}");
    CHECK(arguments.find("N") == number);
    CHECK(load_flow(write_manifest(flow).value()).value() == flow);  // M8
  }
}

TEST_CASE("numbers keep their text from a scenario, in YAML and in JSON, to the trace",
          "[H9][S5]") {
  const Flow flow = two_hooks(ContextMerge::Shallow);
  for (const std::string& number : kNumbers) {
    for (const std::string& text :
         {"context: {GIVEN: " + number + "}\noutcomes:\n  - {hook: export, context: {N: " + number +
              "}}\n",
          "{\"context\":{\"GIVEN\":" + number +
              "},\"outcomes\":[{\"hook\":\"export\",\"context\":"
              "{\"N\":" +
              number + "}}]}"}) {
      INFO(text);
      const auto report = read_scenario(text, &flow).value();
      const Trace trace = simulate(flow, report.scenario.value()).value();
      const std::string lines = trace.to_jsonl().value();
      CHECK(lines.find("\"context\":{\"N\":" + number + "}}") != std::string::npos);
      CHECK(lines.find("\"GIVEN\":\"" + number + "\",\"N\":\"" + number + "\"") !=
            std::string::npos);
      CHECK(trace.context().to_json().value() == "{\"GIVEN\":" + number + ",\"N\":" + number + "}");
    }
  }
}
