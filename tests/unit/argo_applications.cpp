// SPDX-License-Identifier: Apache-2.0
// Environments whose applications are promoted each on its own: over a cluster in memory.
#include "argo/applications.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "argo_memory.hpp"
#include "catch.hpp"
#include "executor/reply_sink.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Names = std::vector<std::string>;

/// What promotes: a test says when and how each application ends.
class Promoter final : public Executor {
 public:
  std::function<void(const PromotionCall&, const Reply&)> on_promote =
      [](const PromotionCall&, const Reply& reply) { reply.succeeded(); };
  Recovery recovery = Recovery::Lost;

  void run_hook(HookCall, Reply reply) override { reply.failed("no hook is run here"); }
  void promote(PromotionCall call, Reply reply) override {
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(call);
      replies_.push_back(reply);
    }
    on_promote(call, reply);
  }
  void cancel(std::string_view, Ticket) override {
    const std::lock_guard lock(mutex_);
    ++cancels_;
    for (const Reply& reply : replies_) { reply.stopped(); }
  }
  ExecutorReports reports() const noexcept override { return {true, true, true}; }
  Recovery recover(const PromotionCall& call, std::string_view, const Reply& reply) override {
    const std::lock_guard lock(mutex_);
    recovered_.push_back(call.application);
    if (recovery == Recovery::Ended) { reply.succeeded(); }
    return recovery;
  }
  using Executor::recover;

  std::vector<PromotionCall> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  Names applications() {
    Names names;
    for (const PromotionCall& call : calls()) { names.push_back(call.application); }
    std::sort(names.begin(), names.end());
    return names;
  }
  int cancels() {
    const std::lock_guard lock(mutex_);
    return cancels_;
  }
  Names recovered() {
    const std::lock_guard lock(mutex_);
    std::sort(recovered_.begin(), recovered_.end());
    return recovered_;
  }

 private:
  std::mutex mutex_;
  std::vector<PromotionCall> calls_;
  std::vector<Reply> replies_;
  Names recovered_;
  int cancels_ = 0;
};

struct Bench {
  InstantCluster cluster{};
  Promoter own{};
  ArgoOptions options{};
  std::unique_ptr<ArgoExecutor> executor{};

  explicit Bench(Names names = {"api", "web"}) {
    options.promotions = &own;
    for (std::string& name : names) {
      options.applications["staging"].push_back({.name = std::move(name),
                                                 .name_space = "argocd",
                                                 .repo_url = "https://git/x",
                                                 .branch = "main",
                                                 .path = "apps/x",
                                                 .runtime = "us"});
    }
    restart();
  }
  void restart() {
    executor.reset();
    executor = executor_over(cluster, options);
  }

  static Flow flow(const Policy& policy, bool has_hooks = false) {
    FlowBuilder builder("tested", "dev");
    StepOptions step;
    step.policy = policy;
    if (has_hooks) { step.hooks.on_fail = {Hook{.name = "page"}}; }
    return built(builder.step("staging", {"dev"}, step));
  }
  Release run(const Policy& policy, bool has_hooks = false, const RunOptions& running = {}) {
    Release release =
        std::move(promoflow::run(flow(policy, has_hooks), {.id = "r"}, *executor, running).value());
    executor->wait_idle();
    return release;
  }
  Names created() {
    Names names = created_in(cluster);
    std::sort(names.begin(), names.end());
    return names;
  }
  std::map<std::string, std::string> parameters(const std::string& name) {
    std::map<std::string, std::string> found;
    for (const Json& one : cluster.cluster.object(name)["spec"]["arguments"]["parameters"]) {
      found[one["name"]] = one["value"];
    }
    return found;
  }
};

/// Takes what an executor answers.
class Heard final : public detail::ReplySink {
 public:
  using Kind = detail::Message::Kind;
  void post(detail::Message message) noexcept override {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
    changed_.notify_all();
  }
  detail::Message next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return taken_ < messages_.size(); });
    return messages_[taken_++];
  }
  std::size_t left() {
    const std::lock_guard lock(mutex_);
    return messages_.size() - taken_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<detail::Message> messages_;
  std::size_t taken_ = 0;
};

PromotionCall call_of(const Policy& policy) {
  return {.ticket = Ticket{1}, .release_id = "r", .environment = "staging", .policy = policy};
}

