// SPDX-License-Identifier: Apache-2.0
// Promotions of one ticket, one for each application: programs that run at once, and are found
// again each on its own.
#include "catch.hpp"
#include "durable_support.hpp"
#include "process/launch.hpp"

using namespace promoflow;
using namespace promoflow::test;
using detail::RunState;
using Kind = detail::Message::Kind;

namespace {

constexpr Ticket kOne{1};

PromotionCall call_of(const std::string& application) {
  return {.ticket = kOne,
          .release_id = "r",
          .environment = "staging",
          .arguments = {{"RELEASE_ID", "r"}, {"APP_NAME", application}, {"PATH", "apps/x"}},
          .application = application};
}

/// The program of all promotions; each application has files of its own.
void promote_by(const DurableDirectory& directory, const std::string& body) {
  directory.script("promotions/default", body);
}

/// Leaves the programs of api and web running behind a host that has gone; the ticket's reference.
std::string leave_both_running(const DurableDirectory& directory) {
  Answers both;
  const auto host = directory.executor();
  std::string reference = host->reference("r", kOne, 1);
  host->promote(call_of("api"), both.reply(kOne));
  host->promote(call_of("web"), both.reply(kOne));
  directory.awaited("began-api");
  directory.awaited("began-web");
  return reference;
}

}  // namespace

TEST_CASE("[K7] the applications of a ticket run at once, each with what is its own", "[K7]") {
  DurableDirectory directory;
  directory.options.durable = GENERATE(false, true);
  promote_by(directory,
             directory.say("began-$APP_NAME", "$PROMOFLOW_APP_PATH $PROMOFLOW_IDEMPOTENCY_KEY") +
                 "case $PATH in apps*) exit 9;; esac\n" + directory.await("go") +
                 "printf '{\"COMMIT_SHA\":\"%s\"}' $APP_NAME >$PROMOTION_CONTEXT_PATH\n");
  const auto host = directory.executor();
  static_cast<void>(host->reference("r", kOne, 1));
  Answers api;
  Answers web;
  host->promote(call_of("api"), api.reply(kOne));
  host->promote(call_of("web"), web.reply(kOne));
  CHECK(directory.awaited("began-api") == "apps/x r/1/api");
  CHECK(directory.awaited("began-web") == "apps/x r/1/web");
  directory.touch("go");
  for (auto* const answers : {&api, &web}) {
    detail::Message answer = answers->next();
    if (answer.kind == Kind::Started) { answer = answers->next(); }
    CHECK(answer.kind == Kind::Succeeded);
    CHECK(answer.context ==
          (answers == &api ? R"({"COMMIT_SHA":"api"})" : R"({"COMMIT_SHA":"web"})"));
  }
  host->settled("r", kOne);
}

TEST_CASE("[K7] after a restart each application is found as it is", "[K7][K6]") {
  DurableDirectory directory;
  promote_by(directory, "echo $APP_NAME >>" + directory.at("runs") + "\n" +
                            directory.say("began-$APP_NAME", "$$") +
                            directory.await("go-$APP_NAME"));
  const std::string reference = leave_both_running(directory);
  directory.touch("go-api");
  const std::string api_directory = reference + '/' + detail::hash_text("api");
  CHECK(directory.await_end(api_directory).state == RunState::Ended);
  const auto host = directory.executor();
  Answers api;
  Answers web;
  Answers jobs;
  CHECK(host->recover(call_of("api"), reference, api.reply(kOne)) == Recovery::Ended);
  CHECK(api.next().kind == Kind::Succeeded);
  CHECK(host->recover(call_of("web"), reference, web.reply(kOne)) == Recovery::Attached);
  CHECK(host->recover(call_of("jobs"), reference, jobs.reply(kOne)) == Recovery::Unknown);
  host->promote(call_of("jobs"), jobs.reply(kOne));
  directory.awaited("began-jobs");
  directory.touch("go-web");
  CHECK(web.next().kind == Kind::Succeeded);
  directory.touch("go-jobs");
  detail::Message answer = jobs.next();
  if (answer.kind == Kind::Started) { answer = jobs.next(); }
  CHECK(answer.kind == Kind::Succeeded);
  const std::string runs = directory.read("runs");
  CHECK(std::count(runs.begin(), runs.end(), '\n') == 3);
}

TEST_CASE(
    "[K7] programs cancelled before a restart have ended when those of every application have",
    "[K7][K6]") {
  DurableDirectory directory;
  promote_by(directory, directory.say("began-$APP_NAME", "$$") + directory.await("never"));
  const std::string reference = leave_both_running(directory);
  const auto host = directory.executor();
  Answers answers;
  const Reply reply = answers.reply(kOne);
  answers.close(kOne);
  CHECK(host->recover_cancelled("r", kOne, reference, reply));
  host->cancel("r", kOne);
  answers.wait_stopped(kOne);
  for (const char* const name : {"api", "web"}) {
    CHECK(directory.look(reference + '/' + detail::hash_text(name)).state == RunState::Ended);
  }
  CHECK_FALSE(host->recover_cancelled("r", kOne, reference, reply));
}

TEST_CASE("[K7] what an earlier release of the same id left is moved away", "[K7][K6]") {
  DurableDirectory directory;
  promote_by(directory, "echo run >>" + directory.at("runs"));
  const auto host = directory.executor();
  for (int i = 1; i <= 2; ++i) {
    Answers answers;
    static_cast<void>(host->reference("r", kOne, 1));
    host->promote(call_of("api"), answers.reply(kOne));
    detail::Message answer = answers.next();
    if (answer.kind == Kind::Started) { answer = answers.next(); }
    CHECK(answer.kind == Kind::Succeeded);
    host->settled("r", kOne);
  }
  CHECK(directory.read("runs") == "run\nrun\n");
}
