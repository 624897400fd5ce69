// SPDX-License-Identifier: Apache-2.0
#include "argo/worker.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

#include "argo/names.hpp"
#include "executor/threads.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::chrono::seconds kRecoverTime{10};
constexpr std::chrono::seconds kIdleTime{10};     // Some exit handlers take longer.
constexpr std::chrono::seconds kClaimTime{60};    // One of a host that is gone takes 15.
constexpr std::chrono::seconds kLeaveTime{3};     // If the server is not reached.
constexpr std::chrono::milliseconds kPause{100};  // Without memory.

Moment now() { return std::chrono::steady_clock::now(); }

std::optional<std::chrono::milliseconds> time_until(std::optional<Moment> moment) {
  if (!moment) { return std::nullopt; }
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(*moment - now(), {}));
}

std::string name_of(const HookCall& call, const WorkflowRole& role) {
  return workflow_name(call.release_id, call.ticket, call.attempt, suffix_of(role));
}

}  // namespace

Worker::Worker(const ArgoOptions& options, WorkflowShape shape,
               std::unique_ptr<Reconciler> reconciler, std::unique_ptr<Leases> leases,
               std::unique_ptr<HttpClient> http)
    : is_settled_(options.is_settled),
      notice_(options.notice),
      lease_lost_(options.lease_lost),
      shape_(std::move(shape)),
      reconciler_(std::move(reconciler)),
      leases_(std::move(leases)),
      http_(std::move(http)),
      thread_(start_thread([this] { run_thread(); })) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  http_->wake();
  thread_.join();
}

// --- On any thread -------------------------------------------------------------------------------

void Worker::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  http_->wake();
}

void Worker::run(const HookCall& call, Listener listener) {
  post([this, call, listener = std::move(listener)](Moment) { run_now(call, {}, listener); });
}

void Worker::run_now(const HookCall& call, const WorkflowRole& role, Listener listener) {
  const CallKey key{call.release_id, call.ticket, role};
  listeners_.insert_or_assign(key, std::move(listener));
  if (leases_) { leases_->seek(now(), key.release); }
  reconciler_->run(now(), key, name_of(call, role), workflow_text(shape_, call, role));
}

void Worker::cancel_now(const CallKey& key) { reconciler_->cancel(now(), key); }

void Worker::post_permitted(const std::string& release, Task task) {
  post([this, release, task = std::move(task)](Moment at) {
    if (!leases_ || leases_->holds(at, release)) { return task(at); }
    leases_->seek(at, release);
    waiting_[release].push_back(task);
  });
}

Result<void> Worker::claim(const std::string& release) {
  const auto no = [](ErrorCode code, std::string message) {
    return tl::unexpected(Error{code, "lease", std::move(message)});
  };
  if (!leases_) { return no(ErrorCode::InvalidArgument, "ArgoOptions::lease was not given"); }
  auto promise = std::make_shared<std::promise<Result<void>>>();
  std::future<Result<void>> claimed = promise->get_future();
  post([this, release, promise](Moment at) {
    const auto refused = refused_.find(release);
    if (refused != refused_.end()) {
      promise->set_value(tl::unexpected(Error{ErrorCode::NotOwner, "lease", refused->second}));
    } else if (leases_->holds(at, release)) {
      promise->set_value({});
    } else {
      leases_->seek(at, release);
      claims_[release].push_back(std::move(*promise));
    }
  });
  if (claimed.wait_for(kClaimTime) == std::future_status::ready) { return claimed.get(); }
  return no(ErrorCode::InvalidArgument,
            "the server did not answer for the lease of release '" + release + "'");
}

void Worker::give_up(const std::string& release) {
  post([this, release](Moment) {
    if (leases_) { ended_.insert(release); }
  });
}

void Worker::cancel(std::string_view release_id, Ticket ticket) {
  post([this, release = std::string(release_id), ticket](Moment at) {
    reconciler_->cancel(at, release, ticket);
  });
}

void Worker::settle(std::string_view release_id, Ticket ticket) noexcept {
  try {
    post([this, release = std::string(release_id), ticket](Moment at) {
      auto place = listeners_.lower_bound({release, ticket, {}});
      while (place != listeners_.end() && place->first.release == release &&
             place->first.ticket == ticket) {
        place = listeners_.erase(place);
      }
      reconciler_->settle(at, release, ticket);
    });
  } catch (const std::exception&) {  // A later process finds it, and asks the store.
  }
}

