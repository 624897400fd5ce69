// SPDX-License-Identifier: Apache-2.0
// Programs outlive their host, and are found again. Real programs, which say in files how far they
// are.
#include "catch.hpp"
#include "durable_support.hpp"

using namespace promoflow;
using namespace promoflow::test;
using detail::RunState;
using Kind = detail::Message::Kind;

namespace {

constexpr Ticket kOne{1};

}  // namespace

TEST_CASE("[D12] a hook with a supervisor answers as any other", "[D12]") {
  DurableDirectory directory;
  directory.script("h", "echo out; echo err >&2; printf '{\"A\":\"b\"}' >$PROMOTION_CONTEXT_PATH");
  const Release release = directory.run({.name = "h"});
  CHECK(release.status() == ReleaseStatus::Succeeded);
  CHECK(release.context().find("A")->text == "b");
  CHECK(directory.sorted_lines("work/r/1.log") == std::vector<std::string>{"err", "out"});
  directory.script("h", "echo noise; echo '  no route ' >&2; exit 3");
  CHECK(directory.run({.name = "h"}).message() == "onStart hook 'h' failed: no route");
  directory.script("h", "kill -KILL $$");
  CHECK(directory.run({.name = "h"}).message() ==
        "onStart hook 'h' failed: killed by signal 9 (SIGKILL)");
  directory.script("h", "echo '[1]' >$PROMOTION_CONTEXT_PATH");
  CHECK(std::string(directory.run({.name = "h"}).message())
            .find("the text is kept in " + directory.at("work/r/1.rejected.txt")) !=
        std::string::npos);
}

TEST_CASE("[D12] a program that ended while its host was away is answered for", "[D11]") {
  DurableDirectory directory;
  directory.script_of_two_halves("printf '{\"A\":\"b\"}' >$PROMOTION_CONTEXT_PATH");
  std::string reference;
  {
    Answers answers;
    const auto host = directory.executor();
    reference = host->reference("r", kOne, 1);
    host->run_hook(directory.call(), answers.reply(kOne));
    directory.awaited("begun");
  }
  directory.touch("go");
  CHECK(directory.await_end(reference).state == RunState::Ended);
  Answers answers;
  const auto host = directory.executor();
  CHECK(host->recover(directory.call(), reference, answers.reply(kOne)) == Recovery::Ended);
  const detail::Message answer = answers.next();
  CHECK(answer.kind == Kind::Succeeded);
  CHECK(answer.context == R"({"A":"b"})");
  CHECK(directory.read("runs") == "run\n");
  CHECK(directory.names_in(reference) == std::vector<std::string>{"end", "start"});
}

TEST_CASE("[D12] a program that still runs when the host is back is waited for", "[D11]") {
  DurableDirectory directory;
  directory.script_of_two_halves("echo bad >&2; exit 4");
  std::string reference;
  {
    Answers answers;
    const auto host = directory.executor();
    reference = host->reference("r", kOne, 1);
    host->run_hook(directory.call(), answers.reply(kOne));
    directory.awaited("begun");
  }
  Answers answers;
  const auto host = directory.executor();
  CHECK(host->reports().survives);
  CHECK(host->recover(directory.call(), reference, answers.reply(kOne)) == Recovery::Attached);
  CHECK_FALSE(answers.has_one());
  directory.touch("go");
  const detail::Message answer = answers.next();
  CHECK(answer.kind == Kind::Failed);
  CHECK(answer.text == "bad");
  CHECK(directory.read("runs") == "run\n");
}

