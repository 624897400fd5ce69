// SPDX-License-Identifier: Apache-2.0
#include "cli/run_background.hpp"

#include <utility>

#include "executor/threads.hpp"

namespace promoflow::cli {

Background::Background(std::size_t threads) {
  try {
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.push_back(detail::start_thread([this] { run_thread(); }));
    }
  } catch (...) {
    finish();
    throw;
  }
}

Background::~Background() { finish(); }

std::future<void> Background::add(std::function<void()> work) {
  std::packaged_task<void()> task(std::move(work));
  std::future<void> done = task.get_future();
  const std::lock_guard lock(mutex_);
  if (!finishing_) { work_.push_back(std::move(task)); }
  changed_.notify_one();
  return done;
}

void Background::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) { thread.join(); }
  threads_.clear();
}

void Background::run_thread() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return finishing_ || !work_.empty(); });
    if (work_.empty()) { return; }
    std::packaged_task<void()> task = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace promoflow::cli