const Policy kBoth = {.pre_action = "before", .post_action = "behind"};

}  // namespace

TEST_CASE("[K7] each application has its workflows and its promotion", "[K7]") {
  Bench bench;
  CHECK(bench.run(kBoth).status() == ReleaseStatus::Succeeded);
  CHECK(bench.created() ==
        Names{"r-1-1--api-post", "r-1-1--api-pre", "r-1-1--web-post", "r-1-1--web-pre"});
  CHECK(bench.own.applications() == Names{"api", "web"});
  const auto parameters = bench.parameters("r-1-1--web-pre");
  CHECK(parameters.at("APP_NAME") == "web");
  CHECK(parameters.at("APP_NAMESPACE") == "argocd");
  CHECK(parameters.at("REPO_URL") == "https://git/x");
  CHECK(parameters.at("BRANCH") == "main");
  CHECK(parameters.at("PATH") == "apps/x");
  CHECK(parameters.at("RUNTIME") == "us");
  CHECK(parameters.at("PROMOFLOW_IDEMPOTENCY_KEY") == "r/1/web");
  for (const PromotionCall& call : bench.own.calls()) {
    const auto has_name = [&](const auto& one) {
      return one.first == "APP_NAME" && one.second == call.application;
    };
    CHECK(std::count_if(call.arguments.begin(), call.arguments.end(), has_name) == 1);
    CHECK(call.ticket == Ticket{1});
  }
  for (const std::string& name : bench.created()) {
    const Json& metadata = bench.cluster.cluster.object(name)["metadata"];
    CHECK(metadata["finalizers"].empty());
    CHECK(metadata["labels"]["promoflow.dev/application"] ==
          (name.find("web") == std::string::npos ? "api" : "web"));
  }
}

TEST_CASE("[K7] with the action none each application has its two workflows alone", "[K7]") {
  Bench bench;
  Policy policy = kBoth;
  policy.action = PolicyAction::None;
  CHECK(bench.run(policy).status() == ReleaseStatus::Succeeded);
  CHECK(bench.created().size() == 4);
  CHECK(bench.own.calls().empty());
}

TEST_CASE("[K7] applications are promoted at once, without workflows too", "[K7]") {
  Bench bench;
  std::vector<Reply> waiting;
  std::mutex mutex;
  bench.own.on_promote = [&](const PromotionCall&, const Reply& reply) {
    const std::lock_guard lock(mutex);
    waiting.push_back(reply);
    if (waiting.size() < 2) { return; }  // It ends only if the other one has begun.
    for (const Reply& one : waiting) { one.succeeded(); }
  };
  CHECK(bench.run({}).status() == ReleaseStatus::Succeeded);
  CHECK(bench.created().empty());
}

TEST_CASE("[K7] what one application's promotion fails at stops no other, and is named", "[K7]") {
  Bench bench({"api", "jobs", "web"});
  bench.own.on_promote = [](const PromotionCall& call, const Reply& reply) {
    call.application == "web" ? reply.succeeded() : reply.failed(call.application + " is late");
  };
  const Release release = bench.run(kBoth, true);
  CHECK(release.status() == ReleaseStatus::Failed);
  CHECK(release.message() ==
        "2 of 3 applications failed (api, jobs): api: api is late; jobs: jobs is late");
  // Those that failed have no postAction.
  const Names created = bench.created();
  CHECK(std::count(created.begin(), created.end(), "r-1-1--web-post") == 1);
  CHECK(std::count(created.begin(), created.end(), "r-1-1--api-post") == 0);
  // And the onFail hook is told which they are.
  const Json failed = Json::parse(bench.parameters("r-2-1").at("FAILED_ENVIRONMENTS"));
  CHECK(failed[0]["Name"] == "staging");
  CHECK(failed[0]["Applications"] == Json({"api", "jobs"}));
}

TEST_CASE("[K7] a preAction that fails is of its application", "[K7]") {
  Bench bench;
  const Release release = bench.run({.pre_action = "fail-check"});
  CHECK(release.message() ==
        "2 of 2 applications failed (api, web): api: preAction 'fail-check' failed: fail-check is "
        "broken; web: preAction 'fail-check' failed: fail-check is broken");
  CHECK(bench.own.calls().empty());
}

