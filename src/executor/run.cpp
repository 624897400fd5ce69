// SPDX-License-Identifier: Apache-2.0
// run(): one turn journals an event, applies it, shows its records to the observer, and carries
// out its commands; then it waits for the next event.
#include <algorithm>
#include <new>
#include <set>
#include <utility>
#include <variant>

#include "base/guard.hpp"
#include "executor/calls.hpp"
#include "executor/inbox.hpp"
#include "promoflow/executor.hpp"
#include "release/machine.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

using detail::CommandKind;
using detail::Inbox;
using detail::Message;
using detail::to_call;
using detail::to_open;
using Call = std::variant<HookCall, PromotionCall>;

/// Calls a function of the host. What it throws ends the run with an error that names it; memory
/// that runs out in it counts as memory that runs out in run().
template <class Body>
std::optional<Error> host_call(const char* where, Body&& body) {
  const auto call = [&]() -> std::optional<Error> {
    std::forward<Body>(body)();
    return std::nullopt;
  };
  return detail::catching(
      call, []() -> std::optional<Error> { detail::throw_out_of_memory(); },
      [&](const char* thrown) -> std::optional<Error> {
        return Error{ErrorCode::InvalidArgument, where, std::string("it threw: ") + thrown};
      });
}

class Driver {
 public:
  Driver(Release& release, Executor& executor, const RunOptions& options)
      : release_(release),
        executor_(executor),
        options_(options),
        clock_(options.clock != nullptr ? *options.clock : system_clock()),
        reports_(executor.reports()) {
    auto& cancelled = release_.cancelled_calls();
    if (!cancelled) { cancelled = std::make_shared<detail::SharedCancelledCalls>(); }
    cancelled_ = cancelled;
    inbox_ = std::make_shared<Inbox>(reports_.stopped ? cancelled_ : nullptr);
    cancelled_->attach(inbox_);
    options_.control.state()->attach(inbox_);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  /// Whatever ended the run: commands that are still outstanding are cancelled at the executor.
  ~Driver() {
    options_.control.state()->detach(inbox_);
    held_.each_ticket([this](Ticket ticket) { inbox_->close(ticket); });
    for (const Ticket ticket : inbox_->shutdown()) { cancel(ticket); }
  }

  /// Returns at the end of the release, or with the error that ends the run.
  std::optional<Error> drive() {
    std::optional<Error> ended = process_records();
    while (!ended && !is_final(release_.status())) { ended = turn(); }
    return ended;
  }

  /// Hands an event to the host's journal, if there is one.
  std::optional<Error> store(const Event& event) {
    if (!options_.journal) { return std::nullopt; }
    bool stored = false;
    auto ended = host_call("options.journal", [&] { stored = options_.journal(event); });
    if (ended || stored) { return ended; }
    return Error{ErrorCode::InvalidArgument, "options.journal",
                 "it returned false: the event was not stored, so nothing followed from it"};
  }

  /// Journals and applies one event. Also returns the release's refusal of it, if there is one.
  std::optional<Error> apply(const Event& event) {
    if (auto ended = store(event)) { return ended; }
    Result<void> applied = release_.apply(event);
    if (applied) { return process_records(); }
    // Timers that were due have fired all the same (R10).
    if (auto ended = process_records()) { return ended; }
    return std::optional(std::move(applied.error()));
  }

  std::optional<Error> now(Instant& time) {
    return host_call("options.clock", [&] { time = clock_.now(); });
  }

 private:
  /// Whether the release refused the event (R13): an answer that came too late or twice, or a
  /// request that does not fit the release's state. The run goes on.
  static bool is_refusal(ErrorCode code) {
    return code == ErrorCode::SettledTicket || code == ErrorCode::UnknownTicket ||
           code == ErrorCode::WrongKind || code == ErrorCode::NotAllowed ||
           code == ErrorCode::UnknownEnvironment;
  }

  std::optional<Error> turn() {
    if (inbox_->message_lost()) {
      return Error{ErrorCode::OutOfMemory, "reply", "an answer was lost: out of memory"};
    }
    if (inbox_->take_stop()) {
      for (Call& call : cancelled_->take_ready(held_)) { begin(std::move(call)); }
    }
    Instant time{};
    if (auto ended = now(time)) { return ended; }
    if (std::optional<Message> message = inbox_->take()) {
      auto ended = apply(message->event(time));
      return ended && is_refusal(ended->code) ? std::nullopt : std::move(ended);
    }
    const std::optional<Instant> timer = release_.next_timer();
    if (timer && *timer <= time) { return apply({time, Tick{}}); }
    std::optional<Instant> wake;
    auto ended = host_call("executor.wake", [&] {
      wake = executor_.next_wake();
      if (wake && *wake <= time) { executor_.wake(time); }
    });
    if (ended || (wake && *wake <= time)) { return ended; }
    std::optional<Instant> deadline = timer;
    if (wake && (!deadline || *wake < *deadline)) { deadline = wake; }
    Waiting waiting(*inbox_);
    return host_call("options.clock", [&] { clock_.wait(waiting, deadline); });
  }

  /// Shows all records to the observer, then carries out the commands among them. Both borrow from
  /// the release, which does not change meanwhile.
  std::optional<Error> process_records() {
    commands_.clear();
    settled_.clear();
    bool is_forced = false;
    while (const std::optional<Record> record = release_.next_record()) {
      collect_command(*record);
      const auto* const terminate = std::get_if<Terminate>(&record->what);
      is_forced = is_forced || (terminate != nullptr && terminate->force);
      if (!options_.observer) { continue; }
      if (auto ended =
              host_call("options.observer", [&] { options_.observer(release_, *record); })) {
        return ended;
      }
    }
    if (is_forced) { executor_.force(release_.info().id); }
    for (const Command& command : commands_) { carry_out(command); }
    for (const Ticket ticket : settled_) { executor_.settled(release_.info().id, ticket); }
    return std::nullopt;
  }

  void collect_command(const Record& record) {
    if (const auto* hook = std::get_if<RunHook>(&record.what)) {
      commands_.emplace_back(*hook);
    } else if (const auto* promotion = std::get_if<Promote>(&record.what)) {
      commands_.emplace_back(*promotion);
    } else if (const auto* stop = std::get_if<Cancel>(&record.what)) {
      commands_.emplace_back(*stop);
    } else if (const auto* soaked = std::get_if<Soaked>(&record.what)) {
      inbox_->close(soaked->ticket);  // From here on the promotion can no longer fail (R18).
      soaking_.erase(soaked->ticket);
      settled_.push_back(soaked->ticket);
    } else if (const std::optional<Ticket> settled = settled_by(record)) {
      settled_.push_back(*settled);
    }
  }

  /// The ticket whose outcome the record says for good.
  std::optional<Ticket> settled_by(const Record& record) const {
    if (const auto* hook = std::get_if<HookSucceeded>(&record.what)) { return hook->ticket; }
    if (const auto* failed = std::get_if<HookFailed>(&record.what)) { return failed->ticket; }
    if (const auto* end = std::get_if<PromotionFailed>(&record.what)) { return end->ticket; }
    const auto* const success = std::get_if<PromotionSucceeded>(&record.what);
    if (success == nullptr || soaking_.contains(success->ticket)) { return std::nullopt; }
    return success->ticket;
  }

  void carry_out(const Command& command) {
    if (const auto* hook = std::get_if<RunHook>(&command)) {
      begin_or_hold(hook->ticket, CommandKind::Hook, hook->environment, to_call(*hook, release_));
    } else if (const auto* promotion = std::get_if<Promote>(&command)) {
      const bool soaks = release_.flow().step(promotion->environment).soak.has_value();
      if (soaks) { soaking_.insert(promotion->ticket); }
      begin_or_hold(promotion->ticket,
                    soaks ? CommandKind::SoakingPromotion : CommandKind::Promotion,
                    promotion->environment, to_call(*promotion, release_));
    } else {
      const Ticket ticket = std::get<Cancel>(command).ticket;
      settled_.push_back(ticket);
      if (held_.drop(ticket)) {  // The executor has not seen it.
        inbox_->close(ticket);
        return;
      }
      inbox_->close_cancelled(ticket);
      cancel(ticket);
    }
  }

  /// A call waits until what was cancelled before it has stopped, queued as R19 means it.
  void begin_or_hold(Ticket ticket, CommandKind kind, detail::CallOwner owner, Call call) {
    inbox_->open(ticket, to_open(release_, ticket, kind, owner));
    if (cancelled_->blocks(owner)) {
      held_.hold(ticket, owner, std::move(call));
      Reply(inbox_, ticket).queued();
    } else {
      begin(std::move(call));
    }
  }

  void begin(Call call) {
    const Ticket ticket = std::visit([](const auto& one) { return one.ticket; }, call);
    const Reply reply(inbox_, ticket);
    // Before the call, whose answer may come at once. Nothing happens if it was not queued.
    if (!reports_.started) { reply.started(); }
    const auto failed = [&](const char* why) {
      const bool is_known = why != detail::kUnknownException;
      reply.failed(is_known ? why : std::string("the executor threw ") + why);
    };
    detail::catching(
        [&] {
          if (auto* hook = std::get_if<HookCall>(&call)) {
            executor_.run_hook(std::move(*hook), reply);
          } else {
            executor_.promote(std::move(std::get<PromotionCall>(call)), reply);
          }
        },
        [&] { failed(detail::kNoMemory); }, failed);
  }

  void cancel(Ticket ticket) noexcept {
    // No answer is expected, so there is no call to fail.
    detail::catching([&] { executor_.cancel(release_.info().id, ticket); }, [] {},
                     [](const char*) {});
  }

  Release& release_;
  Executor& executor_;
  const RunOptions& options_;
  Clock& clock_;
  const ExecutorReports reports_;
  std::shared_ptr<detail::SharedCancelledCalls> cancelled_;
  std::shared_ptr<Inbox> inbox_;
  detail::HeldCalls<Call> held_;
  std::vector<Command> commands_;
  std::vector<Ticket> settled_;  ///< Of the event that was applied last.
  std::set<Ticket> soaking_;     ///< Promotions that may fail once they have succeeded (R18).
};

Result<void> result_of(std::optional<Error> ended) {
  if (ended) { return tl::unexpected(std::move(*ended)); }
  return {};
}

}  // namespace

