// SPDX-License-Identifier: Apache-2.0
// What a supervisor does for one program: limits, leftovers, records, while nobody looks.
#include <fcntl.h>
#include <sys/resource.h>

#include <cerrno>

#include "catch.hpp"
#include "durable_support.hpp"
#include "process/supervision.hpp"

using namespace promoflow;
using namespace promoflow::test;
using detail::RunState;
using Kind = detail::Message::Kind;

namespace {

constexpr Ticket kOne{1};

/// Starts the hook h in an executor that is then gone; the path of its run directory.
std::string start_and_leave(const DurableDirectory& directory, const HookCall& call,
                            const std::string& said = "begun") {
  Answers answers;
  const auto host = directory.executor();
  std::string reference = host->reference("r", call.ticket, 1);
  host->run_hook(call, answers.reply(call.ticket));
  directory.awaited(said);
  return reference;
}

std::size_t open_descriptors() { return DurableDirectory::names_in("/proc/self/fd").size(); }

}  // namespace

// --- Limits --------------------------------------------------------------------------------------

TEST_CASE("[D12] a time-out ends the program while the host is away", "[D12]") {
  DurableDirectory directory;
  directory.options.grace = milliseconds{60'000};  // It must not be needed.
  directory.script(
      "h", "trap 'echo asked >&2; exit 1' TERM\n" + directory.say("begun") + "sleep 600 & wait");
  HookCall call = directory.call();
  call.timeout = milliseconds{1};
  const std::string run = start_and_leave(directory, call);
  const detail::RunLook found = directory.await_end(run);
  CHECK(found.state == RunState::Ended);
  CHECK(found.end.cause == "timeout");
  CHECK(found.end.last_words == "asked");
  Answers answers;
  CHECK(directory.executor()->recover(call, run, answers.reply(kOne)) == Recovery::Ended);
  CHECK(answers.next().text == "timed out: asked");
}

TEST_CASE("[D12] the grace period ends while the host is away", "[D12]") {
  DurableDirectory directory;
  directory.options.grace = milliseconds{50};
  directory.script(
      "h", "trap '' TERM\n" + directory.say("begun", "$$") + "while :; do sleep 0.01; done");
  HookCall call = directory.call();
  call.timeout = milliseconds{1};
  const detail::RunLook found = directory.await_end(start_and_leave(directory, call));
  CHECK(found.end.cause == "timeout");
  CHECK(found.end.end.signal == SIGKILL);
  CHECK(is_gone(directory.read("begun")));
}

TEST_CASE("[D12] a program that is found again can be cancelled", "[D15]") {
  DurableDirectory directory;
  directory.options.grace = milliseconds{60'000};  // It must not be needed.
  directory.script("h", directory.say("begun", "$$") + "exec sleep 600");
  const std::string run = start_and_leave(directory, directory.call());
  const std::string process = directory.read("begun");

  SECTION("because its release goes on with it") {
    Answers answers;
    const auto host = directory.executor();
    CHECK(host->recover(directory.call(), run, answers.reply(kOne)) == Recovery::Attached);
    answers.close(kOne);
    host->cancel("r", kOne);
    answers.wait_stopped(kOne);
  }
  SECTION("because it had been cancelled before") {
    Answers answers;
    const auto host = directory.executor();
    const Reply reply = answers.reply(kOne);
    answers.close(kOne);
    CHECK(host->recover_cancelled("r", kOne, run, reply));
    host->cancel("r", kOne);
    answers.wait_stopped(kOne);
    CHECK_FALSE(directory.executor()->recover_cancelled("r", kOne, run, reply));
  }
  CHECK(is_gone(process));
  CHECK(directory.look(run).end.cause == "cancelled");
}

TEST_CASE("[D15] a cancelled call that nobody has begun is never begun", "[D15]") {
  DurableDirectory directory;
  directory.touch("go");
  directory.script_of_two_halves();
  const auto late = directory.executor();
  const std::string run = late->reference("r", kOne, 1);
  Answers answers;
  const Reply reply = answers.reply(kOne);
  CHECK_FALSE(directory.executor()->recover_cancelled("r", kOne, run, reply));
  // The host that was about to start it was only slow.
  late->run_hook(directory.call(), reply);
  CHECK(answers.next().kind == Kind::Failed);
  CHECK_FALSE(fs::exists(directory.root / "runs"));
}

TEST_CASE("[D12] a signal to the host's group while a supervisor is being started is not its own",
          "[D12]") {
  DurableDirectory directory;
  directory.touch("go");
  directory.script_of_two_halves();
  const std::string run = directory.executor()->reference("r", kOne, 1);
  const std::string program = directory.at("hooks/h");
  const pid_t supervisor = fork();
  if (supervisor == 0) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    raise(SIGTERM);  // It is pending, as one that came between the fork and the new session.
    const int log = open("/dev/null", O_WRONLY);
    const int at = open(run.c_str(), O_RDONLY | O_DIRECTORY);
    dup2(log, 1);
    dup2(at, 3);
    setenv("PROMOFLOW_SUPERVISOR", "token.1", 1);
    execl(PROMOFLOW_SUPERVISOR, "promoflow-supervisor", "1", run.c_str(), "0", "0", "0", "-",
          program.c_str(), nullptr);
    _exit(1);
  }
  CHECK(directory.await_end(run).end.cause.empty());
  CHECK(directory.read("runs") == "run\n");
  waitpid(supervisor, nullptr, 0);
}

// --- Leftovers -----------------------------------------------------------------------------------

#if defined(__linux__)

TEST_CASE("[H21] a supervisor ends what has left the group, and hidden itself", "[D12]") {
  DurableDirectory directory;
  directory.script("h", "env -i setsid sh -c '/bin/echo $$ >" + directory.at("pid.new") +
                            "; /bin/mv " + directory.at("pid.new") + " " + directory.at("pid") +
                            "; /bin/sleep 600' &\n" + directory.await("pid"));
  Answers answers;
  const auto host = directory.executor();
  host->run_hook(directory.call(), answers.reply(kOne));
  CHECK(answers.next().kind == Kind::Succeeded);
  CHECK(is_gone(directory.read("pid")));
}

TEST_CASE("[D12] nothing is left of programs: no process, descriptor or file", "[D12]") {
  DurableDirectory directory;
  directory.script("h", "echo '{}' >$PROMOTION_CONTEXT_PATH; exit $((PROMOFLOW_TICKET % 2))");
  while (waitpid(-1, nullptr, WNOHANG) > 0) {}  // Of executors of other tests, which have gone.
  const std::size_t before = open_descriptors();
  std::vector<std::string> runs;
  {
    Answers answers;
    const auto host = directory.executor();
    for (std::uint64_t ticket = 1; ticket <= 20; ++ticket) {
      runs.push_back(host->reference("r", static_cast<Ticket>(ticket), 1));
      host->run_hook(directory.call(ticket), answers.reply(static_cast<Ticket>(ticket)));
    }
    for (std::size_t i = 0; i < runs.size(); ++i) { answers.next(); }
    host->wait_idle();
  }
  CHECK(open_descriptors() == before);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);  // No child, not even a zombie.
  for (const std::string& run : runs) {
    CHECK(directory.names_in(run) == std::vector<std::string>{"end", "start"});
  }
}

