// SPDX-License-Identifier: Apache-2.0
#include "configuration/missing_run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/position.hpp"
#include "configuration/missing_release.hpp"
#include "configuration/separator.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

using What = Deviation::What;

MissingRuns::MissingRuns(const FlowFacts& facts, const std::vector<HookRow>& hooks)
    : flow_(facts.flow), hooks_(hooks), begin_(facts.flow.environment_count() + 1, 0) {
  std::uint32_t row = 0;
  for (std::uint32_t i = 0; i < flow_.environment_count(); ++i) {
    begin_[i] = row;
    const auto is_of = [&](const HookRow& hook) {
      return is_release_point(hook.point) ? i == 0 : hook.environment == i;
    };
    while (row < hooks_.size() && is_of(hooks_[row])) { ++row; }
  }
  begin_[flow_.environment_count()] = row;
}

bool MissingRuns::is_writer(std::uint32_t row) const {
  return std::binary_search(writers_->begin(), writers_->end(), row);
}

std::uint64_t MissingRuns::attempts_of(std::uint32_t row) const {
  return std::uint64_t{hooks_[row].hook->retry.limit} + 1;
}

void MissingRuns::fail(MissingRun& run, std::uint32_t row) const {
  run.add({What::HookFails, row, 0}, attempts_of(row));
}

/// Every writer before the hook in its own list fails, and the list goes on.
void MissingRuns::fail_chain(MissingRun& run, std::uint32_t hook) const {
  const std::uint32_t first = hook - hooks_[hook].index;
  for (std::uint32_t row = first; row < hook; ++row) {
    if (!is_writer(row)) { continue; }
    if (!is_on_fail(hooks_[row].point) && hooks_[row].hook->on_error == OnError::Fail) {
      run.certain = row;
    }
    fail(run, row);
  }
}

/// An environment that has begun stops before a writer of its own has succeeded; a failure is named
/// rather than a termination that is no shorter.
void MissingRuns::stop(MissingRun& run, std::uint32_t environment, bool may_terminate) const {
  MissingRun best;
  best.add({What::Terminated, 0, environment}, may_terminate ? 1 : UINT64_MAX);
  MissingRun so_far;
  const auto offer = [&](Deviation deviation, std::uint64_t attempts) {
    const bool is_shorter = so_far.length + attempts < best.length;
    const bool replaces_termination =
        so_far.length + attempts == best.length && best.deviations.back().what == What::Terminated;
    if (!is_shorter && !replaces_termination) { return; }
    best = so_far;
    best.add(deviation, attempts);
  };
  const auto promote = [&] {
    const std::uint64_t attempts = flow_.step(EnvironmentId{environment}).retry.limit;
    offer({What::PromotionFails, 0, environment}, attempts + 1);
  };
  bool passed = true;
  bool promoted = false;
  for (std::uint32_t row = rows_begin(environment); passed && row < rows_end(environment); ++row) {
    const HookRow& hook = hooks_[row];
    if (is_on_fail(hook.point)) { break; }
    if (hook.point == Point::EnvironmentOnSuccess && !promoted) {
      promote();
      promoted = true;
    }
    const bool counts = hook.hook->on_error == OnError::Fail;
    if (counts) { offer({What::HookFails, row, 0}, attempts_of(row)); }
    if (!is_writer(row)) { continue; }
    fail(so_far, row);
    passed = !counts;  // Past it, the key is there.
  }
  if (passed && !promoted) { promote(); }
  run.length += best.length;
  run.deviations.insert(run.deviations.end(), best.deviations.begin(), best.deviations.end());
}

/// An environment succeeds although its writers, whose failures are ignored, fail. False: they are
/// not.
bool MissingRuns::fail_ignored(MissingRun& run, std::uint32_t environment) const {
  for (std::uint32_t row = rows_begin(environment); row < rows_end(environment); ++row) {
    if (is_on_fail(hooks_[row].point) || !is_writer(row)) { continue; }
    if (hooks_[row].hook->on_error == OnError::Fail) { return false; }
    fail(run, row);
  }
  return true;
}

/// An environment ends without a success of one of its writers: it is skipped, unless the failure
/// of a single attempt does, too.
void MissingRuns::pass(MissingRun& run, std::uint32_t environment) const {
  std::uint32_t only = 0;
  std::uint64_t attempts = 0;
  for (std::uint32_t row = rows_begin(environment); row < rows_end(environment); ++row) {
    if (is_on_fail(hooks_[row].point) || !is_writer(row)) { continue; }
    const bool counts = hooks_[row].hook->on_error == OnError::Fail;
    attempts += counts ? 2 : attempts_of(row);
    only = row;
  }
  if (attempts == 1) {
    fail(run, only);
  } else {
    run.add({What::Skipped, 0, environment});
  }
}

/// All paths from an environment to the writers' meet one that is skipped. False: too much work.
bool MissingRuns::separate(std::uint32_t environment, const Environments& writers,
                           MissingRun& run) {
  if (writers.empty()) { return true; }
  const auto found = separator(flow_, environment, writers, work_, kWorkMax);
  if (!found) { return false; }
  for (const std::uint32_t one : *found) {
    if (writers.size() == 1) {
      pass(run, one);
    } else {
      run.add({What::Skipped, 0, one});  // Others may be behind it.
    }
  }
  return true;
}

