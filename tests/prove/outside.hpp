// SPDX-License-Identifier: Apache-2.0
/// @file
/// What is outside of an engine that crashes: the programs that it runs, the people who ask for
/// things, and what they were told. It outlives engines, and notes each promise that is broken.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faulty_disk.hpp"
#include "promoflow/engine.hpp"
#include "promoflow/store.hpp"

namespace promoflow::prove {

/// The two releases that run beside each other.
///
/// `busy`: an approval that a request from outside gives; announce fails once; us fails for good;
/// asia soaks; then global. It ends Failed.
/// `stopped`: a promotion that runs until a request from outside terminates the release.
Flow busy_flow();
Flow stopped_flow();
inline constexpr const char* kBusy = "busy-1";
inline constexpr const char* kStopped = "stopped-1";

/// Thread-safe.
class Outside {
 public:
  struct Effect {
    std::string name;
    int begun = 0;
    bool ended = false;
    bool cancelled = false;
    bool asked = false;  ///< The request that it waits for has been acknowledged.
  };
  using Key = std::pair<std::string, std::uint64_t>;  ///< Release, ticket.

  std::mutex mutex{};
  std::map<Key, Effect> effects{};
  /// Lines that the observer was shown, by release, event and index.
  std::map<std::tuple<std::string, std::uint64_t, std::uint32_t>, std::string> shown{};
  std::vector<std::string> started{};     ///< Releases whose start was acknowledged.
  std::vector<std::uint64_t> requests{};  ///< That were acknowledged.
  std::string broken{};                   ///< The first promise that was broken.
  bool store_fails = false;               ///< The engine has said so.
  std::uint64_t handed_out = 0;

  void note_broken(std::string what) {
    if (broken.empty()) { broken = std::move(what); }
  }
};

/// The executor of one life of the engine. Everything happens on the engine's thread, so a run is
/// the same each time.
class OutsideExecutor final : public Executor {
 public:
  /// `on_failed_request`: called when a request could not be stored; whether to try again.
  OutsideExecutor(Outside& outside, Store& store, std::function<bool()> on_failed_request)
      : outside_(&outside), store_(&store), on_failed_request_(std::move(on_failed_request)) {}

  void run_hook(HookCall call, Reply reply) override;
  void promote(PromotionCall call, Reply reply) override;
  void cancel(std::string_view release_id, Ticket ticket) override;
  ExecutorReports reports() const noexcept override { return {.stopped = true, .survives = true}; }
  std::string reference(std::string_view release_id, Ticket ticket, std::uint32_t attempt) override;
  Recovery recover(const HookCall& call, std::string_view reference, const Reply& reply) override;
  Recovery recover(const PromotionCall& call, std::string_view reference,
                   const Reply& reply) override;
  bool recover_cancelled(std::string_view release_id, Ticket ticket, std::string_view reference,
                         const Reply& reply) override;
  void hold(bool wait) noexcept override { held_ = wait; }
  bool is_held() const noexcept { return held_; }

 private:
  void begin(const Outside::Key& key, const std::string& name, std::uint32_t attempt, Reply reply);
  Recovery recover(const Outside::Key& key, std::string_view name, std::uint32_t attempt,
                   std::string_view reference, const Reply& reply);
  void act(const Outside::Key& key, std::uint32_t attempt, const Reply& reply);
  void request(const Outside::Key& key, const Event::What& what);

  Outside* outside_;
  Store* store_;
  std::function<bool()> on_failed_request_;
  std::map<Outside::Key, Reply> replies_;
  bool held_ = false;
};

/// Time goes on to the next deadline whenever nothing is left to do. Until go() it stands still.
class LeapingClock final : public Clock {
 public:
  explicit LeapingClock(Instant begin) : time_(begin) {}
  Instant now() override {
    const std::lock_guard lock(mutex_);
    return time_;
  }
  void wait(Waiting& waiting, std::optional<Instant> deadline) override;
  void go() {
    const std::lock_guard lock(mutex_);
    goes_ = true;
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    goes_ = false;
  }
  /// Called before each wait, on the engine's thread; whether this wait leaps in any case.
  std::function<bool()> before_wait{};

 private:
  std::mutex mutex_;
  Instant time_;
  bool goes_ = false;
};

}  // namespace promoflow::prove