Result<Release> run(const Flow& flow, ReleaseInfo info, Executor& executor,
                    const RunOptions& options) noexcept {
  return detail::guarded([&]() -> Result<Release> {
    Clock& clock = options.clock != nullptr ? *options.clock : system_clock();
    Instant start{};
    if (auto ended = host_call("options.clock", [&] { start = clock.now(); })) {
      return tl::unexpected(std::move(*ended));
    }
    Result<Release> release =
        Release::start(flow, std::move(info), start, options.context, options.selection);
    if (!release) { return release; }
    Driver driver(*release, executor, options);
    std::optional<Error> ended =  // Before the first command, so the journal alone is enough.
        driver.store({start, ReleaseStarted{&release->info(), options.context, &options.selection,
                                            flow.fingerprint()}});
    if (!ended) { ended = driver.drive(); }
    if (ended) { return tl::unexpected(std::move(*ended)); }
    return release;
  });
}

Result<void> resume(Release& release, Executor& executor, const RunOptions& options) noexcept {
  return detail::guarded([&]() -> Result<void> {
    // Records that were not taken may be of commands that have ended since: only what is
    // outstanding is carried out again.
    if (auto again = release.reissue(); !again) { return again; }
    return result_of(Driver(release, executor, options).drive());
  });
}

Result<void> retry(Release& release, Executor& executor, const RunOptions& options,
                   const Retry& what) noexcept {
  return detail::guarded([&]() -> Result<void> {
    if (auto again = release.reissue(); !again) { return again; }
    Driver driver(release, executor, options);
    Instant time{};
    std::optional<Error> ended = driver.now(time);
    if (!ended) { ended = driver.apply({time, what}); }
    if (!ended) { ended = driver.drive(); }
    return result_of(std::move(ended));
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
