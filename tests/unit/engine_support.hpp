// SPDX-License-Identifier: Apache-2.0
/// @file
/// What tests of the engine share: an outside world that outlives engines, a clock that tests move,
/// and stores that fail or die at a chosen call.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "forwarding_store.hpp"
#include "promoflow/engine.hpp"
#include "promoflow/function_executor.hpp"
#include "store_support.hpp"

namespace promoflow::test {

/// Time stands until a test moves it; an engine that waits is woken then.
class MovedClock final : public Clock {
 public:
  Instant now() override {
    const std::lock_guard lock(mutex_);
    return time_;
  }
  void wait(Waiting& waiting, std::optional<Instant> deadline) override {
    const std::uint64_t seen = moves();
    // Looks at the time every few milliseconds: a clock cannot ring the bell that a Waiting is.
    while (!waiting.wait_for(std::chrono::milliseconds(2))) {
      if (moves() != seen || (deadline && *deadline <= now())) { return; }
    }
  }
  void move(std::chrono::milliseconds by) {
    const std::lock_guard lock(mutex_);
    time_ += by;
    ++moves_;
  }

 private:
  std::uint64_t moves() {
    const std::lock_guard lock(mutex_);
    return moves_;
  }
  std::mutex mutex_;
  Instant time_{std::chrono::hours(1000)};
  std::uint64_t moves_ = 0;
};

/// What programs do outside: it outlives engines, as supervised programs outlive their host.
/// Thread-safe.
class World {
 public:
  /// What a call of this name (a hook, or `promote ENVIRONMENT`) does; not given: it succeeds.
  enum class Behaviour : std::uint8_t { Succeeds, Fails, Suspends, Runs };
  std::map<std::string, Behaviour> behaviour{};

  struct Effect {
    std::string name;
    Behaviour behaviour = Behaviour::Succeeds;
    int begun = 0;
    bool ended = false;
    bool cancelled = false;
  };
  std::mutex mutex{};
  std::condition_variable began{};
  std::map<std::string, Effect> effects{};  ///< By `RELEASE/TICKET`.
};

/// Calls the world, which remembers: what has begun is found again by a later executor.
class WorldExecutor final : public Executor {
 public:
  /// `remembers`: recover() answers from the world's memory; else as an executor without it.
  explicit WorldExecutor(World& world, bool remembers = true)
      : world_(&world), remembers_(remembers) {}

  void run_hook(HookCall call, Reply reply) override {
    begin(call.release_id, call.ticket, call.hook, std::move(reply));
  }
  void promote(PromotionCall call, Reply reply) override {
    begin(call.release_id, call.ticket, "promote " + call.environment, std::move(reply));
  }
  void cancel(std::string_view release_id, Ticket ticket) override {
    const std::lock_guard lock(world_->mutex);
    const auto place = world_->effects.find(key(release_id, ticket));
    if (place == world_->effects.end()) { return; }
    place->second.cancelled = true;
    if (const auto reply = replies_.find(place->first); reply != replies_.end()) {
      reply->second.stopped();
    }
  }
  ExecutorReports reports() const noexcept override {
    return {.stopped = true, .survives = remembers_};
  }
  std::string reference(std::string_view release_id, Ticket ticket,
                        std::uint32_t /*attempt*/) override {
    return key(release_id, ticket);
  }
  Recovery recover(const HookCall& call, std::string_view reference, const Reply& reply) override {
    return recover(call.release_id, call.ticket, reference, reply);
  }
  Recovery recover(const PromotionCall& call, std::string_view reference,
                   const Reply& reply) override {
    return recover(call.release_id, call.ticket, reference, reply);
  }

  /// Waits until something runs under this name.
  void wait_for(std::string_view name) {
    std::unique_lock lock(world_->mutex);
    world_->began.wait(lock, [&] {
      return std::any_of(world_->effects.begin(), world_->effects.end(),
                         [&](const auto& entry) { return entry.second.name == name; });
    });
  }
  /// Ends what runs under this name; waits until it has begun.
  void end(std::string_view name, bool succeeds = true) {
    std::unique_lock lock(world_->mutex);
    const auto runs = [&](const auto& entry) {
      const World::Effect& effect = entry.second;
      return effect.name == name && !effect.ended && !effect.cancelled;
    };
    auto place = world_->effects.end();
    world_->began.wait(lock, [&] {
      place = std::find_if(world_->effects.begin(), world_->effects.end(), runs);
      return place != world_->effects.end();
    });
    // Whoever asks later is told the same.
    place->second.behaviour = succeeds ? World::Behaviour::Succeeds : World::Behaviour::Fails;
    answer(place->second, replies_.at(place->first));
  }

