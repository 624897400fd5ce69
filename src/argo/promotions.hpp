// SPDX-License-Identifier: Apache-2.0
/// @file
/// Promotions: a promotion with a preAction or a postAction is a sequence: the workflow before it,
/// the promotion of another executor, the workflow behind it. `action: none` leaves out the one in
/// the middle. An environment with applications has a sequence for each; they run at once. All that
/// happens to a sequence happens on the worker's thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "argo/worker.hpp"
#include "executor/inbox.hpp"
#include "promoflow/executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Thread-safe. `own` carries out the promotions themselves; it is thread-safe, too. Functions that
/// are not noexcept may throw std::bad_alloc.
class Promotions {
 public:
  /// The worker ends before this.
  Promotions(Executor* own, ArgoApplications applications)
      : own_(own), applications_(std::move(applications)) {}
  void use(Worker& worker) noexcept { worker_ = link_->worker = &worker; }
  /// To be called before the worker ends: later answers of the other executor are dropped.
  void close() noexcept;

  void promote(PromotionCall call, const Reply& reply);
  void cancel(std::string_view release_id, Ticket ticket);
  /// The workflow's name at that attempt, and behind a blank what `own` needs.
  std::string reference(std::string_view release_id, Ticket ticket, std::uint32_t attempt);
  Recovery recover(const PromotionCall& call, std::string_view reference, const Reply& reply);
  bool recover_cancelled(std::string_view release_id, Ticket ticket, std::string_view reference,
                         const Reply& reply);

 private:
  /// Where a sequence is.
  enum class Step : std::uint8_t { Before, Own, Behind, Over };
  struct Promotion;
  /// Of one application, or of the environment.
  struct Sequence {
    Promotion* of = nullptr;
    PromotionCall call;  ///< With what the application adds to its arguments.
    Step step = Step::Before;
    bool is_suspended = false;
    std::optional<std::string> failure{};
    std::shared_ptr<SharedCancelledCalls> cancelled{};  ///< The next two are of `own`'s call.
    std::shared_ptr<Inbox> inbox{};
  };
  struct Promotion {
    Reply reply;
    std::vector<Sequence> sequences{};
    std::size_t running = 0;  ///< How many are not over.
    std::string reference{};  ///< Of `own`, after a restart; else empty.
    bool is_recovered = false;
    bool is_cancelled = false;
    bool is_suspended = false;  ///< So it was answered.
  };
  /// What replies hold that may be used after this executor has gone.
  struct Link {
    std::mutex mutex{};
    Worker* worker = nullptr;
  };
  using Key = std::pair<std::string, Ticket>;
  using Whole = std::shared_ptr<Promotion>;
  using Place = std::shared_ptr<Sequence>;  ///< Keeps all of the promotion.

  Whole make(const PromotionCall& call, const Reply& reply) const;
  static Place place(const Whole& whole, std::size_t index);
  static Key key_of(const Promotion& promotion);
  bool is_plain(const PromotionCall& call) const;
  void begin(const Place& sequence, Step step);
  void begin_own(const Place& sequence);
  void take_own(const Place& sequence);
  void take_workflow(const Place& sequence, const CallAnswer& answer);
  static void suspend(const Place& sequence, bool is_suspended, std::string by = {});
  static void report_suspended(Promotion& promotion, std::string by = {});
  void end(const Place& sequence);
  void fail(const Place& sequence, std::string message);
  static void answer(Promotion& promotion);
  void forget(const Promotion& promotion);
  void cancel(const Place& sequence);
  Recovery recover_before(const Whole& whole);
  Worker::Listener listener_of(const Place& sequence);

  Executor* own_;
  const ArgoApplications applications_;
  Worker* worker_ = nullptr;
  std::shared_ptr<Link> link_ = std::make_shared<Link>();
  std::map<Key, Whole> promotions_{};  ///< Used by the worker's thread only.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
