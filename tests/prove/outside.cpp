// SPDX-License-Identifier: Apache-2.0
#include "outside.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "allocations.hpp"
#include "promises.hpp"

namespace promoflow::prove {

namespace {

using std::chrono::milliseconds;

Hook hook(std::string name, std::uint32_t retries = 0) {
  Hook made{.name = std::move(name)};
  made.retry = {.limit = retries, .duration = milliseconds(1000)};
  return made;
}

Flow built(FlowBuilder& builder) {
  FlowReport report = value_of(builder.build(), "building a flow");
  expect(report.flow.has_value(), "a flow of the proof is not valid");
  return std::move(*report.flow);
}

std::string text_of(const Outside::Key& key) {
  return key.first + "/" + std::to_string(key.second);
}

}  // namespace

Flow busy_flow() {
  FlowBuilder builder("busy", "dev");
  FlowOptions options;
  options.failure_policy = FailurePolicy::Continue;
  options.hooks = {{hook("approve")}, {hook("celebrate")}, {hook("slack-fail")}};
  StepOptions eu;
  eu.hooks = {{hook("announce", 2)}, {hook("smoke")}, {hook("page")}};
  StepOptions us;
  us.hooks.on_fail = {hook("page"), hook("jira")};
  us.retry = {.limit = 1, .duration = milliseconds(700)};
  StepOptions asia;
  asia.soak = milliseconds(3000);
  asia.hooks.on_success = {hook("smoke")};
  builder.options(options).step("eu", {"dev"}, eu).step("us", {"dev"}, us);
  builder.step("asia", {"dev"}, asia).step("global", {"eu", "asia"}, eu);
  return built(builder);
}

Flow stopped_flow() {
  FlowBuilder builder("stopped", "dev");
  FlowOptions options;
  options.hooks = {{hook("begin")}, {}, {hook("report")}};
  StepOptions step;
  step.hooks = {{hook("announce", 1)}, {}, {hook("page")}};
  builder.options(options).step("eu", {"dev"}, step).step("us", {"eu"}, step);
  return built(builder);
}

// --- The executor --------------------------------------------------------------------------------

void OutsideExecutor::run_hook(HookCall call, Reply reply) {
  const test::UnlimitedAllocations unlimited;
  begin({call.release_id, static_cast<std::uint64_t>(call.ticket)}, call.hook, call.attempt,
        std::move(reply));
}

void OutsideExecutor::promote(PromotionCall call, Reply reply) {
  const test::UnlimitedAllocations unlimited;
  begin({call.release_id, static_cast<std::uint64_t>(call.ticket)}, "promote " + call.environment,
        call.attempt, std::move(reply));
}

void OutsideExecutor::begin(const Outside::Key& key, const std::string& name, std::uint32_t attempt,
                            Reply reply) {
  {
    const std::lock_guard lock(outside_->mutex);
    Outside::Effect& effect = outside_->effects[key];
    effect.name = name;
    ++outside_->handed_out;
    if (++effect.begun > 1) {
      outside_->note_broken(text_of(key) + " was handed out twice" +
                            (effect.ended ? ", although it had ended" : ""));
    }
    if (outside_->store_fails) {
      outside_->note_broken(text_of(key) + " was handed out while the store failed");
    }
    if (held_) { outside_->note_broken(text_of(key) + " was handed out to a held executor"); }
  }
  replies_.insert_or_assign(key, reply);
  act(key, attempt, reply);
}

/// What the program does; done again for whoever asks what became of it.
void OutsideExecutor::act(const Outside::Key& key, std::uint32_t attempt, const Reply& reply) {
  std::string name;
  {
    const std::lock_guard lock(outside_->mutex);
    name = outside_->effects.at(key).name;
  }
  if (name == "approve") {
    reply.suspended();
    request(key, HookSucceeded{Ticket{key.second}, R"({"APPROVED_BY":"ann"})"});
    return;
  }
  if (key.first == kStopped && name == "promote eu") {
    request(key, Terminate{"the version is wrong", false, "ann"});
    return;
  }
  {
    const std::lock_guard lock(outside_->mutex);
    outside_->effects.at(key).ended = true;
  }
  const bool fails = name == "promote us" || (name == "announce" && attempt == 1);
  if (fails) {
    reply.failed(name + " failed");
  } else {
    reply.succeeded("{\"" + name + "\":" + std::to_string(attempt) + "}");
  }
}

/// As from another process: stored, and found by whoever drives the release.
void OutsideExecutor::request(const Outside::Key& key, const Event::What& what) {
  {
    const std::lock_guard lock(outside_->mutex);
    if (outside_->effects.at(key).asked) { return; }
  }
  const std::string event = value_of(to_json(Event{Instant{}, what}), "writing an event");
  while (true) {
    const Result<std::uint64_t> id =
        store_->ask({.release = key.first, .event = event, .by = "ann"});
    if (id) {
      const std::lock_guard lock(outside_->mutex);
      outside_->effects.at(key).asked = true;
      outside_->requests.push_back(*id);
      return;
    }
    if (!on_failed_request_()) { return; }
  }
}

void OutsideExecutor::cancel(std::string_view release_id, Ticket ticket) {
  const test::UnlimitedAllocations unlimited;
  const Outside::Key key{std::string(release_id), static_cast<std::uint64_t>(ticket)};
  {
    const std::lock_guard lock(outside_->mutex);
    const auto place = outside_->effects.find(key);
    if (place == outside_->effects.end()) {
      outside_->note_broken(text_of(key) + " was cancelled, and had never been handed out");
      return;
    }
    place->second.cancelled = true;
  }
  if (const auto reply = replies_.find(key); reply != replies_.end()) { reply->second.stopped(); }
}

std::string OutsideExecutor::reference(std::string_view release_id, Ticket ticket,
                                       std::uint32_t /*attempt*/) {
  const test::UnlimitedAllocations unlimited;
  return text_of({std::string(release_id), static_cast<std::uint64_t>(ticket)});
}

Recovery OutsideExecutor::recover(const HookCall& call, std::string_view reference,
                                  const Reply& reply) {
  const test::UnlimitedAllocations unlimited;
  return recover({call.release_id, static_cast<std::uint64_t>(call.ticket)}, call.hook,
                 call.attempt, reference, reply);
}

Recovery OutsideExecutor::recover(const PromotionCall& call, std::string_view reference,
                                  const Reply& reply) {
  const test::UnlimitedAllocations unlimited;
  return recover({call.release_id, static_cast<std::uint64_t>(call.ticket)},
                 "promote " + call.environment, call.attempt, reference, reply);
}

Recovery OutsideExecutor::recover(const Outside::Key& key, std::string_view name,
                                  std::uint32_t attempt, std::string_view reference,
                                  const Reply& reply) {
  {
    const std::lock_guard lock(outside_->mutex);
    if (reference != text_of(key)) { outside_->note_broken(text_of(key) + " lost its reference"); }
    const auto place = outside_->effects.find(key);
    if (place == outside_->effects.end()) { return Recovery::Unknown; }
    if (place->second.name != name) { outside_->note_broken(text_of(key) + " has another name"); }
  }
  replies_.insert_or_assign(key, reply);
  act(key, attempt, reply);
  const std::lock_guard lock(outside_->mutex);
  return outside_->effects.at(key).ended ? Recovery::Ended : Recovery::Attached;
}

bool OutsideExecutor::recover_cancelled(std::string_view release_id, Ticket ticket,
                                        std::string_view /*reference*/, const Reply& reply) {
  const test::UnlimitedAllocations unlimited;
  const Outside::Key key{std::string(release_id), static_cast<std::uint64_t>(ticket)};
  replies_.insert_or_assign(key, reply);
  const std::lock_guard lock(outside_->mutex);
  const auto place = outside_->effects.find(key);
  return place != outside_->effects.end() && !place->second.ended && !place->second.cancelled;
}

// --- The clock -----------------------------------------------------------------------------------

void LeapingClock::wait(Waiting& waiting, std::optional<Instant> deadline) {
  bool goes = before_wait && before_wait();
  if (waiting.ready()) { return; }
  {
    const std::lock_guard lock(mutex_);
    goes = (goes || goes_) && deadline.has_value();
    if (goes) { time_ = std::max(time_, *deadline); }
  }
  if (!goes) { static_cast<void>(waiting.wait_for(std::nullopt)); }
}

}  // namespace promoflow::prove
