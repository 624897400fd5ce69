// SPDX-License-Identifier: Apache-2.0
/// @file
/// Engine::Impl: the one thread that drives all releases. Public functions leave it tasks and wait.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/bell.hpp"
#include "engine/driven_release.hpp"
#include "promoflow/engine.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

class Engine::Impl {
 public:
  explicit Impl(EngineOptions options);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  /// Runs `body` on the engine's thread and waits until it, and what it changed, is stored.
  /// `body` returns the release that it changed (null: none) and its result.
  struct Done {
    detail::DrivenRelease* changed = nullptr;
    Result<void> result{};
  };
  Result<void> ask(std::function<Done()> body);

  // --- On the engine's thread --------------------------------------------------------------------

  Done start(const Flow& flow, EngineStart& start);
  Done resume(std::string_view release);
  Done retry(std::string_view release, const Retry& what);
  /// What resume_all() has done so far.
  struct Resumed {
    std::vector<std::string> releases;
    std::optional<Error> failure = {};  ///< Of the first that could not be resumed.
  };
  Done resume_some(const std::vector<std::string>& releases, Resumed& resumed);
  Done apply(std::string_view release, const Event::What& what);
  Result<std::string> describe(std::string_view release);

  // --- On any thread -----------------------------------------------------------------------------

  Result<ReleaseStatus> wait(std::string_view release,
                             std::optional<std::chrono::milliseconds> time);
  void stop() noexcept;
  Store& store() noexcept { return *options_.store; }

 private:
  /// A driven release and its place in the engine's lists.
  struct Entry {
    std::unique_ptr<detail::DrivenRelease> release;
    std::optional<Instant> timer{};  ///< As it stands in timers_.
    bool is_touched = false;         ///< It is in touched_.
    bool is_in_turn = false;         ///< It is in turns_.
  };
  using Key = detail::ReleaseKey;

  bool is_own_thread() const noexcept { return std::this_thread::get_id() == thread_.get_id(); }
  void run() noexcept;
  void turn();
  Instant now();
  void look_at(Key key, Instant at);
  void fire_timers(Instant at);
  void look_for_requests(Instant at);
  void decide(const StoredRequest& request, Instant at);
  Result<void> renew(Instant at);
  void plan(Instant at);
  void commit();
  bool write(std::span<const ReleaseWrite> writes, std::vector<Result<void>>& results);
  bool is_stored(const ReleaseWrite& write);
  void wait_for_store(std::chrono::milliseconds time);
  void tell_store(const Error* error) noexcept;
  void finish(Key key, const ReleaseWrite& write, const Result<void>& result);
  void show(const ReleaseWrite& write);
  void sleep();
  void stop_releases() noexcept;
  void with(Key key, const std::function<void(detail::DrivenRelease&)>& body);
  Done change(Key key, const std::function<Result<void>(detail::DrivenRelease&)>& body);

  EngineExecutor* executor(std::string_view name);
  Key add(detail::DrivenParts parts);
  void touch(Key key);
  void take_turn(Key key);
  void arm(Key key, Entry& entry);
  void reload(Key key) noexcept;
  void set_active(const std::string& id, bool active);  ///< Throws only if `active`.
  void tell_ended() noexcept;
  void drop(Key key) noexcept;
  void remove(std::map<Key, Entry>::iterator place) noexcept;
  void load_lost();
  Entry* find(std::string_view release);
  Done refuse(std::string_view release, std::uint64_t epoch, const Error& error);
  Done go_on(std::string_view release, std::uint64_t epoch, Instant at);
  Result<Flow> flow_of(const StoreStart& start);
  Result<detail::DrivenParts> load(std::string_view release, std::uint64_t epoch);

  EngineOptions options_;
  Clock& clock_;
  StoreOwner owner_;
  detail::Places places_;
  std::shared_ptr<detail::Bell> bell_ = std::make_shared<detail::Bell>();

  std::map<std::string, Flow, std::less<>> flows_;  ///< Of releases that were loaded.
  std::map<Key, Entry> releases_;
  std::map<std::string, Key, std::less<>> key_of_;
  std::set<std::pair<Instant, Key>> timers_;
  std::vector<Key> touched_;      ///< Something of it may have changed in this turn.
  std::deque<Key> turns_;         ///< Releases with commands that wait for a place, in turn (D10).
  std::deque<std::string> lost_;  ///< Put back to what is stored of them, and to be loaded.
  Key last_key_ = 0;
  Instant latest_{};
  Instant next_renewal_{};
  Instant next_look_{};
  bool is_registered_ = false;  ///< The store knows owner_.
  bool store_fails_ = false;
  bool has_ended_ = false;  ///< A release has, and who waits for it is still to be told.
  std::atomic<bool> stops_{false};
  std::shared_ptr<detail::Inbox> stop_signal_ =
      std::make_shared<detail::Inbox>(nullptr, nullptr);  ///< Ready once stop() was called.

  std::mutex mutex_;  ///< Guards the next two.
  std::condition_variable changed_;
  std::set<std::string, std::less<>> active_;  ///< Ids of releases that have not ended.

  std::mutex stop_mutex_;  ///< One of several that stop the engine joins its thread.
  std::thread thread_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
