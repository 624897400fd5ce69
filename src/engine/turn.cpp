// SPDX-License-Identifier: Apache-2.0
// The engine's thread. One turn: look at what has come, apply it, choose commands for the places
// that are free, store all of it in one transaction, act on it, sleep.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <future>
#include <new>
#include <utility>

#include "engine/engine_impl.hpp"
#include "engine/identity.hpp"
#include "engine/report.hpp"
#include "executor/threads.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

using detail::copy_of;
using detail::DrivenRelease;
using detail::kReloaded;

namespace {

constexpr std::chrono::milliseconds kFirstRetry{50};  // Of a store that fails; doubles up to kMost.
constexpr std::chrono::milliseconds kMostRetry{5000};

const Error kStopped{ErrorCode::NotAllowed, "engine", "it has stopped"};
const Error kOnItsThread{ErrorCode::NotAllowed, "engine",
                         "executors and observers must not call it: they run on its thread"};

}  // namespace

Engine::Impl::Impl(EngineOptions options)
    : options_(std::move(options)),
      clock_(options_.clock != nullptr ? *options_.clock : system_clock()),
      owner_(detail::this_process(clock_.now())),
      places_{.all = options_.commands_max} {
  thread_ = detail::start_thread([this] { run(); });
}

Engine::Impl::~Impl() { stop(); }

Result<void> Engine::Impl::ask(std::function<Done()> body) {
  if (is_own_thread()) { return tl::unexpected(kOnItsThread); }
  auto promise = std::make_shared<std::promise<Result<void>>>();
  std::future<Result<void>> answer = promise->get_future();
  const bool posted = bell_->post([this, promise, body = std::move(body)] {
    Done done;
    try {
      done = body();
    } catch (const std::exception&) { done.result = tl::unexpected(copy_of(kReloaded)); }
    if (done.changed == nullptr) {
      promise->set_value(std::move(done.result));
      return;
    }
    const Key key = key_of_.find(done.changed->id())->second;
    try {
      touch(key);
      done.changed->acknowledge(promise, std::move(done.result));
    } catch (const std::exception&) {
      reload(key);
      promise->set_value(tl::unexpected(copy_of(kReloaded)));
    }
  });
  if (!posted) { return tl::unexpected(kStopped); }
  return answer.get();
}

void Engine::Impl::stop() noexcept {
  bell_->close();
  stops_.store(true);
  bell_->ring(0);
  stop_signal_->note_stop();
  if (is_own_thread()) { return; }
  const std::lock_guard lock(stop_mutex_);
  if (thread_.joinable()) { thread_.join(); }
}

Result<ReleaseStatus> Engine::Impl::wait(std::string_view release,
                                         std::optional<std::chrono::milliseconds> time) {
  if (is_own_thread()) { return tl::unexpected(kOnItsThread); }
  {
    std::unique_lock lock(mutex_);
    const auto has_ended = [&] { return !active_.contains(release); };
    if (time) {
      changed_.wait_for(lock, *time, has_ended);
    } else {
      changed_.wait(lock, has_ended);
    }
  }
  const Result<StoredRelease> row = store().find(release);
  if (!row) { return tl::unexpected(row.error()); }
  return row->status;
}

// --- The loop ------------------------------------------------------------------------------------

void Engine::Impl::run() noexcept {
  while (!stops_.load()) {
    try {
      turn();
      tell_ended();
      sleep();
    } catch (const std::exception&) {
      // Memory has run out outside of any release. What was touched still is; what had rung may
      // have been forgotten.
      bell_->ring_all();
    }
  }
  stop_releases();
}

Instant Engine::Impl::now() {
  latest_ = std::max(latest_, clock_.now());  // Never backwards within the engine's life.
  return latest_;
}

void Engine::Impl::turn() {
  const Instant at = now();
  detail::Bell::Rung rung = bell_->take();
  for (const detail::Bell::Task& task : rung.tasks) { task(); }
  if (rung.all) {
    rung.releases.clear();
    for (const auto& [key, entry] : releases_) { rung.releases.push_back(key); }
  }
  for (const Key key : rung.releases) { look_at(key, at); }
  fire_timers(at);
  // If it fails, so do commits, which are tried again.
  if (next_renewal_ <= at && !releases_.empty()) { static_cast<void>(renew(at)); }
  if (next_look_ <= at) { look_for_requests(at); }
  if (!lost_.empty()) { load_lost(); }
  for (const EngineExecutor& executor : options_.executors) {
    const std::optional<Instant> wake = executor.executor->next_wake();
    if (wake && *wake <= at) { executor.executor->wake(at); }
  }
  plan(at);
  commit();
}

