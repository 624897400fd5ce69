// SPDX-License-Identifier: Apache-2.0
// Real programs, /bin/sh most of them; no test waits longer than its programs take.
#include "promoflow/process_executor.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;
namespace fs = std::filesystem;

namespace {

/// A directory of its own with hooks, logs, and a flow of one step with one onStart hook.
class Yard {
 public:
  Yard() {
    std::string name = (fs::temp_directory_path() / "promoflow-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) { throw std::runtime_error("no directory"); }
    root = name;
    fs::create_directories(root / "hooks" / "promotions");
    script("promotions/default", "true");
    options.directory = (root / "hooks").string();
    options.work_directory = (root / "work").string();
  }
  Yard(const Yard&) = delete;
  Yard& operator=(const Yard&) = delete;
  ~Yard() {
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }

  void script(const std::string& name, const std::string& body) const {
    const fs::path path = root / "hooks" / name;
    std::ofstream(path) << "#!/bin/sh\n" << body << '\n';
    fs::permissions(path, fs::perms::owner_all);
  }
  std::string read(const std::string& name) const {
    std::ifstream file(root / name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::unique_ptr<ProcessExecutor> executor() const {
    return std::move(ProcessExecutor::create(options).value());
  }
  /// Runs one release of a flow whose step has this onStart hook.
  Release run(Hook hook, const RunOptions& running = {}) const {
    FlowBuilder builder("yard", "dev");
    StepOptions step;
    step.hooks.on_start = {std::move(hook)};
    step.policy = {PolicyAction::Commit, "before", "after"};
    builder.step("staging", {"dev"}, step);
    const auto programs = executor();
    Release release =
        std::move(promoflow::run(built(builder), {.id = "r"}, *programs, running).value());
    programs->wait_idle();
    return release;
  }

  fs::path root;
  ProcessOptions options;
};

const std::string kPrefix = "onStart hook 'h' failed: ";

/// A process that was sent KILL ends when the kernel comes to it: looked for until then.
bool is_gone(const std::string& pid) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (std::chrono::steady_clock::now() < give_up) {
    std::ifstream stat("/proc/" + pid + "/stat");
    std::string text;
    std::getline(stat, text);
    // A zombie of somebody else's reaper has ended, too.
    if (text.empty() || text.find(") Z ") != std::string::npos) { return true; }
    std::this_thread::yield();
  }
  return false;
}

}  // namespace

TEST_CASE("a hook is a program: arguments in variables and JSON, the context in a file") {
  Yard yard;
  yard.script("h", R"(echo "$RELEASE_ID $PROMOFLOW_ENVIRONMENT $PROMOFLOW_POINT \
$PROMOFLOW_TICKET $PROMOFLOW_ATTEMPT $GREETING"
cp "$PROMOFLOW_ARGUMENTS_PATH" )" +
                       (yard.root / "seen.json").string() + R"(
printf '{"A":"b"}' >"$PROMOTION_CONTEXT_PATH")");
  yard.script("promotions/default",
              "echo $PROMOFLOW_ACTION $PROMOFLOW_PRE_ACTION $PROMOFLOW_POST_ACTION $RELEASE_ID");
  const Release release =
      yard.run({.name = "h", .arguments = {{"GREETING", "hello you"}, {"not-a-variable", "x"}}});
  CHECK(release.status() == ReleaseStatus::Succeeded);
  CHECK(release.context().find("A")->text == "b");
  CHECK(yard.read("work/r/1.log") == "r staging environment.onStart 1 1 hello you\n");
  CHECK(yard.read("work/r/2.log") == "commit before after r\n");
  const auto seen = nlohmann::json::parse(yard.read("seen.json"));
  CHECK(seen["hook"] == "h");
  CHECK(seen["environment"] == "staging");
  CHECK(seen["arguments"]["not-a-variable"] == "x");
  CHECK(seen["context"].empty());
  CHECK_FALSE(fs::exists(yard.root / "work/r/1.arguments.json"));
}

TEST_CASE("a failure's message is the end of standard error, else the status") {
  Yard yard;
  const auto message_of = [&](const std::string& body) {
    yard.script("h", body);
    return std::string(yard.run({.name = "h"}).message());
  };
  CHECK(message_of("echo noise; echo '  no route  ' >&2; exit 3") == kPrefix + "no route");
  CHECK(message_of("exit 3") == kPrefix + "exit status 3");
  CHECK(message_of("kill -KILL $$") == kPrefix + "killed by signal 9");
  CHECK(message_of("printf 'a\\377b' >&2; exit 1") == kPrefix +
                                                          "a\xEF\xBF\xBD"
                                                          "b");
  const std::string much =
      message_of("i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1");
  CHECK(much.size() <= kPrefix.size() + 4096);
  CHECK(much.substr(much.size() - 9) == "line 2999");
}

TEST_CASE("an argument cannot take over what a program loads, nor fill the environment") {
  Yard yard;
  yard.script("h", "echo \"$PATH|${LD_PRELOAD-none}|${BIG-none}|$SMALL\"");
  const Release release = yard.run({.name = "h",
                                    .arguments = {{"PATH", "/evil"},
                                                  {"LD_PRELOAD", "/evil.so"},
                                                  {"BIG", std::string(70'000, 'x')},
                                                  {"SMALL", "$(echo no shell)"}}});
  CHECK(release.status() == ReleaseStatus::Succeeded);
  CHECK(yard.read("work/r/1.log") ==
        std::string(std::getenv("PATH")) + "|none|none|$(echo no shell)\n");
}

TEST_CASE("names that leave the directory, and programs that are none, fail the hook") {
  Yard yard;
  yard.script("h", "true");
  fs::permissions(yard.root / "hooks" / "h", fs::perms::owner_read);
  const auto message_of = [&](const std::string& name) {
    return std::string(yard.run({.name = name}).message());
  };
  for (const std::string name : {"../h", "/bin/true", ".h", "a/b"}) {
    INFO(name);
    CHECK(message_of(name).find("cannot be the name of a program") != std::string::npos);
  }
  CHECK(message_of("absent").find("No such file") != std::string::npos);
  CHECK(message_of("promotions").find("it is not a file") != std::string::npos);
  std::ofstream(yard.root / "hooks" / "bad") << "#!/no/such/interpreter\n";
  fs::permissions(yard.root / "hooks" / "bad", fs::perms::owner_all);
  CHECK(message_of("bad").find("does not exist") != std::string::npos);
}

TEST_CASE("a time-out ends the whole process group, TERM first") {
  Yard yard;
  yard.options.grace = milliseconds{60'000};  // It must not be needed.
  yard.script("h", "trap 'echo asked; exit 0' TERM; sleep 600 & echo $! >" +
                       (yard.root / "pid").string() + "; wait");
  const Release release = yard.run({.name = "h", .timeout = milliseconds{1000}});
  CHECK(release.message() == kPrefix + "timed out after 1s");
  CHECK(yard.read("work/r/1.log") == "asked\n");
  const std::string text = yard.read("pid");
  CHECK(is_gone(text.substr(0, text.find('\n'))));
}

TEST_CASE("a program that ignores TERM is killed after the grace period") {
  Yard yard;
  yard.options.grace = milliseconds{10};
  yard.script("h", "trap '' TERM; while :; do sleep 600; done");
  const Release release = yard.run({.name = "h", .timeout = milliseconds{500}});
  CHECK(release.message() == kPrefix + "timed out after 500ms");
}

TEST_CASE("what a program leaves behind in its group ends with it") {
  Yard yard;
  yard.script("h", "sleep 600 & echo $! >" + (yard.root / "pid").string());
  CHECK(yard.run({.name = "h"}).status() == ReleaseStatus::Succeeded);
  const std::string text = yard.read("pid");
  CHECK(is_gone(text.substr(0, text.find('\n'))));
}

TEST_CASE("logs are bounded, and no output blocks a program") {
  Yard yard;
  yard.options.log_bytes_max = 1000;
  yard.script("h", "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2");
  CHECK(yard.run({.name = "h"}).status() == ReleaseStatus::Succeeded);
  CHECK(yard.read("work/r/1.log").size() < 1100);
}

TEST_CASE(
    "a context file that is no file fails the hook, one too large is the machine's to judge") {
  Yard yard;
  yard.script("h", "mkfifo \"$PROMOTION_CONTEXT_PATH\"");
  CHECK(std::string(yard.run({.name = "h"}).message()).find("cannot be read") != std::string::npos);
  yard.script("h", "head -c 3000000 /dev/zero >\"$PROMOTION_CONTEXT_PATH\"");
  CHECK(std::string(yard.run({.name = "h"}).message()).find("invalid promotion context") !=
        std::string::npos);
}

TEST_CASE("a stop reaches what runs and what waits, and the destructor ends them all") {
  Yard yard;
  yard.options.parallel = 2;
  FlowBuilder builder("wide", "dev");
  for (int i = 0; i < 5; ++i) { builder.step("e" + std::to_string(i), {"dev"}); }
  const Flow flow = built(builder);
  const std::string pids_file = (yard.root / "pids").string();
  // When two are there the release is stopped; three wait for a place.
  yard.script("promotions/default", "echo $$ >>" + pids_file + "\nexec sleep 600");
  yard.options.grace = milliseconds{60'000};
  auto programs = yard.executor();
  RunOptions running;
  std::thread stopper([&, control = running.control] {
    const auto lines = [&] {
      std::ifstream file(pids_file);
      return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
    };
    while (lines() < 2) { std::this_thread::yield(); }
    control.terminate("stop");
  });
  const auto release = run(flow, {.id = "r"}, *programs, running);
  stopper.join();
  CHECK(release->status() == ReleaseStatus::Terminated);
  programs.reset();
  std::istringstream pids(yard.read("pids"));
  std::size_t count = 0;
  for (std::string pid; pids >> pid; ++count) { CHECK(is_gone(pid)); }
  CHECK(count >= 2);  // A freed place may go to one whose cancellation is still on its way.
}

TEST_CASE("a promotion without a program fails, unless it may succeed without one") {
  Yard yard;
  yard.script("h", "true");
  fs::remove_all(yard.root / "hooks" / "promotions");
  CHECK(yard.run({.name = "h"}).message() == "there is no program for promotions into 'staging'");
  yard.options.promote_without_program = true;
  CHECK(yard.run({.name = "h"}).status() == ReleaseStatus::Succeeded);
}

TEST_CASE("commands are read from YAML, with all problems and their places") {
  const auto report = read_process_commands(
      "hooks:\n  a: /bin/true\n  b: [./b, -x, 1]\n  c: [echo]\npromotions:\n  default: p\n", "/d");
  REQUIRE(report->commands);
  CHECK(report->commands->hooks.at("b") == ProgramCall{"/d/./b", "-x", "1"});
  CHECK(report->commands->hooks.at("c") == ProgramCall{"echo"});
  CHECK(report->commands->promotions->at("default") == ProgramCall{"p"});

  const auto wrong = read_process_commands("hooks: {a: [], b: {c: d}}\nhook: {}\n");
  CHECK_FALSE(wrong->commands);
  REQUIRE(wrong->diagnostics.size() >= 3);
  CHECK(wrong->diagnostics.front().pointer == "/hooks/a");
  CHECK(wrong->diagnostics.back().code == DiagnosticCode::UnknownField);
  CHECK(wrong->diagnostics.back().line == 2);
}

TEST_CASE("configured commands come before the directory and are looked up in PATH") {
  Yard yard;
  yard.options.commands.hooks["h"] = {"sh", "-c", "echo \"$0 $1\"", "a b", "$HOME"};
  CHECK(yard.run({.name = "h"}).status() == ReleaseStatus::Succeeded);
  CHECK(yard.read("work/r/1.log") == "a b $HOME\n");
  yard.options.commands.hooks["h"] = {"no-such-program-anywhere"};
  CHECK(std::string(yard.run({.name = "h"}).message()).find("not in PATH") != std::string::npos);
}

TEST_CASE("options that have no meaning are refused") {
  const auto where = [](const ProcessOptions& options) {
    return ProcessExecutor::create(options).error().where;
  };
  CHECK(where({.work_directory = ""}) == "options.work_directory");
  CHECK(where({.work_directory = "/dev/null/x"}) == "options.work_directory");
  CHECK(where({.work_directory = "/tmp", .parallel = 0}) == "options.parallel");
  CHECK(where({.work_directory = "/tmp", .grace = milliseconds{-1}}) == "options.grace");
}
