// SPDX-License-Identifier: Apache-2.0
// A release fails in its onStart list, because of an environment, because it is terminated, or in
// its onSuccess list. In all but the first, environments have begun by then, and each that has
// writers must be kept from letting one succeed: it is skipped, it fails, or it is cut, and then
// the writers of its onFail list fail.
//
// To find the shortest such run is as hard as to find a smallest set that meets each of some given
// sets (NP-hard): let an environment with a writer in onFail stand for each member, and let those
// environments that depend on the members of one set be expensive to stop. So the search is
// exhaustive, and cut short by what a run costs at least (branch and bound): every environment is
// decided when it begins, and each has at most two options. For N environments that is at most
// 2^N runs for each of the N that may fail first. Nearly always the bound leaves a handful of them.
#include "configuration/missing_release.hpp"

#include <algorithm>
#include <utility>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

using What = Deviation::What;

namespace {

/// Steps of one search; enough for every flow of up to 10 environments. tests/prove/precedence.cpp
/// holds it to that.
constexpr std::uint64_t kSearchWorkMax = 2'000'000;
constexpr std::uint64_t kNever = UINT64_MAX / 4;
constexpr std::uint32_t kRootLevel = 1;  // It depends on nothing but the trigger environment.

}  // namespace

MissingRuns::ReleaseFails::ReleaseFails(MissingRuns& runs) : runs_(runs), flow_(runs.flow_) {}

bool MissingRuns::ReleaseFails::spend(std::uint64_t work) {
  work_ += work;
  if (!runs_.spend(work) || work_ > kSearchWorkMax) { is_exhausted_ = true; }
  return !is_exhausted_;
}

bool MissingRuns::ReleaseFails::can_improve(std::uint64_t length, Naming naming) const {
  return !best_ || length < best_->length || (length == best_->length && naming > best_naming_);
}

void MissingRuns::ReleaseFails::offer(MissingRun run, Naming naming) {
  if (!can_improve(run.length, naming)) { return; }
  best_ = std::move(run);
  best_naming_ = naming;
}

/// In a list of the release: its first hook is the earliest that can fail, and the release can be
/// terminated while it runs. False: there is no such list.
bool MissingRuns::ReleaseFails::in_list(Point point, MissingRun run) {
  const auto list = flow_.hooks(point);
  if (list.empty()) { return false; }
  std::uint32_t row = runs_.rows_begin(0);
  while (runs_.hooks_[row].point != point) { ++row; }
  Deviation deviation{What::Terminated, 0, 0};
  for (const Hook& hook : list) {
    if (hook.on_error == OnError::Fail && hook.retry.limit == 0) {
      deviation = {What::HookFails, row, 0};
    }
    if (deviation.what == What::HookFails || runs_.is_writer(row)) { break; }
    ++row;
  }
  deviation.in_on_success = point == Point::ReleaseOnSuccess;
  run.add(deviation);
  offer(std::move(run), Naming::InOnSuccess);
  return true;
}

void MissingRuns::ReleaseFails::look_at_environments() {
  const std::uint32_t count = flow_.environment_count();
  clean_.assign(count, true);
  stops_.assign(count, 0);
  ignores_.assign(count, 0);
  for (const std::uint32_t row : *runs_.writers_) {
    const HookRow& writer = runs_.hooks_[row];
    if (is_release_point(writer.point)) { continue; }
    if (is_on_fail(writer.point)) {
      stops_[writer.environment] += runs_.attempts_of(row);
      continue;
    }
    clean_[writer.environment] = false;
    std::uint64_t& ignores = ignores_[writer.environment];
    const bool can_ignore = writer.hook->on_error == OnError::Ignore && ignores != kNever;
    ignores = can_ignore ? ignores + runs_.attempts_of(row) : kNever;
  }
  by_level_.resize(count - 1);
  for (std::uint32_t i = 0; i < by_level_.size(); ++i) { by_level_[i] = i + 1; }
  std::stable_sort(by_level_.begin(), by_level_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return flow_.level(EnvironmentId{a}) < flow_.level(EnvironmentId{b});
  });
  fails_.assign(count, 0);
  is_needed_.assign(count, false);
  fails_min_ = kNever;
  for (const std::uint32_t environment : by_level_) {
    MissingRun run;
    runs_.stop(run, environment, false);
    fails_[environment] = run.length + stops_[environment];
    fails_min_ = std::min(fails_min_, fails_[environment]);
    if (clean_[environment]) { continue; }
    ++dirty_count_;
    if (flow_.level(EnvironmentId{environment}) == kRootLevel) { ++dirty_roots_; }
  }
}

