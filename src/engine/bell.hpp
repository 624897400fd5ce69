// SPDX-License-Identifier: Apache-2.0
/// @file
/// Bell: how other threads tell the engine's thread what to look at: releases with messages, and
/// work that the engine's functions leave for it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "executor/inbox.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Names a driven release within one engine; never used again.
using ReleaseKey = std::uint64_t;

/// All functions are thread-safe.
class Bell {
 public:
  using Task = std::function<void()>;

  /// So many rings are noted while the engine does not look, as when its store fails.
  static constexpr std::size_t kRingsMax = 100'000;

  /// The release has messages. Without memory or room to note which, all are looked at.
  void ring(ReleaseKey key) noexcept {
    {
      const std::lock_guard lock(mutex_);
      if (rung_.size() == kRingsMax) {
        rung_.clear();
        all_ = true;
      }
      try {
        rung_.push_back(key);
      } catch (const std::exception&) { all_ = true; }
    }
    sleeper_->note_stop();
  }
  /// All releases are looked at.
  void ring_all() noexcept {
    {
      const std::lock_guard lock(mutex_);
      all_ = true;
    }
    sleeper_->note_stop();
  }
  /// Work for the engine's thread, which must not throw. False: the engine takes none any more. May
  /// throw std::bad_alloc.
  bool post(Task task) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) { return false; }
      tasks_.push_back(std::move(task));
    }
    sleeper_->note_stop();
    return true;
  }
  /// No work is taken any more.
  void close() noexcept {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }

  /// What has come since the last call. `all`: look at every release.
  struct Rung {
    std::deque<Task> tasks;
    std::vector<ReleaseKey> releases;  ///< In order.
    bool all = false;
  };
  Rung take() {
    static_cast<void>(sleeper_->take_stop());
    Rung rung;
    {
      const std::lock_guard lock(mutex_);
      rung = {std::exchange(tasks_, {}), std::exchange(rung_, {}), std::exchange(all_, false)};
    }
    std::sort(rung.releases.begin(), rung.releases.end());
    rung.releases.erase(std::unique(rung.releases.begin(), rung.releases.end()),
                        rung.releases.end());
    return rung;
  }
  /// What a Clock waits on: ready as soon as the bell was rung.
  Inbox& sleeper() noexcept { return *sleeper_; }

 private:
  std::shared_ptr<Inbox> sleeper_ = std::make_shared<Inbox>(nullptr, nullptr);
  std::mutex mutex_;
  std::deque<Task> tasks_;
  std::vector<ReleaseKey> rung_;  ///< One that rings often is here often.
  bool all_ = false;
  bool closed_ = false;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