 private:
  static std::string key(std::string_view release_id, Ticket ticket) {
    return std::string(release_id) + '/' + std::to_string(static_cast<std::uint64_t>(ticket));
  }
  void begin(std::string_view release_id, Ticket ticket, const std::string& name, Reply reply) {
    const std::lock_guard lock(world_->mutex);
    World::Effect& effect = world_->effects[key(release_id, ticket)];
    effect.name = name;
    ++effect.begun;
    if (const auto what = world_->behaviour.find(name); what != world_->behaviour.end()) {
      effect.behaviour = what->second;
    }
    replies_.insert_or_assign(key(release_id, ticket), reply);
    answer(effect, reply);
    world_->began.notify_all();
  }
  static void answer(World::Effect& effect, const Reply& reply) {
    switch (effect.behaviour) {
      case World::Behaviour::Succeeds:
        effect.ended = true;
        reply.succeeded();
        break;
      case World::Behaviour::Fails:
        effect.ended = true;
        reply.failed("it failed");
        break;
      case World::Behaviour::Suspends: reply.suspended(); break;
      case World::Behaviour::Runs: break;
    }
  }
  Recovery recover(std::string_view release_id, Ticket ticket, std::string_view reference,
                   const Reply& reply) {
    if (!remembers_) { return Recovery::Lost; }
    const std::lock_guard lock(world_->mutex);
    const std::string name = key(release_id, ticket);
    CHECK(reference == name);
    const auto place = world_->effects.find(name);
    if (place == world_->effects.end()) { return Recovery::Unknown; }
    replies_.insert_or_assign(name, reply);
    if (!place->second.ended) { return Recovery::Attached; }
    place->second.behaviour == World::Behaviour::Fails ? reply.failed("it failed")
                                                       : reply.succeeded();
    return Recovery::Ended;
  }

  World* world_;
  bool remembers_;
  std::map<std::string, Reply> replies_;
};

/// Passes all calls on, and dies at a chosen commit: before it, or after it without a word. Then
/// every call fails, as in a process that is gone.
class DyingStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  /// The commit with this number, from 1, is the last.
  void die_at(std::uint64_t commit, bool after) {
    die_at_ = commit;
    after_ = after;
  }
  std::uint64_t commits() const noexcept { return commits_; }
  bool is_dead() const noexcept { return dead_; }
  /// Waits until it is dead, or until something else is so.
  template <class Other>
  void wait_until_dead_or(Other&& other) {
    std::unique_lock lock(mutex_);
    while (!dead_ && !other()) { died_.wait_for(lock, std::chrono::milliseconds(1)); }
  }

  Result<std::vector<Result<void>>> commit(std::span<const ReleaseWrite> writes) noexcept override {
    if (dead_) { return gone(); }
    const bool dies = ++commits_ == die_at_;
    if (dies && !after_) { return die(); }
    auto results = inner().commit(writes);
    if (dies) { return die(); }
    return results;
  }
  Result<void> renew(const StoreOwner& owner) noexcept override {
    return dead_ ? gone() : inner().renew(owner);
  }
  Result<void> leave(std::string_view owner_id) noexcept override {
    return dead_ ? gone() : inner().leave(owner_id);
  }
  Result<Claim> claim(std::string_view release, const StoreOwner& owner,
                      const OwnerCheck& check) noexcept override {
    return dead_ ? Result<Claim>(gone()) : inner().claim(release, owner, check);
  }
  Result<std::vector<Result<Claim>>> claim_all(std::span<const std::string> releases,
                                               const StoreOwner& owner,
                                               const OwnerCheck& check) noexcept override {
    if (dead_) { return gone(); }
    return inner().claim_all(releases, owner, check);
  }
  Result<std::vector<StoredRequest>> open_requests(std::string_view owner_id) noexcept override {
    if (dead_) { return std::vector<StoredRequest>(); }
    return inner().open_requests(owner_id);
  }

 private:
  static tl::unexpected<Error> gone() {
    return tl::unexpected(Error{ErrorCode::StoreFailed, "store", "the process is gone"});
  }
  tl::unexpected<Error> die() {
    {
      const std::lock_guard lock(mutex_);
      dead_ = true;
    }
    died_.notify_all();
    return gone();
  }

  std::uint64_t die_at_ = 0;
  bool after_ = false;
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<bool> dead_{false};
  std::mutex mutex_;
  std::condition_variable died_;
};

inline std::unique_ptr<Engine> made(EngineOptions options) {
  Result<std::unique_ptr<Engine>> engine = Engine::create(std::move(options));
  REQUIRE(engine);
  return std::move(*engine);
}

/// A store, a world and a clock; engines come and go.
struct EngineBench {
  std::unique_ptr<Store> store = std::move(*make_memory_store());
  World world{};
  WorldExecutor executor{world};
  MovedClock clock{};

  EngineOptions options() {
    return {.store = store.get(), .executors = {{"world", &executor}}, .clock = &clock};
  }
};

}  // namespace promoflow::test
