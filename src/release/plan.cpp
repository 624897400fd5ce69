// SPDX-License-Identifier: Apache-2.0
// The second part of a change: what it will need is worked out, made and reserved. Everything here
// may throw std::bad_alloc; but for the capacity of vectors the machine stays as it is.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/utf8.hpp"
#include "flow/flow_data.hpp"
#include "release/failure_arguments.hpp"
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
  if (exported) { plan_export(slot, at, *exported, plan); }
  reserve_end(slot, plan);
  return plan;
}

/// C4, C1: the hook has failed if it exported what is no context.
void Machine::plan_export(const Slot& slot, Millis at, std::string_view exported, Plan& plan) {
  Export read;
  std::string reason = read_export(exported, read);
  if (!reason.empty()) {
    plan.succeeded = false;
    const std::string message = fmt::format("exported an invalid promotion context: {}", reason);
    plan.rejection = {Ticket{slot.ticket}, std::move(reason), std::string(exported)};
    judge_failure(slot, at, message, plan);
    return;
  }
  const Writer writer{Ticket{slot.ticket}, is_release(slot.lane) ? Writer::kRelease : slot.lane};
  plan.context =
      merge_context(*context(), read, data_->options.context_merge, writer, *data_, plan.conflicts);
  plan.text = {read.texts, &read.texts->text};
}

Plan Machine::plan_failure(const Slot& slot, Millis at, std::string_view message,
                           std::optional<std::string_view> exported) {
  Plan plan;
  if (exported) { plan.rejection = {Ticket{slot.ticket}, std::string(), std::string(*exported)}; }
  judge_failure(slot, at, message, plan);
  reserve_end(slot, plan);
  return plan;
}

Plan Machine::plan_expiry(const Slot& slot, Millis at) {
  Plan plan;
  plan.expired = true;
  const Millis length = timeout(slot.lane, slot.stage, slot.hook);
  judge_failure(slot, at, "timed out after " + duration_text(length), plan);
  reserve_end(slot, plan);
  return plan;
}

/// chain, R5, R9: what becomes of a command that failed, and what is said of it.
void Machine::judge_failure(const Slot& slot, Millis at, std::string_view message,
                            Plan& plan) const {
  plan.text = make_text(message);
  const RetryPolicy& retry = retry_policy(slot);
  if (slot.retries < retry.limit) {
    plan.verdict = Verdict::TryAgain;
    plan.retry_at = after(at, backoff(retry, slot.retries + 1));
    return;
  }
  if (!runs_chain(slot.stage)) {
    plan.verdict = Verdict::Fail;
    plan.why = plan.text;
    return;
  }
  const Hook& hook = chain(slot.lane, slot.stage)[slot.hook];
  if (slot.stage == Stage::Failing || hook.on_error == OnError::Ignore) {
    plan.verdict = Verdict::GoOn;
    return;
  }
  plan.verdict = Verdict::Fail;
  plan.why = std::make_shared<const std::string>(
      fmt::format("{} hook '{}' failed: {}", word_of(slot.stage), hook.name, *plan.text));
}

// --- What an end needs ---------------------------------------------------------------------------

