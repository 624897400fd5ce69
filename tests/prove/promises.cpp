// SPDX-License-Identifier: Apache-2.0
#include "promises.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace promoflow::prove {

namespace {

using E = EnvironmentStatus;

std::size_t index(EnvironmentId environment) { return static_cast<std::size_t>(environment); }

std::uint64_t number(Ticket ticket) { return static_cast<std::uint64_t>(ticket); }

bool runs(E status) { return status == E::Running || status == E::Suspended; }

/// From where an environment may enter a status: each attempt has one start and one end.
bool may_enter(E from, E to, bool trigger, bool retrying) {
  switch (to) {
    case E::Pending: return false;
    case E::Running:
      return from == E::Pending || from == E::Suspended ||
             (retrying && (from == E::Failed || from == E::Terminated));
    case E::Suspended: return from == E::Running;
    case E::Successful: return from == E::Running || (trigger && from == E::Pending);
    case E::Failed: return from == E::Running;
    case E::Terminated: return runs(from);
    case E::Skipped: return from == E::Pending || from == E::Failed || from == E::Terminated;
  }
  return false;
}

bool is_met(E status) { return status == E::Successful || status == E::Skipped; }

std::string without_time(const std::string& line) { return line.substr(line.find(',') + 1); }

}  // namespace

void expect_equal(std::string_view what, std::string_view wanted, std::string_view got) {
  if (wanted != got) {
    throw Broken(std::string(what) + "\n    wanted: " + std::string(wanted) +
                 "\n    got:    " + std::string(got));
  }
}

std::string snapshot_of(const Release& release) { return value_of(release.snapshot(), "snapshot"); }

Ticket ticket_of(const Command& command) {
  return std::visit([](const auto& one) { return one.ticket; }, command);
}

// --- Watch
// ------------------------------------------------------------------------------------------

Watch::Watch(const Flow& flow, Instant start)
    : flow_(flow),
      environments_(flow.environment_count(), E::Pending),
      open_(flow.environment_count()),
      now_(start),
      flow_deadline_(start + flow.options().promotion_timeout_limit) {}

void Watch::check(const Record& record, Counts& counts) {
  now_ = record.at;
  if (const auto* changed = std::get_if<EnvironmentChanged>(&record.what)) {
    check_environment(*changed, counts);
  } else if (const auto* run = std::get_if<RunHook>(&record.what)) {
    check_hook(*run, counts);
  } else if (const auto* promote = std::get_if<Promote>(&record.what)) {
    check_issue(promote->ticket, promote->environment, false, counts);
    expect(environments_[index(promote->environment)] == E::Running,
           "promise 3: promoted into an environment that does not run");
    expect(!ending_, "promise 4: a promotion beside the hooks of the release's end");
  } else if (const auto* cancel = std::get_if<Cancel>(&record.what)) {
    settle(cancel->ticket);
  } else if (const auto* done = std::get_if<HookSucceeded>(&record.what)) {
    settle(done->ticket);
  } else if (const auto* promoted = std::get_if<PromotionSucceeded>(&record.what)) {
    settle(promoted->ticket);
  } else if (const auto* hook = std::get_if<HookFailed>(&record.what)) {
    settle(hook->ticket);
  } else if (const auto* promotion = std::get_if<PromotionFailed>(&record.what)) {
    settle(promotion->ticket);
  } else if (const auto* to = std::get_if<ReleaseChanged>(&record.what)) {
    check_release(to->status);
  } else if (std::holds_alternative<Retry>(record.what)) {
    retrying_ = true;
    ending_ = false;
  } else if (std::holds_alternative<Skip>(record.what)) {
    skipping_ = true;
  }
}