void Worker::force(std::string_view release_id) noexcept {
  try {
    post([this, release = std::string(release_id)](Moment at) { reconciler_->force(at, release); });
  } catch (const std::exception&) {  // What was cancelled ends all the same, only later.
  }
}

void Worker::hold(bool wait) noexcept {
  const std::lock_guard lock(mutex_);
  holding_ = wait;
  http_->wake();
}

Recovery Worker::recover(const HookCall& call, const WorkflowRole& role, Listener listener) {
  auto promise = std::make_shared<std::promise<Recovery>>();
  std::future<Recovery> finding = promise->get_future();
  const CallKey key{call.release_id, call.ticket, role};
  post([this, key, promise, name = name_of(call, role),
        listener = std::move(listener)](Moment at) mutable {
    listeners_.insert_or_assign(key, std::move(listener));
    asked_.insert_or_assign(key, std::move(*promise));
    if (leases_) { leases_->seek(at, key.release); }
    reconciler_->find(at, key, name);
  });
  return wait_for(std::move(finding), key, workflow_text(shape_, call, role));
}

bool Worker::recover_cancelled(const CallKey& key, std::string name, Listener listener) {
  auto promise = std::make_shared<std::promise<Recovery>>();
  std::future<Recovery> finding = promise->get_future();
  post([this, key, promise, name = std::move(name),
        listener = std::move(listener)](Moment at) mutable {
    listeners_.insert_or_assign(key, std::move(listener));
    asked_.insert_or_assign(key, std::move(*promise));
    if (leases_) { leases_->seek(at, key.release); }
    reconciler_->find_cancelled(at, key, name);
  });
  return wait_for(std::move(finding), key, {}) == Recovery::Attached;
}

/// The first call that waits in vain says that the server is not reached; those behind it do not
/// wait, or a host with many calls would not start for long.
Recovery Worker::wait_for(std::future<Recovery> finding, const CallKey& key, std::string object) {
  std::chrono::seconds time = kRecoverTime;
  {
    const std::lock_guard lock(mutex_);
    if (is_unreached_) { time = std::chrono::seconds{0}; }
  }
  const bool is_found = finding.wait_for(time) == std::future_status::ready;
  {
    const std::lock_guard lock(mutex_);
    is_unreached_ = !is_found;
  }
  if (is_found) { return finding.get(); }
  post([this, key, object = std::move(object)](Moment at) mutable {
    asked_.erase(key);
    reconciler_->run_unless_found(at, key, std::move(object));
  });
  return Recovery::Attached;
}

void Worker::settle_left_behind() {
  post([this](Moment) { reconciler_->look_for_unclaimed(); });
}

void Worker::wait_idle() noexcept {
  try {
    std::unique_lock lock(mutex_);
    ++idle_waiters_;
    is_idle_ = false;  // Only while somebody waits is it looked at.
    http_->wake();
    became_idle_.wait_for(lock, kIdleTime, [this] { return is_idle_; });
    --idle_waiters_;
  } catch (const std::exception&) {  // Then nobody waits.
  }
}

// --- On its own ----------------------------------------------------------------------------------

void Worker::run_thread() {
  while (true) {
    try {
      take_tasks();
      bool is_leaving = false;
      {
        const std::lock_guard lock(mutex_);
        is_leaving = stopping_;
        holds_ = holding_;
      }
      if (is_leaving) { return leave(); }
      if (!holds_) {
        for (const CallAnswer& answer : std::exchange(held_, {})) { deliver(answer); }
      }
      reconciler_->tick(now());
      deliver();
      carry_out_leases();
      std::optional<Moment> next = reconciler_->next_tick();
      const std::optional<Moment> renewal = leases_ ? leases_->next_tick() : std::nullopt;
      if (renewal && (!next || *renewal < *next)) { next = renewal; }
      http_->wait(time_until(next), *this);
      deliver();
    } catch (const std::exception&) {
      // Without memory: what was not carried out is found by the next list, or tried again.
      std::this_thread::sleep_for(kPause);
    }
  }
}

void Worker::take_tasks() {
  std::deque<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const Task& task : tasks) { task(now()); }
  deliver();
  const std::lock_guard lock(mutex_);
  if (idle_waiters_ > 0 && tasks_.empty() && reconciler_->is_idle()) {
    is_idle_ = true;
    became_idle_.notify_all();
  }
}