/// What can become of an environment that has begun, and what that costs. What is never better than
/// another option is left out.
MissingRuns::ReleaseFails::Options MissingRuns::ReleaseFails::options(
    std::uint32_t environment) const {
  const std::uint64_t stops = stops_[environment];
  const std::uint64_t fails = fails_[environment];
  const bool clean = clean_[environment];
  const auto unless_skipped = [](Option option) {
    return option.cost <= 1 ? Options{{option}, 1} : Options{{Option{Fate::Skipped, 1}, option}, 2};
  };
  switch (way_) {
    case Way::Terminates:
      if (stops == 0) { return {{Option{Fate::Cut, 0}}, 1}; }
      if (!clean) { return unless_skipped({Fate::Cut, stops}); }
      return {{Option{Fate::Ended, 0}, Option{Fate::Cut, stops}}, 2};
    case Way::Continues:
      if (!clean) { return unless_skipped({Fate::Fails, fails}); }
      if (failed_ == 0) { return {{Option{Fate::Fails, fails}, Option{Fate::Ended, 0}}, 2}; }
      return {{Option{Fate::Ended, 0}, Option{Fate::Fails, fails}}, 2};
    case Way::OneFails: break;
  }
  if (environment == failing_) { return {{Option{Fate::Fails, fails}}, 1}; }
  if (clean) { return {{Option{Fate::EndsLater, 0}}, 1}; }
  Option option{Fate::Fails, fails};
  if (ignores_[environment] < option.cost) { option = {Fate::Ignored, ignores_[environment]}; }
  if (is_terminated_ && stops < option.cost) { option = {Fate::Cut, stops}; }
  return unless_skipped(option);
}

std::uint64_t MissingRuns::ReleaseFails::least(std::uint32_t environment) const {
  const Options found = options(environment);
  return found.count == 2 ? std::min(found.all[0].cost, found.all[1].cost) : found.all[0].cost;
}

/// The release starts, and what is needed has ended or is skipped: what depends on nothing else
/// begins.
void MissingRuns::ReleaseFails::start() {
  fates_.assign(flow_.environment_count(), Fate::Pending);
  unmet_.assign(flow_.environment_count(), 0);
  begun_.clear();
  decisions_.clear();
  cost_ = 0;
  owed_ = 0;
  failed_ = 0;
  for (const Needed& one : needed_) {
    fates_[one.environment] = one.ends ? Fate::Ended : Fate::Skipped;
    cost_ += one.ends ? 0 : 1;
  }
  for (const std::uint32_t environment : by_level_) {
    for (const EnvironmentId on : flow_.dependencies(EnvironmentId{environment})) {
      const auto at = static_cast<std::uint32_t>(on);
      const bool is_met = at == 0 || fates_[at] == Fate::Ended || fates_[at] == Fate::Skipped;
      unmet_[environment] += is_met ? 0 : 1;
    }
    if (unmet_[environment] == 0 && fates_[environment] == Fate::Pending) { begin(environment); }
  }
}

void MissingRuns::ReleaseFails::begin(std::uint32_t environment) {
  fates_[environment] = Fate::Begun;
  begun_.push_back(environment);
  owed_ += least(environment);
}

void MissingRuns::ReleaseFails::decide(std::uint32_t environment, std::uint32_t option) {
  const Option chosen = options(environment).all[option];
  decisions_.push_back({environment, option, chosen.cost, begun_.size()});
  fates_[environment] = chosen.fate;
  owed_ -= least(environment);
  cost_ += chosen.cost;
  if (chosen.fate == Fate::Fails) { ++failed_; }
  if (chosen.fate != Fate::Ended && chosen.fate != Fate::Skipped) { return; }
  spend(flow_.dependents(EnvironmentId{environment}).size());
  for (const EnvironmentId dependent : flow_.dependents(EnvironmentId{environment})) {
    const auto at = static_cast<std::uint32_t>(dependent);
    if (--unmet_[at] == 0 && fates_[at] == Fate::Pending) { begin(at); }
  }
}