void Watch::check_environment(const EnvironmentChanged& changed, Counts& counts) {
  const std::size_t at = index(changed.environment);
  const E from = environments_[at];
  expect(may_enter(from, changed.status, at == 0, retrying_),
         "promise 1: an environment went from " + std::string(to_string(from)) + " to " +
             std::string(to_string(changed.status)));
  expect(!ending_, "promise 4: an environment changed beside the hooks of the release's end");
  ++counts[kAttempts];
  if (from == E::Pending && changed.status == E::Running) {
    for (const EnvironmentId on : flow_.dependencies(changed.environment)) {
      expect(is_met(environments_[index(on)]),
             "promise 3: an environment began before what it depends on had succeeded");
    }
    ++counts[kDependencies];
  }
  if (!runs(changed.status)) {
    expect(open_[at].empty(), "promise 1: an attempt ended while a command of it was outstanding");
  }
  if (changed.status == E::Skipped) {
    expect(skipping_, "promise 14: an environment was skipped without a Skip");
    ++counts[kSkipped];
  }
  environments_[at] = changed.status;
}

void Watch::check_issue(Ticket ticket, std::optional<EnvironmentId> environment, bool on_fail,
                        Counts& counts) {
  expect(number(ticket) > last_ticket_, "promise 7: a ticket was issued twice");
  last_ticket_ = number(ticket);
  (environment ? open_[index(*environment)] : release_open_).push_back(number(ticket));
  const auto deadline = flow_deadline_ ? flow_deadline_ : end_deadline_;
  expect(deadline && now_ < *deadline, "promise 11: a command was issued past a deadline");
  expect(status_ != ReleaseStatus::Terminating || on_fail,
         "promise 11: a terminating release issued a command of another point than onFail");
  ++counts[kInTime];
  if (environment) {
    expect(environments_[index(*environment)] != E::Skipped,
           "promise 14: a command of a skipped environment was issued");
  }
}

void Watch::check_hook(const RunHook& run, Counts& counts) {
  const bool on_fail = run.point == Point::ReleaseOnFail || run.point == Point::EnvironmentOnFail;
  if (run.point == Point::ReleaseOnFail) { begin_end(); }
  check_issue(run.ticket, run.environment, on_fail, counts);
  const auto environments = run.arguments.find("FAILED_ENVIRONMENTS");
  expect(environments.has_value() == on_fail &&
             run.arguments.find("ERROR_MESSAGE").has_value() == on_fail,
         "promise 2: FAILED_ENVIRONMENTS or ERROR_MESSAGE at " + std::string(to_string(run.point)));
  if (on_fail) {
    std::string wanted;
    for (std::size_t i = 0; i < environments_.size(); ++i) {
      const bool stopped = environments_[i] == E::Failed || environments_[i] == E::Terminated;
      if (!stopped || (run.environment && index(*run.environment) != i)) { continue; }
      wanted +=
          std::string(flow_.environment_name(EnvironmentId(static_cast<std::uint32_t>(i)))) + " ";
    }
    std::string named;
    for (const auto& one : nlohmann::json::parse(*environments)) {
      named += one.at("Name").get<std::string>() + " ";
    }
    expect_equal("promise 2: the failed environments", wanted, named);
  }
  ++counts[kFailureArguments];
  const bool end = run.point == Point::ReleaseOnSuccess || run.point == Point::ReleaseOnFail;
  expect(end || !ending_, "promise 4: a hook beside those of the release's end");
  if (!end) { return; }
  ++counts[kEndHooks];
  ending_ = true;
  for (std::size_t i = 0; i < environments_.size(); ++i) {
    expect(!runs(environments_[i]) && open_[i].empty(),
           "promise 4: the release's end hooks began while an environment was busy");
  }
}

void Watch::check_release(ReleaseStatus status) {
  const bool was_final = status_ && is_final(*status_);
  expect(!was_final || (retrying_ && status == ReleaseStatus::Running),
         "promise 1: a final release took another status");
  if (was_final) {
    flow_deadline_ = now_ + flow_.options().promotion_timeout_limit;
    end_deadline_.reset();
  }
  if (status == ReleaseStatus::Terminating) { begin_end(); }
  if (is_final(status)) {
    const bool open = !release_open_.empty() ||
                      std::any_of(open_.begin(), open_.end(), [](auto& of) { return !of.empty(); });
    expect(!open, "promise 4: the release is final while commands are outstanding");
    ending_ = false;
    flow_deadline_.reset();
    end_deadline_.reset();
  }
  status_ = status;
}