TEST_CASE("[D12] a supervisor keeps less than 1 MB in memory, in a session of its own", "[D12]") {
  DurableDirectory directory;
  directory.script("h", directory.say("begun") + "sleep 600");
  Answers answers;
  const auto host = directory.executor();
  const std::string run = host->reference("r", kOne, 1);
  host->run_hook(directory.call(), answers.reply(kOne));
  directory.awaited("begun");
  const pid_t supervisor = directory.look(run).supervisor;
  CHECK(getsid(supervisor) == supervisor);
  std::ifstream status("/proc/" + std::to_string(supervisor) + "/status");
  long resident = 0;
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, 6, "VmRSS:") == 0) { resident = std::stol(line.substr(6)); }
  }
  CHECK(resident > 0);
  CHECK(resident < 1000);
  host->kill_all();
  CHECK(answers.next().kind == Kind::Failed);
}

// --- Disks ---------------------------------------------------------------------------------------

TEST_CASE("[H13] an end that cannot be written, now or later, is told at once", "[D12]") {
  DurableDirectory directory;
  directory.script_of_two_halves();
  Answers answers;
  const auto host = directory.executor();
  const std::string run = host->reference("r", kOne, 1);
  host->run_hook(directory.call(), answers.reply(kOne));
  directory.awaited("begun");
  const rlimit none{0, RLIM_INFINITY};  // No file of the supervisor may be longer.
  REQUIRE(prlimit(directory.look(run).supervisor, RLIMIT_FSIZE, &none, nullptr) == 0);
  directory.touch("go");
  const std::string text = answers.next().text;
  CHECK(text.find("the record of that could not be written into " + run) != std::string::npos);
}