/// Takes back decisions up to one that has another option, and takes that. False: there is none.
bool MissingRuns::ReleaseFails::undo_to_next_option() {
  while (!decisions_.empty()) {
    const Decision last = decisions_.back();
    decisions_.pop_back();
    const Fate fate = fates_[last.environment];
    if (fate == Fate::Ended || fate == Fate::Skipped) {
      for (const EnvironmentId on : flow_.dependents(EnvironmentId{last.environment})) {
        ++unmet_[static_cast<std::uint32_t>(on)];
      }
    }
    for (; begun_.size() > last.begun; begun_.pop_back()) {
      fates_[begun_.back()] = Fate::Pending;
      owed_ -= least(begun_.back());
    }
    if (fate == Fate::Fails) { --failed_; }
    cost_ -= last.cost;
    owed_ += least(last.environment);
    fates_[last.environment] = Fate::Begun;
    if (last.option + 1 < options(last.environment).count) {
      decide(last.environment, last.option + 1);
      return true;
    }
  }
  return false;
}

/// No run that comes of these decisions is shorter.
std::uint64_t MissingRuns::ReleaseFails::at_least() const {
  const std::uint64_t all = cost_ + owed_ + (is_terminated_ ? 1 : 0);
  const bool must_fail = way_ == Way::Continues && failed_ == 0;
  return must_fail ? std::max(all, cost_ + fails_min_) : all;
}

MissingRuns::ReleaseFails::Naming MissingRuns::ReleaseFails::naming() const {
  const bool can_fail =
      way_ != Way::Terminates || flow_.options().failure_policy == FailurePolicy::Abort;
  return can_fail ? Naming::EnvironmentFails : Naming::Terminated;
}

void MissingRuns::ReleaseFails::search() {
  start();
  if (!spend(flow_.environment_count() + flow_.dependency_count())) { return; }
  bool goes_on = true;
  while (goes_on) {
    const bool is_decided = decisions_.size() == begun_.size();
    if (!can_improve(at_least(), naming())) {
      goes_on = undo_to_next_option();
    } else if (is_decided) {
      offer_found();
      goes_on = undo_to_next_option();
    } else {
      decide(begun_[decisions_.size()], 0);
    }
    if (!spend(1)) { return; }
  }
}

void MissingRuns::ReleaseFails::fail_on_fail_writers(MissingRun& run,
                                                     std::uint32_t environment) const {
  if (stops_[environment] == 0) { return; }
  for (std::uint32_t row = runs_.rows_begin(environment); row < runs_.rows_end(environment);
       ++row) {
    if (is_on_fail(runs_.hooks_[row].point) && runs_.is_writer(row)) { runs_.fail(run, row); }
  }
}

/// Every environment that has begun is decided. It is a run if the release fails in it.
void MissingRuns::ReleaseFails::offer_found() {
  spend(fates_.size());
  MissingRun run;
  for (std::uint32_t i = 1; i < fates_.size(); ++i) {
    if (fates_[i] == Fate::Skipped) { run.add({What::Skipped, 0, i}); }
  }
  std::uint32_t last_cut = 0;
  std::uint32_t aborts = 0;  // Of those that are cut: one whose failure would cut the others.
  for (const std::uint32_t one : begun_) {
    switch (fates_[one]) {
      case Fate::Fails:
        runs_.stop(run, one, false);
        fail_on_fail_writers(run, one);
        break;
      case Fate::Ignored: runs_.fail_ignored(run, one); break;
      case Fate::Cut:
        last_cut = one;
        if (aborts == 0 && fails_[one] == stops_[one] + 1) { aborts = one; }
        break;
      case Fate::Pending:
      case Fate::Begun:
      case Fate::Ended:
      case Fate::Skipped:
      case Fate::EndsLater: break;
    }
  }
  Naming named = naming();
  if (is_terminated_) {
    if (last_cut == 0) { return; }
    if (flow_.options().failure_policy == FailurePolicy::Abort && aborts != 0) {
      runs_.stop(run, aborts, false);
    } else {
      run.add({What::Terminated, 0, last_cut});
      named = failed_ > 0 ? Naming::EnvironmentFails : Naming::Terminated;
    }
  } else if (failed_ == 0) {
    return;  // The release succeeds.
  }
  for (const std::uint32_t one : begun_) {
    if (fates_[one] == Fate::Cut) { fail_on_fail_writers(run, one); }
  }
  offer(std::move(run), named);
}