void Worker::on_data(RequestId request, std::string_view data) {
  reconciler_->on_data(now(), request, data);
}

void Worker::on_response(RequestId request, HttpResponse response) {
  if (Leases::is_own(request)) { return leases_->on_response(now(), request, response); }
  reconciler_->on_response(now(), request, response);
}

/// What is due of leases, and what follows from what was answered.
void Worker::carry_out_leases() {
  if (!leases_) { return; }
  std::erase_if(ended_, [this](const std::string& release) {
    if (reconciler_->concerns(release)) { return false; }
    leases_->give_up(now(), release);
    refused_.erase(release);
    return true;
  });
  leases_->tick(now());
  take_lease_news();
  deliver();
}

void Worker::take_lease_news() {
  LeaseNews news = leases_->take_news();
  for (auto& [id, request] : news.requests) { http_->start(id, std::move(request)); }
  for (const std::string& release : news.held) {
    for (auto& claim : std::exchange(claims_[release], {})) { claim.set_value({}); }
    for (const Task& task : std::exchange(waiting_[release], {})) { task(now()); }
    reconciler_->permit(now(), release);
  }
  for (const std::string& message : news.notices) { tell(message); }
  for (const LeaseNews::Refusal& refusal : news.refused) {
    const std::string text = "release '" + refusal.release + "': " + refusal.message;
    refused_.insert_or_assign(refusal.release, text);
    for (auto& claim : std::exchange(claims_[refusal.release], {})) {
      claim.set_value(tl::unexpected(Error{ErrorCode::NotOwner, "lease", text}));
    }
    if (!refusal.was_held) { continue; }
    tell(text + "; this host gives it no more commands");
    try {
      if (lease_lost_) { lease_lost_(refusal.release, refusal.message); }
    } catch (...) {  // The host's own matter.
    }
  }
}

/// Lets other hosts go on at once. Nothing but leases is looked at any more.
void Worker::leave() {
  if (!leases_) { return; }
  const Moment end = now() + kLeaveTime;
  leases_->give_up_all(now());
  while (!leases_->empty() && now() < end) {
    leases_->tick(now());
    for (auto& [id, request] : leases_->take_news().requests) {
      http_->start(id, std::move(request));
    }
    http_->wait(time_until(std::min(end, leases_->next_tick().value_or(end))), *this);
  }
}

/// Whoever takes an answer may want something else at once.
void Worker::deliver() {
  for (Orders orders = reconciler_->take_orders(); !orders.empty();
       orders = reconciler_->take_orders()) {
    deliver(std::move(orders));
  }
}

void Worker::deliver(Orders orders) {
  for (auto& order : orders.requests) {
    if (auto* const send = std::get_if<Orders::Send>(&order)) {
      http_->start(send->id, std::move(send->request));
    } else {
      http_->stop(std::get<Orders::Drop>(order).id);
    }
  }
  for (const CallAnswer& answer : orders.answers) {
    if (holds_) {
      held_.push_back(answer);
    } else {
      deliver(answer);
    }
  }
  for (const auto& [key, recovery] : orders.findings) {
    const auto asked = asked_.find(key);
    if (asked == asked_.end()) { continue; }
    asked->second.set_value(recovery);
    asked_.erase(asked);
  }
  for (const std::string& message : orders.notices) { tell(message); }
  for (const Orders::Unclaimed& workflow : orders.unclaimed) {
    if (is_settled_ && is_settled_(workflow.key.release, workflow.key.ticket)) {
      if (leases_) { leases_->seek(now(), workflow.key.release); }
      reconciler_->settle_unclaimed(now(), workflow);
    }
  }
}

void Worker::deliver(const CallAnswer& answer) {
  const auto found = listeners_.find(answer.key);
  if (found == listeners_.end()) { return; }
  const bool goes_on =
      answer.kind == CallAnswer::Kind::Suspended || answer.kind == CallAnswer::Kind::Resumed;
  if (goes_on) { return found->second(answer); }
  const Listener listener = std::move(found->second);  // It may add another one.
  listeners_.erase(found);
  listener(answer);
}

void Worker::tell(const std::string& message) noexcept {
  try {
    if (notice_) { notice_(message); }
  } catch (...) {  // The host's own matter.
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
