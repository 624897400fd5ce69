// SPDX-License-Identifier: Apache-2.0
/// @file
/// The shortest run in which a release fails before any of some hooks, the writers, has succeeded.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "configuration/missing_run.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class MissingRuns::ReleaseFails {
 public:
  explicit ReleaseFails(MissingRuns& runs);

  /// None: too much work.
  std::optional<MissingRun> find();

 private:
  /// How the release comes to its end.
  enum class Way : std::uint8_t {
    Terminates,  ///< Nothing has failed before.
    OneFails,    ///< failFast: nothing begins after the first failure.
    Continues,   ///< continue: whatever does not depend on a failed environment runs to its end.
  };
  /// What becomes of an environment.
  enum class Fate : std::uint8_t {
    Pending,
    Begun,      ///< Not decided yet.
    Ended,      ///< Successful, and what depends on it may begin.
    Skipped,    ///< Likewise; before it would have begun.
    EndsLater,  ///< Successful, when nothing begins any more.
    Ignored,    ///< Likewise, and its writers, whose failures are ignored, have failed.
    Fails,
    Cut,  ///< By the termination.
  };
  /// Of two runs of one length the one that is easier to understand is given: the higher one.
  enum class Naming : std::uint8_t { Terminated, InOnSuccess, EnvironmentFails };
  struct Option {
    Fate fate = Fate::Pending;
    std::uint64_t cost = 0;
  };
  struct Options {
    std::array<Option, 2> all{};  ///< What is hoped for first.
    std::uint32_t count = 0;
  };
  struct Decision {
    std::uint32_t environment;
    std::uint32_t option;
    std::uint64_t cost;
    std::size_t begun;  ///< How many had begun before it.
  };
  struct Needed {
    std::uint32_t environment;
    bool can_end;
    bool ends;
    std::size_t count;  ///< How many were needed before those that it depends on.
  };

  bool in_list(Point point, MissingRun run);
  void look_at_environments();
  bool spend(std::uint64_t work);
  void offer(MissingRun run, Naming naming);
  bool can_improve(std::uint64_t length, Naming naming) const;

  Options options(std::uint32_t environment) const;
  std::uint64_t least(std::uint32_t environment) const;
  void start();
  void begin(std::uint32_t environment);
  void decide(std::uint32_t environment, std::uint32_t option);
  bool undo_to_next_option();
  std::uint64_t at_least() const;
  void search();
  void offer_found();
  Naming naming() const;
  void fail_on_fail_writers(MissingRun& run, std::uint32_t environment) const;

  void need(std::uint32_t environment);
  void forget_last_needed();
  void search_failing(std::uint32_t environment);
  void search_each_failing();

  MissingRuns& runs_;
  const Flow& flow_;
  std::uint64_t work_ = 0;
  bool is_exhausted_ = false;  ///< Too much work: there may be a shorter run.
  std::optional<MissingRun> best_;
  Naming best_naming_ = Naming::Terminated;

  std::vector<bool> clean_;             ///< It may succeed: no writer would.
  std::vector<std::uint64_t> stops_;    ///< Attempts of writers in its onFail list.
  std::vector<std::uint64_t> fails_;    ///< Attempts that fail if it fails, those included.
  std::vector<std::uint64_t> ignores_;  ///< Attempts of writers whose failures are ignored.
  Environments by_level_;
  std::uint64_t fails_min_ = 0;
  std::uint64_t dirty_count_ = 0;
  std::uint64_t dirty_roots_ = 0;  ///< Of those that depend on nothing but the trigger.

  // The run that is looked at.
  Way way_ = Way::Terminates;
  std::uint32_t failing_ = 0;  ///< OneFails: the environment that fails.
  bool is_terminated_ = false;
  std::vector<Fate> fates_;
  std::vector<std::uint32_t> unmet_;
  Environments begun_;  ///< In the order in which they began.
  std::vector<Decision> decisions_;
  std::vector<Needed> needed_;  ///< What failing_ depends on and what has to end for that.
  std::vector<bool> is_needed_;
  std::uint64_t cost_ = 0;
  std::uint64_t owed_ = 0;  ///< What those that are not decided cost at least.
  std::uint64_t failed_ = 0;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
