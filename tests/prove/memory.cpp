// SPDX-License-Identifier: Apache-2.0
#include "memory.hpp"

#include <cinttypes>
#include <cstdio>
#include <functional>
#include <new>

#include "allocations.hpp"

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
  hookTimeout: 30m
  terminationGracePeriod: 2h
  steps:
    - environment: staging
      dependsOn: [dev]
      timeout: 10m
      policy: {action: pr, preAction: before, postAction: after}
      hooks: {onStart: announce, onSuccess: [smoke, load], onFail: jira-open-bug, onEnd: sweep}
    - environment: production
      dependsOn: [staging, dev]
      soak: 1h
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
  - {environment: production, attempt: 2, failInSoak: {after: 10m, message: "error rate 4 %"}}
actions:
  - {at: 10m, retry: true, by: ann}
  - {at: 2h, retry: [production], by: ann}
  - {at: 3h, terminate: "stopped by the operator"}
  - {at: 4h, skip: production, reason: "the region is closed"}
  - {at: 5h, terminate: "now", force: true}
)";

class Trials {
 public:
  Trials(Counts& counts, bool print) : counts_(counts), print_(print) {}

  /// An operation that changes nothing: it succeeds, or reports that memory has run out.
  void reads(const char* name, const std::function<Code()>& operation) {
    changes<int>(
        name, [] { return 0; }, [&](int&) { return operation(); },
        [](const int&) { return std::string(); });
  }