std::optional<MissingRun> MissingRuns::before_environment_hook(std::uint32_t hook) {
  const HookRow& self = hooks_[hook];
  const std::uint32_t environment = self.environment;
  MissingRun run;
  Environments others;
  for (const std::uint32_t row : *writers_) {
    if (!spend(1)) { return std::nullopt; }
    const HookRow& writer = hooks_[row];
    if (is_on_fail(writer.point)) {
      run.writers_need_failure = true;
    } else if (writer.point == Point::ReleaseOnStart) {
      if (writer.hook->on_error == OnError::Fail) { run.certain = row; }
      fail(run, row);
    } else if (!is_release_point(writer.point) && writer.environment != environment) {
      run.others_are_slower = true;
      if (others.empty() || others.back() != writer.environment) {
        others.push_back(writer.environment);
      }
    }
  }
  if (!separate(environment, others, run)) { return std::nullopt; }
  if (self.point == Point::EnvironmentOnFail) {
    stop(run, environment, true);
  } else if (self.point == Point::EnvironmentOnSuccess) {
    for (std::uint32_t row = rows_begin(environment);
         row < hook && hooks_[row].point == Point::EnvironmentOnStart; ++row) {
      if (!is_writer(row)) { continue; }
      if (hooks_[row].hook->on_error == OnError::Fail) { run.certain = row; }
      fail(run, row);
    }
  }
  fail_chain(run, hook);
  return run;
}

/// Before a hook of release.onStart or release.onSuccess.
MissingRun MissingRuns::before_success(std::uint32_t hook) const {
  MissingRun run;
  std::uint32_t passed = 0;
  for (const std::uint32_t row : *writers_) {
    const HookRow& writer = hooks_[row];
    if (is_on_fail(writer.point)) {
      run.writers_need_failure = true;
    } else if (hooks_[hook].point == Point::ReleaseOnStart ||
               writer.point == Point::ReleaseOnSuccess) {
      continue;  // Its own list is looked at below; the rest runs later.
    } else if (writer.point == Point::ReleaseOnStart) {
      if (writer.hook->on_error == OnError::Fail) { run.certain = row; }
      fail(run, row);
    } else if (writer.environment != passed) {
      passed = writer.environment;
      pass(run, passed);
    }
  }
  fail_chain(run, hook);
  return run;
}

std::optional<MissingRun> MissingRuns::find(std::uint32_t hook,
                                            const std::vector<std::uint32_t>& writers) {
  writers_ = &writers;
  if (!spend(writers.size() + 1)) { return std::nullopt; }
  switch (hooks_[hook].point) {
    case Point::ReleaseOnStart:
    case Point::ReleaseOnSuccess: return before_success(hook);
    case Point::ReleaseOnFail: {
      std::optional<MissingRun> run = ReleaseFails(*this).find();
      if (run) { fail_chain(*run, hook); }
      return run;
    }
    case Point::EnvironmentOnStart:
    case Point::EnvironmentOnSuccess:
    case Point::EnvironmentOnFail: return before_environment_hook(hook);
  }
  return std::nullopt;
}

namespace {

/// `a, b and c`; of many the first few.
std::string listed(const std::vector<std::string>& parts, std::string_view between) {
  constexpr std::size_t kNamedMax = 3;
  std::string text;
  for (std::size_t i = 0; i < parts.size() && i < kNamedMax; ++i) {
    const bool is_last = i + 1 == parts.size();
    text += i == 0 ? "" : is_last ? " and " : between;
    text += parts[i];
  }
  if (parts.size() > kNamedMax) { text += fmt::format(" and {} more", parts.size() - kNamedMax); }
  return text;
}

std::string describe(const Deviation& deviation, const Flow& flow,
                     const std::vector<HookRow>& hooks) {
  const std::string environment =
      in_quotes(flow.environment_name(EnvironmentId{deviation.environment}));
  switch (deviation.what) {
    case What::HookFails: return fmt::format("{} fails", describe(flow, hooks[deviation.hook]));
    case What::PromotionFails: return fmt::format("the promotion into {} fails", environment);
    case What::PostTriggerFails: return "the postTrigger workflow fails";
    case What::Skipped: break;  // They are named together.
    case What::Terminated:
      if (deviation.environment != 0) {
        return fmt::format("the release is terminated as soon as {} has begun", environment);
      }
      return deviation.in_on_success
                 ? "the release is terminated as soon as all environments have ended"
                 : "the release is terminated as soon as it has started";
  }
  return {};
}

}  // namespace

std::string describe(const MissingRun& run, const Flow& flow, const std::vector<HookRow>& hooks,
                     std::uint32_t nearest) {
  if (run.certain) {
    return fmt::format("unless {} exports it, which nothing says",
                       describe(flow, hooks[*run.certain]));
  }
  std::vector<std::string> skipped;
  std::vector<std::string> others;
  for (const Deviation& deviation : run.deviations) {
    if (deviation.what == What::Skipped) {
      skipped.push_back(in_quotes(flow.environment_name(EnvironmentId{deviation.environment})));
    } else {
      others.push_back(describe(deviation, flow, hooks));
    }
  }
  if (!skipped.empty()) {
    const std::string_view verb = skipped.size() == 1 ? "is" : "are";
    others.insert(others.begin(), fmt::format("{} {} skipped", listed(skipped, ", "), verb));
  }
  if (!others.empty()) { return "when " + listed(others, " and "); }
  const HookRow& writer = hooks[nearest];
  if (run.others_are_slower && !is_on_fail(writer.point)) {
    return fmt::format("when it runs before {} has succeeded", describe(flow, writer));
  }
  if (writer.point == Point::ReleaseOnFail) {
    return "unless the release has failed before and was retried";
  }
  if (writer.point == Point::EnvironmentOnFail) {
    return fmt::format("unless {} has failed before",
                       in_quotes(flow.environment_name(EnvironmentId{writer.environment})));
  }
  return fmt::format("when it runs before {} has succeeded", describe(flow, writer));
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
