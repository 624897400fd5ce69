// SPDX-License-Identifier: Apache-2.0
/// @file
/// Worker: the thread of an ArgoExecutor. All that a Reconciler decides is carried out on it; other
/// threads leave tasks.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "argo/http.hpp"
#include "argo/lease.hpp"
#include "argo/reconciler.hpp"
#include "argo/workflow.hpp"
#include "promoflow/argo_executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Thread-safe, but for the functions of HttpListener, which its own thread calls. What is not
/// noexcept may throw std::bad_alloc.
class Worker final : private HttpListener {
 public:
  /// `leases`: null: every release may be driven. May throw NoThread.
  Worker(const ArgoOptions& options, WorkflowShape shape, std::unique_ptr<Reconciler> reconciler,
         std::unique_ptr<Leases> leases, std::unique_ptr<HttpClient> http);
  ~Worker() override;

  /// Takes what is answered, on the worker's thread. It does not throw.
  using Listener = std::function<void(const CallAnswer&)>;

  void run(const HookCall& call, Listener listener);
  /// All that is of the command; likewise settle().
  void cancel(std::string_view release_id, Ticket ticket);
  void settle(std::string_view release_id, Ticket ticket) noexcept;
  void force(std::string_view release_id) noexcept;
  void hold(bool wait) noexcept;
  Recovery recover(const HookCall& call, const WorkflowRole& role, Listener listener);
  bool recover_cancelled(const CallKey& key, std::string name, Listener listener);
  void settle_left_behind();
  void wait_idle() noexcept;
  using Task = std::function<void(Moment now)>;
  /// Carries it out on the worker's thread.
  void post(Task task);
  /// The same once the release's lease is held, where there are leases.
  void post_permitted(const std::string& release, Task task);
  /// On the worker's thread alone: so nothing comes between, such as the end of the command.
  void run_now(const HookCall& call, const WorkflowRole& role, Listener listener);
  void cancel_now(const CallKey& key);
  bool has_leases() const noexcept { return leases_ != nullptr; }
  /// Waits until the release's lease is held, or refused. Errors: NotOwner (the message says who
  /// has it), InvalidArgument (there are no leases, or the server is not reached).
  Result<void> claim(const std::string& release);
  /// Gives the lease up as soon as nothing is to be done for the release any more.
  void give_up(const std::string& release);

 private:
  void run_thread();
  void take_tasks();
  void carry_out_leases();
  void take_lease_news();
  void leave();
  void deliver();
  void deliver(Orders orders);
  void deliver(const CallAnswer& answer);
  void tell(const std::string& message) noexcept;
  Recovery wait_for(std::future<Recovery> finding, const CallKey& key, std::string object);
  void on_data(RequestId request, std::string_view data) override;
  void on_response(RequestId request, HttpResponse response) override;

  const std::function<bool(std::string_view, Ticket)> is_settled_;
  const std::function<void(std::string_view)> notice_;
  const std::function<void(std::string_view, std::string_view)> lease_lost_;
  const WorkflowShape shape_;

  std::mutex mutex_;
  std::condition_variable became_idle_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  bool holding_ = false;
  int idle_waiters_ = 0;
  bool is_idle_ = false;
  bool is_unreached_ = false;  ///< The server did not answer in time.

  // Used by the thread only.
  std::unique_ptr<Reconciler> reconciler_;
  const std::unique_ptr<Leases> leases_;
  std::unique_ptr<HttpClient> http_;
  std::map<std::string, std::string> refused_;  ///< Releases, and who has them.
  std::map<std::string, std::vector<std::promise<Result<void>>>> claims_;
  std::set<std::string> ended_;                       ///< Releases whose leases are to be given up.
  std::map<std::string, std::vector<Task>> waiting_;  ///< For the lease of their release.
  std::map<CallKey, Listener> listeners_;
  std::map<CallKey, std::promise<Recovery>> asked_;
  std::vector<CallAnswer> held_;  ///< Answers that wait until the store works again.
  bool holds_ = false;

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