/// Adds what an environment depends on to what is needed.
void MissingRuns::ReleaseFails::need(std::uint32_t environment) {
  for (const EnvironmentId on : flow_.dependencies(EnvironmentId{environment})) {
    const auto at = static_cast<std::uint32_t>(on);
    if (at == 0 || is_needed_[at]) { continue; }
    is_needed_[at] = true;
    // Its own failure would be as short, and less would have begun by then.
    const bool can_end = clean_[at] && fails_[at] > fails_[failing_];
    needed_.push_back({at, can_end, can_end, 0});
  }
}

/// Lets one environment be the first that fails. What it depends on ends or is skipped, in each
/// way.
void MissingRuns::ReleaseFails::search_failing(std::uint32_t environment) {
  failing_ = environment;
  need(environment);
  std::uint64_t least = fails_[environment] + (is_terminated_ ? 1U : 0U);
  std::size_t decided = 0;
  const auto is_worth_it = [&] { return can_improve(least, Naming::EnvironmentFails); };
  do {
    for (; decided < needed_.size() && is_worth_it(); ++decided) {
      needed_[decided].count = needed_.size();
      if (needed_[decided].ends) {
        need(needed_[decided].environment);
      } else {
        ++least;
      }
    }
    if (is_worth_it()) { search(); }
    for (; decided > 0; --decided) {
      Needed& last = needed_[decided - 1];
      while (needed_.size() > last.count) { forget_last_needed(); }
      if (last.ends) {
        last.ends = false;
        ++least;
        break;
      }
      last.ends = last.can_end;
      --least;
    }
  } while (decided > 0 && spend(1));
  while (!needed_.empty()) { forget_last_needed(); }
}

void MissingRuns::ReleaseFails::forget_last_needed() {
  is_needed_[needed_.back().environment] = false;
  needed_.pop_back();
}

void MissingRuns::ReleaseFails::search_each_failing() {
  for (const std::uint32_t environment : by_level_) {
    const bool is_dirty_root =
        !clean_[environment] && flow_.level(EnvironmentId{environment}) == kRootLevel;
    const std::uint64_t others = is_terminated_ ? 1 : dirty_roots_ - (is_dirty_root ? 1 : 0);
    if (!spend(1)) { return; }
    if (can_improve(fails_[environment] + others, Naming::EnvironmentFails)) {
      search_failing(environment);
    }
  }
}

std::optional<MissingRun> MissingRuns::ReleaseFails::find() {
  if (in_list(Point::ReleaseOnStart, {})) { return best_; }
  if (flow_.options().post_trigger) {
    MissingRun run;
    run.add({What::PostTriggerFails, 0, 0});
    return run;
  }
  if (!spend(flow_.environment_count())) { return std::nullopt; }
  look_at_environments();
  way_ = Way::Terminates;
  is_terminated_ = true;
  search();
  if (can_improve(dirty_count_ + 1, Naming::InOnSuccess)) {
    MissingRun run;
    for (std::uint32_t i = 1; i < clean_.size(); ++i) {
      if (!clean_[i]) { run.add({What::Skipped, 0, i}); }
    }
    in_list(Point::ReleaseOnSuccess, std::move(run));
  }
  switch (flow_.options().failure_policy) {
    case FailurePolicy::FailFast:
      way_ = Way::OneFails;
      is_terminated_ = false;
      search_each_failing();
      is_terminated_ = true;
      search_each_failing();
      break;
    case FailurePolicy::Continue:
      way_ = Way::Continues;
      is_terminated_ = false;
      search();
      break;
    case FailurePolicy::Abort: break;  // Whatever cuts the others may as well be a termination.
  }
  if (best_) { best_->is_shortest = !is_exhausted_; }
  return best_;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
