// SPDX-License-Identifier: Apache-2.0
// P10: the release queue, by hand. promoflow_prove queue goes through every state of a small scope.
#include "catch.hpp"
#include "promoflow/release_queue.hpp"
#include "queue_texts.hpp"

using namespace promoflow;
using promoflow::test::answers;

namespace {

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("queued releases start one after another, in their order", "[P10]") {
  ReleaseQueue queue;
  CHECK(answers(queue, ReleaseRequested{"r1", "f"}) == Texts{"start r1"});
  CHECK(answers(queue, ReleaseRequested{"r2"}).empty());
  CHECK(answers(queue, ReleaseRequested{"r3"}).empty());
  CHECK(queue.status("r2") == QueueStatus::Queued);
  CHECK(answers(queue, ReleaseEnded{"r2"}) == Texts{"refused"});
  CHECK(answers(queue, ReleaseCancelled{"r2"}) == Texts{"drop r2: cancelled"});
  CHECK(answers(queue, ReleaseEnded{"r1"}) == Texts{"start r3"});
  CHECK(queue.status("r1") == std::nullopt);
  CHECK(queue.apply(ReleaseRequested{"r3"}).error().code == ErrorCode::NotAllowed);
  CHECK(queue.apply(ReleaseRequested{""}).error().code == ErrorCode::InvalidEvent);
}

TEST_CASE("the oldest of more than 50 that wait is dropped", "[P10]") {
  ReleaseQueue queue;
  for (int i = 0; i <= 50; ++i) { REQUIRE(queue.apply(ReleaseRequested{"r" + std::to_string(i)})); }
  CHECK(answers(queue, ReleaseRequested{"one more"}) ==
        Texts{"drop r1: superseded: more than 50 releases were waiting"});
}

TEST_CASE("a younger release terminates an older one whose environment it needs", "[P10]") {
  ReleaseQueue queue({.mode = QueueMode::Terminate});
  CHECK(answers(queue, ReleaseRequested{"old"}) == Texts{"start old"});
  CHECK(answers(queue, ReleaseRequested{"new"}) == Texts{"start new"});
  CHECK(answers(queue, EnvironmentBegan{"old", "staging"}) == Texts{"begin old staging"});
  CHECK(answers(queue, EnvironmentBegan{"new", "staging"}) ==
        Texts{"terminate old: superseded by release new in environment staging"});
  CHECK(queue.holder("staging") == "old");
  CHECK(answers(queue, ReleaseEnded{"old"}) == Texts{"begin new staging"});
  CHECK(queue.holder("staging") == "new");
}

TEST_CASE("what is no snapshot of a queue is refused", "[P10]") {
  for (const char* text :
       {"", "{}", "[]", R"({"releaseQueue":0})",
        R"({"releaseQueue":1,"mode":3,"waitingMax":1,"releases":[],"environments":[]})",
        R"({"releaseQueue":1,"mode":2,"waitingMax":1,"releases":[],)"
        R"("environments":[{"release":"a","environment":"e","inside":true}]})",
        R"({"releaseQueue":1,"mode":1,"waitingMax":1,"releases":)"
        R"([{"release":"a","flow":"","active":false,"terminated":false}],"environments":[]})"}) {
    INFO(text);
    CHECK(ReleaseQueue::restore(text).error().code == ErrorCode::InvalidSnapshot);
  }
  CHECK(ReleaseQueue::restore(R"({"releaseQueue":2})").error().code == ErrorCode::SnapshotTooNew);
}

TEST_CASE("names that are not UTF-8 are in snapshots that can be read", "[P10][H32]") {
  ReleaseQueue queue({.mode = QueueMode::Terminate});
  const std::string repaired = "caf\xEF\xBF\xBD";
  CHECK(answers(queue, ReleaseRequested{"caf\xe9", "f\xff"}) == Texts{"start " + repaired});
  REQUIRE(queue.apply(EnvironmentBegan{"caf\xe9", "eu\xff"}));
  const auto restored = ReleaseQueue::restore(queue.snapshot().value());
  REQUIRE(restored);
  CHECK(restored->holder("eu\xEF\xBF\xBD") == repaired);
}

TEST_CASE("a mode that does not exist is refused", "[H31]") {
  ReleaseQueue queue({.mode = QueueMode{9}});
  CHECK(queue.apply(ReleaseRequested{"r"}).error().code == ErrorCode::InvalidArgument);
}
