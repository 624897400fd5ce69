// SPDX-License-Identifier: Apache-2.0
#include "memory.hpp"

#include <cinttypes>
#include <cstdio>
#include <functional>
#include <new>

#include "failing_memory.hpp"

namespace promoflow::prove {

namespace {

using Code = std::optional<ErrorCode>;

template <class T>
Code code_of(const Result<T>& result) {
  return result ? std::nullopt : Code(result.error().code);
}

constexpr std::string_view kYaml = R"(apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata:
  name: billing-to-production
  annotations: {promoflow.dev/extensions: "true", description: "a text that is long enough"}
spec:
  triggerEnvironment: dev
  postTrigger: smoke-tests
  failurePolicy: continue
  contextMerge: deep
  steps:
    - environment: staging
      dependsOn: [dev]
      timeout: 10m
      policy: {action: pr, preAction: before, postAction: after}
      hooks: {onStart: announce, onSuccess: [smoke, load], onFail: jira-open-bug, onEnd: sweep}
    - environment: production
      dependsOn: [staging, dev]
      retry: &again {limit: 1, backoff: {duration: 10s, factor: 2, maxDuration: 1m}}
      hooks:
        onFail: {name: page, arguments: {TEAM: sre, LIST: [1, {a: null}]}, retry: *again}
  hooks: {onStart: slack-start, onSuccess: slack-ok, onFail: slack-fail}
)";

constexpr std::string_view kWrong = R"(kind: PromotionFlow
metadata: {name: "Not A Name"}
spec:
  triggerEnvironment: dev
  stepps: []
  steps: [{environment: a, dependsOn: [b]}, {environment: b, dependsOn: [a]}, {dependsOn: 7}]
)";

constexpr std::string_view kScenario = R"(release: {id: r-42, product: billing}
context: {CHANNEL: "#releases"}
outcomes:
  - {environment: production, attempt: 1, after: 5m, fail: "Application degraded"}
  - {hook: smoke, after: 3s, context: {JIRA: ABC-1, LIST: [1, 2]}}
actions: [{at: 10m, retry: true}, {at: 3h, terminate: "stopped by the operator"}]
)";

class Trials {
 public:
  Trials(Counts& counts, bool print) : counts_(counts), print_(print) {}

  /// An operation that changes nothing: short of memory it says so, and otherwise it succeeds.
  void reads(const char* name, const std::function<Code()>& operation) {
    changes<int>(
        name, [] { return 0; }, [&](int&) { return operation(); },
        [](const int&) { return std::string(); });
  }

