// SPDX-License-Identifier: Apache-2.0
#include "stories.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "promoflow/simulation.hpp"

namespace promoflow::prove {

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  expect(file.good(), "there is no " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What a command does next.
enum class Step { Suspend, Resume, End, FailInSoak };

/// A host and an operator that do what a scenario says (S1 to S4).
class Host {
 public:
  Host(const Flow& flow, const Scenario& scenario)
      : flow_(flow),
        scenario_(scenario),
        model_(flow, scenario.release, 0, scenario.context, scenario.selection) {
    for (std::size_t i = 0; i < scenario.actions.size(); ++i) { order_.push_back(i); }
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t left, std::size_t right) {
      return scenario.actions[left].at < scenario.actions[right].at;
    });
  }

  std::string run() {
    note();
    while (!(model_.is_final() && next_action_ == scenario_.actions.size())) {
      const Ms timer = model_.next_timer().value_or(kNever);
      const Ms action = action_time();
      const Ms at = std::min({timer, action, steps_.empty() ? kNever : steps_.begin()->at});
      if (at == kNever) { break; }
      if (timer == at) {
        apply(at, Tick{});
      } else if (action == at) {
        act(scenario_.actions[order_[next_action_++]]);
      } else {
        const Next next = *steps_.begin();
        steps_.erase(steps_.begin());
        take(next);
      }
      note();
    }
    return text_;
  }

 private:
  struct Next {
    Ms at = 0;
    std::uint64_t ticket = 0;
    Step step = Step::End;
    auto operator<=>(const Next&) const = default;
  };

  static constexpr Ms kNever = INT64_MAX;

  Ms action_time() const {
    if (next_action_ == scenario_.actions.size()) { return kNever; }
    return std::max(scenario_.actions[order_[next_action_]].at.count(), model_.now);
  }

  std::string apply(Ms at, const Event::What& what) {
    return model_.apply({Instant{std::chrono::milliseconds{at}}, what});
  }