/// Whether the release comes to its end with this, not all environments being successful.
bool Machine::concludes(const Slot& slot, const Plan& plan) const noexcept {
  const auto has_chain = [this](LaneIndex lane) { return !chain(lane, Stage::Failing).empty(); };
  if (plan.verdict == Verdict::TryAgain) { return false; }
  std::size_t alive = active_ + unfinished_;
  if (plan.verdict == Verdict::Fail) {
    alive -= has_chain(slot.lane) ? 0U : 1U;
    for (const Plan::Stopping& other : plan.cuts) { alive -= has_chain(other.lane) ? 0U : 1U; }
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
void Machine::plan_end(const Slot& slot, Plan& plan) const {
  if (plan.verdict == Verdict::Fail && is_release(slot.lane)) {
    plan_release_end(plan, *plan.why, plan.release);
  } else if (plan.verdict == Verdict::Fail) {
    make_stopping(slot.lane, plan.failing);
    plan.failing.failure =
        environment_failure(*data_, slot.lane, EnvironmentStatus::Failed, *plan.why);
    if (data_->options.failure_policy == FailurePolicy::Abort) {
      const std::string why =
          fmt::format("aborted: environment '{}' failed", data_->names[slot.lane]);
      plan_cuts(slot.lane, why, plan);
    }
  }
  if (!is_release(slot.lane) && concludes(slot, plan)) {
    plan_release_end(plan, message_ ? *message_ : *plan.why, plan.release);
  }
}

/// Completes the plan of a command's end, and reserves what it needs.
void Machine::reserve_end(const Slot& slot, Plan& plan) {
  plan_end(slot, plan);
  const std::size_t begun = plan.verdict == Verdict::GoOn ? begun_by(slot) : 0;
  const std::size_t stopping = reserve_plan(plan, begun);
  const std::size_t commands = 1 + begun + stopping;
  reserve(commands, kItemsOfEvent + kItemsOfCommand * commands);
}

/// The same for a plain success, which lets others begin and does nothing besides.
void Machine::reserve_success(const Slot& slot) {
  const std::size_t begun = begun_by(slot);
  reserve(1 + begun, kItemsOfEvent + kItemsOfCommand * begun);
}

/// Room for `commands` to be issued and `items` to be queued.
void Machine::reserve(std::size_t commands, std::size_t items) {
  outbox_.make_room(items);
  window_.make_room(commands);
  reserve_slots(commands);
  timers_.make_room(commands);
}

void Machine::reserve_slots(std::size_t commands) {
  if (commands <= free_count_) { return; }
  const std::size_t before = slots_.capacity();
  make_room(slots_, commands - free_count_ + before - slots_.size());
  free_count_ += slots_.capacity() - before;
}

/// Room for all that a plain success does not bring about; how many lanes may stop.
std::size_t Machine::reserve_plan(const Plan& plan, std::size_t held) {
  const std::size_t stopping = plan.cuts.size() + 2;
  make_room(texts_, 1);
  make_room(sources_, stopping + 1);
  if (plan.verdict == Verdict::Fail || plan.release.lane != kNone32) { reserve_troubles(stopping); }
  make_room(held_, held);
  make_room(conflicts_, plan.conflicts.size());
  make_room(rejections_, plan.rejection ? 1 : 0);
  timers_.make_room_for_attempts(1);
  return stopping;
}

/// Room for notes of so many lanes that stop.
void Machine::reserve_troubles(std::size_t stopping) {
  make_room(troubles_, stopping);
  if (trouble_of_.empty()) { trouble_of_.resize(lanes_.size(), kNone32); }
}

// --- What stops ----------------------------------------------------------------------------------

void Machine::make_stopping(LaneIndex lane, Plan::Stopping& stopping) const {
  stopping.lane = lane;
  const TroubleIndex noted = trouble_of(lane);
  if (noted == kNone32 || troubles_[noted].on_fail_attempts.empty()) {
    stopping.on_fail_attempts.assign(chain(lane, Stage::Failing).size(), 0);
  }
}

/// Every environment that is Running or Suspended, in step order, but for `except`. The release
/// itself has no command while environments do.
void Machine::plan_cuts(LaneIndex except, std::string_view why, Plan& plan) const {
  std::vector<LaneIndex> lanes;
  lanes.reserve(active_);
  for (const Slot& slot : slots_) {
    const bool alive = slot.state == SlotState::Outstanding || slot.state == SlotState::Waiting;
    if (alive && slot.stage != Stage::Failing && slot.lane != except) {
      lanes.push_back(slot.lane);
    }
  }
  std::sort(lanes.begin(), lanes.end());
  plan.cut_why = make_text(why);
  plan.cuts.resize(lanes.size());
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    make_stopping(lanes[i], plan.cuts[i]);
    plan.cuts[i].failure =
        environment_failure(*data_, lanes[i], EnvironmentStatus::Terminated, why);
  }
}

/// The release's own end: what its onFail hooks are handed (A2, A3, A4).
void Machine::plan_release_end(const Plan& plan, std::string_view message,
                               Plan::Stopping& release) const {
  make_stopping(release_lane(), release);
  if (data_->options.hooks.on_fail.empty()) { return; }
  std::vector<FailedEnvironment> failed;
  failed.reserve(troubles_.size() + plan.cuts.size() + 1);
  for (const Trouble& noted : troubles_) {
    const bool stopped = !is_release(noted.lane) && (lanes_[noted.lane].stage == Stage::Failing ||
                                                     lanes_[noted.lane].stage == Stage::Stopped);
    if (stopped) {
      failed.push_back({noted.lane, lanes_[noted.lane].get_status(), *noted.message});
    }
  }
  if (plan.failing.lane != kNone32) {
    failed.push_back({plan.failing.lane, EnvironmentStatus::Failed, *plan.why});
  }
  for (const Plan::Stopping& cut : plan.cuts) {
    failed.push_back({cut.lane, EnvironmentStatus::Terminated, *plan.cut_why});
  }
  std::sort(failed.begin(), failed.end(),
            [](const FailedEnvironment& a, const FailedEnvironment& b) { return a.lane < b.lane; });
  release.failure = failure_arguments(*data_, failed, message);
}

// --- The operator --------------------------------------------------------------------------------

Plan Machine::plan_terminate(std::string_view reason) {
  Plan plan;
  plan.text = make_text(reason);
  const Stage stage = release().stage;
  const bool forces = status_ == ReleaseStatus::Terminating || stage == Stage::Failing;
  if (stage == Stage::Working && !forces) { plan_cuts(kNone32, *plan.text, plan); }
  const bool ends =
      stage != Stage::Working ||
      (unfinished_ == 0 &&
       std::all_of(plan.cuts.begin(), plan.cuts.end(), [this](const Plan::Stopping& cut) {
         return chain(cut.lane, Stage::Failing).empty();
       }));
  if (ends && !forces) { plan_release_end(plan, *plan.text, plan.release); }
  const std::size_t stopping = reserve_plan(plan, 0);
  reserve_troubles(stopping);
  reserve(stopping, 4 + 3 * stopping + (forces ? outstanding_ : 0));
  return plan;
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