/// R7: the end deadline is armed once, and the flow's counts no longer.
void Watch::begin_end() {
  flow_deadline_.reset();
  const FlowOptions& options = flow_.options();
  const auto grace = options.termination_grace_period.value_or(
      std::chrono::milliseconds(options.promotion_timeout_limit));
  if (!end_deadline_) { end_deadline_ = now_ + grace; }
}

Instant Watch::ends_by() const {
  if (end_deadline_) { return *end_deadline_; }
  if (!flow_deadline_) { return now_; }
  Watch late = *this;
  late.now_ = *flow_deadline_;
  late.begin_end();
  return *late.end_deadline_;
}

void Watch::settle(Ticket ticket) {
  std::size_t found = std::erase(release_open_, number(ticket));
  for (auto& tickets : open_) { found += std::erase(tickets, number(ticket)); }
  // An expired command is cancelled, then fails: it is settled once. A soak fails by its
  // promotion's ticket, which was settled before.
  expect(found <= 1, "promise 1: a command was settled that was issued twice");
}

void Watch::check_rest(const Release& release, Counts& counts) {
  retrying_ = skipping_ = false;
  std::size_t open = release_open_.size();
  for (const auto& tickets : open_) { open += tickets.size(); }
  const auto timer = release.next_timer();
  if (is_final(release.status())) {
    expect(!timer && open == 0, "promise 5: something is left of a final release");
  } else {
    const auto deadline = flow_deadline_ ? flow_deadline_ : end_deadline_;
    expect(deadline && now_ < *deadline, "promise 13: a release goes on past its deadline");
    expect(timer && *timer <= *deadline, "promise 13: no timer will end the release");
  }
  ++counts[kBounded];
}

// --- comparing
// --------------------------------------------------------------------------------------

std::vector<std::string> take_lines(Release& release, Watch* watch, Counts& counts) {
  std::vector<std::string> lines;
  while (auto record = release.next_record()) {
    if (watch != nullptr) { watch->check(*record, counts); }
    lines.push_back(value_of(to_json(*record, Instant{}), "a record's line"));
  }
  return lines;
}

std::string answer_of(const Result<void>& applied) {
  return std::string(applied ? "ok" : to_string(applied.error().code));
}

void deliver_again(Release& release, const Event& event, Counts& counts) {
  // What the event has armed without a wait would fire first, and count as the second's effect.
  expect_equal("promise 12: a Tick", "ok", answer_of(release.apply({event.at, Tick{}})));
  while (release.next_record()) {}
  const std::string before = snapshot_of(release);
  const std::string answer = answer_of(release.apply(event));
  const bool tick = std::holds_alternative<Tick>(event.what);
  expect((answer == "ok") == tick, "promise 12: delivered twice, the answer was " + answer);
  expect(!release.next_record(), "promise 12: delivered twice, an event left records");
  expect_equal("promise 12: delivered twice", before, snapshot_of(release));
  ++counts[kTwice];
}

void compare_lines(const std::vector<std::string>& wanted, const std::vector<std::string>& got,
                   Counts& counts) {
  for (std::size_t i = 0; i < std::max(wanted.size(), got.size()); ++i) {
    expect_equal("the trace is not the model's", i < wanted.size() ? wanted[i] : "(nothing)",
                 i < got.size() ? got[i] : "(nothing)");
  }
  counts[kLines] += got.size();
}

void compare_reissued(Release& release, const Model& model, Counts& counts) {
  auto wanted = model.outstanding.begin();
  while (auto command = release.next_command()) {
    if (std::holds_alternative<Cancel>(*command)) { continue; }  // Not taken before the crash.
    expect(wanted != model.outstanding.end(), "promise 7: a command came back that is settled");
    Record::What what;
    if (const auto* run = std::get_if<RunHook>(&*command)) {
      what = *run;
      expect_equal("promise 7: the context of a command that came back", wanted->second.context,
                   value_of(run->context.to_json(), "context"));
    } else {
      what = std::get<Promote>(*command);
    }
    const std::string line = without_time(
        without_time(value_of(to_json(Record{Instant{}, what}, Instant{}), "a record's line")));
    expect_equal("promise 7: a command that came back", wanted->second.line + "}", line);
    ++wanted;
  }
  expect(wanted == model.outstanding.end(), "promise 7: an outstanding command was lost");
  ++counts[kCrashes];
}