void Engine::Impl::sleep() {
  if (stops_.load()) { return; }
  Instant until = next_look_;
  if (releases_.empty() && lost_.empty()) { until = Instant::max(); }
  if (!releases_.empty()) { until = std::min(until, next_renewal_); }
  if (!timers_.empty()) { until = std::min(until, timers_.begin()->first); }
  for (const EngineExecutor& executor : options_.executors) {
    if (const auto wake = executor.executor->next_wake()) { until = std::min(until, *wake); }
  }
  Waiting waiting(bell_->sleeper());
  clock_.wait(waiting, until == Instant::max() ? std::nullopt : std::optional(until));
}

/// Runs `body` on a release. If memory runs out the release is dropped, and loaded anew from the
/// store: what was not stored was not acted on.
void Engine::Impl::with(Key key, const std::function<void(DrivenRelease&)>& body) {
  const auto place = releases_.find(key);
  if (place == releases_.end()) { return; }
  try {
    body(*place->second.release);
    touch(key);
  } catch (const std::exception&) { reload(key); }
}

/// The same for one of the engine's functions.
Engine::Impl::Done Engine::Impl::change(Key key,
                                        const std::function<Result<void>(DrivenRelease&)>& body) {
  DrivenRelease& release = *releases_.at(key).release;
  try {
    return {.changed = &release, .result = body(release)};
  } catch (const std::exception&) {
    reload(key);
    return {.result = tl::unexpected(kReloaded)};
  }
}

void Engine::Impl::look_at(Key key, Instant at) {
  with(key, [at](DrivenRelease& release) { release.take_messages(at); });
}

void Engine::Impl::fire_timers(Instant at) {
  while (!timers_.empty() && timers_.begin()->first <= at) {
    const Key key = timers_.begin()->second;
    timers_.erase(timers_.begin());
    releases_.at(key).timer.reset();
    with(key, [at](DrivenRelease& release) { static_cast<void>(release.apply(at, Tick{})); });
  }
}

Result<void> Engine::Impl::renew(Instant at) {
  owner_.heartbeat = at;
  next_renewal_ = at + options_.heartbeat;
  Result<void> renewed = store().renew(owner_);
  is_registered_ = renewed.has_value();
  return renewed;
}

void Engine::Impl::look_for_requests(Instant at) {
  next_look_ = at + options_.request_interval;
  if (releases_.empty()) { return; }
  const Result<std::vector<StoredRequest>> requests = store().open_requests(owner_.id);
  if (!requests) { return; }
  for (const StoredRequest& request : *requests) { decide(request, at); }
}

void Engine::Impl::decide(const StoredRequest& request, Instant at) {
  const auto key = key_of_.find(request.release);
  if (key == key_of_.end()) { return; }
  with(key->second, [&](DrivenRelease& release) {
    StoredRequest decision = request;
    decision.decided = at;
    const Result<StoredEvent> event = StoredEvent::read(request.event);
    if (event) {
      const Result<void> applied = release.apply(at, event->event().what);
      decision.applied = applied.has_value();
      if (!applied) { decision.message = applied.error().message; }
    } else if (event.error().code == ErrorCode::OutOfMemory) {
      throw std::bad_alloc();  // It stays open.
    } else {
      decision.message = event.error().message;
    }
    release.decide(std::move(decision));
  });
}

/// Gives places to commands that wait, one for each release in turn (D10).
void Engine::Impl::plan(Instant at) {
  do {
    for (const Key key : touched_) { take_turn(key); }
    while (places_.free() && !turns_.empty()) {
      const Key key = turns_.front();
      turns_.pop_front();
      const auto place = releases_.find(key);
      if (place == releases_.end()) { continue; }
      place->second.is_in_turn = false;
      if (!place->second.release->waits()) { continue; }
      with(key, [at](DrivenRelease& release) { release.plan_next(at); });
      take_turn(key);
    }
    // To report what waits may fire timers, which may end commands and issue others: touched_ may
    // grow while it is walked.
    std::size_t count = 0;
    while (count < touched_.size()) {
      const Key key = touched_[count++];
      with(key, [at](DrivenRelease& release) { release.queue_rest(at); });
      take_turn(key);
    }
  } while (places_.free() && !turns_.empty());
}

void Engine::Impl::take_turn(Key key) {
  const auto place = releases_.find(key);
  if (place == releases_.end() || place->second.is_in_turn || !place->second.release->waits()) {
    return;
  }
  turns_.push_back(key);
  place->second.is_in_turn = true;
}

// --- Storing, then acting ------------------------------------------------------------------------

void Engine::Impl::commit() {
  std::vector<Key> keys;
  std::vector<ReleaseWrite> writes;
  keys.reserve(touched_.size());
  writes.reserve(touched_.size());
  // From here on nothing throws but for one release alone: none that was touched is forgotten.
  for (const Key key : touched_) {
    const auto place = releases_.find(key);
    if (place == releases_.end()) { continue; }
    place->second.is_touched = false;
    try {
      arm(key, place->second);
      if (!place->second.release->is_dirty()) { continue; }
      writes.push_back(place->second.release->take_write(owner_.id, false));
      keys.push_back(key);
    } catch (const std::exception&) { reload(key); }
  }
  touched_.clear();
  if (writes.empty()) { return; }
  std::vector<Result<void>> results;
  if (!write(writes, results)) { return; }  // The engine stops: what was not stored never was.
  for (std::size_t i = 0; i < keys.size(); ++i) { finish(keys[i], writes[i], results[i]); }
}

