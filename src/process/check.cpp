// SPDX-License-Identifier: Apache-2.0
// What can be known of the programs of a flow before the first of them runs.
#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "base/guard.hpp"
#include "base/suggest.hpp"
#include "process/lookup.hpp"
#include "promoflow/release.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

using detail::Choice;
using detail::Names;

/// What is found, at most as many findings as a person reads; further ones are counted.
class Findings {
 public:
  bool is_full() const noexcept { return list_.size() >= kListedMax; }
  void add(ProgramFinding finding) { list_.push_back(std::move(finding)); }
  void drop() noexcept { ++dropped_; }
  void move_to(std::vector<ProgramFinding>& out, Severity severity, const char* what) {
    std::move(list_.begin(), list_.end(), std::back_inserter(out));
    if (dropped_ == 0) { return; }
    out.push_back({severity, "and " + std::to_string(dropped_) + what, {}});
  }

 private:
  static constexpr std::size_t kListedMax = 1000;
  std::vector<ProgramFinding> list_;
  std::size_t dropped_ = 0;
};

class Check {
 public:
  Check(const Flow& flow, const ProcessOptions& options, const EnvironmentSelection& selection)
      : flow_(flow), options_(options) {
    // The machine knows what a selection skips. One that it refuses is refused by run(), too.
    const auto release = Release::start(flow, {.id = "check"}, Instant{}, {}, selection);
    const auto is_skipped = [&](EnvironmentId environment) {
      return release && release->environment(environment).status == EnvironmentStatus::Skipped;
    };
    collect_hooks(kTriggerEnvironment, true, true);
    for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
      const EnvironmentId environment{i};
      if (environment != kTriggerEnvironment) {
        collect_hooks(environment, false, !is_skipped(environment));
      }
      if (is_skipped(environment)) { continue; }
      const bool is_promoted =
          environment != kTriggerEnvironment || flow.options().post_trigger.has_value();
      if (is_promoted) { environments_.emplace_back(flow.environment_name(environment)); }
    }
  }

  std::vector<ProgramFinding> run() {
    find_unused_hooks();
    find_unused_promotions();
    taken_ = hook_names_;
    taken_.insert("promotions");
    for (const auto& [name, place] : hooks_) { check_hook(name, place); }
    for (const std::string& environment : environments_) { check_promotion(environment); }
    std::vector<ProgramFinding> all;
    errors_.move_to(all, Severity::Error, " further programs that cannot run");
    doubts_.move_to(all, Severity::Warning, " further programs that may not run");
    warnings_.move_to(all, Severity::Warning, " further programs that are not used");
    return all;
  }

 private:
  /// Each name once, with the first place at which it stands.
  void collect_hooks(EnvironmentId environment, bool of_release, bool is_run) {
    for (const Point point : of_release ? kReleasePoints : kEnvironmentPoints) {
      for (const Hook& hook : flow_.hooks(point, environment)) {
        all_hook_names_.insert(hook.name);
        if (!is_run || !hook_names_.insert(hook.name).second) { continue; }
        std::string place(to_string(point));
        if (!of_release) {
          place += " of '" + std::string(flow_.environment_name(environment)) + "'";
        }
        hooks_.emplace_back(hook.name, std::move(place));
      }
    }
  }

  static std::string meant(const std::string& near, const std::string& wanted) {
    return "there is '" + near + "': is it meant? Give it the name '" + wanted + "'";
  }

  /// Of a program that may run, or may not.
  void warn_of_doubt(const std::string& what, const Choice& choice) {
    if (choice.problem.message.empty()) { return; }
    if (doubts_.is_full()) { return doubts_.drop(); }
    doubts_.add({Severity::Warning, what + choice.problem.message, choice.problem.hint});
  }

  void check_hook(const std::string& name, const std::string& place) {
    const Choice choice = detail::choose_hook(name, options_);
    const std::string what = "hook '" + name + "' (" + place + "): ";
    if (choice.kind != Choice::Kind::Fail) { return warn_of_doubt(what, choice); }
    if (errors_.is_full()) { return errors_.drop(); }
    std::string near;
    if (!choice.problem.is_missing) {
      // What is there has another fault.
    } else if (const auto found = near_hooks_.find(name); found != near_hooks_.end()) {
      near = found->second;
    } else if (options_.commands.hooks.count(name) == 0 && !options_.directory.empty()) {
      near = detail::near_file(options_.directory, name, taken_);
    }
    errors_.add({Severity::Error, what + choice.problem.message,
                 near.empty() ? choice.problem.hint : meant(near, name)});
  }

  void check_promotion(const std::string& environment) {
    const Choice choice = detail::choose_promotion(environment, options_);
    const std::string what = "promotion into '" + environment + "': ";
    if (choice.kind != Choice::Kind::Fail) { return warn_of_doubt(what, choice); }
    if (errors_.is_full()) { return errors_.drop(); }
    errors_.add({Severity::Error, what + choice.problem.message,
                 choice.problem.is_missing ? hint_for_promotion(environment, choice.problem.hint)
                                           : choice.problem.hint});
  }

  /// What may be meant for an environment that has neither a program of its own nor a default.
  std::string hint_for_promotion(const std::string& environment, const std::string& other) {
    if (const auto near = near_promotions_.find(environment); near != near_promotions_.end()) {
      return meant(near->second, environment);
    }
    const std::string directory = detail::promotions_directory(options_);
    if (directory.empty()) { return other; }
    std::string near = detail::near_file(directory, environment, known_environments_);
    if (!near.empty()) { return meant(near, environment); }
    if (!near_default_) {
      near_default_ = detail::near_file(directory, "default", known_environments_);
    }
    return near_default_->empty() ? other : meant(*near_default_, "default");
  }

  /// A program that the flow does not use. Its name may be nearly one of `wanted`, which are
  /// without a program of their own.
  std::string warn_of_unused(const std::string& place, const char* kind, const std::string& name,
                             const Names& wanted, bool also_far) {
    if (warnings_.is_full()) {
      if (also_far) { warnings_.drop(); }
      return {};
    }
    detail::Suggestions suggestions(name);
    for (const std::string& candidate : wanted) { suggestions.offer(candidate); }
    std::string near(suggestions.best());
    if (near.empty() && !also_far) { return near; }
    warnings_.add(
        {Severity::Warning,
         place + ": the flow has no " + kind + " '" + name + "', so this program is not used",
         suggestions.hint()});
    return near;
  }

  void find_unused_hooks() {
    const auto& programs = options_.commands.hooks;
    Names wanted;
    for (const std::string& name : hook_names_) {
      if (programs.count(name) == 0) { wanted.insert(name); }
    }
    for (const auto& [name, program] : programs) {
      if (all_hook_names_.count(name) > 0) { continue; }
      const std::string near = warn_of_unused("the commands", "hook", name, wanted, true);
      if (!near.empty()) { near_hooks_.emplace(near, name); }
    }
  }

  void find_unused_promotions() {
    known_environments_ = {"default"};
    for (std::uint32_t i = 0; i < flow_.environment_count(); ++i) {
      known_environments_.emplace(flow_.environment_name(EnvironmentId{i}));
    }
    Names wanted;
    for (const std::string& name : environments_) {
      if (!detail::has_own_promotion(name, options_)) { wanted.insert(name); }
    }
    const auto look_at = [&](const std::string& place, const std::string& name, bool also_far) {
      if (known_environments_.count(name) > 0) { return; }
      const std::string near = warn_of_unused(place, "environment", name, wanted, also_far);
      if (!near.empty()) { near_promotions_.emplace(near, name); }
    };
    if (options_.commands.promotions) {
      for (const auto& [name, program] : *options_.commands.promotions) {
        look_at("the commands", name, true);
      }
    }
    const std::string directory = detail::promotions_directory(options_);
    if (directory.empty()) { return; }
    // The programs of other flows may be there, too.
    for (const std::string& name : detail::entries_of(directory)) {
      look_at(directory, name, false);
    }
  }

  static constexpr Point kReleasePoints[] = {Point::ReleaseOnStart, Point::ReleaseOnSuccess,
                                             Point::ReleaseOnFail};
  static constexpr Point kEnvironmentPoints[] = {
      Point::EnvironmentOnStart, Point::EnvironmentOnSuccess, Point::EnvironmentOnFail};

  const Flow& flow_;
  const ProcessOptions& options_;
  std::vector<std::pair<std::string, std::string>> hooks_;
  Names hook_names_;
  Names taken_;           ///< Files of the directory that no other hook can mean.
  Names all_hook_names_;  ///< Those of skipped environments, too.
  std::vector<std::string> environments_;
  Names known_environments_;  ///< Those that are skipped, too, and `default`.
  std::map<std::string, std::string, std::less<>> near_hooks_;  ///< A hook, and what may be meant.
  std::map<std::string, std::string, std::less<>> near_promotions_;
  std::optional<std::string> near_default_;  ///< What is near to `default`, once it is looked for.
  Findings errors_;
  Findings doubts_;
  Findings warnings_;
};

}  // namespace

Result<std::vector<ProgramFinding>> check_process_programs(
    const Flow& flow, const ProcessOptions& options,
    const EnvironmentSelection& selection) noexcept {
  return detail::guarded([&]() -> Result<std::vector<ProgramFinding>> {
    return Check(flow, options, selection).run();
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