TEST_CASE("[K7] what a promotion says of its commit is handed to its postAction", "[K7]") {
  Bench bench;
  bench.own.on_promote = [](const PromotionCall& call, const Reply& reply) {
    reply.succeeded(
        R"({"COMMIT_SHA":"c-)" + call.application +
        R"(","COMMIT_AUTHOR":"ann","COMMIT_MESSAGE":"up","COMMIT_DATE":"today","X":1})");
  };
  CHECK(bench.run(kBoth).status() == ReleaseStatus::Succeeded);
  CHECK(bench.parameters("r-1-1--api-pre").at("COMMIT_SHA").empty());
  const auto parameters = bench.parameters("r-1-1--api-post");
  CHECK(parameters.at("COMMIT_SHA") == "c-api");
  CHECK(parameters.at("COMMIT_AUTHOR") == "ann");
  CHECK(parameters.at("COMMIT_MESSAGE") == "up");
  CHECK(parameters.at("COMMIT_DATE") == "today");
  CHECK_FALSE(parameters.contains("X"));
  CHECK(bench.parameters("r-1-1--web-post").at("COMMIT_SHA") == "c-web");
}

TEST_CASE("[K7] a promotion waits for a person only while none of its applications runs", "[K7]") {
  Bench bench;
  std::map<std::string, Reply> replies;
  const auto heard = std::make_shared<Heard>();
  bench.own.on_promote = [&](const PromotionCall& call, const Reply& reply) {
    replies.emplace(call.application, reply);
    if (replies.size() < 2) { return; }
    replies.at("api").suspended();
    replies.at("web").suspended();
  };
  bench.executor->promote(call_of({}), Reply(heard, Ticket{1}));
  CHECK(heard->next().kind == Heard::Kind::Started);
  CHECK(heard->next().kind == Heard::Kind::Suspended);
  replies.at("api").resumed("ann");
  const detail::Message resumed = heard->next();
  CHECK(resumed.kind == Heard::Kind::Resumed);
  CHECK(resumed.by == "ann");
  replies.at("api").succeeded();  // The other one still waits.
  CHECK(heard->next().kind == Heard::Kind::Suspended);
  replies.at("web").failed("refused");
  const detail::Message failed = heard->next();
  CHECK(failed.kind == Heard::Kind::Failed);
  CHECK(failed.text == "1 of 2 applications failed (web): web: refused");
}

TEST_CASE("[K7] a promotion that is cancelled stops every application, and ends with the last one",
          "[K7][K5]") {
  Bench bench;
  const Policy policy = GENERATE(Policy{}, Policy{.pre_action = "endless"});
  RunOptions options;
  const Control control = options.control;
  std::atomic<int> promoting = 0;
  bench.own.on_promote = [&](const PromotionCall&, const Reply&) {  // It runs.
    if (++promoting == 2) { control.terminate("enough"); }
  };
  options.observer = [&](const Release&, const Record& record) {
    const bool is_promotion = std::holds_alternative<Promote>(record.what);
    if (is_promotion && policy.pre_action) { control.terminate("enough"); }
  };
  CHECK(bench.run(policy, false, options).status() == ReleaseStatus::Terminated);
  for (const std::string& name : bench.created()) {
    const Json& object = bench.cluster.cluster.object(name);
    CHECK(object["spec"]["shutdown"] == "Stop");
    CHECK(object["metadata"]["finalizers"].empty());
  }
  CHECK(bench.own.calls().size() == (policy.pre_action ? 0U : 2U));
}

TEST_CASE("[K7] a force terminates the workflows of every application", "[K7][K5]") {
  Bench bench;
  const auto heard = std::make_shared<Heard>();
  bench.executor->promote(call_of({.pre_action = "endless"}), Reply(heard, Ticket{1}));
  CHECK(heard->next().kind == Heard::Kind::Started);
  bench.executor->force("r");
  bench.executor->cancel("r", Ticket{1});
  CHECK(heard->next().kind == Heard::Kind::Stopped);
  CHECK(heard->left() == 0);
}

