// SPDX-License-Identifier: Apache-2.0
// What ends programs ends all of their processes; nothing overlaps; a shortage is waited out.
#include <sys/resource.h>

#include <algorithm>

#include "catch.hpp"
#include "process_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

const char* const kJoinParent =
    "import os,time; os.fork() or os.setpgid(0, os.getpgid(os.getppid()));";
const char* const kOwnSession = "import os,time; os.setsid();";
const char* const kDoubleFork =
    "import os,time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0);";

/// A program in Python that first moves away, writes its process id down and then sleeps.
std::string python(const TestDirectory& directory, const std::string& begin) {
  return "python3 -c \"" + begin + "open('" + (directory.root / "pid.new").string() +
         "','w').write(str(os.getpid())); os.rename('" + (directory.root / "pid.new").string() +
         "','" + (directory.root / "pid").string() + "'); time.sleep(600)\" >/dev/null 2>&1";
}

std::string wait_for_pid(const TestDirectory& directory) {
  return "; while [ ! -e " + (directory.root / "pid").string() + " ]; do sleep 0.01; done";
}

/// Waits until the file is there.
std::string awaited(const TestDirectory& directory, const std::string& name) {
  while (!fs::exists(directory.root / name)) { std::this_thread::yield(); }
  return directory.read(name);
}

/// Runs the hook h, and terminates the release once the file pid says that a process has begun.
void run_and_terminate(TestDirectory& directory) {
  RunOptions running;
  std::thread stopper([&, control = running.control] {
    awaited(directory, "pid");
    control.terminate("stop");
  });
  const Release release = directory.run({.name = "h"}, running);
  stopper.join();
  CHECK(release.status() == ReleaseStatus::Terminated);
}

}  // namespace

TEST_CASE("[H21] a program that tries to join its parent's group is ended like any other") {
  TestDirectory directory;
  directory.options.grace = milliseconds{60'000};  // It must not be needed.
  directory.script("h", "exec " + python(directory, kJoinParent));
  run_and_terminate(directory);
  CHECK(is_gone(directory.read("pid")));
}

#if defined(__linux__)

TEST_CASE("[H21] what has left the group is ended with the program, however it left") {
  for (const char* const begin : {kOwnSession, kJoinParent, kDoubleFork}) {
    INFO(begin);
    TestDirectory directory;
    directory.script("h", python(directory, begin) + " &" + wait_for_pid(directory).substr(1));
    CHECK(directory.run({.name = "h"}).status() == ReleaseStatus::Succeeded);
    CHECK(is_gone(directory.read("pid")));
  }
}

TEST_CASE("[H21] what has left the group of a cancelled program is asked to end as well") {
  TestDirectory directory;
  directory.options.grace = milliseconds{60'000};  // It must not be needed.
  directory.script("h", python(directory, kOwnSession) + " &" + wait_for_pid(directory).substr(1) +
                            "; trap 'while [ -d /proc/$(cat " + (directory.root / "pid").string() +
                            ")/fd ]; do sleep 0.01; done; exit 1' TERM; sleep 600 & wait");
  run_and_terminate(directory);
  CHECK(is_gone(directory.read("pid")));
}

TEST_CASE("[H21] another program's processes are left alone") {
  TestDirectory directory;
  FlowBuilder builder("two", "dev");
  builder.step("a", {"dev"}).step("b", {"dev"});
  // b leaves a process in a session of its own; it must outlive a, and end with b.
  const std::string go = (directory.root / "go").string();
  directory.script("promotions/b", python(directory, kOwnSession) + " &" +
                                       wait_for_pid(directory).substr(1) + "; while [ ! -e " + go +
                                       " ]; do sleep 0.01; done; kill -0 $(cat " +
                                       (directory.root / "pid").string() + ")");
  directory.script("promotions/a", wait_for_pid(directory).substr(2));
  const auto programs = directory.executor();
  RunOptions running;
  running.observer = [&](const Release&, const Record& record) {
    if (std::holds_alternative<PromotionSucceeded>(record.what)) { std::ofstream(go) << "go\n"; }
  };
  const auto release = run(built(builder), {.id = "r"}, *programs, running);
  CHECK(release->status() == ReleaseStatus::Succeeded);
  CHECK(is_gone(directory.read("pid")));
}

#endif

TEST_CASE("[H16] programs of an environment never overlap, nor do the release's with any") {
  TestDirectory directory;
  const std::string journal = (directory.root / "journal").string();
  directory.script("promotions/default", "say() { echo \"$* $PROMOFLOW_ATTEMPT\" >>" + journal +
                                             "; }\nsay begins\n"
                                             "trap 'sleep 0.3; say stopped; exit 1' TERM\n"
                                             "while :; do sleep 0.05; done");
  directory.script("rollback", "echo rollback >>" + journal);
  directory.script("tell", "echo tell >>" + journal);
  FlowOptions options;
  options.hooks.on_fail = {hook("tell")};
  FlowBuilder builder("tested", "dev");
  builder.options(options);
  StepOptions step;
  step.timeout = milliseconds{500};
  step.retry.limit = 1;
  step.hooks.on_fail = {hook("rollback")};
  builder.step("staging", {"dev"}, step);
  const auto programs = directory.executor();
  const auto release = run(built(builder), {.id = "r"}, *programs);
  CHECK(release->message() == "timed out after 500ms");
  CHECK(directory.read("journal") == "begins 1\nstopped 1\nbegins 2\nstopped 2\nrollback\ntell\n");
}

TEST_CASE("[H22] programs for which there are no descriptors wait, and none fails") {
  TestDirectory directory;
  directory.options.parallel = 100;
  directory.script("promotions/default", "sleep 0.2");
  FlowBuilder builder("wide", "dev");
  for (int i = 0; i < 60; ++i) { builder.step("e" + std::to_string(i), {"dev"}); }
  const Flow flow = built(builder);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = 128;  // Four for each program, and some for the rest of this process.
  REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  const auto programs = directory.executor();
  std::size_t queued = 0;
  RunOptions running;
  running.observer = [&](const Release&, const Record& record) {
    if (std::holds_alternative<Queued>(record.what)) { ++queued; }
  };
  const auto release = run(flow, {.id = "r"}, *programs, running);
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(release->status() == ReleaseStatus::Succeeded);
  CHECK(queued > 0);
}

TEST_CASE("[H22] a program that cannot be started while there are no descriptors starts later") {
  TestDirectory directory;
  directory.script("h", "printf '{\"A\":\"1\"}' >$PROMOTION_CONTEXT_PATH");
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const auto programs = directory.executor();
  FlowBuilder builder("tested", "dev");
  StepOptions step;
  step.hooks.on_start = {hook("h")};
  builder.step("staging", {"dev"}, step);
  rlimit none = before;
  none.rlim_cur = 3;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  RunOptions running;
  running.observer = [&](const Release&, const Record& record) {
    if (std::holds_alternative<Queued>(record.what)) { setrlimit(RLIMIT_NOFILE, &before); }
  };
  const auto release = run(built(builder), {.id = "r"}, *programs, running);
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(release->status() == ReleaseStatus::Succeeded);
  CHECK(release->context().find("A")->text == "1");
}