TEST_CASE(
    "[D8] a supervisor without room for its record is started again, and people are told once",
    "[D8]") {
  DurableDirectory directory;
  directory.touch("go");
  directory.script_of_two_halves();
  // As if the disk were full three times.
  directory.script("supervisor", "echo tried >>" + directory.at("tries") + "\n[ $(wc -l <" +
                                     directory.at("tries") + ") -gt 3 ] || exit " +
                                     std::to_string(ENOSPC) +
                                     "\nexec " PROMOFLOW_SUPERVISOR " \"$@\"");
  directory.options.supervisor = directory.at("hooks/supervisor");
  std::vector<std::string> notices;
  directory.options.notice = [&](std::string_view text) { notices.emplace_back(text); };
  {
    Answers answers;
    const auto host = directory.executor();
    host->run_hook(directory.call(), answers.reply(kOne));
    CHECK(answers.next().kind == Kind::Succeeded);
  }
  CHECK(directory.read("runs") == "run\n");
  REQUIRE(notices.size() == 2);
  CHECK(notices[0].find("no program is started: cannot write into ") == 0);
  CHECK(notices[1] == "there is room again: programs are started");
}

TEST_CASE("[H14] the end of an earlier run is not taken for that of a later one", "[D12]") {
  DurableDirectory directory;
  directory.script_of_two_halves();
  const std::string run = start_and_leave(directory, directory.call());
  // The same release and ticket of another store.
  const auto later = directory.executor();
  REQUIRE(later->reference("r", kOne, 1) == run);
  directory.touch("go");
  CHECK(directory.await_end(run + ".1").state == RunState::Ended);
  CHECK(directory.look(run).state == RunState::Unstarted);
}

TEST_CASE("[H13] a record that others took away is not called a killed supervisor", "[D12]") {
  DurableDirectory directory;
  directory.touch("go");
  directory.script_of_two_halves();
  directory.script("supervisor", PROMOFLOW_SUPERVISOR " \"$@\"\nrm \"$2/end\"");
  directory.options.supervisor = directory.at("hooks/supervisor");
  Answers answers;
  const auto host = directory.executor();
  const std::string run = host->reference("r", kOne, 1);
  host->run_hook(directory.call(), answers.reply(kOne));
  CHECK(answers.next().text == "it has ended, but the record of that is not in " + run +
                                   ": this program or another one has moved or removed it");
}

TEST_CASE("[D12] a removed directory is made anew, and the program is found without it", "[D12]") {
  for (const bool host_is_there : {true, false}) {
    INFO("the host is there: " << host_is_there);
    DurableDirectory directory;
    directory.script_of_two_halves("echo last >&2; exit 3");
    Answers answers;
    auto host = directory.executor();
    const std::string run = host->reference("r", kOne, 1);
    host->run_hook(directory.call(), answers.reply(kOne));
    directory.awaited("begun");
    if (!host_is_there) { host.reset(); }
    fs::remove_all(directory.options.work_directory);
    if (!host_is_there) {
      host = directory.executor();
      CHECK(host->recover(directory.call(), run, answers.reply(kOne)) == Recovery::Attached);
    }
    directory.touch("go");
    CHECK(answers.next().text == "last");
    CHECK(directory.read("runs") == "run\n");
  }
}

TEST_CASE("[D12] a program that removes its start record is found, and not begun again", "[D12]") {
  for (const char* const removes : {"rm start", "rm -rf *", "mkdir x; rm start"}) {
    for (const bool is_cancelled : {false, true}) {
      INFO(removes << ", cancelled: " << is_cancelled);
      DurableDirectory directory;
      directory.script("h", "echo run >>" + directory.at("runs") +
                                "\ncd $(dirname $PROMOTION_CONTEXT_PATH); " + removes + "\n" +
                                directory.say("begun") + directory.await("go"));
      const std::string run = start_and_leave(directory, directory.call());
      Answers answers;
      const auto host = directory.executor();
      const Reply reply = answers.reply(kOne);
      if (is_cancelled) {
        answers.close(kOne);
        CHECK(host->recover_cancelled("r", kOne, run, reply));
        directory.touch("go");
        answers.wait_stopped(kOne);
      } else {
        CHECK(host->recover(directory.call(), run, reply) == Recovery::Attached);
        directory.touch("go");
        CHECK(answers.next().kind == Kind::Succeeded);
      }
      CHECK(directory.read("runs") == "run\n");
    }
  }
}

#endif

TEST_CASE("[D11] a call whose run directory is gone, and which does not run, is lost", "[D11]") {
  DurableDirectory directory;
  directory.touch("go");
  directory.script_of_two_halves();
  const std::string run = start_and_leave(directory, directory.call());
  directory.await_end(run);
  // Behind its last record a supervisor still has to end.
  detail::Supervision supervision;
  while (detail::find_supervisor_of(run, supervision)) { std::this_thread::yield(); }
  fs::remove_all(directory.options.work_directory);
  Answers answers;
  const auto host = directory.executor();
  CHECK(host->recover(directory.call(), run, answers.reply(kOne)) == Recovery::Lost);
  // It is made again if the engine says so.
  host->run_hook(directory.call(), answers.reply(kOne));
  CHECK(answers.next().kind == Kind::Succeeded);
  CHECK(directory.read("runs") == "run\nrun\n");
  // What is no reference of this executor is lost as well.
  CHECK(host->recover(directory.call(), "", answers.reply(kOne)) == Recovery::Lost);
  CHECK(host->recover(directory.call(), "elsewhere", answers.reply(kOne)) == Recovery::Lost);
}