  /// An operation on a state that `make` makes and `print` prints: when memory has run out the
  /// state is as it was, and with memory again it becomes what it becomes without any failure.
  template <class State>
  void changes(const char* name, const std::function<State()>& make,
               const std::function<Code(State&)>& operation,
               const std::function<std::string(const State&)>& print) {
    State undisturbed = make();
    const Code wanted = operation(undisturbed);
    const std::string end = print(undisturbed);
    std::uint64_t failures = 0;
    for (const test::Fails fails : {test::Fails::Once, test::Fails::ForGood}) {
      for (std::size_t allowed = 0;; ++allowed) {
        State state = make();
        const std::string before = print(state);
        Code code;
        {
          const test::FailingAllocations little(allowed, fails);
          code = operation(state);
        }
        if (!test::FailingAllocations::failed()) { break; }
        ++failures;
        // An operation that can do without the memory may succeed all the same.
        if (code == ErrorCode::OutOfMemory) {
          expect_equal(std::string("promise 10: ") + name, before, print(state));
          code = operation(state);
        }
        expect(code == wanted, std::string("promise 10: another answer from ") + name);
        expect_equal(std::string("promise 10: the end of ") + name, end, print(state));
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

std::string print_release(const std::optional<Release>& release) {
  return release ? snapshot_of(*release) : "(none)";
}

using Script = std::vector<Event>;

Instant at(std::int64_t ms) { return Instant{std::chrono::milliseconds{ms}}; }
Ticket t(std::uint64_t number) { return Ticket{number}; }

Script then(Script script, const Script& more) {
  script.insert(script.end(), more.begin(), more.end());
  return script;
}

/// An event, and the events that bring a release to where it means something.
struct Case {
  const char* name;
  Script before;
  Event event;
};

const Script& to_staging() {
  static const Script script{{at(1), HookSucceeded{t(1)}},
                             {at(2), PromotionSucceeded{t(2)}},
                             {at(3), HookSucceeded{t(3), "{\"A\":{\"b\":\"a longer text\"}}"}}};
  return script;
}

/// Ticket 8 promotes into production.
const Script& to_production() {
  static const Script script = then(to_staging(), {{at(4), PromotionSucceeded{t(4)}},
                                                   {at(5), HookSucceeded{t(5)}},
                                                   {at(6), HookSucceeded{t(6)}},
                                                   {at(7), HookSucceeded{t(7)}}});
  return script;
}

/// Staging has failed, and the release with it.
const Script& to_failure() {
  static const Script script = then(to_staging(), {{at(4), PromotionFailed{t(4), "degraded"}},
                                                   {at(5), HookSucceeded{t(5)}},
                                                   {at(6), HookSucceeded{t(6)}},
                                                   {at(7), HookSucceeded{t(7)}}});
  return script;
}

/// What hosts report.
std::vector<Case> reports() {
  const Script soaking = then(to_production(), {{at(8), PromotionSucceeded{t(8)}}});
  const Script soaked_once = then(soaking, {{at(9), PromotionFailed{t(8), "no"}},
                                            {at(20'000), Tick{}},
                                            {at(20'001), PromotionSucceeded{t(9)}}});
  return {
      {"apply HookSucceeded", {}, {at(1), HookSucceeded{t(1)}}},
      {"apply HookSucceeded with a context", {}, {at(1), HookSucceeded{t(1), "{\"A\":[1,{}]}"}}},
      {"apply HookSucceeded with a merge",
       to_production(),
       {at(9), HookSucceeded{t(1), "{\"A\":{\"b\":null,\"c\":\"another long text\"}}"}}},
      {"apply HookSucceeded with a reserved key",
       {},
       {at(1), HookSucceeded{t(1), "{\"RELEASE_ID\":\"a longer text than most\"}"}}},
      {"apply HookSucceeded with a bad context", {}, {at(1), HookSucceeded{t(1), "[1, 2"}}},
      {"apply HookFailed", {}, {at(1), HookFailed{t(1), "no such channel, I am afraid", "{}"}}},
      {"apply PromotionSucceeded", to_staging(), {at(9), PromotionSucceeded{t(4)}}},
      {"apply PromotionSucceeded, a soak begins",
       to_production(),
       {at(9), PromotionSucceeded{t(8)}}},
      {"apply PromotionFailed",
       to_staging(),
       {at(9), PromotionFailed{t(4), "degraded \xFF, and badly so"}}},
      {"apply PromotionFailed, another attempt follows",
       to_production(),
       {at(9), PromotionFailed{t(8), "no"}}},
      {"apply PromotionFailed in a soak, another attempt follows",
       soaking,
       {at(9), PromotionFailed{t(8), "error rate 4 %, for some minutes"}}},
      {"apply PromotionFailed in a soak",
       soaked_once,
       {at(20'002), PromotionFailed{t(9), "error rate 4 %, for some minutes"}}},
      {"apply Queued", to_staging(), {at(9), Queued{t(4)}}},
      {"apply Started", then(to_staging(), {{at(4), Queued{t(4)}}}), {at(9), Started{t(4)}}},
      {"apply Suspended", to_staging(), {at(9), Suspended{t(4)}}},
      {"apply Resumed",
       then(to_staging(), {{at(4), Suspended{t(4)}}}),
       {at(9), Resumed{t(4), "somebody with a longer name"}}},
      {"apply Tick: an expiry", to_staging(), {at(700'000), Tick{}}},
      {"apply Tick: a soak ends", soaking, {at(3'600'008), Tick{}}},
      {"apply Tick: the flow deadline",
       then(to_production(), {{at(8), Suspended{t(8)}}}),
       {at(1440LL * 60 * 1000), Tick{}}},
      {"apply Tick: the end deadline",
       then(to_staging(), {{at(9), Terminate{"stop"}}}),
       {at(9 + 2LL * 60 * 60 * 1000), Tick{}}},
  };
}

/// What operators ask for.
std::vector<Case> actions() {
  static constexpr std::string_view kStaging[] = {"staging", "staging"};
  static constexpr std::string_view kBy = "somebody with a longer name";
  return {
      {"apply Terminate",
       to_staging(),
       {at(9), Terminate{"stopped by the operator, for reasons", false, kBy}}},
      {"apply Terminate, forced at once",
       to_staging(),
       {at(9), Terminate{"stopped by the operator, for reasons", true, kBy}}},
      {"apply Terminate, forced while it terminates",
       then(to_staging(), {{at(4), Terminate{"stop"}}}),
       {at(9), Terminate{"now", true}}},
      {"apply Retry", to_failure(), {at(9), Retry{{}, kBy}}},
      {"apply Retry of some", to_failure(), {at(9), Retry{kStaging, kBy}}},
      {"apply Skip", to_failure(), {at(9), Skip{"staging", "the region is closed for now", kBy}}},
      {"apply Skip of an environment that is pending",
       to_staging(),
       {at(9), Skip{"production", "the region is closed for now", kBy}}},
  };
}

void events(Trials& trials, const Flow& flow) {
  std::vector<Case> cases = reports();
  for (Case& one : actions()) { cases.push_back(std::move(one)); }
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
        print_release);
  }
}

/// Two of four have no dependency between them; the others depend on us.
Flow two_regions() {
  FlowBuilder builder("regions", "dev");
  builder.step("eu", {"dev"}).step("us", {"dev"}).step("asia", {"us"}).step("africa", {"us"});
  return *value_of(builder.build(), "build").flow;
}

/// Events while one environment has failed and another runs.
void beside_a_failure(Trials& trials) {
  static constexpr std::string_view kUs[] = {"us"};
  const Flow flow = two_regions();
  const auto changes = [&](const char* name, const Script& before, const Event& event) {
    trials.changes<std::optional<Release>>(
        name,
        [&] {
          auto release = value_of(Release::start(flow, {.id = "r"}, Instant{}), "start");
          for (const Event& one : before) { static_cast<void>(release.apply(one)); }
          return std::optional(std::move(release));
        },
        [&](std::optional<Release>& release) { return code_of(release->apply(event)); },
        print_release);
  };
  const Event eu_fails{Instant{}, PromotionFailed{Ticket{1}, "no"}};
  const Event us_fails{Instant{}, PromotionFailed{Ticket{2}, "out of sync, and not for long"}};
  changes("apply PromotionSucceeded, dependents may not begin", {eu_fails},
          {Instant{}, PromotionSucceeded{Ticket{2}}});
  changes("apply Retry of one beside another that runs", {us_fails}, {Instant{}, Retry{kUs}});
  changes("apply Skip beside another that runs", {us_fails},
          {Instant{}, Skip{"us", "the region is closed for now"}});
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
  using Names = std::vector<std::string>;
  const EnvironmentSelection selections[] = {{.skip = Names{"staging", "dev"}},
                                             {.until = Names{"production"}},
                                             {.only = Names{"nowhere, or farther away"}}};
  for (const EnvironmentSelection& selection : selections) {
    trials.reads("start with a selection", [&] {
      return code_of(Release::start(flow, {.id = "r-42"}, Instant{}, "", selection));
    });
  }
  trials.reads("why pending", [&] { return code_of(release.why_pending(EnvironmentId{2})); });
  trials.reads("restore", [&] { return code_of(Release::restore(flow, saved)); });
  trials.reads("snapshot", [&] { return code_of(release.snapshot()); });
  trials.reads("describe", [&] { return code_of(release.describe()); });
  trials.reads("outstanding", [&] { return code_of(release.outstanding()); });
  trials.reads("key", [&] { return code_of(release.key(Ticket{1})); });
  trials.reads("context", [&] { return code_of(release.context().to_json()); });
  trials.reads("conflicts", [&] { return code_of(release.context_conflicts()); });
  trials.reads("rejected exports", [&] { return code_of(release.rejected_exports()); });
  trials.reads("arguments", [&] { return code_of(run.arguments.to_json()); });
  static constexpr std::string_view kList[] = {"staging", "an environment with a longer name"};
  const Event retry{Instant{}, Retry{kList, "somebody with a longer name"}};
  const std::string retry_line = value_of(to_json(retry), "line");
  trials.reads("a Retry as a line", [&] { return code_of(to_json(retry)); });
  trials.reads("a line as a Retry", [&] { return code_of(StoredEvent::read(retry_line)); });
  trials.reads("an event as a line", [&] { return code_of(to_json(event)); });
  trials.reads("a line as an event", [&] { return code_of(StoredEvent::read(line)); });
  trials.reads("a record as a line", [&] {
    return code_of(to_json(Record{Instant{}, run}, Instant{}));
  });
  trials.changes<std::optional<Release>>(
      "reissue", [&] { return std::optional(value_of(Release::restore(flow, saved), "restore")); },
      [](std::optional<Release>& one) { return code_of(one->reissue()); }, print_release);
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
  trials.reads("hooks of a trace", [&] { return code_of(trace.hooks(Point::EnvironmentOnStart)); });
  trials.reads("conflicts of a trace", [&] { return code_of(trace.context_conflicts()); });
  trials.reads("shadowed keys of a trace", [&] { return code_of(trace.shadowed_keys()); });
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
  beside_a_failure(trials);
}

}  // namespace promoflow::prove
