// SPDX-License-Identifier: Apache-2.0
// Which releases the engine drives: added, dropped, and put back to what is stored of them.
#include <algorithm>
#include <exception>
#include <utility>

#include "engine/engine_impl.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

using detail::DrivenRelease;
using detail::kReloaded;

EngineExecutor* Engine::Impl::executor(std::string_view name) {
  if (name.empty()) { return &options_.executors.front(); }
  const auto found =
      std::find_if(options_.executors.begin(), options_.executors.end(),
                   [&](const EngineExecutor& executor) { return executor.name == name; });
  return found == options_.executors.end() ? nullptr : &*found;
}

Engine::Impl::Entry* Engine::Impl::find(std::string_view release) {
  const auto key = key_of_.find(release);
  return key == key_of_.end() ? nullptr : &releases_.at(key->second);
}

/// Whole or not at all.
Engine::Impl::Key Engine::Impl::add(detail::DrivenParts parts) {
  const Key key = last_key_ + 1;
  parts.wake = [bell = bell_, key] { bell->ring(key); };
  Entry entry{.release = std::make_unique<DrivenRelease>(std::move(parts))};
  const std::string id = entry.release->id();
  const bool is_active = !is_final(entry.release->release().status());
  const auto place = releases_.emplace(key, std::move(entry)).first;
  try {
    key_of_.insert_or_assign(id, key);
    if (is_active) { set_active(id, true); }
  } catch (const std::exception&) {
    if (const auto known = key_of_.find(id); known != key_of_.end()) { key_of_.erase(known); }
    releases_.erase(place);
    throw;
  }
  last_key_ = key;
  return key;
}

void Engine::Impl::touch(Key key) {
  Entry& entry = releases_.at(key);
  if (entry.is_touched) { return; }
  touched_.push_back(key);
  entry.is_touched = true;
}

/// Notes when the release must be looked at next.
void Engine::Impl::arm(Key key, Entry& entry) {
  const std::optional<Instant> timer = entry.release->next_timer();
  if (timer == entry.timer) { return; }
  if (entry.timer) { timers_.erase({*entry.timer, key}); }
  entry.timer.reset();
  if (!timer) { return; }
  timers_.emplace(*timer, key);
  entry.timer = timer;
}

void Engine::Impl::drop(Key key) noexcept {
  const auto place = releases_.find(key);
  if (place == releases_.end()) { return; }
  set_active(place->second.release->id(), false);
  remove(place);
}

void Engine::Impl::remove(std::map<Key, Entry>::iterator place) noexcept {
  if (place->second.timer) { timers_.erase({*place->second.timer, place->first}); }
  key_of_.erase(key_of_.find(place->second.release->id()));
  releases_.erase(place);
}

/// Puts a release back to what is stored of it.
void Engine::Impl::reload(Key key) noexcept {
  const auto place = releases_.find(key);
  if (place == releases_.end()) { return; }
  place->second.release->report_lost(kReloaded);
  place->second.release->abandon();
  try {
    lost_.push_back(place->second.release->id());
    remove(place);  // It stays active: whoever waits for it goes on waiting.
    bell_->ring_all();
  } catch (const std::exception&) {
    drop(key);  // It stays in the store; `resume` goes on with it.
  }
}

/// Goes on with what was put back. As long as the store or memory fails it is tried again.
void Engine::Impl::load_lost() {
  for (std::size_t left = lost_.size(); left > 0; --left) {
    const std::string id = lost_.front();
    Result<void> loaded = tl::unexpected(Error{ErrorCode::OutOfMemory, {}, {}});
    try {
      Done done = resume(id);
      if (done.changed != nullptr) { touch(key_of_.find(id)->second); }
      loaded = std::move(done.result);
    } catch (const std::exception&) {  // As it was set.
    }
    if (loaded) {
      lost_.pop_front();
      continue;
    }
    const bool may_help = loaded.error().code == ErrorCode::OutOfMemory ||
                          loaded.error().code == ErrorCode::StoreFailed;
    if (may_help) { return; }
    lost_.pop_front();
    set_active(id, false);
  }
}

void Engine::Impl::set_active(const std::string& id, bool active) {
  {
    const std::lock_guard lock(mutex_);
    if (active) {
      active_.insert(id);
    } else {
      active_.erase(id);
      has_ended_ = true;
    }
  }
}

/// Once for all that have ended: each call wakes every thread that waits for some release.
void Engine::Impl::tell_ended() noexcept {
  if (std::exchange(has_ended_, false)) { changed_.notify_all(); }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