TEST_CASE("[K7] after a restart each application goes on where it was", "[K7][K6]") {
  Bench bench;
  const auto before = std::make_shared<Heard>();
  bench.own.on_promote = [](const PromotionCall& call, const Reply& reply) {
    if (call.application == "api") { reply.succeeded(); }
  };
  const std::string reference = bench.executor->reference("r", Ticket{1}, 1);
  bench.executor->promote(call_of(kBoth), Reply(before, Ticket{1}));
  while (bench.created().size() < 3 || bench.own.calls().size() < 2) { std::this_thread::yield(); }
  bench.restart();  // The promotion of web runs, or has ended meanwhile.
  bench.own.recovery = Recovery::Ended;
  const auto heard = std::make_shared<Heard>();
  CHECK(bench.executor->recover(call_of(kBoth), reference, Reply(heard, Ticket{1})) ==
        Recovery::Attached);
  CHECK(heard->next().kind == Heard::Kind::Succeeded);
  CHECK(bench.own.recovered() == Names{"api", "web"});
  CHECK(bench.own.calls().size() == 2);  // None was made again.
  const Names created = bench.created();
  CHECK(std::set(created.begin(), created.end()) ==
        std::set<std::string>{"r-1-1--api-post", "r-1-1--api-pre", "r-1-1--web-post",
                              "r-1-1--web-pre"});
}

TEST_CASE("[K7] an application that had not begun before a restart begins then", "[K7][K6]") {
  Bench bench({"api"});
  const auto before = std::make_shared<Heard>();
  bench.executor->promote(call_of({.action = PolicyAction::None, .pre_action = "before"}),
                          Reply(before, Ticket{1}));
  CHECK(before->next().kind == Heard::Kind::Started);
  CHECK(before->next().kind == Heard::Kind::Succeeded);
  bench.options.applications["staging"].push_back({.name = "web"});
  bench.restart();
  const auto heard = std::make_shared<Heard>();
  const PromotionCall call = call_of({.action = PolicyAction::None, .pre_action = "before"});
  CHECK(bench.executor->recover(call, "r-1-1 ", Reply(heard, Ticket{1})) == Recovery::Attached);
  CHECK(heard->next().kind == Heard::Kind::Succeeded);
  CHECK(bench.created() == Names{"r-1-1--api-pre", "r-1-1--web-pre"});
}

TEST_CASE("[K7] a promotion of which nothing had begun is made anew", "[K7][K6]") {
  Bench bench;
  const auto heard = std::make_shared<Heard>();
  CHECK(bench.executor->recover(call_of(kBoth), "r-1-1 ", Reply(heard, Ticket{1})) ==
        Recovery::Unknown);
  bench.executor->promote(call_of(kBoth), Reply(heard, Ticket{1}));
  CHECK(heard->next().kind == Heard::Kind::Started);
  CHECK(heard->next().kind == Heard::Kind::Succeeded);
}

TEST_CASE("[K7] what was cancelled before a restart has ended when every application has",
          "[K7][K6]") {
  Bench bench;
  const auto before = std::make_shared<Heard>();
  bench.executor->promote(call_of({.pre_action = "endless"}), Reply(before, Ticket{1}));
  while (bench.created().size() < 2) { std::this_thread::yield(); }
  bench.restart();
  const auto heard = std::make_shared<Heard>();
  CHECK(bench.executor->recover_cancelled("r", Ticket{1}, "r-1-1 ", Reply(heard, Ticket{1})));
  bench.executor->cancel("r", Ticket{1});
  CHECK(heard->next().kind == Heard::Kind::Stopped);
  CHECK(heard->left() == 0);
  for (const std::string& name : bench.created()) {
    CHECK(bench.cluster.cluster.object(name)["spec"]["shutdown"] == "Stop");
  }
  CHECK_FALSE(bench.executor->recover_cancelled("r", Ticket{9}, "r-9-1 ", Reply(heard, Ticket{9})));
}

TEST_CASE("[K7] the message of a failure is read as it is written", "[K7]") {
  const std::vector<ArgoApplication> all = {{.name = "a"}, {.name = "a, b"}, {.name = "c)"}};
  const auto of = [&](std::string_view message) {
    return detail::failed_applications(message, all);
  };
  CHECK(of(detail::failure_message({{"a, b", "x"}, {"c)", "y"}}, 3)) == Names{"a, b", "c)"});
  CHECK(of(detail::failure_message({{"a", "x"}}, 3)) == Names{"a"});
  CHECK(of("2 of 3 applications failed (a, c").size() == 1);  // It was cut.
  CHECK(of("1 of 2 applications failed (a): x").empty());     // Of other applications.
  CHECK(of("timed out after 10m").empty());
  CHECK(of("").empty());
}

