// SPDX-License-Identifier: Apache-2.0
// Programs put anything at the paths of promoflow's files: no open waits, and none leads elsewhere.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "catch.hpp"
#include "process_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// Runs the onStart hooks `first` and `second` of one step. `first` may spoil the files of
/// `second`, whose ticket is 2.
Release run_two(const TestDirectory& directory) {
  FlowBuilder builder("tested", "dev");
  StepOptions step;
  step.hooks.on_start = {hook("first"), hook("second")};
  builder.step("staging", {"dev"}, step);
  const auto programs = directory.executor();
  Release release = std::move(promoflow::run(built(builder), {.id = "r"}, *programs, {}).value());
  programs->wait_idle();
  return release;
}

struct Foreign {
  const char* what;
  const char* command;  ///< Puts it at $at.
  bool is_replaced;
};
constexpr Foreign kForeign[] = {
    {"a pipe", "mkfifo $at", true},
    {"a link to a file", "ln -s $outside $at", true},
    {"a link to nothing", "ln -s $outside.absent $at", true},
    {"a second name of a file", "ln $outside $at", true},
    {"an empty directory", "mkdir $at", true},
    {"a directory", "mkdir -p $at/x", false},
    {"a socket",
     "python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' $at", true},
};

}  // namespace

TEST_CASE("[H13] what a program puts at the path of a file is replaced, and never opened") {
  for (const Foreign& foreign : kForeign) {
    for (const char* const name : {"2.log", "2.arguments.json", "2.context.json"}) {
      INFO(foreign.what << " at " << name);
      TestDirectory directory;
      const std::string outside = (directory.root / "outside").string();
      std::ofstream(outside) << "mine\n";
      directory.script("first", "cd $(dirname $PROMOFLOW_ARGUMENTS_PATH)\noutside=" + outside +
                                    "\nat=" + name + "\n" + foreign.command);
      directory.script("second", "test -f \"$PROMOFLOW_ARGUMENTS_PATH\" && echo ran");
      const Release release = run_two(directory);
      CHECK(directory.read("outside") == "mine\n");
      CHECK_FALSE(fs::exists(outside + ".absent"));
      if (foreign.is_replaced) {
        CHECK(release.status() == ReleaseStatus::Succeeded);
        CHECK(directory.read("work/r/2.log") == "ran\n");
      } else {
        CHECK(std::string(release.message()).find("cannot replace") != std::string::npos);
      }
    }
  }
}

TEST_CASE("[H13] an export that is not a plain file fails the hook, and is not waited for") {
  for (const Foreign& foreign : kForeign) {
    if (std::string(foreign.what) == "a second name of a file") { continue; }  // Plain enough.
    INFO(foreign.what);
    TestDirectory directory;
    std::ofstream(directory.root / "outside") << R"({"A":"1"})";
    directory.script("h", "outside=" + (directory.root / "outside").string() +
                              "\nat=$PROMOTION_CONTEXT_PATH\n" + foreign.command);
    const Release release = directory.run({.name = "h"});
    CHECK(std::string(release.message()).find("cannot be read: write a plain file there") !=
          std::string::npos);
    CHECK(release.context().size() == 0);
  }
}

TEST_CASE(
    "[H13] a release's directory that is removed is made anew; a link in its place is not "
    "followed") {
  TestDirectory directory;
  const std::string work = directory.options.work_directory;
  directory.script("second", "echo ran");
  directory.script("first", "rm -rf " + work + "/r");
  CHECK(run_two(directory).status() == ReleaseStatus::Succeeded);
  CHECK(directory.read("work/r/2.log") == "ran\n");

  directory.script("first", "rm -rf " + work);
  CHECK(run_two(directory).status() == ReleaseStatus::Succeeded);
  CHECK(directory.read("work/r/2.log") == "ran\n");

  const std::string outside = (directory.root / "outside").string();
  fs::create_directories(outside);
  directory.script("first", "rm -rf " + work + "/r; ln -s " + outside + " " + work + "/r");
  CHECK(std::string(run_two(directory).message()).find("is not a directory; remove it") !=
        std::string::npos);
  CHECK(fs::is_empty(outside));
  fs::remove(work + "/r");

  directory.script("first", "rm -rf " + work + "; ln -s " + outside + " " + work);
  CHECK(std::string(run_two(directory).message()).find("cannot open the directory") !=
        std::string::npos);
  CHECK(fs::is_empty(outside));
}

TEST_CASE("[H13] what stands at the release's directory before the run is not opened either") {
  for (const Foreign& foreign : kForeign) {
    if (std::string(foreign.what).find("directory") != std::string::npos) { continue; }
    INFO(foreign.what);
    TestDirectory directory;
    directory.script("h", "true");
    fs::create_directories(directory.options.work_directory);
    std::ofstream(directory.root / "outside") << "mine\n";
    const std::string command = "outside=" + (directory.root / "outside").string() +
                                " at=" + directory.options.work_directory + "/r; " +
                                foreign.command;
    REQUIRE(std::system(command.c_str()) == 0);
    CHECK(
        std::string(directory.run({.name = "h"}).message()).find("is not a directory; remove it") !=
        std::string::npos);
  }
}

TEST_CASE("[H13] a log of an earlier run is continued") {
  TestDirectory directory;
  directory.script("h", "echo once");
  directory.run({.name = "h"});
  directory.run({.name = "h"});
  CHECK(directory.read("work/r/1.log") == "once\nonce\n");
}
