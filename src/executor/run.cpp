// SPDX-License-Identifier: Apache-2.0
// run(): one turn journals an event, applies it, shows its records to the observer, and carries
// out its commands; then it waits for the next event.
#include <algorithm>
#include <exception>
#include <iterator>
#include <new>
#include <utility>

#include "base/guard.hpp"
#include "executor/inbox.hpp"
#include "flow/default_names.hpp"
#include "promoflow/executor.hpp"
#include "release/machine.hpp"

namespace promoflow {

namespace {

using detail::CommandKind;
using detail::Inbox;
using detail::Message;

constexpr const char* kUnknownException = "something that is not a std::exception";

/// Calls a function of the host. What it throws ends the run with an error that names it; memory
/// that runs out in it counts as memory that runs out in run().
template <class Body>
std::optional<Error> host_call(const char* where, Body&& body) {
  std::string thrown;
  try {
    std::forward<Body>(body)();
    return std::nullopt;
  } catch (const std::bad_alloc&) { throw; } catch (const std::exception& error) {
    thrown = error.what();
  } catch (...) { thrown = kUnknownException; }
  return Error{ErrorCode::InvalidArgument, where, "it threw: " + thrown};
}

/// The place of an outstanding hook in the list of its point, from 1. A hook that was cancelled by
/// the event that issued it has none any more: 1.
std::uint32_t place_of(const Release& release, Ticket ticket) {
  const detail::Commands& commands = release.machine().state().commands;
  const detail::SlotIndex slot = commands.find(static_cast<std::uint64_t>(ticket));
  return slot == detail::kNone32 ? 1 : commands[slot].hook + 1;
}

HookCall to_call(const RunHook& command, const Release& release) {
  HookCall call{.ticket = command.ticket,
                .release_id = release.info().id,
                .hook = std::string(command.hook),
                .point = command.point,
                .attempt = command.attempt,
                .context = {},
                .place = place_of(release, command.ticket)};
  if (command.environment) { call.environment = std::string(command.environment_name); }
  for (const Argument& argument : command.arguments) {
    call.arguments.emplace_back(argument.name, argument.value);
  }
  Result<std::string> context = command.context.to_json();
  if (!context) { throw std::bad_alloc(); }
  call.context = std::move(*context);
  return call;
}

PromotionCall to_call(const Promote& command, const Release& release) {
  const ReleaseInfo& info = release.info();
  PromotionCall call{.ticket = command.ticket,
                     .release_id = info.id,
                     .environment = std::string(command.environment_name),
                     .attempt = command.attempt,
                     .policy = *command.policy};
  const std::string_view values[] = {info.url,        info.product,          info.version,
                                     info.commit_sha, release.flow().name(), info.id};
  static_assert(std::size(values) == std::size(detail::kDefaultNames));
  for (std::size_t i = 0; i < std::size(values); ++i) {
    call.arguments.emplace_back(detail::kDefaultNames[i], values[i]);
  }
  return call;
}

class Driver {
 public:
  Driver(Release& release, Executor& executor, const RunOptions& options)
      : release_(release),
        executor_(executor),
        options_(options),
        clock_(options.clock != nullptr ? *options.clock : system_clock()),
        inbox_(std::make_shared<Inbox>()) {
    options_.control.state()->attach(inbox_);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  /// Whatever ended the run: commands that are still outstanding are cancelled at the executor.
  ~Driver() {
    options_.control.state()->detach(inbox_);
    for (const Ticket ticket : inbox_->shutdown()) { cancel(ticket); }
  }

  /// Returns at the end of the release, or with the error that ends the run.
  std::optional<Error> drive() {
    std::optional<Error> ended = process_records();
    while (!ended && !is_final(release_.status())) { ended = turn(); }
    return ended;
  }

  /// Journals and applies one event. Also returns the release's refusal of it, if there is one.
  std::optional<Error> apply(const Event& event) {
    if (options_.journal) {
      bool stored = false;
      if (auto ended = host_call("options.journal", [&] { stored = options_.journal(event); })) {
        return ended;
      }
      if (!stored) {
        return Error{ErrorCode::InvalidArgument, "options.journal",
                     "it returned false: the event was not stored, so it was not applied"};
      }
    }
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
    while (const std::optional<Record> record = release_.next_record()) {
      collect_command(*record);
      if (!options_.observer) { continue; }
      if (auto ended =
              host_call("options.observer", [&] { options_.observer(release_, *record); })) {
        return ended;
      }
    }
    for (const Command& command : commands_) { carry_out(command); }
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
    }
  }

  void carry_out(const Command& command) {
    if (const auto* hook = std::get_if<RunHook>(&command)) {
      HookCall call = to_call(*hook, release_);
      call_executor(hook->ticket, CommandKind::Hook,
                    [&](const Reply& reply) { executor_.run_hook(std::move(call), reply); });
    } else if (const auto* promotion = std::get_if<Promote>(&command)) {
      PromotionCall call = to_call(*promotion, release_);
      const bool soaks = release_.flow().step(promotion->environment).soak.has_value();
      call_executor(promotion->ticket,
                    soaks ? CommandKind::SoakingPromotion : CommandKind::Promotion,
                    [&](const Reply& reply) { executor_.promote(std::move(call), reply); });
    } else {
      const Ticket ticket = std::get<Cancel>(command).ticket;
      inbox_->close(ticket);
      cancel(ticket);
    }
  }

  template <class Body>
  void call_executor(Ticket ticket, CommandKind kind, Body&& body) {
    inbox_->open(ticket, kind);
    const Reply reply(inbox_, ticket);
    try {
      std::forward<Body>(body)(reply);
    } catch (const std::exception& error) { reply.failed(error.what()); } catch (...) {
      reply.failed(std::string("the executor threw ") + kUnknownException);
    }
  }

  void cancel(Ticket ticket) noexcept {
    try {
      executor_.cancel(release_.info().id, ticket);
    } catch (...) {  // No answer is expected, so there is no call to fail.
    }
  }

  Release& release_;
  Executor& executor_;
  const RunOptions& options_;
  Clock& clock_;
  std::shared_ptr<Inbox> inbox_;
  std::vector<Command> commands_;
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
    if (auto ended = Driver(*release, executor, options).drive()) {
      return tl::unexpected(std::move(*ended));
    }
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

}  // namespace promoflow
