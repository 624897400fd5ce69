// SPDX-License-Identifier: Apache-2.0
// The second part of a change: what it will need is worked out, made and reserved. Everything here
// may throw std::bad_alloc; but for the capacity of vectors the machine stays as it is.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "document/utf8.hpp"
#include "flow/flow_data.hpp"
#include "release/failure.hpp"
#include "release/machine.hpp"

namespace promoflow::detail {

namespace {

/// Texts of the host are UTF-8 from here on, whatever they were.
Text make_text(std::string_view text) {
  return std::make_shared<const std::string>(is_utf8(text) ? std::string(text) : to_utf8(text));
}

/// R9: how long the n-th further attempt waits.
Millis backoff(const RetryPolicy& retry, std::uint32_t n) noexcept {
  const double wait = static_cast<double>(retry.duration.count()) *
                      std::pow(retry.factor, static_cast<double>(n) - 1.0);
  const Millis most = retry.max_duration ? retry.max_duration->count() : kNever;
  return wait >= static_cast<double>(most) ? most : static_cast<Millis>(wait);
}

std::string_view word_of(Stage stage) noexcept {
  const std::string_view point = to_string(point_of(stage, true));
  return point.substr(point.find('.') + 1);
}

}  // namespace

// --- Answers -------------------------------------------------------------------------------------

Plan Machine::plan_success(const Slot& slot, Millis at, std::optional<std::string_view> exported) {
  Plan plan;
  plan.succeeded = true;
  if (exported) {
    plan_export(slot, at, *exported, plan);
  } else if (message_) {
    plan.details = std::make_unique<Details>();
  }
  reserve_end(slot, plan);
  return plan;
}

/// C4, C1: the hook has failed if it exported what is no context.
void Machine::plan_export(const Slot& slot, Millis at, std::string_view exported, Plan& plan) {
  plan.details = std::make_unique<Details>();
  Details& details = *plan.details;
  Document patch;
  std::string reason = read_context(exported, patch);
  if (!reason.empty()) {
    plan.succeeded = false;
    const std::string message = fmt::format("exported an invalid promotion context: {}", reason);
    details.rejection = {Ticket{slot.ticket}, std::move(reason), std::string(exported)};
    judge_failure(slot, at, message, plan);
    return;
  }
  std::string compact;
  append_json(compact, patch, patch.roots[0]);
  details.text = std::make_shared<const std::string>(std::move(compact));
  const Writer writer{Ticket{slot.ticket}, is_release(slot.lane) ? Writer::kRelease : slot.lane};
  details.context = merge_context(*context(), patch, data_->options.context_merge, writer, *data_,
                                  details.conflicts);
}

Plan Machine::plan_failure(const Slot& slot, Millis at, std::string_view message,
                           std::optional<std::string_view> exported) {
  Plan plan;
  plan.details = std::make_unique<Details>();
  if (exported) {
    plan.details->rejection = {Ticket{slot.ticket}, std::string(), std::string(*exported)};
  }
  judge_failure(slot, at, message, plan);
  reserve_end(slot, plan);
  return plan;
}

Plan Machine::plan_expiry(const Slot& slot, Millis at) {
  Plan plan;
  plan.details = std::make_unique<Details>();
  plan.expired = true;
  const Millis length = timeout(slot.lane, slot.stage, slot.hook);
  judge_failure(slot, at, "timed out after " + duration_text(length), plan);
  reserve_end(slot, plan);
  return plan;
}

/// chain, R5, R9: what becomes of a command that failed, and what is said of it.
void Machine::judge_failure(const Slot& slot, Millis at, std::string_view message,
                            Plan& plan) const {
  Details& details = *plan.details;
  details.text = make_text(message);
  const RetryPolicy& retry = retry_policy(slot);
  if (slot.retries < retry.limit) {
    plan.verdict = Verdict::TryAgain;
    plan.retry_at = after(at, backoff(retry, slot.retries + 1));
    return;
  }
  if (!runs_chain(slot.stage)) {
    plan.verdict = Verdict::Fail;
    details.why = details.text;
    return;
  }
  const Hook& hook = chain(slot.lane, slot.stage)[slot.hook];
  if (slot.stage == Stage::Failing || hook.on_error == OnError::Ignore) {
    plan.verdict = Verdict::GoOn;
    return;
  }
  plan.verdict = Verdict::Fail;
  details.why = std::make_shared<const std::string>(
      fmt::format("{} hook '{}' failed: {}", word_of(slot.stage), hook.name, *details.text));
}

// --- What an end needs ---------------------------------------------------------------------------

/// How many environments may begin, at most, when the command's lane goes on from here.
std::size_t Machine::begun_by(const Slot& slot) const noexcept {
  if (!is_release(slot.lane)) {
    const bool may_end = slot.stage == Stage::Working || slot.stage == Stage::Finishing;
    return may_end ? data_->dependents[slot.lane].size() : 0;
  }
  return slot.stage == Stage::Starting ? data_->dependents[index(kTriggerEnvironment)].size() : 0;
}

/// Whether the release comes to its end with this, not all environments being successful.
bool Machine::concludes(const Slot& slot, const Plan& plan) const noexcept {
  const auto has_chain = [this](LaneIndex lane) { return !chain(lane, Stage::Failing).empty(); };
  if (release().stage != Stage::Working || plan.verdict == Verdict::TryAgain) { return false; }
  std::size_t alive = active_ + unfinished_;
  if (plan.verdict == Verdict::Fail) {
    alive -= has_chain(slot.lane) ? 0U : 1U;
    for (const Details::Stopping& other : plan.details->cuts) {
      alive -= has_chain(other.lane) ? 0U : 1U;
    }
    return alive == 0;
  }
  // It goes on: only the last command of its lane ends it. Environments that it lets begin are not
  // counted: then the text is made in vain, which costs little and only after a failure.
  const std::size_t next = std::size_t{slot.hook} + 1;
  const bool ends =
      (slot.stage == Stage::Working && chain(slot.lane, Stage::Finishing).empty()) ||
      (slot.stage == Stage::Finishing && next == chain(slot.lane, slot.stage).size()) ||
      (slot.stage == Stage::Failing && next == chain(slot.lane, slot.stage).size());
  const bool complete = slot.stage != Stage::Failing && successful_ + 1 == data_->size();
  return ends && alive == 1 && !complete && message_ != nullptr;
}

/// What stops with the command's lane, and the end of the release if it comes with it.
void Machine::plan_end(const Slot& slot, const Plan& plan, Details& details) const {
  if (plan.verdict == Verdict::Fail && is_release(slot.lane)) {
    plan_release_end(details, *details.why, details.release);
  } else if (plan.verdict == Verdict::Fail) {
    make_stopping(slot.lane, details.failing);
    details.failing.failure =
        environment_failure(*data_, slot.lane, EnvironmentStatus::Failed, *details.why);
    if (data_->options.failure_policy == FailurePolicy::Abort) {
      const std::string why =
          fmt::format("aborted: environment '{}' failed", data_->names[slot.lane]);
      plan_cuts(slot.lane, why, details);
    }
  }
  if (!is_release(slot.lane) && concludes(slot, plan)) {
    plan_release_end(details, message_ ? *message_ : *details.why, details.release);
  }
}

/// Completes the plan of a command's end, and reserves what it needs.
void Machine::reserve_end(const Slot& slot, Plan& plan) {
  const std::size_t begun = plan.verdict == Verdict::GoOn ? begun_by(slot) : 0;
  std::size_t commands = 1 + (admitting_ ? begun : 0);
  std::size_t items = 8 + 2 * commands;
  if (plan.details) {
    plan_end(slot, plan, *plan.details);
    const std::size_t stopping = reserve_details(*plan.details, begun);
    commands += stopping;
    items += 3 * stopping;
  }
  reserve(commands, items);
}

/// Room for `commands` to be issued and `items` to be queued.
void Machine::reserve(std::size_t commands, std::size_t items) {
  items_.make_room(items);
  window_.make_room(commands);
  if (commands > free_count_) { make_room(slots_, commands - free_count_); }
  timers_.make_room(commands);
}

/// Room for all that only details bring about; how many lanes may stop.
std::size_t Machine::reserve_details(const Details& details, std::size_t held) {
  const std::size_t stopping = details.cuts.size() + 2;
  make_room(texts_, 1);
  make_room(sources_, stopping + 1);
  make_room(troubles_, stopping);
  make_room(held_, held);
  make_room(conflicts_, details.conflicts.size());
  make_room(rejections_, details.rejection ? 1 : 0);
  timers_.make_room_for_attempts(1);
  return stopping;
}

// --- What stops ----------------------------------------------------------------------------------

void Machine::make_stopping(LaneIndex lane, Details::Stopping& stopping) const {
  stopping.lane = lane;
  const TroubleIndex noted = lanes_[lane].trouble;
  if (noted == kNone32 || troubles_[noted].on_fail_attempts.empty()) {
    stopping.on_fail_attempts.assign(chain(lane, Stage::Failing).size(), 0);
  }
}

/// Every environment that is Running or Suspended, in step order, but for `except`.
void Machine::plan_cuts(LaneIndex except, std::string_view why, Details& details) const {
  std::vector<LaneIndex> lanes;
  lanes.reserve(active_);
  for (const Slot& slot : slots_) {
    const bool alive = slot.state == SlotState::Outstanding || slot.state == SlotState::Waiting;
    if (alive && slot.stage != Stage::Failing && slot.lane != except && !is_release(slot.lane)) {
      lanes.push_back(slot.lane);
    }
  }
  std::sort(lanes.begin(), lanes.end());
  details.cut_why = make_text(why);
  details.cuts.resize(lanes.size());
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    make_stopping(lanes[i], details.cuts[i]);
    details.cuts[i].failure =
        environment_failure(*data_, lanes[i], EnvironmentStatus::Terminated, why);
  }
}