  void act(const Action& action) {
    const Ms at = std::max(action.at.count(), model_.now);
    std::vector<std::string_view> names;
    Event::What what;
    std::string word;
    if (const auto* retry = std::get_if<RetryAction>(&action.what)) {
      Retry event{.by = action.by};
      if (retry->environments) {
        names.assign(retry->environments->begin(), retry->environments->end());
        event.environments = names;
      }
      what = event;
      word = "retry";
    } else if (const auto* skip = std::get_if<SkipAction>(&action.what)) {
      what = Skip{skip->environment, skip->reason, action.by};
      word = "skip";
    } else {
      const auto& terminate = std::get<TerminateAction>(action.what);
      what = Terminate{terminate.reason, terminate.force, action.by};
      word = "terminate";
    }
    const std::string answer = apply(at, what);
    if (answer == "ok") { return; }
    note();
    text_ += "{\"t\":" + std::to_string(at) + R"(,"event":"refused","action":")" + word +
             R"(","error":")" + answer + "\"" +
             (action.by.empty() ? "" : ",\"by\":" + in_quotes(action.by)) + "}\n";
  }

  /// Adds what has happened, and looks for the outcomes of new commands.
  void note() {
    for (const std::string& line : model_.take_lines()) { text_ += line + "\n"; }
    for (const auto& [ticket, command] : model_.outstanding) {
      if (ticket <= last_ticket_) { continue; }
      last_ticket_ = ticket;
      const Outcome outcome = outcome_of(command);
      outcomes_[ticket] = outcome;
      if (outcome.suspend) {
        steps_.insert({model_.now, ticket, Step::Suspend});
      } else {
        steps_.insert({model_.now + outcome.after.count(), ticket, Step::End});
      }
    }
  }

  Outcome outcome_of(const Issued& command) const {
    const Hook* hook = model_.hook_of(command.place);
    const Place& place = command.place;
    const bool of_release = place.scope == kRelease;
    const std::string environment =
        of_release ? "" : std::string(flow_.environment_name(EnvironmentId(place.scope)));
    for (const Outcome& rule : scenario_.outcomes) {
      const bool kind = hook != nullptr ? rule.hook == hook->name : !rule.hook;
      const bool where = !rule.environment || *rule.environment == environment;
      const bool attempt = !rule.attempt || *rule.attempt == command.attempt;
      const bool nth = !rule.place || *rule.place == place.hook + 1;
      if (kind && where && attempt && nth && (!rule.point || *rule.point == point_of(place))) {
        return rule;
      }
    }
    return {};
  }

  static Point point_of(const Place& place) {
    const int first = place.scope == kRelease ? 0 : 3;
    switch (place.phase) {
      case Phase::OnStart: return static_cast<Point>(first + 1);
      case Phase::OnSuccess: return static_cast<Point>(first + 2);
      case Phase::OnFail: return static_cast<Point>(first + 3);
      case Phase::Promotion: break;
    }
    return Point{};
  }

  void take(const Next& next) {
    const Outcome& outcome = outcomes_.at(next.ticket);
    const Ticket ticket{next.ticket};
    if (next.step == Step::FailInSoak) {
      if (model_.soaking(next.ticket)) {
        apply(next.at, PromotionFailed{ticket, outcome.fail_in_soak->message});
      }
      return;
    }
    const auto found = model_.outstanding.find(next.ticket);
    if (found == model_.outstanding.end()) { return; }  // It was cancelled.
    const bool hook = model_.hook_of(found->second.place) != nullptr;
    switch (next.step) {
      case Step::Suspend:
        apply(next.at, Suspended{ticket});
        steps_.insert({next.at + outcome.suspend->count(), next.ticket, Step::Resume});
        break;
      case Step::Resume:
        apply(next.at, Resumed{ticket});
        steps_.insert({next.at + outcome.after.count(), next.ticket, Step::End});
        break;
      case Step::End:
        if (outcome.fail) {
          apply(next.at, hook ? Event::What(HookFailed{ticket, *outcome.fail})
                              : PromotionFailed{ticket, *outcome.fail});
        } else if (hook) {
          apply(next.at, HookSucceeded{ticket, outcome.context});
        } else {
          apply(next.at, PromotionSucceeded{ticket});
          if (outcome.fail_in_soak) {
            steps_.insert(
                {next.at + outcome.fail_in_soak->after.count(), next.ticket, Step::FailInSoak});
          }
        }
        break;
      case Step::FailInSoak: break;
    }
  }

  const Flow& flow_;
  const Scenario& scenario_;
  Model model_;
  std::vector<std::size_t> order_;  ///< Of actions: by time, then as they are listed.
  std::size_t next_action_ = 0;
  std::set<Next> steps_;
  std::map<std::uint64_t, Outcome> outcomes_;
  std::uint64_t last_ticket_ = 0;
  std::string text_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) { lines.push_back(line); }
  return lines;
}

}  // namespace

void check_story(const fs::path& folder, Counts& counts) {
  const bool json = fs::exists(folder / "flow.json");
  const Flow flow =
      value_of(load_flow(read(folder / (json ? "flow.json" : "flow.yaml"))), folder.string());
  const auto report =
      value_of(read_scenario(read(folder / "scenario.yaml"), &flow), folder.string());
  expect(report.scenario.has_value(), "the scenario has errors: " + folder.string());
  const std::string& context = report.scenario->context;
  const bool starts = is_blank(context) || export_error(context).empty();
  try {
    compare_lines(lines_of(read(folder / "trace.jsonl")),
                  lines_of(starts ? Host(flow, *report.scenario).run() : ""), counts);
  } catch (const Broken& broken) { throw Broken(folder.string() + ": " + broken.what()); }
}

void check_stories(const fs::path& folder, Counts& counts) {
  std::size_t found = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!fs::exists(entry.path() / "trace.jsonl")) { continue; }
    check_story(entry.path(), counts);
    ++found;
  }
  expect(found > 0, "no story has a trace: " + folder.string());
}

}  // namespace promoflow::prove