/// Writes until it succeeds (D8). False: the engine is stopped before it did.
bool Engine::Impl::write(std::span<const ReleaseWrite> writes, std::vector<Result<void>>& results) {
  std::chrono::milliseconds pause = kFirstRetry;
  while (true) {
    // What is written must have an owner that others know to be alive.
    const Instant at = now();
    const bool is_known = is_registered_ && at < next_renewal_;
    const Result<void> renewed = is_known ? Result<void>() : renew(at);
    Result<std::vector<Result<void>>> stored =
        renewed ? store().commit(writes) : tl::unexpected(renewed.error());
    if (stored) {
      if (std::exchange(store_fails_, false)) {
        tell_store(nullptr);
        // What failed may have been written all the same, and is then refused the second time.
        for (std::size_t i = 0; i < writes.size(); ++i) {
          if (!(*stored)[i] && is_stored(writes[i])) { (*stored)[i] = Result<void>(); }
        }
      }
      results = std::move(*stored);
      return true;
    }
    if (!std::exchange(store_fails_, true)) { tell_store(&stored.error()); }
    if (stops_.load()) { return false; }
    wait_for_store(pause);
    pause = std::min(pause * 2, kMostRetry);
  }
}

/// The chain's head covers all events, so that an equal one is that of the same write.
bool Engine::Impl::is_stored(const ReleaseWrite& write) {
  const Result<StoredRelease> row = store().find(write.release);
  return row && row->epoch == write.epoch && row->head == write.head &&
         (write.entries.empty() || row->sequence == write.entries.back().sequence);
}

/// Only stop() ends it earlier: messages are kept where they are until the store works again.
void Engine::Impl::wait_for_store(std::chrono::milliseconds time) {
  tell_ended();
  Waiting waiting(*stop_signal_);
  clock_.wait(waiting, now() + time);
}

void Engine::Impl::tell_store(const Error* error) noexcept {
  if (options_.store_trouble) {
    try {
      options_.store_trouble(error);
    } catch (...) {  // The host's own matter.
    }
  }
  for (const EngineExecutor& executor : options_.executors) {
    executor.executor->hold(error != nullptr);
  }
}

void Engine::Impl::finish(Key key, const ReleaseWrite& write, const Result<void>& result) {
  const auto place = releases_.find(key);
  DrivenRelease& release = *place->second.release;
  if (!result) {  // Another engine has it, or has an id that was to be started.
    release.report_lost(result.error());
    release.abandon();
    drop(key);
    return;
  }
  show(write);
  if (is_final(write.status)) { set_active(write.release, false); }
  release.report_stored();
  try {
    release.carry_out();
  } catch (const std::exception&) {
    reload(key);
    return;
  }
  if (write.give_up) { drop(key); }
}

void Engine::Impl::show(const ReleaseWrite& write) {
  if (!options_.observer) { return; }
  const auto show_lines = [&](std::uint64_t sequence, std::string_view trace) {
    std::uint32_t index = 0;
    detail::each_line(trace, [&](std::string_view line) {
      try {
        options_.observer({write.release, sequence, index++, line});
      } catch (...) {  // The host's own matter.
      }
    });
  };
  if (write.start) { show_lines(0, write.start->trace); }
  for (const StoredEntry& entry : write.entries) { show_lines(entry.sequence, entry.trace); }
}

void Engine::Impl::stop_releases() noexcept {
  try {
    for (const detail::Bell::Task& task : bell_->take().tasks) { task(); }
    const Instant at = now();
    std::vector<Key> keys;
    std::vector<ReleaseWrite> writes;
    for (auto& [key, entry] : releases_) {
      entry.release->take_messages(at);
      writes.push_back(entry.release->take_write(owner_.id, true));
      keys.push_back(key);
    }
    std::vector<Result<void>> results;
    if (!store_fails_ && write(writes, results)) {
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (results[i]) { show(writes[i]); }
        DrivenRelease& release = *releases_.at(keys[i]).release;
        if (results[i]) {
          release.report_stored();
          release.settle();
        } else {
          release.report_lost(results[i].error());
        }
      }
    }
  } catch (const std::exception&) {  // What is stored stands; a restart goes on from there.
  }
  for (auto& [key, entry] : releases_) {
    entry.release->report_lost(kStopped);
    entry.release->abandon();
  }
  while (!releases_.empty()) { drop(releases_.begin()->first); }
  for (const std::string& id : lost_) { set_active(id, false); }
  tell_ended();
  static_cast<void>(store().leave(owner_.id));
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