/// The release's own end: what its onFail hooks are handed (A2, A3, A4).
void Machine::plan_release_end(const Details& details, std::string_view message,
                               Details::Stopping& release) const {
  make_stopping(release_lane(), release);
  if (data_->options.hooks.on_fail.empty()) { return; }
  std::vector<FailedEnvironment> failed;
  failed.reserve(troubles_.size() + details.cuts.size() + 1);
  for (const Trouble& noted : troubles_) {
    const bool stopped = !is_release(noted.lane) && (lanes_[noted.lane].stage == Stage::Failing ||
                                                     lanes_[noted.lane].stage == Stage::Stopped);
    if (stopped) {
      failed.push_back({noted.lane, lanes_[noted.lane].get_status(), *noted.message});
    }
  }
  if (details.failing.lane != kNone32) {
    failed.push_back({details.failing.lane, EnvironmentStatus::Failed, *details.why});
  }
  for (const Details::Stopping& cut : details.cuts) {
    failed.push_back({cut.lane, EnvironmentStatus::Terminated, *details.cut_why});
  }
  std::sort(failed.begin(), failed.end(),
            [](const FailedEnvironment& a, const FailedEnvironment& b) { return a.lane < b.lane; });
  release.failure = failure_arguments(*data_, failed, message);
}