TEST_CASE("[K7] applications without a name, or two of one name, are refused", "[K7]") {
  CHECK(detail::problem_of({{"staging", {{.name = "a"}, {.name = ""}}}}));
  CHECK(detail::problem_of({{"staging", {{.name = "a"}, {.name = "a"}}}}) ==
        "environment 'staging' has two applications of the name 'a'");
  CHECK_FALSE(detail::problem_of({{"staging", {{.name = "a"}}}, {"qa", {{.name = "a"}}}}));
}

TEST_CASE("[K7] names of applications are those that Kubernetes takes, and differ", "[K7][K2]") {
  const auto name = [](std::string_view application) {
    return detail::workflow_name(
        "release-with-a-name-that-is-rather-long-for-a-name", Ticket{1234567}, 12,
        detail::suffix_of({detail::WorkflowPart::PostAction, std::string(application)}));
  };
  std::set<std::string> names;
  for (const char* const application :
       {"a", "A", "a-b", "a.b", "a_b", "an-application-with-a-long-name",
        "an-application-with-a-long-name2", "\xC3\xA4", "--", "1"}) {
    const std::string one = name(application);
    CHECK(one.size() <= detail::kWorkflowNameMax);
    CHECK(one.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
    CHECK(one.front() != '-');
    CHECK(names.insert(one).second);
  }
  CHECK(detail::workflow_name("r", Ticket{UINT64_MAX}, UINT32_MAX,
                              detail::suffix_of({detail::WorkflowPart::PostAction,
                                                 "an-application-with-a-long-name"}))
            .size() <= detail::kWorkflowNameMax);
}

TEST_CASE("[H1] of the problems of a file of applications a bounded number is listed", "[H1]") {
  std::string text = "applications:\n  staging:\n";
  for (int i = 0; i < 5000; ++i) { text += "    - web\n"; }
  const auto report = read_argo_applications(text, {.limits = {.diagnostics_max = 10}});
  CHECK_FALSE(report->applications);
  REQUIRE(report->diagnostics.size() == 11);
  CHECK(report->diagnostics.front().line == 4);  // One problem for each entry but the first.
  CHECK(report->diagnostics.back().message == "and 4989 further problems");
  CHECK(report->diagnostics.back().code == DiagnosticCode::LimitExceeded);
}

TEST_CASE("[K7] a file of applications is read, with all its problems", "[K7]") {
  const auto report = read_argo_applications(
      "applications:\n  staging:\n    - name: web\n      namespace: argocd\n      repoURL: "
      "https://g\n"
      "      branch: main\n      path: apps/web\n      runtime: us\n    - jobs\n");
  REQUIRE(report->applications);
  const std::vector<ArgoApplication>& read = report->applications->at("staging");
  REQUIRE(read.size() == 2);
  CHECK(read[0].repo_url == "https://g");
  CHECK(read[0].path == "apps/web");
  CHECK(read[1].name == "jobs");
  const auto problems = [](std::string_view text) {
    std::string all;
    const auto wrong = read_argo_applications(text);
    CHECK_FALSE(wrong->applications);
    for (const Diagnostic& one : wrong->diagnostics) {
      all += std::to_string(one.line) + ' ' + one.pointer + ": " + one.message + '\n';
    }
    return all;
  };
  CHECK(problems("staging: [web]\n") == "1 /staging: unknown field 'staging'\n");
  CHECK(problems("[]") == "1 : applications are one mapping with the key 'applications'\n");
  CHECK(problems("applications: {}\n---\napplications: {}\n") ==
        "3 : applications are one mapping with the key 'applications': a second document begins "
        "here\n");
  CHECK(problems("applications:\n  s: [{nam: web, path: [1]}]\n  t: []\n  u: web\n") ==
        "2 /applications/s/0/nam: unknown field 'nam'\n"
        "2 /applications/s/0/path: 'path' is a text\n"
        "3 /applications/t: the environment has no applications\n"
        "4 /applications/u: the applications of an environment are a list\n");
  CHECK(problems("applications: {s: [web, {name: web}]}") ==
        "1 /applications/s/1: the environment has two applications of the name 'web'\n");
  CHECK(problems("applications: {s: [{branch: main}]}") ==
        "1 /applications/s/0: the application has no name\n");
  CHECK(problems("applications: {") != "");
}
