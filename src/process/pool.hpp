// SPDX-License-Identifier: Apache-2.0
/// @file
/// Pool: the thread that starts programs, reads their output and reaps them. Everything about a
/// program happens on this thread; other threads leave requests in a queue.
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
#include "process/reply_target.hpp"

namespace promoflow::detail {

struct Job {
  Call call;
  ReplyTarget reply;
  bool queued = false;  ///< It has been reported as waiting for a free slot (R19).
};

class Pool {
 public:
  /// May throw std::bad_alloc, and std::system_error when the thread cannot be made.
  Pool(ProcessOptions options, GuardProcess guard, Fd wake_reading, Fd wake_writing);
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

  void run_thread();
  bool run_once();
  void take_requests();
  void cancel_job(const Key& key);
  void kill_jobs();
  void start_waiting();
  void report_queued();
  void start(Job job);
  std::string launch(Running& running, ProgramCall program);
  void wait_for_activity();
  void read_output();
  void reap_finished();
  void finish(Running& running, const ProgramEnd& end);
  void kill_overdue();
  bool is_running(const Job& job) const;
  int wait_time() const;
  void wake() noexcept;

  const ProcessOptions options_;
  const Variables inherited_;
  const GuardProcess guard_;
  const Fd wake_reading_;
  const Fd wake_writing_;

  std::mutex mutex_;
  std::condition_variable became_idle_;
  std::deque<Request> requests_;
  bool killing_ = false;
  bool stopping_ = false;
  bool idle_ = true;

  // Used by the thread only.
  std::deque<Job> waiting_;  ///< For a free slot, in their order; the queued ones come first.
  std::list<Running> running_;

  std::thread thread_;  // Last: it uses all of the above.
};

/// A pool whose options have been checked. Errors: those of ProcessExecutor::create(). May throw
/// std::bad_alloc, and std::system_error.
Result<std::unique_ptr<Pool>> open_pool(ProcessOptions options);

}  // namespace promoflow::detail