TEST_CASE("[H13] [D12] a program cannot spoil its records", "[D12]") {
  for (const char* const spoil :
       {"mkdir -p end/x", "mkdir end.new", "ln -s /etc/passwd end", "mkfifo end", "echo no >end",
        "mkdir -p end.new/x; mkdir -p ../spoilt; mv end.new ../spoilt/", "mkdir -p end.new/x",
        "rm -rf $R; echo x >$R", "rm -rf $R; mkfifo $R", "rm -rf $R; ln -s /nowhere $R",
        "mv $R $R.moved; mkfifo $R", "rm -rf $W/r; echo x >$W/r", "rm -rf $W/r; ln -s $W $W/r",
        "mv $R $R.moved", "mv $W/r $W/moved", "mv $W $W.moved", "chmod 555 $R", "rm start"}) {
    INFO(spoil);
    DurableDirectory directory;
    directory.script(
        "h", "R=$(dirname $PROMOFLOW_ARGUMENTS_PATH) W=" + directory.options.work_directory +
                 "\ncd $R\necho '{\"A\":\"b\"}' >$PROMOTION_CONTEXT_PATH\n" + spoil + "\nexit 0");
    const Release release = directory.run({.name = "h"});
    CHECK(std::string(release.message()).empty());
    CHECK(release.status() == ReleaseStatus::Succeeded);
    const bool is_removed = std::string(spoil).find("rm -rf") != std::string::npos;
    CHECK(release.context().size() == (is_removed ? 0 : 1));
  }
}

TEST_CASE("[H13] what is in the run directory before the program begins is not its own", "[D12]") {
  for (const char* const there :
       {"mkfifo start", "ln -s /etc/passwd start", "mkdir -p start/x", "mkdir -p context.json/x",
        "echo '{\"A\":\"forged\"}' >context.json"}) {
    INFO(there);
    DurableDirectory directory;
    directory.touch("go");
    directory.script_of_two_halves();
    Answers answers;
    const auto host = directory.executor();
    const std::string run = host->reference("r", kOne, 1);
    REQUIRE(std::system(("cd " + run + " && " + there).c_str()) == 0);
    host->run_hook(directory.call(), answers.reply(kOne));
    const detail::Message answer = answers.next();
    CHECK(answer.text == "");
    CHECK(answer.kind == Kind::Succeeded);
    CHECK_FALSE(answer.context);
    CHECK(directory.read("runs") == "run\n");
  }
}

// --- What programs are told, in both modes -------------------------------------------------------

TEST_CASE("[D13] every program sees the idempotency key of its call", "[D13]") {
  for (const bool durable : {true, false}) {
    DurableDirectory directory;
    directory.options.durable = durable;
    directory.script("h", "echo $PROMOFLOW_IDEMPOTENCY_KEY");
    directory.script("promotions/default", "echo $PROMOFLOW_IDEMPOTENCY_KEY");
    CHECK(directory.run({.name = "h"}).status() == ReleaseStatus::Succeeded);
    CHECK(directory.read("work/r/1.log") == "r/1\n");
    CHECK(directory.read("work/r/2.log") == "r/2\n");
  }
}

TEST_CASE("[R11] a program that ends with 75 is suspended, and can be cancelled then", "[D11]") {
  for (const bool durable : {true, false}) {
    DurableDirectory directory;
    directory.options.durable = durable;
    directory.script("h", "exit 75");
    bool was_suspended = false;
    RunOptions running;
    running.observer = [&](const Release&, const Record& record) {
      if (!std::holds_alternative<Suspended>(record.what)) { return; }
      was_suspended = true;
      running.control.terminate("nobody wants it");
    };
    const Release release = directory.run({.name = "h"}, running);
    CHECK(was_suspended);
    CHECK(release.status() == ReleaseStatus::Terminated);
  }
  DurableDirectory directory;
  directory.touch("go");
  directory.script_of_two_halves("exit 75");
  const std::string run = start_and_leave(directory, directory.call());
  directory.await_end(run);
  Answers answers;
  CHECK(directory.executor()->recover(directory.call(), run, answers.reply(kOne)) ==
        Recovery::Ended);
  CHECK(answers.next().kind == Kind::Suspended);
}
