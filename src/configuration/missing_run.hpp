// SPDX-License-Identifier: Apache-2.0
/// @file
/// A shortest run in which a hook is issued and none of some other hooks has succeeded before: the
/// answer to "when is this key missing?". The length of a run is the number of attempts that fail,
/// environments that are skipped, and terminations. tests/prove/precedence.cpp compares it with
/// exhaustive exploration of the machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "configuration/precedence.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What does not go as planned in a run.
struct Deviation {
  enum class What : std::uint8_t {
    HookFails,         ///< In each of its attempts, as the next two.
    PromotionFails,    ///< Into an environment.
    PostTriggerFails,  ///< The workflow of the trigger environment.
    Skipped,           ///< An environment.
    Terminated,        ///< The release.
  };
  What what = What::HookFails;
  std::uint32_t hook = 0;         ///< Position in the hook table; of HookFails.
  std::uint32_t environment = 0;  ///< Terminated: which one has begun last; 0: none has.
  bool in_on_success = false;     ///< Terminated: in release.onSuccess.
};

struct MissingRun {
  std::vector<Deviation> deviations{};  ///< All else succeeds.
  std::uint64_t length = 0;
  /// Of a hook of release.onFail: false if the search was given up before all runs were compared.
  bool is_shortest = true;
  /// Writers of other environments have not succeeded by then: they are slower.
  bool others_are_slower = false;
  /// Writers run only after a failure that is not in this run.
  bool writers_need_failure = false;
  /// A writer that has succeeded in every run: nobody knows whether it exports the key.
  std::optional<std::uint32_t> certain{};

  void add(Deviation deviation, std::uint64_t attempts = 1) {
    deviations.push_back(deviation);
    length += attempts;
  }
};

/// Finds such runs in one flow.
class MissingRuns {
 public:
  MissingRuns(const FlowFacts& facts, const std::vector<HookRow>& hooks);

  /// `writers`: positions in the table, ascending, without `hook`. Those that are known to export
  /// the key must not be among those that must precede it.
  /// None: the search was given up, see kWorkMax.
  std::optional<MissingRun> find(std::uint32_t hook, const std::vector<std::uint32_t>& writers);

  /// Counts work, that of the caller too; false: it is too much, and find() finds nothing more.
  bool spend(std::uint64_t work) { return (work_ += work) <= kWorkMax; }

 private:
  using Environments = std::vector<std::uint32_t>;
  class ReleaseFails;  // In missing_release.hpp.

  bool is_writer(std::uint32_t row) const;
  std::uint32_t rows_begin(std::uint32_t environment) const { return begin_[environment]; }
  std::uint32_t rows_end(std::uint32_t environment) const { return begin_[environment + 1]; }
  std::uint64_t attempts_of(std::uint32_t row) const;
  void fail(MissingRun& run, std::uint32_t row) const;
  void fail_chain(MissingRun& run, std::uint32_t hook) const;
  void stop(MissingRun& run, std::uint32_t environment, bool may_terminate) const;
  bool fail_ignored(MissingRun& run, std::uint32_t environment) const;
  void pass(MissingRun& run, std::uint32_t environment) const;
  bool separate(std::uint32_t environment, const Environments& writers, MissingRun& run);

  std::optional<MissingRun> before_environment_hook(std::uint32_t hook);
  MissingRun before_success(std::uint32_t hook) const;
  static constexpr std::uint64_t kWorkMax = 20'000'000;  ///< In all calls together.

  const Flow& flow_;
  const std::vector<HookRow>& hooks_;
  std::vector<std::uint32_t> begin_;  ///< The first row of each environment; [0]: the release's.
  const std::vector<std::uint32_t>* writers_ = nullptr;
  std::uint64_t work_ = 0;
};

/// `when the promotion into 'staging' fails`. `nearest`: the writer that is named where nothing
/// deviates.
std::string describe(const MissingRun& run, const Flow& flow, const std::vector<HookRow>& hooks,
                     std::uint32_t nearest);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
