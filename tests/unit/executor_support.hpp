// SPDX-License-Identifier: Apache-2.0
/// @file
/// What tests of executors share: a clock that jumps, options that keep the trace, small executors.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "promoflow/promoflow.hpp"
#include "release_support.hpp"

namespace promoflow::test {

/// Time jumps to whatever is waited for; without a deadline it waits for other threads.
class JumpingClock final : public Clock {
 public:
  Instant now() override { return time; }
  void wait(Waiting& waiting, std::optional<Instant> deadline) override {
    if (waiting.ready()) { return; }
    if (!deadline) {
      waiting.wait_for(std::nullopt);
      return;
    }
    time = *deadline;
  }
  Instant time{};
};

/// Time does not pass: only other threads can end a wait.
class StillClock final : public Clock {
 public:
  Instant now() override { return Instant{}; }
  void wait(Waiting& waiting, std::optional<Instant> /*deadline*/) override {
    waiting.wait_for(std::nullopt);
  }
};

/// Does what the test sets; calls for which nothing is set succeed at once.
class TestExecutor final : public Executor {
 public:
  void run_hook(HookCall call, Reply reply) override {
    on_hook ? on_hook(std::move(call), std::move(reply)) : reply.succeeded();
  }
  void promote(PromotionCall call, Reply reply) override {
    on_promotion ? on_promotion(std::move(call), std::move(reply)) : reply.succeeded();
  }
  void cancel(std::string_view release_id, Ticket ticket) override {
    cancelled.emplace_back(std::string(release_id) + '/' +
                           std::to_string(static_cast<std::uint64_t>(ticket)));
    if (on_cancel) { on_cancel(); }
  }
  std::optional<Instant> next_wake() override {
    return on_next_wake ? on_next_wake() : std::nullopt;
  }
  void wake(Instant now) override {
    if (on_wake) { on_wake(now); }
  }

  ExecutorReports reports() const noexcept override { return reported; }

  ExecutorReports reported{};
  std::function<void(HookCall, Reply)> on_hook;
  std::function<void(PromotionCall, Reply)> on_promotion;
  std::function<void()> on_cancel;
  std::function<std::optional<Instant>()> on_next_wake;
  std::function<void(Instant)> on_wake;
  std::vector<std::string> cancelled;
};

/// Options whose observer keeps S5's lines.
inline RunOptions watched(Clock& clock, std::vector<std::string>& lines) {
  RunOptions options;
  options.clock = &clock;
  options.observer = [&lines](const Release&, const Record& record) {
    lines.push_back(*to_json(record, Instant{}));
  };
  return options;
}

}  // namespace promoflow::test
