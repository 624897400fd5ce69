// SPDX-License-Identifier: Apache-2.0
/// @file
/// Pool: the thread that starts programs, listens to them and reaps them. Everything about a
/// program happens on this thread; others leave requests.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "process/capture.hpp"
#include "process/child.hpp"
#include "process/launch.hpp"
#include "process/recipient.hpp"

namespace promoflow::detail {

struct Job {
  Call call;
  Recipient reply;
};

class Pool {
 public:
  /// May throw std::bad_alloc, and std::system_error when the thread cannot be had.
  Pool(ProcessOptions options, Warden warden, Fd wake_reading, Fd wake_writing);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();

  /// Thread-safe. May throw std::bad_alloc.
  void submit(Job job);
  void cancel(std::string_view release_id, Ticket ticket);
  /// Thread-safe.
  void kill_all() noexcept;
  void wait_idle() noexcept;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Key = std::pair<std::string, Ticket>;
  using Request = std::variant<Job, Key>;  ///< To run, or to cancel.

  struct Running {
    Job job;
    TicketFiles files;
    Child child;
    Capture capture;
    std::optional<SteadyTime> kill_at{};  ///< When it was cancelled.
  };

  void work();
  bool serve();
  void take_requests();
  void cancel_now(const Key& key);
  void kill_now();
  void start_waiting();
  void start(Job job);
  std::string launch(Running& running, ProgramCall program);
  void sleep();
  void listen();
  void collect();
  void finish(Running& running, const Ended& ended);
  void kill_overdue();
  bool is_running(const Job& job) const;
  int sleep_time() const;
  void nudge() noexcept;

  const ProcessOptions options_;
  const Variables inherited_;
  const Warden warden_;
  const Fd wake_reading_;
  const Fd wake_writing_;

  std::mutex mutex_;
  std::condition_variable became_idle_;
  std::deque<Request> requests_;
  bool killing_ = false;
  bool stopping_ = false;
  bool idle_ = true;

  // Of the thread only.
  std::deque<Job> waiting_;
  std::list<Running> running_;

  std::thread thread_;  // The last: it uses all of the above.
};

/// A pool whose options have been checked. Errors: those of ProcessExecutor::create(). May throw
/// std::bad_alloc, and std::system_error.
Result<std::unique_ptr<Pool>> open_pool(ProcessOptions options);

}  // namespace promoflow::detail
