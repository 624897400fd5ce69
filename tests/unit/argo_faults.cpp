// SPDX-License-Identifier: Apache-2.0
// Many calls while requests, answers and watches are lost by chance: each workflow is created once,
// and each call is answered once, whatever the seed.
#include "argo_support.hpp"
#include "catch.hpp"

using namespace promoflow;
using namespace promoflow::detail;
using namespace promoflow::test;
using namespace std::chrono_literals;

namespace {

/// A number from 0 to `size` - 1.
std::size_t draw(std::minstd_rand& chance, std::size_t size) { return chance() % size; }

HttpResponse random_fault(std::minstd_rand& chance) {
  switch (draw(chance, 5)) {
    case 0: return {.status = 429, .retry_after = 1s};
    case 1: return {.status = 500, .body = "etcdserver: leader changed"};
    case 2: return {.status = 200, .body = "{\"kind\":\"Workflow\",\"metadata\":{\"na"};
    case 3: return {.status = 503};
    case 4: return {.problem = "the connection was reset"};
  }
  return {};
}

struct Story {
  explicit Story(std::uint32_t seed) : chance(seed), bench(seed) {
    bench.fate = [this](const HttpRequest&) {
      if (!is_rough) { return Fate::Answered; }
      switch (draw(chance, 8)) {
        case 0: return Fate::Lost;
        case 1: return Fate::AnswerLost;
      }
      return Fate::Answered;
    };
    bench.instead = [this](const HttpRequest&) -> std::optional<HttpResponse> {
      if (!is_rough || draw(chance, 6) != 0) { return std::nullopt; }
      return random_fault(chance);
    };
  }

  /// The controller goes on with some workflow, or somebody does something.
  void go_on() {
    if (bench.cluster.objects.empty()) { return; }
    auto place = bench.cluster.objects.begin();
    std::advance(place, static_cast<std::ptrdiff_t>(draw(chance, bench.cluster.objects.size())));
    const std::string name = place->first;
    const std::string phase = place->second.value(Json::json_pointer("/status/phase"), "");
    if (phase == "Succeeded" || phase == "Failed") { return; }
    const bool stops = place->second["spec"].contains("shutdown");
    bench.cluster.phase(name, stops             ? "Failed"
                              : phase.empty()   ? "Running"
                              : name.back() % 2 ? "Succeeded"
                                                : "Failed");
  }
  void disturb() {
    if (!is_rough) { return; }
    switch (draw(chance, 6)) {
      case 0: bench.end_watch(); break;
      case 1:
        bench.send_raw("{\"type\":\"MODIF");
        bench.end_watch();
        break;
      case 2: bench.end_watch(status_of(410, "Expired", "too old")); break;
      case 3: bench.cluster.oldest = bench.cluster.version; break;
      case 4: bench.is_deaf = !bench.is_deaf; break;
      case 5:
        if (!bench.cluster.events.empty()) {  // An event comes a second time, and late.
          const auto& events = bench.cluster.events;
          bench.send_raw(events[draw(chance, events.size())].second.dump() + '\n');
        }
        break;
    }
  }
  void settle_answered() {
    for (; settled < bench.answers.size(); ++settled) {
      const CallAnswer& answer = bench.answers[settled];
      ++answered[answer.key];
      bench.reconciler.settle(bench.now, answer.key.release, answer.key.ticket);
    }
    bench.settle();
  }

  std::minstd_rand chance;
  ArgoBench bench;
  std::map<CallKey, int> answered{};
  std::size_t settled = 0;
  bool is_rough = true;
};

}  // namespace

TEST_CASE("each workflow is created once and each call answered once, whatever is lost",
          "[K2][K3][K4][K5]") {
  constexpr std::uint64_t kCalls = 12;
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    Story story(seed);
    ArgoBench& bench = story.bench;
    std::size_t cancelled = 0;
    for (std::uint64_t ticket = 1; ticket <= kCalls; ++ticket) {
      bench.run(hook_call("r", ticket));
      for (int i = 0; i < 4; ++i) {
        story.go_on();
        story.disturb();
        bench.pass(std::chrono::seconds(draw(story.chance, 3)));
      }
      if (draw(story.chance, 4) == 0) {
        bench.cancel(hook_call("r", 1 + draw(story.chance, ticket)));
        ++cancelled;
      }
      story.settle_answered();
    }
    story.is_rough = bench.is_deaf = false;
    for (int i = 0; i < 400 && bench.reconciler.size() > 0; ++i) {
      story.go_on();
      bench.pass(1s);
      story.settle_answered();
    }
    CHECK(bench.reconciler.size() == 0);
    // A call that is cancelled before anything was sent for it needs no workflow.
    CHECK(bench.cluster.created <= kCalls);
    CHECK(bench.cluster.created + cancelled >= kCalls);
    CHECK(story.answered.size() == kCalls);
    for (const auto& [key, count] : story.answered) { CHECK(count == 1); }
    for (const auto& [name, object] : bench.cluster.objects) {
      CHECK(object["metadata"]["finalizers"].empty());
    }
  }
}
