// SPDX-License-Identifier: Apache-2.0
// A host on Boost.Asio: any number of releases on one thread, as C++20 coroutines. Each release has
// a mailbox, a timer that its loop sleeps on, and one coroutine for each command that runs.
//
// Invariant: all of it runs on the io_context's one thread, so nothing is locked. Another thread
// hands something in with asio::post(context, ...).
#pragma once

#include <boost/asio.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <promoflow/promoflow.hpp>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace pf = promoflow;

using Timer = asio::basic_waitable_timer<std::chrono::system_clock>;

/// Sleeps; false: somebody called cancel() on the timer.
inline asio::awaitable<bool> sleep_on(Timer& timer) {
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

/// How a command ended: nothing, or why it failed. It owns its text, as all that waits must.
using Outcome = std::optional<std::string>;

/// What this host makes of a command. A real one starts workflows and opens pull requests.
struct Work {
  std::chrono::milliseconds takes{1};
  Outcome outcome{};
};
using Plan = Work (*)(const pf::ReleaseInfo& release, const pf::Command& command);

/// One release on its way. Its own coroutines keep it alive.
class Hosted : public std::enable_shared_from_this<Hosted> {
 public:
  Hosted(asio::io_context& context, pf::Release release, std::string lines, Plan plan)
      : journal(std::move(lines)),
        context_(context),
        alarm_(context),
        release_(std::move(release)),
        plan_(plan) {}

  /// Starts a release. Its start is stored before its first command is carried out.
  static std::shared_ptr<Hosted> launch(asio::io_context& context, const pf::Flow& flow,
                                        const pf::ReleaseInfo& info, Plan plan) {
    const pf::Event start{now(), pf::ReleaseStarted{&info, {}, nullptr, flow.fingerprint()}};
    return std::make_shared<Hosted>(context, pf::Release::start(flow, start).value(),
                                    pf::to_json(start).value() + "\n", plan);
  }
  /// Goes on with a release after a crash: what was outstanding is carried out again.
  static std::shared_ptr<Hosted> recover(asio::io_context& context, const pf::Flow& flow,
                                         const std::string& lines, Plan plan) {
    return std::make_shared<Hosted>(context, pf::Release::recover(flow, lines).value(), lines,
                                    plan);
  }

  void start() {
    asio::co_spawn(
        context_, [self = shared_from_this()] { return self->drive(); }, asio::detached);
  }
  /// An operator's request; from the context's thread.
  void terminate(std::string reason) { post({{}, Kind::Terminate, std::move(reason)}); }
  /// Ends the loop and what it runs; the release stays as it is and can be recovered.
  void stop() {
    stopped_ = true;
    alarm_.cancel();
    for (auto& [ticket, running] : running_) { running.cancel(); }
  }

  const pf::Release& release() const { return release_; }
  std::size_t running() const { return running_.size(); }

  std::string journal;  ///< Lines of events. A real host keeps them where they survive a crash.

 private:
  enum class Kind { Hook, Promotion, Terminate };
  struct Mail {
    pf::Ticket ticket{};
    Kind kind{};
    Outcome outcome{};
  };

  /// A command that is being carried out.
  struct Running {
    Timer timer;
    bool is_cancelled = false;

    void cancel() {
      is_cancelled = true;
      timer.expires_at(Timer::time_point::min());  // Ends its sleep, also one that is to begin.
    }
  };

  void post(Mail mail) {
    mailbox_.push_back(std::move(mail));
    alarm_.cancel();  // Wakes the loop.
  }

  static pf::Instant now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }

  asio::awaitable<void> drive() {
    carry_out();
    while (!is_final(release_.status()) && !stopped_) {
      const auto due = release_.next_timer();
      if (!mailbox_.empty()) {
        const Mail mail = std::move(mailbox_.front());
        mailbox_.pop_front();
        apply(event_of(mail));
      } else if (due && *due <= now()) {
        apply({now(), pf::Tick{}});
      } else {  // Whatever ends the sleep, the loop looks again.
        alarm_.expires_at(due ? Timer::time_point(*due) : Timer::time_point::max());
        co_await sleep_on(alarm_);
      }
    }
    stop();
  }

  /// It borrows the mail's text.
  static pf::Event event_of(const Mail& mail) {
    const bool well = !mail.outcome;
    const std::string_view text = well ? std::string_view() : *mail.outcome;
    switch (mail.kind) {
      case Kind::Hook:
        return well ? pf::Event{now(), pf::HookSucceeded{mail.ticket}}
                    : pf::Event{now(), pf::HookFailed{mail.ticket, text}};
      case Kind::Promotion:
        return well ? pf::Event{now(), pf::PromotionSucceeded{mail.ticket}}
                    : pf::Event{now(), pf::PromotionFailed{mail.ticket, text}};
      case Kind::Terminate: return pf::Event{now(), pf::Terminate{text}};
    }
    return pf::Event{now(), pf::Tick{}};
  }

  void apply(const pf::Event& event) {
    journal += pf::to_json(event).value() + "\n";  // Before what follows from it is carried out.
    // A refused event is an answer that came too late, or a request that does not fit. Nothing
    // changed but timers that were due, so there may be commands all the same.
    static_cast<void>(release_.apply(event));
    carry_out();
  }

  void carry_out() {
    while (const auto command = release_.next_command()) {
      if (const auto* cancel = std::get_if<pf::Cancel>(&*command)) {
        const auto found = running_.find(cancel->ticket);
        if (found != running_.end()) { found->second.cancel(); }
      } else if (const auto* hook = std::get_if<pf::RunHook>(&*command)) {
        begin(hook->ticket, Kind::Hook, plan_(release_.info(), *command));
      } else {
        const auto& promote = std::get<pf::Promote>(*command);
        begin(promote.ticket, Kind::Promotion, plan_(release_.info(), *command));
      }
    }
  }

  void begin(pf::Ticket ticket, Kind kind, Work work) {
    running_.emplace(ticket, Running{Timer(context_, work.takes)});
    asio::co_spawn(
        context_,
        [self = shared_from_this(), mail = Mail{ticket, kind, std::move(work.outcome)}] {
          return self->work_on(mail);
        },
        asio::detached);
  }

  /// Carries one command out. One that is cancelled ends without an answer: none is due.
  asio::awaitable<void> work_on(Mail answer) {
    Running& running = running_.at(answer.ticket);
    co_await sleep_on(running.timer);
    const bool is_due = !running.is_cancelled;
    running_.erase(answer.ticket);
    if (is_due) { post(std::move(answer)); }
  }

  asio::io_context& context_;
  Timer alarm_;
  pf::Release release_;
  Plan plan_;
  std::deque<Mail> mailbox_{};
  std::map<pf::Ticket, Running> running_{};
  bool stopped_ = false;
};
