// SPDX-License-Identifier: Apache-2.0
/// @file
/// What can happen to a flow, by an enumeration of runs that shares nothing with the library's own:
/// through Release's public functions and the text of its snapshots only. States are
/// merged only if every byte of their snapshots, and all that the run has done, are equal.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "promoflow/promoflow.hpp"
#include "release_support.hpp"
#include "small_flows.hpp"

namespace promoflow::test {

/// Statuses as one line, and the fewest failures that lead to them.
using Outcomes = std::map<std::string, std::uint32_t>;

struct HookRuns {
  bool in_some = false;
  bool in_all = true;
  std::uint32_t failures = 0xFFFFFFFF;
  bool operator==(const HookRuns&) const = default;
};

class Enumeration {
 public:
  Enumeration(const Flow& flow, const ExplorationOptions& options, std::size_t states_max)
      : flow_(flow), options_(options), states_max_(states_max) {
    World world;
    Release release = *Release::start(flow, {.id = "simulated"}, at(0));
    settle(release, world);
    visit(world);
    for (auto& [name, runs] : hooks) { runs.in_all = !missed_.contains(name); }
  }

  /// Whether all runs were enumerated.
  bool complete() const { return seen_.size() <= states_max_; }
  Outcomes outcomes;
  std::map<std::string, HookRuns> hooks;
  /// Conflicts of the context, as `key: hook hook`, and the fewest failures that lead to them.
  /// Hooks export what the first rule of their name in the options says.
  std::map<std::string, std::uint32_t> conflicts;

 private:
  struct World {
    std::string snapshot;
    std::set<std::string> ran;
    std::map<Ticket, std::string> hook_of;  ///< Kept only if hooks export something.
    std::uint32_t failures = 0;
    std::uint32_t retries = 0;
    std::uint32_t terminations = 0;
    bool skipped = false;
  };
  using Json = nlohmann::json;

  /// Ends waits of 0s, and notes which hooks were issued.
  void settle(Release& release, World& world) {
    while (release.next_timer() && *release.next_timer() <= at(0)) {
      REQUIRE(release.apply({at(0), Tick{}}));
    }
    while (auto command = release.next_command()) {
      const auto* hook = std::get_if<RunHook>(&*command);
      if (hook == nullptr) { continue; }
      if (!options_.exports.empty()) { world.hook_of[hook->ticket] = hook->hook; }
      const std::string name =
          std::string(hook->hook) + " " + std::string(to_string(hook->point)) + " " +
          std::string(hook->environment ? flow_.environment_name(*hook->environment) : "-");
      world.ran.insert(name);
      HookRuns& runs = hooks[name];
      runs.in_some = true;
      runs.failures = std::min(runs.failures, world.failures);
    }
    world.snapshot = *release.snapshot();
    const std::vector<ContextConflict> found = *release.context_conflicts();
    for (const ContextConflict& conflict : found) {
      const std::string one = world.hook_of[conflict.earlier];
      const std::string other = world.hook_of[conflict.later];
      const std::string name =
          std::string(conflict.key) + ": " + std::min(one, other) + " " + std::max(one, other);
      const auto [known, added] = conflicts.emplace(name, world.failures);
      if (!added) { known->second = std::min(known->second, world.failures); }
    }
  }

  std::optional<std::string_view> exported_by(std::string_view hook) const {
    for (const Outcome& rule : options_.exports) {
      if (rule.hook == hook && rule.context) { return *rule.context; }
    }
    return std::nullopt;
  }

  void take(const World& from, const Event::What& what, bool fails, World to) {
    if (fails && options_.failures_max && from.failures >= *options_.failures_max) { return; }
    Release release = *Release::restore(flow_, from.snapshot);
    while (release.next_record()) {}
    if (!release.apply({at(0), what})) { return; }
    to.failures += fails ? 1 : 0;
    settle(release, to);
    visit(to);
  }
  void take(const World& from, const Event::What& what, bool fails = false) {
    take(from, what, fails, from);
  }

