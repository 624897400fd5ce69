// SPDX-License-Identifier: Apache-2.0
// run(): one turn is journal, apply, observe, carry out; then wait for the next event.
#include <algorithm>
#include <exception>
#include <iterator>
#include <new>
#include <utility>

#include "base/guard.hpp"
#include "executor/inbox.hpp"
#include "flow/default_names.hpp"
#include "promoflow/executor.hpp"

namespace promoflow {

namespace {

using detail::Inbox;
using detail::Message;

constexpr const char* kUnknown = "something that is no std::exception";

/// Calls what the host gave us; what it throws ends the run and names it. Memory that runs out
/// there has run out here, too.
template <class Body>
std::optional<Error> host_call(const char* where, Body&& body) {
  std::string why;
  try {
    std::forward<Body>(body)();
    return std::nullopt;
  } catch (const std::bad_alloc&) { throw; } catch (const std::exception& error) {
    why = error.what();
  } catch (...) { why = kUnknown; }
  return Error{ErrorCode::InvalidArgument, where, "it threw: " + why};
}

HookCall to_call(const RunHook& command, const Release& release) {
  HookCall call{.ticket = command.ticket,
                .release_id = release.info().id,
                .hook = std::string(command.hook),
                .point = command.point,
                .attempt = command.attempt,
                .context = {}};
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
    options_.control.remote()->attach(inbox_);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  /// Whatever ended the run, nothing of it goes on at the executor.
  ~Driver() {
    options_.control.remote()->detach(inbox_);
    for (const Ticket ticket : inbox_->shut()) { cancel(ticket); }
  }

  /// To the end of the release, or to the error that ends the run.
  std::optional<Error> drive() {
    std::optional<Error> ended = settle();
    while (!ended && !is_final(release_.status())) { ended = turn(); }
    return ended;
  }

  std::optional<Error> apply(const Event& event) {
    if (options_.journal) {
      bool kept = false;
      if (auto ended = host_call("options.journal", [&] { kept = options_.journal(event); })) {
        return ended;
      }
      if (!kept) {
        return Error{ErrorCode::InvalidArgument, "options.journal", "it refused an event"};
      }
    }
    const Result<void> applied = release_.apply(event);
    if (!applied && !is_refusal(applied.error().code)) { return applied.error(); }
    if (!applied && std::holds_alternative<Retry>(event.what)) { return applied.error(); }
    return settle();
  }

  std::optional<Error> now(Instant& time) {
    return host_call("options.clock", [&] { time = clock_.now(); });
  }

 private:
  /// R13: nothing changed but timers that were due; the answer came too late, or twice.
  static bool is_refusal(ErrorCode code) {
    return code == ErrorCode::SettledTicket || code == ErrorCode::UnknownTicket ||
           code == ErrorCode::WrongKind || code == ErrorCode::NotAllowed;
  }

  std::optional<Error> turn() {
    if (inbox_->overrun()) {
      return Error{ErrorCode::OutOfMemory, "reply", "an answer was lost: out of memory"};
    }
    Instant time{};
    if (auto ended = now(time)) { return ended; }
    if (const std::optional<Message> message = inbox_->take()) {
      return apply(message->event(time));
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

  /// Shows all records, then carries out the commands among them. Both borrow from the release,
  /// which does not change meanwhile.
  std::optional<Error> settle() {
    commands_.clear();
    while (const std::optional<Record> record = release_.next_record()) {
      note(*record);
      if (!options_.observer) { continue; }
      if (auto ended =
              host_call("options.observer", [&] { options_.observer(release_, *record); })) {
        return ended;
      }
    }
    for (const Command& command : commands_) { carry_out(command); }
    return std::nullopt;
  }

  void note(const Record& record) {
    if (const auto* hook = std::get_if<RunHook>(&record.what)) {
      commands_.emplace_back(*hook);
    } else if (const auto* promotion = std::get_if<Promote>(&record.what)) {
      commands_.emplace_back(*promotion);
    } else if (const auto* stop = std::get_if<Cancel>(&record.what)) {
      commands_.emplace_back(*stop);
    }
  }

  void carry_out(const Command& command) {
    if (const auto* hook = std::get_if<RunHook>(&command)) {
      HookCall call = to_call(*hook, release_);
      hand_over(hook->ticket, true,
                [&](const Reply& reply) { executor_.run_hook(std::move(call), reply); });
    } else if (const auto* promotion = std::get_if<Promote>(&command)) {
      PromotionCall call = to_call(*promotion, release_);
      hand_over(promotion->ticket, false,
                [&](const Reply& reply) { executor_.promote(std::move(call), reply); });
    } else {
      const Ticket ticket = std::get<Cancel>(command).ticket;
      inbox_->close(ticket);
      cancel(ticket);
    }
  }

  template <class Body>
  void hand_over(Ticket ticket, bool is_hook, Body&& body) {
    inbox_->open(ticket, is_hook);
    const Reply reply(inbox_, ticket);
    try {
      std::forward<Body>(body)(reply);
    } catch (const std::exception& error) { reply.failed(error.what()); } catch (...) {
      reply.failed(std::string("the executor threw ") + kUnknown);
    }
  }

  void cancel(Ticket ticket) noexcept {
    try {
      executor_.cancel(release_.info().id, ticket);
    } catch (...) {  // No answer is due, so there is nobody to tell.
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
    Result<Release> release = Release::start(flow, std::move(info), start, options.context);
    if (!release) { return release; }
    if (auto ended = Driver(*release, executor, options).drive()) {
      return tl::unexpected(std::move(*ended));
    }
    return release;
  });
}

Result<void> resume(Release& release, Executor& executor, const RunOptions& options) noexcept {
  return detail::guarded([&]() -> Result<void> {
    // What was queued before may be settled since: only what is outstanding is due again.
    if (auto again = release.reissue(); !again) { return again; }
    return result_of(Driver(release, executor, options).drive());
  });
}

Result<void> retry(Release& release, Executor& executor, const RunOptions& options) noexcept {
  return detail::guarded([&]() -> Result<void> {
    if (auto again = release.reissue(); !again) { return again; }
    Driver driver(release, executor, options);
    Instant time{};
    std::optional<Error> ended = driver.now(time);
    if (!ended) { ended = driver.apply({time, Retry{}}); }
    if (!ended) { ended = driver.drive(); }
    return result_of(std::move(ended));
  });
}

}  // namespace promoflow