namespace {

void compare_outstanding(const Release& release, const Model& model) {
  const auto commands = value_of(release.outstanding(), "outstanding");
  expect(commands.size() == model.outstanding.size(), "outstanding: another number of commands");
  auto wanted = model.outstanding.begin();
  for (const OutstandingCommand& one : commands) {
    const Issued& issued = wanted->second;
    std::optional<Ms> expires;
    if (one.expires) { expires = one.expires->time_since_epoch().count(); }
    expect(number(ticket_of(one.command)) == wanted->first && one.suspended == issued.suspended &&
               one.queued == issued.queued && expires == issued.due,
           "outstanding: another ticket, suspension, queue or expiry");
    ++wanted;
  }
}

/// Of the first environments: the model looks at the whole graph for each.
void compare_pending(const Release& release, const Model& model) {
  constexpr std::size_t kMost = 20;
  for (std::size_t i = 0; i < std::min(kMost, model.environments.size()); ++i) {
    const PendingReason wanted = model.why_pending(static_cast<Scope>(i));
    const PendingReason got =
        value_of(release.why_pending(EnvironmentId(static_cast<std::uint32_t>(i))), "why_pending");
    expect_equal("why nothing begins", to_string(wanted.block), to_string(got.block));
    expect(wanted.unmet == got.unmet && wanted.causes == got.causes,
           "why an environment is pending: other dependencies or causes");
  }
}

void compare_context(const Release& release, const Model& model) {
  expect_equal("the context", model.context_json(),
               value_of(release.context().to_json(), "context"));
  for (std::size_t i = 0; i < model.context.size(); ++i) {
    expect(number(release.context()[i].writer) == model.context[i].ticket, "the context's writers");
  }
  const auto conflicts = value_of(release.context_conflicts(), "conflicts");
  expect(conflicts.size() == model.conflicts.size(), "the context's conflicts");
  for (std::size_t i = 0; i < conflicts.size(); ++i) {
    const Conflict got{std::string(conflicts[i].key), number(conflicts[i].earlier),
                       number(conflicts[i].later)};
    expect(got == model.conflicts[i], "a conflict of the context");
  }
  const auto rejected = value_of(release.rejected_exports(), "rejected exports");
  expect(rejected.size() == model.rejected.size(), "the rejected exports");
  for (std::size_t i = 0; i < rejected.size(); ++i) {
    const Rejected got{number(rejected[i].ticket), std::string(rejected[i].reason),
                       std::string(rejected[i].text)};
    expect(got == model.rejected[i], "a rejected export");
  }
}

}  // namespace

void compare_state(const Release& release, const Model& model) {
  expect_equal("the release's status", model.release.status, to_string(release.status()));
  expect_equal("the release's phase", model.phase(kRelease), release.phase());
  expect_equal("the release's message", model.release.message.value_or(""), release.message());
  for (std::size_t i = 0; i < model.environments.size(); ++i) {
    const auto state = release.environment(EnvironmentId(static_cast<std::uint32_t>(i)));
    expect_equal("an environment's status", model.environments[i].status, to_string(state.status));
    expect_equal("an environment's phase", model.phase(static_cast<Scope>(i)), state.phase);
    expect_equal("an environment's message", model.environments[i].message.value_or(""),
                 state.message);
  }
  const auto timer = release.next_timer();
  const auto wanted = model.next_timer();
  expect(timer.has_value() == wanted.has_value() &&
             (!timer || timer->time_since_epoch().count() == *wanted),
         "the next timer");
  compare_outstanding(release, model);
  compare_pending(release, model);
  compare_context(release, model);
}

}  // namespace promoflow::prove