  /// An operation on a state that `made` makes and `told` tells: short of memory the state is as
  /// it was, and with memory again it comes to what it comes to without trouble.
  template <class State>
  void changes(const char* name, const std::function<State()>& made,
               const std::function<Code(State&)>& operation,
               const std::function<std::string(const State&)>& told) {
    State calm = made();
    const Code wanted = operation(calm);
    const std::string end = told(calm);
    std::uint64_t failures = 0;
    for (const Fails fails : {Fails::Once, Fails::ForGood}) {
      for (std::size_t allowed = 0;; ++allowed) {
        State state = made();
        const std::string before = told(state);
        Code code;
        {
          const ShortOfMemory little(allowed, fails);
          code = operation(state);
        }
        if (!ShortOfMemory::failed()) { break; }
        ++failures;
        // Who asks for memory and can do without may succeed all the same.
        if (code == ErrorCode::OutOfMemory) {
          expect_equal(std::string("promise 10: ") + name, before, told(state));
          code = operation(state);
        }
        expect(code == wanted, std::string("promise 10: another answer from ") + name);
        expect_equal(std::string("promise 10: the end of ") + name, end, told(state));
        expect(allowed < 200'000, "promise 10: no end of allocations");
      }
    }
    counts_[kAllocations] += failures;
    if (print_) { std::printf("%10" PRIu64 "  %s\n", failures, name); }
  }

 private:
  Counts& counts_;
  bool print_;
};

std::string released(const std::optional<Release>& release) {
  return release ? snapshot_of(*release) : "(none)";
}

/// Events of each kind, on releases that have come to where they mean something.
void events(Trials& trials, const Flow& flow) {
  using Script = std::vector<Event>;
  const auto at = [](std::int64_t ms) { return Instant{std::chrono::milliseconds{ms}}; };
  const auto t = [](std::uint64_t number) { return Ticket{number}; };
  const Script to_staging{{at(1), HookSucceeded{t(1)}},
                          {at(2), PromotionSucceeded{t(2)}},
                          {at(3), HookSucceeded{t(3), "{\"A\":{\"b\":\"a longer text\"}}"}}};
  const auto then = [](Script script, const Script& more) {
    script.insert(script.end(), more.begin(), more.end());
    return script;
  };
  const Script to_production = then(to_staging, {{at(4), PromotionSucceeded{t(4)}},
                                                 {at(5), HookSucceeded{t(5)}},
                                                 {at(6), HookSucceeded{t(6)}},
                                                 {at(7), HookSucceeded{t(7)}}});
  const Script failed = then(to_staging, {{at(4), PromotionFailed{t(4), "degraded"}},
                                          {at(5), HookSucceeded{t(5)}},
                                          {at(6), HookSucceeded{t(6)}},
                                          {at(7), HookSucceeded{t(7)}}});
  struct Case {
    const char* name;
    Script before;
    Event event;
  };
  const Case cases[] = {
      {"apply HookSucceeded", {}, {at(1), HookSucceeded{t(1)}}},
      {"apply HookSucceeded with a context", {}, {at(1), HookSucceeded{t(1), "{\"A\":[1,{}]}"}}},
      {"apply HookSucceeded with a merge",
       to_production,
       {at(9), HookSucceeded{t(1), "{\"A\":{\"b\":null,\"c\":\"another long text\"}}"}}},
      {"apply HookSucceeded with a bad context", {}, {at(1), HookSucceeded{t(1), "[1, 2"}}},
      {"apply HookFailed", {}, {at(1), HookFailed{t(1), "no such channel, I am afraid", "{}"}}},
      {"apply PromotionSucceeded", to_staging, {at(9), PromotionSucceeded{t(4)}}},
      {"apply PromotionFailed",
       to_staging,
       {at(9), PromotionFailed{t(4), "degraded \xFF, and badly so"}}},
      {"apply PromotionFailed, tried again", to_production, {at(9), PromotionFailed{t(8), "no"}}},
      {"apply Suspended", to_staging, {at(9), Suspended{t(4)}}},
      {"apply Resumed", then(to_staging, {{at(4), Suspended{t(4)}}}), {at(9), Resumed{t(4)}}},
      {"apply Terminate", to_staging, {at(9), Terminate{"stopped by the operator, for reasons"}}},
      {"apply Terminate, forced",
       then(to_staging, {{at(4), Terminate{"stop"}}}),
       {at(9), Terminate{"now"}}},
      {"apply Retry", failed, {at(9), Retry{}}},
      {"apply Tick: an expiry", to_staging, {at(700'000), Tick{}}},
      {"apply Tick: the flow deadline",
       then(to_production, {{at(8), Suspended{t(8)}}}),
       {at(1440LL * 60 * 1000), Tick{}}},
  };
  for (const Case& one : cases) {
    trials.changes<std::optional<Release>>(
        one.name,
        [&] {
          std::optional<Release> release =
              value_of(Release::start(flow, {.id = "r-42"}, at(0)), "start");
          for (const Event& event : one.before) { static_cast<void>(release->apply(event)); }
          return release;
        },
        [&](std::optional<Release>& release) { return code_of(release->apply(one.event)); },
        released);
  }
}

/// After a failure under failFast, a success notes what a Retry will let begin.
void held(Trials& trials) {
  FlowBuilder builder("held", "dev");
  builder.step("eu", {"dev"}).step("us", {"dev"}).step("asia", {"us"}).step("africa", {"us"});
  const Flow flow = *value_of(builder.build(), "build").flow;
  trials.changes<std::optional<Release>>(
      "apply PromotionSucceeded, dependents are held",
      [&] {
        auto release = value_of(Release::start(flow, {.id = "r"}, Instant{}), "start");
        static_cast<void>(release.apply({Instant{}, PromotionFailed{Ticket{1}, "no"}}));
        return std::optional(std::move(release));
      },
      [](std::optional<Release>& release) {
        return code_of(release->apply({Instant{}, PromotionSucceeded{Ticket{2}}}));
      },
      released);
}

void releases(Trials& trials, const Flow& flow) {
  Release release = value_of(
      Release::start(flow, {.id = "r-42"}, Instant{}, "{\"A\":1,\"B\":{\"c\":\"text\"}}"), "start");
  static_cast<void>(release.apply({Instant{}, HookFailed{Ticket{1}, "no", "{\"X\":1}"}}));
  static_cast<void>(release.apply({Instant{}, Retry{}}));
  const auto commands = value_of(release.outstanding(), "outstanding");
  expect(!commands.empty(), "promise 10: there is a command to look at");
  const auto& run = std::get<RunHook>(commands.front().command);
  const std::string saved = snapshot_of(release);
  const Event event{Instant{}, HookFailed{Ticket{1}, "a message \xFF of some length", "{\"A\":1}"}};
  const std::string line = value_of(to_json(event), "line");
  trials.reads("start", [&] {
    return code_of(Release::start(flow, {.id = "r-42"}, Instant{}, "{\"A\":1,\"B\":[\"text\"]}"));
  });
  trials.reads("restore", [&] { return code_of(Release::restore(flow, saved)); });
  trials.reads("snapshot", [&] { return code_of(release.snapshot()); });
  trials.reads("describe", [&] { return code_of(release.describe()); });
  trials.reads("outstanding", [&] { return code_of(release.outstanding()); });
  trials.reads("key", [&] { return code_of(release.key(Ticket{1})); });
  trials.reads("context", [&] { return code_of(release.context().to_json()); });
  trials.reads("conflicts", [&] { return code_of(release.context_conflicts()); });
  trials.reads("rejected exports", [&] { return code_of(release.rejected_exports()); });
  trials.reads("arguments", [&] { return code_of(run.arguments.to_json()); });
  trials.reads("an event as a line", [&] { return code_of(to_json(event)); });
  trials.reads("a line as an event", [&] { return code_of(StoredEvent::read(line)); });
  trials.reads("a record as a line", [&] {
    return code_of(to_json(Record{Instant{}, run}, Instant{}));
  });
  trials.changes<std::optional<Release>>(
      "reissue", [&] { return std::optional(value_of(Release::restore(flow, saved), "restore")); },
      [](std::optional<Release>& one) { return code_of(one->reissue()); }, released);
}

void texts(Trials& trials, const Flow& flow) {
  const std::string json = value_of(write_manifest(flow, TextFormat::Json), "write");
  trials.reads("read a YAML manifest", [] { return code_of(read_manifest(kYaml)); });
  trials.reads("read a JSON manifest", [&] { return code_of(read_manifest(json)); });
  trials.reads("read a wrong manifest", [] { return code_of(read_manifest(kWrong)); });
  trials.reads("load a flow", [] { return code_of(load_flow(kYaml)); });
  trials.reads("load a wrong flow", [] { return code_of(load_flow(kWrong)); });
  trials.reads("read a scenario", [&] { return code_of(read_scenario(kScenario, &flow)); });
  trials.reads("write YAML", [&] { return code_of(write_manifest(flow)); });
  trials.reads("write JSON", [&] { return code_of(write_manifest(flow, TextFormat::Json)); });
  trials.reads("print a duration",
               [] { return code_of(format_duration(std::chrono::milliseconds{5'445'500})); });
  trials.reads("read a duration", [] { return code_of(parse_duration("1h30m45.5s")); });
  trials.reads("read what is no duration", [] { return code_of(parse_duration("1h30 minutes")); });
  const auto report = value_of(read_manifest(kWrong), "read");
  const DiagnosticSource source{.file = "wrong.yaml", .text = kWrong};
  for (const auto format : {DiagnosticFormat::Text, DiagnosticFormat::Json}) {
    trials.reads("print diagnostics",
                 [&] { return code_of(format_diagnostics(report.diagnostics, source, format)); });
  }
}

void flows(Trials& trials, const Flow& flow) {
  trials.reads("build a flow in code", []() -> Code {
    try {
      StepOptions step;
      step.hooks.on_start = {Hook{.name = "a hook whose name is long enough"}};
      FlowBuilder builder("built", "dev");
      builder.step("staging", {"dev"}, step).step("production", {"staging", "dev"}, step);
      return code_of(builder.build());
    } catch (const std::bad_alloc&) { return ErrorCode::OutOfMemory; }
  });
  trials.reads("depends on",
               [&] { return code_of(flow.depends_on(EnvironmentId{2}, EnvironmentId{0})); });
  const auto scenario = value_of(read_scenario(kScenario, &flow), "read").scenario;
  const Trace trace = value_of(simulate(flow, *scenario), "simulate");
  trials.reads("simulate", [&] { return code_of(simulate(flow, *scenario)); });
  trials.reads("print a trace", [&] { return code_of(trace.to_jsonl()); });
  trials.reads("ask a trace", [&] { return code_of(trace.hooks(Point::EnvironmentOnStart)); });
  trials.reads("draw a timeline", [&] { return code_of(render_timeline(trace)); });
  for (const auto format :
       {RenderFormat::Text, RenderFormat::Mermaid, RenderFormat::Dot, RenderFormat::Svg}) {
    trials.reads("draw a flow", [&] { return code_of(render(flow, {.format = format})); });
  }
}

}  // namespace

void memory(Counts& counts, bool print) {
  const Flow flow = value_of(load_flow(kYaml), "load");
  Trials trials(counts, print);
  texts(trials, flow);
  flows(trials, flow);
  releases(trials, flow);
  events(trials, flow);
  held(trials);
}

}  // namespace promoflow::prove