TEST_CASE("[D12] signals to the host's group pass programs by, and so does its death", "[D12]") {
  for (const int signal : {SIGHUP, SIGTERM, SIGINT, SIGKILL}) {
    INFO("signal " << signal);
    DurableDirectory directory;
    directory.script_of_two_halves();
    HostProcess host([&] {
      Answers answers;
      static const auto executor = directory.executor();
      std::ofstream(directory.root / "reference") << executor->reference("r", kOne, 1);
      executor->run_hook(directory.call(), answers.reply(kOne));
    });
    directory.awaited("begun");
    host.kill_with(signal);
    const std::string reference = directory.read("reference");
    Answers answers;
    const auto executor = directory.executor();
    CHECK(executor->recover(directory.call(), reference, answers.reply(kOne)) ==
          Recovery::Attached);
    directory.touch("go");
    CHECK(answers.next().kind == Kind::Succeeded);
    CHECK(directory.read("runs") == "run\n");
  }
}

TEST_CASE("[D12] a call that no supervisor has begun is unknown, and carried out once", "[D11]") {
  DurableDirectory directory;
  directory.touch("go");
  directory.script_of_two_halves();
  const std::string reference = directory.executor()->reference("r", kOne, 1);
  Answers answers;
  const auto host = directory.executor();
  CHECK(host->recover(directory.call(), reference, answers.reply(kOne)) == Recovery::Unknown);
  host->run_hook(directory.call(), answers.reply(kOne));
  CHECK(answers.next().kind == Kind::Succeeded);
  CHECK(directory.read("runs") == "run\n");
  // Its records are where the reference says.
  CHECK(directory.look(reference).state == RunState::Ended);
}

TEST_CASE("[D12] two hosts that start one ticket start it once", "[D12]") {
  DurableDirectory directory;
  directory.script_of_two_halves("exit 7");
  const auto first = directory.executor();
  const auto second = directory.executor();
  const std::string reference = first->reference("r", kOne, 1);
  Answers of_first;
  Answers of_second;
  CHECK(second->recover(directory.call(), reference, of_second.reply(kOne)) == Recovery::Unknown);
  first->run_hook(directory.call(), of_first.reply(kOne));
  second->run_hook(directory.call(), of_second.reply(kOne));
  directory.touch("go");
  CHECK(of_first.next().text == "exit status 7");
  CHECK(of_second.next().text == "exit status 7");
  CHECK(directory.read("runs") == "run\n");
  // And so does one that comes when all is over.
  const auto third = directory.executor();
  Answers of_third;
  CHECK(third->recover(directory.call(), reference, of_third.reply(kOne)) == Recovery::Ended);
  CHECK(of_third.next().text == "exit status 7");
}

#if defined(__linux__)

TEST_CASE("[D12] with its supervisor killed, a program is lost, and nothing of it is left",
          "[D11]") {
  for (const bool host_is_there : {true, false}) {
    INFO("the host is there: " << host_is_there);
    DurableDirectory directory;
    directory.script("h", "setsid sh -c 'echo $$ >" + directory.at("pid.new") + "; mv " +
                              directory.at("pid.new") + " " + directory.at("pid") +
                              "; sleep 600' &\n" + directory.say("begun", "$$") + "sleep 600");
    Answers answers;
    auto host = directory.executor();
    const std::string reference = host->reference("r", kOne, 1);
    host->run_hook(directory.call(), answers.reply(kOne));
    directory.awaited("begun");
    directory.awaited("pid");
    const pid_t supervisor = directory.look(reference).supervisor;
    REQUIRE(supervisor > 0);
    if (!host_is_there) { host.reset(); }
    kill(supervisor, SIGKILL);
    if (host_is_there) {
      const detail::Message answer = answers.next();
      CHECK(answer.kind == Kind::Failed);
      CHECK(answer.text.find("its supervisor was killed") == 0);
    } else {
      while (directory.look(reference).state == RunState::Running) { std::this_thread::yield(); }
      host = directory.executor();
      CHECK(host->recover(directory.call(), reference, answers.reply(kOne)) == Recovery::Lost);
    }
    CHECK(is_gone(directory.awaited("begun")));
    CHECK(is_gone(directory.awaited("pid")));
    CHECK(directory.names_in(reference) == std::vector<std::string>{"start"});
    waitpid(supervisor, nullptr, 0);
  }
}

#endif
