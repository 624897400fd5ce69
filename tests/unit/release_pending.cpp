// SPDX-License-Identifier: Apache-2.0
// R17: why an environment is Pending: what blocks all, what it waits for, and the causes of that.
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

std::string names(const Release& release, const std::vector<EnvironmentId>& list) {
  std::string text;
  for (const EnvironmentId id : list) {
    text += (text.empty() ? "" : " ") + std::string(release.flow().environment_name(id));
  }
  return text;
}

/// `block | unmet dependencies | causes`.
std::string why(const Host& host, std::string_view environment) {
  const PendingReason reason =
      host.release.why_pending(*host.release.flow().find_environment(environment)).value();
  return std::string(to_string(reason.block)) + " | " + names(host.release, reason.unmet) + " | " +
         names(host.release, reason.causes);
}

}  // namespace

TEST_CASE("while release.onStart runs, all wait for it, down to the trigger environment", "[R17]") {
  Host host(walkthrough());
  CHECK(why(host, "dev") == "release-starting |  | ");
  CHECK(why(host, "staging") == "release-starting | dev | dev");
  CHECK(why(host, "production") == "release-starting | staging | dev");
}

TEST_CASE("an environment waits for what it depends on, which may run", "[R17]") {
  Host host(walkthrough());
  REQUIRE(host.apply(1, HookSucceeded{ticket(1)}) == "ok");
  CHECK(why(host, "dev") == "none |  | ");      // It is Successful,
  CHECK(why(host, "staging") == "none |  | ");  // and this one Running: neither is Pending.
  CHECK(why(host, "production") == "none | staging | staging");
}

TEST_CASE("causes are found through environments that are Pending themselves, each once", "[R17]") {
  FlowBuilder builder("diamond", "dev");
  builder.step("last", {"left", "right", "early"}).step("left", {"qa"}).step("right", {"qa", "ok"});
  builder.step("qa", {"dev"}).step("ok", {"dev"}).step("early", {"dev"});
  Host host(built(builder));
  // Tickets: qa, ok, early.
  REQUIRE(host.apply(1, PromotionSucceeded{ticket(2)}) == "ok");
  CHECK(why(host, "right") == "none | qa | qa");
  CHECK(why(host, "last") == "none | left right early | qa early");  // In step order.
  REQUIRE(host.apply(2, Skip{"early"}) == "not-allowed");            // It runs.
  REQUIRE(host.apply(2, PromotionSucceeded{ticket(3)}) == "ok");
  CHECK(why(host, "last") == "none | left right | qa");
  REQUIRE(host.apply(3, Skip{"left"}) == "ok");
  CHECK(why(host, "last") == "none | right | qa");  // What was skipped is met.
}

TEST_CASE("after a failure nothing begins, even what waits for nothing", "[R3][R17]") {
  FlowBuilder builder("two", "dev");
  builder.step("eu", {"dev"}).step("us", {"dev"}).step("asia", {"us"}).step("global", {"eu", "us"});
  builder.step("slow", {"dev"});
  Host host(built(builder));
  REQUIRE(host.apply(1, PromotionFailed{ticket(1), "down"}) == "ok");
  CHECK(why(host, "asia") == "failure | us | us");
  CHECK(why(host, "global") == "failure | eu us | eu us");
  REQUIRE(host.apply(2, Suspended{ticket(2)}) == "ok");
  CHECK(why(host, "asia") == "failure | us | us");
  REQUIRE(host.apply(3, PromotionSucceeded{ticket(2)}) == "ok");
  CHECK(why(host, "asia") == "failure |  | ");
  REQUIRE(host.apply(4, PromotionSucceeded{ticket(3)}) == "ok");
  CHECK(why(host, "asia") == "final |  | ");
  CHECK(why(host, "global") == "final | eu | eu");
}

TEST_CASE("with the policy continue a failure blocks only what depends on it", "[R3][R17]") {
  Host host(regions(FailurePolicy::Continue));
  REQUIRE(host.apply(1, PromotionFailed{ticket(1), "down"}) == "ok");
  CHECK(why(host, "global") == "none | eu us | eu us");
  REQUIRE(host.apply(2, PromotionSucceeded{ticket(2)}) == "ok");
  CHECK(why(host, "global") == "none | eu | eu");  // Its onFail hook runs.
  REQUIRE(host.apply(3, HookSucceeded{ticket(3)}) == "ok");
  CHECK(why(host, "global") == "failure | eu | eu");  // release.onFail runs: the end has begun.
  REQUIRE(host.apply(4, HookSucceeded{ticket(4)}) == "ok");
  CHECK(why(host, "global") == "final | eu | eu");
}

TEST_CASE("a termination blocks all until the release is final", "[R6][R17]") {
  Host host(regions(FailurePolicy::Continue));
  REQUIRE(host.apply(1, Terminate{"stop"}) == "ok");
  CHECK(why(host, "global") == "termination | eu us | eu us");
  REQUIRE(host.apply(2, Terminate{"now", true}) == "ok");
  CHECK(why(host, "global") == "final | eu us | eu us");
  REQUIRE(host.apply(3, Retry{}) == "ok");
  CHECK(why(host, "global") == "none | eu us | eu us");
}

TEST_CASE("once release.onStart has failed, nothing begins because of that failure", "[R17]") {
  Host host(walkthrough());
  REQUIRE(host.apply(1, HookFailed{ticket(1), "no"}) == "ok");
  REQUIRE(host.release.status() == ReleaseStatus::Running);  // release.onFail runs.
  CHECK(why(host, "staging") == "failure | dev | dev");
  REQUIRE(host.apply(2, HookSucceeded{ticket(2)}) == "ok");
  CHECK(why(host, "staging") == "final | dev | dev");
}

TEST_CASE("a restored release gives the same reasons", "[R15][R17]") {
  Host host(regions(FailurePolicy::Abort));
  REQUIRE(host.apply(1, PromotionFailed{ticket(1), "down"}) == "ok");
  Host copy(std::move(*Release::restore(host.release.flow(), snapshot_of(host.release))));
  CHECK(why(host, "global") == "failure | eu us | eu us");
  CHECK(why(copy, "global") == why(host, "global"));
}

TEST_CASE("an id of another flow is answered as the trigger environment's", "[R17]") {
  Host host(walkthrough());
  const PendingReason reason = host.release.why_pending(EnvironmentId{99}).value();
  CHECK(reason.block == AdmissionBlock::ReleaseStarting);
  CHECK(reason.unmet.empty());
}
