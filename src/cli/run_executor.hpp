// SPDX-License-Identifier: Apache-2.0
/// @file
/// ReleaseExecutors: the one executor of this program's engine. Each release has executors of its
/// own, for each was started by a call of its own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "cli/run_argo.hpp"
#include "promoflow/process_executor.hpp"

namespace promoflow::cli {

/// What carries out the commands of releases: programs, and workflows where hooks are such.
struct CallExecutors {
  std::unique_ptr<ProcessExecutor> programs{};
  ArgoHooks argo{};  ///< Uses the programs. Empty: hooks are programs.

  Executor& all() const noexcept {
    return argo.executor ? *argo.executor : static_cast<Executor&>(*programs);
  }
};

/// Thread-safe.
class ReleaseExecutors final : public Executor {
 public:
  /// `call` tells executors apart: releases of equal calls share them.
  bool contains(const std::string& call) {
    const std::lock_guard lock(mutex_);
    return executors_.contains(call);
  }
  void add(const std::string& call, CallExecutors executors) {
    const std::lock_guard lock(mutex_);
    executors_.emplace(call, std::move(executors));
  }
  /// There must be executors of that call.
  void assign(const std::string& release, const std::string& call) {
    const std::lock_guard lock(mutex_);
    of_release_.insert_or_assign(release, &executors_.at(call).all());
  }

  /// Waits until this host may drive a release of that call. Exit::Fine, or a complaint.
  Exit claim(const std::string& release, const std::string& call) {
    std::function<Exit(const std::string&)> claim;
    {
      const std::lock_guard lock(mutex_);
      claim = executors_.at(call).argo.claim;
    }
    return claim ? claim(release) : Exit::Fine;
  }

  void run_hook(HookCall call, Reply reply) override {
    Executor& executor = of(call.release_id);
    executor.run_hook(std::move(call), reply);
  }
  void promote(PromotionCall call, Reply reply) override {
    Executor& executor = of(call.release_id);
    executor.promote(std::move(call), reply);
  }
  void cancel(std::string_view release_id, Ticket ticket) override {
    of(release_id).cancel(release_id, ticket);
  }
  ExecutorReports reports() const noexcept override {
    const std::lock_guard lock(mutex_);  // They all report the same.
    return executors_.empty() ? ExecutorReports{true, true}
                              : executors_.begin()->second.all().reports();
  }
  std::string reference(std::string_view release_id, Ticket ticket,
                        std::uint32_t attempt) override {
    return of(release_id).reference(release_id, ticket, attempt);
  }
  std::string hook_reference(std::string_view release_id, Ticket ticket,
                             std::uint32_t attempt) override {
    return of(release_id).hook_reference(release_id, ticket, attempt);
  }
  Recovery recover(const HookCall& call, std::string_view reference, const Reply& reply) override {
    return of(call.release_id).recover(call, reference, reply);
  }
  Recovery recover(const PromotionCall& call, std::string_view reference,
                   const Reply& reply) override {
    return of(call.release_id).recover(call, reference, reply);
  }
  bool recover_cancelled(std::string_view release_id, Ticket ticket, std::string_view reference,
                         const Reply& reply) override {
    return of(release_id).recover_cancelled(release_id, ticket, reference, reply);
  }
  void hold(bool wait) noexcept override {
    each([wait](CallExecutors& executors) { executors.all().hold(wait); });
  }
  void settled(std::string_view release_id, Ticket ticket) noexcept override {
    if (Executor* const executor = find(release_id)) { executor->settled(release_id, ticket); }
  }
  void force(std::string_view release_id) noexcept override {
    if (Executor* const executor = find(release_id)) { executor->force(release_id); }
  }

  void kill_all() noexcept {
    each([](CallExecutors& executors) { executors.programs->kill_all(); });
  }
  void wait_idle() noexcept {
    each([](CallExecutors& executors) {
      executors.programs->wait_idle();
      if (executors.argo.wait_idle) { executors.argo.wait_idle(); }
    });
  }

 private:
  /// May throw std::out_of_range: a release is assigned before it is driven.
  Executor& of(std::string_view release) {
    const std::lock_guard lock(mutex_);
    return *of_release_.at(std::string(release));
  }
  Executor* find(std::string_view release) {
    const std::lock_guard lock(mutex_);
    const auto found = of_release_.find(release);
    return found == of_release_.end() ? nullptr : found->second;
  }
  /// Executors are never removed, so that they may be called without the lock.
  template <class Body>
  void each(Body&& body) noexcept {
    auto at = [this] {
      const std::lock_guard lock(mutex_);
      return executors_.begin();
    }();
    while (at != executors_.end()) {
      body(at->second);
      const std::lock_guard lock(mutex_);
      ++at;
    }
  }

  mutable std::mutex mutex_;
  std::map<std::string, CallExecutors> executors_;
  std::map<std::string, Executor*, std::less<>> of_release_;
};

}  // namespace promoflow::cli
