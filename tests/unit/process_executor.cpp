// SPDX-License-Identifier: Apache-2.0
// Real programs, most of them /bin/sh; no test waits longer than its programs take.
#include "promoflow/process_executor.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "catch.hpp"
#include "process_support.hpp"

using namespace promoflow;
using namespace promoflow::test;
namespace fs = std::filesystem;

namespace {

const std::string kPrefix = "onStart hook 'h' failed: ";

}  // namespace

TEST_CASE("a hook is a program: arguments in variables and JSON, the context in a file") {
  TestDirectory directory;
  directory.script("h", R"(echo "$RELEASE_ID $PROMOFLOW_ENVIRONMENT $PROMOFLOW_POINT \
$PROMOFLOW_TICKET $PROMOFLOW_ATTEMPT $GREETING"
cp "$PROMOFLOW_ARGUMENTS_PATH" )" +
                            (directory.root / "seen.json").string() + R"(
printf '{"A":"b"}' >"$PROMOTION_CONTEXT_PATH")");
  directory.script(
      "promotions/default",
      "echo $PROMOFLOW_ACTION $PROMOFLOW_PRE_ACTION $PROMOFLOW_POST_ACTION $RELEASE_ID");
  const Release release = directory.run(
      {.name = "h", .arguments = {{"GREETING", "hello you"}, {"not-a-variable", "x"}}});
  CHECK(release.status() == ReleaseStatus::Succeeded);
  CHECK(release.context().find("A")->text == "b");
  CHECK(directory.read("work/r/1.log") ==
        "[promoflow: not handed as variables, but in $PROMOFLOW_ARGUMENTS_PATH: "
        "not-a-variable (its name cannot be a variable's)]\n"
        "r staging environment.onStart 1 1 hello you\n");
  CHECK(directory.read("work/r/2.log") == "commit before after r\n");
  const auto seen = nlohmann::json::parse(directory.read("seen.json"));
  CHECK(seen["hook"] == "h");
  CHECK(seen["environment"] == "staging");
  CHECK(seen["arguments"]["not-a-variable"] == "x");
  CHECK(seen["context"].empty());
  CHECK_FALSE(fs::exists(directory.root / "work/r/1.arguments.json"));
}

TEST_CASE("a failure's message is the end of standard error, else the status") {
  TestDirectory directory;
  const auto message_of = [&](const std::string& body) {
    directory.script("h", body);
    return std::string(directory.run({.name = "h"}).message());
  };
  CHECK(message_of("echo noise; echo '  no route  ' >&2; exit 3") == kPrefix + "no route");
  CHECK(message_of("exit 3") == kPrefix + "exit status 3");
  CHECK(message_of("kill -KILL $$") == kPrefix + "killed by signal 9 (SIGKILL)");
  CHECK(message_of("printf 'a\\377b' >&2; exit 1") == kPrefix +
                                                          "a\xEF\xBF\xBD"
                                                          "b");
  const std::string much =
      message_of("i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1");
  CHECK(much.size() <= kPrefix.size() + 4096);
  CHECK(much.substr(much.size() - 9) == "line 2999");
}

