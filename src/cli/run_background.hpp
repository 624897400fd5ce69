// SPDX-License-Identifier: Apache-2.0
/// @file
/// Background: work that may take long, on threads that are made at the start. When something has
/// to be stopped, the system may have no thread left to give.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace promoflow::cli {

/// Thread-safe.
class Background {
 public:
  /// So many pieces of work can go on at once. May throw detail::NoThread.
  explicit Background(std::size_t threads);
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();

  /// What comes behind finish() is not done. The answer is ready once the work is done, and may be
  /// thrown away.
  std::future<void> add(std::function<void()> work);
  /// Waits for the end of all work that was added.
  void finish();

 private:
  void run_thread();

  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<std::packaged_task<void()>> work_{};
  bool finishing_ = false;
  std::vector<std::thread> threads_{};  // Last: they use all of the above.
};

}  // namespace promoflow::cli