// --- The operator --------------------------------------------------------------------------------

Details Machine::plan_terminate(std::string_view reason) {
  Details details;
  details.text = make_text(reason);
  const Stage stage = release().stage;
  const bool forces = status_ == ReleaseStatus::Terminating || stage == Stage::Failing;
  if (stage == Stage::Working && !forces) { plan_cuts(kNone32, *details.text, details); }
  const bool ends =
      stage != Stage::Working ||
      (unfinished_ == 0 &&
       std::all_of(details.cuts.begin(), details.cuts.end(), [this](const Details::Stopping& cut) {
         return chain(cut.lane, Stage::Failing).empty();
       }));
  if (ends && !forces) { plan_release_end(details, *details.text, details.release); }
  const std::size_t stopping = reserve_details(details, 0);
  reserve(stopping, 4 + 3 * stopping + (forces ? outstanding_ : 0));
  return details;
}

/// The environments that go on, in step order.
std::vector<LaneIndex> Machine::plan_retry() {
  std::vector<LaneIndex> resumed;
  for (const Trouble& noted : troubles_) {
    if (!is_release(noted.lane) && lanes_[noted.lane].stage == Stage::Stopped) {
      resumed.push_back(noted.lane);
    }
  }
  std::sort(resumed.begin(), resumed.end());
  const std::size_t begun = resumed.size() + held_.size();
  reserve(1 + begun, 4 + 4 * begun);
  return resumed;
}

}  // namespace promoflow::detail