TEST_CASE("programs run in a host whose standard streams are closed", "[H15]") {
  TestDirectory directory;
  directory.script("h",
                   "echo out; echo err >&2; printf '{\"A\":\"b\"}' >\"$PROMOTION_CONTEXT_PATH\"");
  const pid_t host = fork();
  if (host == 0) {
    for (const int fd : {0, 1, 2}) { close(fd); }
    const Release release = directory.run({.name = "h"});
    const bool good = release.status() == ReleaseStatus::Succeeded && release.context().find("A");
    _exit(good ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(host, &status, 0) == host);
  CHECK(status == 0);
  CHECK(directory.sorted_lines("work/r/1.log") == std::vector<std::string>{"err", "out"});
}

TEST_CASE("an argument cannot take over what a program loads, nor fill the environment") {
  TestDirectory directory;
  directory.script("h", "echo \"$PATH|${LD_PRELOAD-none}|${BIG-none}|$SMALL\"");
  const Release release = directory.run({.name = "h",
                                         .arguments = {{"PATH", "/evil"},
                                                       {"LD_PRELOAD", "/evil.so"},
                                                       {"BIG", std::string(70'000, 'x')},
                                                       {"SMALL", "$(echo no shell)"}}});
  CHECK(release.status() == ReleaseStatus::Succeeded);
  CHECK(directory.read("work/r/1.log")
            .find("]\n" + std::string(std::getenv("PATH")) + "|none|none|$(echo no shell)\n") !=
        std::string::npos);
}

TEST_CASE("a name that leaves the directory, and a file that is not a program, fail the hook") {
  TestDirectory directory;
  directory.script("h", "true");
  fs::permissions(directory.root / "hooks" / "h", fs::perms::owner_read);
  const auto message_of = [&](const std::string& name) {
    return std::string(directory.run({.name = name}).message());
  };
  for (const std::string name : {"../h", "/bin/true", ".h", "a/b"}) {
    INFO(name);
    CHECK(message_of(name).find("cannot be the name of a program") != std::string::npos);
  }
  CHECK(message_of("absent").find("No such file") != std::string::npos);
  CHECK(message_of("promotions").find("it is not a file") != std::string::npos);
  std::ofstream(directory.root / "hooks" / "bad") << "#!/no/such/interpreter\n";
  fs::permissions(directory.root / "hooks" / "bad", fs::perms::owner_all);
  CHECK(message_of("bad").find("does not exist") != std::string::npos);
}

TEST_CASE("a time-out ends the whole process group, TERM first") {
  TestDirectory directory;
  directory.options.grace = milliseconds{60'000};  // It must not be needed.
  directory.script("h", "trap 'echo asked; exit 0' TERM; sleep 600 & echo $! >" +
                            (directory.root / "pid").string() + "; wait");
  const Release release = directory.run({.name = "h", .timeout = milliseconds{1000}});
  CHECK(release.message() == kPrefix + "timed out after 1s");
  CHECK(directory.read("work/r/1.log") == "asked\n");
  const std::string text = directory.read("pid");
  CHECK(is_gone(text.substr(0, text.find('\n'))));
}

TEST_CASE("a program that ignores TERM is killed after the grace period") {
  TestDirectory directory;
  directory.options.grace = milliseconds{10};
  directory.script("h", "trap '' TERM; while :; do sleep 600; done");
  const Release release = directory.run({.name = "h", .timeout = milliseconds{500}});
  CHECK(release.message() == kPrefix + "timed out after 500ms");
}

TEST_CASE("what a program leaves behind in its group ends with it") {
  TestDirectory directory;
  directory.script("h", "sleep 600 & echo $! >" + (directory.root / "pid").string());
  CHECK(directory.run({.name = "h"}).status() == ReleaseStatus::Succeeded);
  const std::string text = directory.read("pid");
  CHECK(is_gone(text.substr(0, text.find('\n'))));
}

TEST_CASE("logs are bounded, and no output blocks a program") {
  TestDirectory directory;
  directory.options.log_bytes_max = 1000;
  directory.script("h", "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2");
  CHECK(directory.run({.name = "h"}).status() == ReleaseStatus::Succeeded);
  CHECK(directory.read("work/r/1.log").size() < 1100);
}

TEST_CASE("a context that is not a plain file fails the hook, and so does one that is too large") {
  TestDirectory directory;
  directory.script("h", "mkfifo \"$PROMOTION_CONTEXT_PATH\"");
  CHECK(std::string(directory.run({.name = "h"}).message()).find("cannot be read") !=
        std::string::npos);
  directory.script("h", "head -c 3000000 /dev/zero >\"$PROMOTION_CONTEXT_PATH\"");
  CHECK(std::string(directory.run({.name = "h"}).message()).find("invalid promotion context") !=
        std::string::npos);
}

TEST_CASE("an export that is no JSON object is described, and kept beside the log", "[H10]") {
  TestDirectory directory;
  directory.script("h", R"(printf "{'K1': 'a'}" >"$PROMOTION_CONTEXT_PATH")");
  const Release release = directory.run({.name = "h"});
  const std::string kept = (directory.root / "work/r/1.rejected.txt").string();
  CHECK(
      std::string(release.message())
          .find("exported an invalid promotion context: not valid JSON (line 1, column 2): single "
                "quotes: is it a Python dict") != std::string::npos);
  CHECK(std::string(release.message()).ends_with("; the text is kept in " + kept));
  CHECK(directory.read("work/r/1.rejected.txt") == "{'K1': 'a'}");
  CHECK(release.rejected_exports().value().front().text == "{'K1': 'a'}");
}

TEST_CASE("a program is handed numbers as an earlier one wrote them", "[H9]") {
  TestDirectory directory;
  directory.script("h", R"(if ! grep -q TAG "$PROMOFLOW_ARGUMENTS_PATH"; then
  printf '{"TAG":1.10,"TS":1732812345.123456789,"O":{"E":1e23,"Z":-0}}' >"$PROMOTION_CONTEXT_PATH"
  exit 0
fi
cp "$PROMOFLOW_ARGUMENTS_PATH" )" +
                            (directory.root / "seen.json").string());
  FlowBuilder builder("tested", "dev");
  StepOptions step;
  step.hooks.on_start = {{.name = "h"}, {.name = "h"}};
  builder.step("staging", {"dev"}, step);
  const auto programs = directory.executor();
  REQUIRE(promoflow::run(built(builder), {.id = "r"}, *programs));
  const std::string seen = directory.read("seen.json");
  CHECK(seen.find(R"("TAG":"1.10","TS":"1732812345.123456789","O":"{\"E\":1e23,\"Z\":-0}")") !=
        std::string::npos);
  CHECK(seen.find(R"({"TAG":1.10,"TS":1732812345.123456789,"O":{"E":1e23,"Z":-0}})") !=
        std::string::npos);
}

TEST_CASE("a stop reaches what runs and what waits, and the destructor ends all of it") {
  TestDirectory directory;
  directory.options.parallel = 2;
  FlowBuilder builder("wide", "dev");
  for (int i = 0; i < 5; ++i) { builder.step("e" + std::to_string(i), {"dev"}); }
  const Flow flow = built(builder);
  const std::string pids_file = (directory.root / "pids").string();
  // When two have started the release is stopped; three wait for a free slot.
  directory.script("promotions/default", "echo $$ >>" + pids_file + "\nexec sleep 600");
  directory.options.grace = milliseconds{60'000};
  auto programs = directory.executor();
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
  std::istringstream pids(directory.read("pids"));
  std::size_t count = 0;
  for (std::string pid; pids >> pid; ++count) { CHECK(is_gone(pid)); }
  CHECK(count >= 2);  // A free slot may go to one whose cancellation has not been taken yet.
}

TEST_CASE("a promotion without a program fails, unless it may succeed without one") {
  TestDirectory directory;
  directory.script("h", "true");
  fs::remove_all(directory.root / "hooks" / "promotions");
  CHECK(directory.run({.name = "h"}).message() ==
        "there is no program for promotions into 'staging': add one of this name, or 'default'");
  directory.options.promote_without_program = true;
  CHECK(directory.run({.name = "h"}).status() == ReleaseStatus::Succeeded);
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

  const auto second = read_process_commands("hooks: {a: b}\n---\nhooks: {c: d}\n");
  REQUIRE(second->diagnostics.size() == 1);
  CHECK(second->diagnostics[0].line == 3);
  CHECK(second->diagnostics[0].message.find("a second document begins here") != std::string::npos);
  const auto empty = read_process_commands("");
  REQUIRE(empty->diagnostics.size() == 1);
  CHECK_FALSE(empty->diagnostics[0].hint.empty());
}

TEST_CASE("[H1] of the problems of commands a bounded number is listed", "[H1]") {
  std::string text = "hooks:\n";
  for (int i = 0; i < 5000; ++i) { text += "  h" + std::to_string(i) + ": []\n"; }
  const auto report = read_process_commands(text, {}, {.limits = {.diagnostics_max = 10}});
  CHECK_FALSE(report->commands);
  REQUIRE(report->diagnostics.size() == 11);
  CHECK(report->diagnostics.back().message == "and 4990 further problems");
}

TEST_CASE("configured commands come before the directory and are looked up in PATH") {
  TestDirectory directory;
  directory.options.commands.hooks["h"] = {"sh", "-c", "echo \"$0 $1\"", "a b", "$HOME"};
  CHECK(directory.run({.name = "h"}).status() == ReleaseStatus::Succeeded);
  CHECK(directory.read("work/r/1.log") == "a b $HOME\n");
  directory.options.commands.hooks["h"] = {"no-such-program-anywhere"};
  CHECK(std::string(directory.run({.name = "h"}).message()).find("not in PATH") !=
        std::string::npos);
}

TEST_CASE("options out of range are refused") {
  const auto where = [](const ProcessOptions& options) {
    return ProcessExecutor::create(options).error().where;
  };
  CHECK(where({.work_directory = ""}) == "options.work_directory");
  CHECK(where({.work_directory = "/dev/null/x"}) == "options.work_directory");
  CHECK(where({.work_directory = "/tmp", .parallel = 0}) == "options.parallel");
  CHECK(where({.work_directory = "/tmp", .grace = milliseconds{-1}}) == "options.grace");
}

TEST_CASE("[H18][R19] programs that wait for a free slot are queued, and started in their order") {
  TestDirectory directory;
  directory.options.parallel = 1;
  FlowBuilder builder("wide", "dev");
  builder.step("a", {"dev"}).step("b", {"dev"}).step("c", {"dev"});
  const Flow flow = built(builder);
  // The first program ends when both others are known to wait.
  const std::string go = (directory.root / "go").string();
  directory.script("promotions/a", "while [ ! -e " + go + " ]; do sleep 0.01; done");
  const auto programs = directory.executor();
  std::vector<std::string> order;
  RunOptions running;
  running.observer = [&](const Release&, const Record& record) {
    const auto note = [&](const char* word, Ticket ticket) {
      order.push_back(word + std::to_string(static_cast<std::uint64_t>(ticket)));
    };
    if (const auto* queued = std::get_if<Queued>(&record.what)) { note("queued ", queued->ticket); }
    if (const auto* begun = std::get_if<Started>(&record.what)) { note("started ", begun->ticket); }
    if (order.size() == 2) { std::ofstream(go) << "go\n"; }
  };
  const auto release = run(flow, {.id = "r"}, *programs, running);
  CHECK(release->status() == ReleaseStatus::Succeeded);
  CHECK(order == std::vector<std::string>{"queued 2", "queued 3", "started 2", "started 3"});
}

TEST_CASE("kill_all ends the program that runs, and one that waits for its slot never begins",
          "[R19]") {
  TestDirectory directory;
  directory.script("promotions/default", "exec sleep 600");
  directory.options.parallel = 1;
  FlowBuilder builder("tested", "dev");
  builder.step("eu", {"dev"}).step("us", {"dev"});
  const auto programs = directory.executor();
  RunOptions running;
  running.observer = [&](const Release&, const Record& record) {
    // By the time at which the second one is reported as queued, the first one has been started.
    if (std::holds_alternative<Queued>(record.what)) { programs->kill_all(); }
  };
  const Release release = promoflow::run(built(builder), {.id = "r"}, *programs, running).value();
  CHECK(release.environment(EnvironmentId{1}).message == "killed by signal 9 (SIGKILL)");
  CHECK(release.environment(EnvironmentId{2}).message ==
        "the host stopped it before its program was started");
}