  /// The state in which only this one timer is due.
  static std::string with_due(const std::string& snapshot, std::uint64_t ticket) {
    constexpr std::int64_t kFar = 1'000'000'000'000;
    Json json = Json::parse(snapshot);
    for (Json& command : json["commands"]) {
      const bool is_it = command["ticket"] == ticket;
      if (!command["due"].is_null()) { command["due"] = is_it ? std::int64_t{0} : kFar; }
    }
    if (!json["deadline"].is_null()) { json["deadline"] = kFar; }
    return json.dump();
  }

  void visit(const World& world) {
    const std::string key = world.snapshot + Json(world.ran).dump() +
                            std::to_string(world.failures) + "," + std::to_string(world.retries) +
                            "," + std::to_string(world.terminations) + "," +
                            std::to_string(static_cast<int>(world.skipped));
    if (!complete() || !seen_.insert(key).second) { return; }
    const Release release = *Release::restore(flow_, world.snapshot);
    if (is_final(release.status())) { end(release, world); }
    const std::vector<OutstandingCommand> commands = *release.outstanding();
    for (const OutstandingCommand& command : commands) {
      if (const auto* hook = std::get_if<RunHook>(&command.command)) {
        take(world, HookSucceeded{hook->ticket, exported_by(hook->hook)});
        take(world, HookFailed{hook->ticket, "no", std::nullopt}, true);
      } else if (const auto* promote = std::get_if<Promote>(&command.command)) {
        take(world, PromotionSucceeded{promote->ticket});
        take(world, PromotionFailed{promote->ticket, "no"}, true);
      }
    }
    const Json snapshot = Json::parse(world.snapshot);
    for (const Json& command : snapshot["commands"]) {
      const auto ticket = command["ticket"].get<std::uint64_t>();
      if (command["waiting"] == false && command["soaking"] == false) { continue; }
      World due = world;
      due.snapshot = with_due(world.snapshot, ticket);
      take(due, Tick{});
      if (command["soaking"] == true) { take(world, PromotionFailed{Ticket{ticket}, "no"}, true); }
    }
    operate(world);
  }

  void operate(const World& world) {
    World to = world;
    if (options_.terminate && world.terminations < 2) {
      ++to.terminations;
      take(world, Terminate{"stop", world.terminations == 1}, false, to);
      to = world;
    }
    if (world.retries < options_.retries_max) {
      ++to.retries;
      take(world, Retry{}, false, to);
      to = world;
    }
    if (options_.skip && !world.skipped) {
      to.skipped = true;
      for (std::uint32_t e = 0; e < flow_.environment_count(); ++e) {
        take(world, Skip{flow_.environment_name(EnvironmentId{e}), "known"}, false, to);
      }
    }
  }

  void end(const Release& release, const World& world) {
    std::string line(to_string(release.status()));
    for (std::uint32_t e = 0; e < flow_.environment_count(); ++e) {
      line += " " + std::string(to_string(release.environment(EnvironmentId{e}).status));
    }
    const auto [known, added] = outcomes.emplace(line, world.failures);
    if (!added) { known->second = std::min(known->second, world.failures); }
    for_each_hook([&](const std::string& name) {
      if (!world.ran.contains(name)) { missed_.insert(name); }
    });
  }

  template <class Visit>
  void for_each_hook(const Visit& visit) const {
    for (const Point point :
         {Point::ReleaseOnStart, Point::ReleaseOnSuccess, Point::ReleaseOnFail,
          Point::EnvironmentOnStart, Point::EnvironmentOnSuccess, Point::EnvironmentOnFail}) {
      const bool is_release = point <= Point::ReleaseOnFail;
      for (std::uint32_t e = 0; e < (is_release ? 1 : flow_.environment_count()); ++e) {
        for (const Hook& hook : flow_.hooks(point, EnvironmentId{e})) {
          visit(hook.name + " " + std::string(to_string(point)) + " " +
                std::string(is_release ? "-" : flow_.environment_name(EnvironmentId{e})));
        }
      }
    }
  }

  Flow flow_;
  ExplorationOptions options_;
  std::size_t states_max_;
  std::set<std::string> seen_;
  std::set<std::string> missed_;  ///< Hooks that some run does not run.
};

}  // namespace promoflow::test
