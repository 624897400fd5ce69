// SPDX-License-Identifier: Apache-2.0
// What an exploration found, for people: three sentences, then the tables.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "base/guard.hpp"
#include "base/printable.hpp"
#include "exploration/of_flow.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/render.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

/// Outcomes that are listed one by one.
constexpr std::size_t kOutcomesMax = 50;

std::string count_words(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// Whether the durations of the flow forbid every run to an outcome.
bool is_forbidden(const ReleaseOutcome& outcome) { return !outcome.scenario && !outcome.undecided; }

bool is_on_new_version(EnvironmentStatus status) { return status == EnvironmentStatus::Successful; }

class Report {
 public:
  Report(const Flow& flow, const Exploration& found, const RenderOptions& options)
      : flow_(flow), found_(found), options_(options) {
    for (const ReleaseOutcome& outcome : found.outcomes) {
      if (!is_forbidden(outcome)) { possible_.push_back(&outcome); }
    }
  }

  Result<std::string> write(const std::vector<PropertyFinding>& properties) {
    write_sentences();
    write_outcomes();
    write_hooks();
    write_environments();
    write_conflicts();
    write_answers();
    if (!properties.empty()) {
      line("");
      line("Properties");
    }
    for (const PropertyFinding& property : properties) {
      if (auto failed = write_property(property)) { return tl::unexpected(std::move(*failed)); }
    }
    return std::move(out_);
  }

 private:
  template <class... Parts>
  void line(fmt::format_string<Parts...> format, Parts&&... parts) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Parts>(parts)...);
    out_ += '\n';
  }

  std::string name(std::size_t environment) const {
    return printable(
        flow_.environment_name(EnvironmentId{static_cast<std::uint32_t>(environment)}));
  }
  static std::string after_failures(std::uint32_t failures) {
    return failures == 0 ? std::string("Without any failure")
                         : "With " + count_words(failures, "failure");
  }

  // --- The first screen --------------------------------------------------------------------------

  void write_sentences() {
    const std::size_t forbidden = found_.outcomes.size() - possible_.size();
    if (found_.outcomes.empty()) {
      line("No run was seen to its end, so nothing is known of how one ends.");
    } else {
      line("This flow has {}{}{}.", found_.complete ? "" : "at least ",
           count_words(possible_.size(), "outcome"),
           forbidden == 0 ? std::string()
                          : fmt::format("; its durations forbid {} more", forbidden));
      line("{}", difference_sentence());
      if (!possible_.empty()) { line("{}", told_sentence()); }
    }
    if (!found_.complete) {
      line("");
      line("Not everything was looked at: {}. {}", found_.bound,
           found_.complete_below == 0
               ? std::string("Raise --states-max, or allow fewer failures.")
               : fmt::format("Runs with at most {} all were.",
                             count_words(found_.complete_below - 1, "failure")));
    }
  }

  /// Two environments that can end differently: side by side if there are such, and as far behind
  /// in the flow as can be.
  std::string difference_sentence() const {
    for (const ReleaseOutcome* const possible : possible_) {
      const ReleaseOutcome& outcome = *possible;
      const auto [good, bad] = different_environments(outcome);
      if (good != 0) {
        return fmt::format("{}, {} can end {} while {} is Successful.",
                           after_failures(outcome.failures), name(bad),
                           to_string(outcome.environments[bad]), name(good));
      }
    }
    for (const ReleaseOutcome* const possible : possible_) {
      const ReleaseOutcome& outcome = *possible;
      if (outcome.release == ReleaseStatus::Succeeded) { continue; }
      return fmt::format("{}, the release can end {}: {}.", after_failures(outcome.failures),
                         to_string(outcome.release), environments_words(outcome));
    }
    if (possible_.empty()) { return "Its durations allow no run that was looked at."; }
    return found_.complete ? "Every run that was looked at succeeds."
                           : "Every run that was seen to its end succeeds; others may not.";
  }

  /// On the last level that has both: the first that is on the new version, and the first that has
  /// stopped. 0, 0: no level has.
  std::pair<std::size_t, std::size_t> different_environments(const ReleaseOutcome& outcome) const {
    std::vector<std::pair<std::size_t, std::size_t>> of_level(outcome.environments.size());
    for (std::size_t e = outcome.environments.size(); e-- > 1;) {
      auto& [good, bad] = of_level[flow_.level(EnvironmentId{static_cast<std::uint32_t>(e)})];
      if (is_on_new_version(outcome.environments[e])) { good = e; }
      if (is_stopped(outcome.environments[e])) { bad = e; }
    }
    for (std::size_t level = of_level.size(); level-- > 1;) {
      if (of_level[level].first != 0 && of_level[level].second != 0) { return of_level[level]; }
    }
    return {0, 0};
  }

  static bool is_stopped(EnvironmentStatus status) {
    return status == EnvironmentStatus::Failed || status == EnvironmentStatus::Terminated;
  }

  std::string told_sentence() const {
    const bool any_fails = std::any_of(
        possible_.begin(), possible_.end(),
        [](const ReleaseOutcome* one) { return one->release != ReleaseStatus::Succeeded; });
    if (!any_fails) {
      return found_.complete ? "So no onFail hook of the release is needed in any of them."
                             : "So it is not known which onFail hooks of the release are needed.";
    }
    for (const HookFinding& hook : found_.hooks) {
      if (hook.point == Point::ReleaseOnFail &&
          hook.runs_unless_succeeded.occurrence == Occurrence::Always) {
        return printable(hook.hook) + " runs in every run that does not succeed.";
      }
    }
    if (found_.untold.occurrence == Occurrence::Always) {
      return "No onFail hook tells anybody of any failure.";
    }
    if (found_.untold.occurrence == Occurrence::Sometimes) {
      return after_failures(found_.untold.failures) +
             ", a release can end without success and no onFail hook tells anybody.";
    }
    return found_.complete
               ? "In every run that does not succeed, an onFail hook tells somebody."
               : "In every run without success that was seen to its end, an onFail hook "
                 "tells somebody; others were not looked at.";
  }

  // --- Tables ------------------------------------------------------------------------------------

  /// `Successful: dev, staging; Failed: prod-eu; Pending: archive`.
  std::string environments_words(const ReleaseOutcome& outcome) const {
    std::string words = environments_words(outcome.environments);
    const bool any_stopped =
        std::any_of(outcome.environments.begin(), outcome.environments.end(), is_stopped);
    if (outcome.release != ReleaseStatus::Failed || any_stopped || !outcome.scenario) {
      return words;
    }
    for (const Outcome& rule : outcome.scenario->outcomes) {  // A hook of the release failed.
      if (!rule.fail || rule.environment || !rule.hook || !rule.point) { continue; }
      return fmt::format("{}; {} failed ({})", words, printable(*rule.hook),
                         to_string(*rule.point));
    }
    return words;
  }
  std::string environments_words(const std::vector<EnvironmentStatus>& environments) const {
    constexpr EnvironmentStatus kOrder[] = {
        EnvironmentStatus::Failed,    EnvironmentStatus::Terminated, EnvironmentStatus::Suspended,
        EnvironmentStatus::Running,   EnvironmentStatus::Skipped,    EnvironmentStatus::Pending,
        EnvironmentStatus::Successful};
    std::string words;
    for (const EnvironmentStatus status : kOrder) {
      const auto count = std::count(environments.begin(), environments.end(), status);
      if (count == 0) { continue; }
      if (!words.empty()) { words += "; "; }
      if (static_cast<std::size_t>(count) == environments.size()) {
        return status == EnvironmentStatus::Pending
                   ? std::string("no environment begun")
                   : fmt::format("all {} {}", count, to_string(status));
      }
      words += status == EnvironmentStatus::Pending ? "not begun" : to_string(status);
      std::string_view before = ": ";
      for (std::size_t e = 0; e < environments.size(); ++e) {
        if (environments[e] != status) { continue; }
        words += before;
        words += name(e);
        before = ", ";
      }
    }
    return words;
  }

  void write_outcomes() {
    line("");
    line("Outcomes, each with the fewest failures that lead to it");
    std::size_t listed = 0;
    for (const ReleaseOutcome* const outcome : possible_) {
      if (listed++ == kOutcomesMax) {
        line("     and {} more: --format json has all of them", possible_.size() - kOutcomesMax);
        break;
      }
      write_outcome(*outcome);
    }
    if (possible_.empty()) { line("  none"); }
    write_forbidden();
  }

  void write_outcome(const ReleaseOutcome& outcome) {
    line("{:>5}  {:<10}  {:>11}   {}", &outcome - found_.outcomes.data() + 1,
         to_string(outcome.release), count_words(outcome.failures, "failure"),
         environments_words(outcome));
    if (outcome.undecided) {
      line("{:>33}no scenario was found, but not every run was looked at", "");
    }
    write_next(outcome);
  }

  /// By what forbids them.
  void write_forbidden() {
    std::map<std::string_view, std::vector<const ReleaseOutcome*>> forbidden;
    for (const ReleaseOutcome& outcome : found_.outcomes) {
      if (is_forbidden(outcome)) { forbidden[outcome.impossible].push_back(&outcome); }
    }
    for (const auto& [why, outcomes] : forbidden) {
      line("");
      line("Outcomes that cannot be, because of {}", printable(why));
      for (std::size_t i = 0; i < std::min(outcomes.size(), kOutcomesMax); ++i) {
        write_outcome(*outcomes[i]);
      }
      if (outcomes.size() > kOutcomesMax) {
        line("     and {} more: --format json has all of them", outcomes.size() - kOutcomesMax);
      }
    }
  }

  /// What an operator can do, if that is not what can be expected: a retry that ends well.
  void write_next(const ReleaseOutcome& outcome) {
    if (outcome.release == ReleaseStatus::Succeeded) { return; }
    if (!outcome.next.retry) {
      line("{:>33}a retry is not taken, or never ends", "");
    } else if (outcome.next.release != ReleaseStatus::Succeeded || !is_plain(outcome.next)) {
      line("{:>33}a retry leads to {}: {}", "", to_string(outcome.next.release),
           environments_words(outcome.next.environments));
    }
  }
  static bool is_plain(const NextMoves& next) {
    return std::all_of(
        next.environments.begin(), next.environments.end(),
        [](EnvironmentStatus status) { return status == EnvironmentStatus::Successful; });
  }

  /// `Hook`: a HookFinding or a HookPlace.
  template <class Hook>
  std::string hook_words(const Hook& hook) const {
    std::string words = printable(hook.hook) + "  " + std::string(to_string(hook.point));
    if (hook.environment) { words += " of " + name(static_cast<std::uint32_t>(*hook.environment)); }
    return words;
  }

  void write_hooks() {
    if (found_.hooks.empty()) { return; }
    line("");
    line("Hooks, and in how many runs they run");
    for (const Occurrence occurrence :
         {Occurrence::Always, Occurrence::Sometimes, Occurrence::Unknown, Occurrence::Never}) {
      for (const HookFinding& hook : found_.hooks) {
        if (hook.runs.occurrence != occurrence) { continue; }
        std::string from;
        if (occurrence == Occurrence::Sometimes && hook.runs.failures > 0) {
          from = ", with " + count_words(hook.runs.failures, "failure") + " or more";
        }
        line("  {:<10} {}{}", to_string(occurrence), hook_words(hook), from);
      }
    }
  }

  void write_environments() {
    line("");
    line("Environments");
    std::size_t width = 12;
    for (std::size_t e = 0; e < found_.environments.size(); ++e) {
      width = std::min<std::size_t>(std::max(width, name(e).size()), 40);
    }
    line("  {:<{}}  {:<10} {:<10} {:<10} {:<10}", "", width, "begun", "succeeded", "failed",
         "terminated");
    for (std::size_t e = 0; e < found_.environments.size(); ++e) {
      const EnvironmentFinding& one = found_.environments[e];
      line("  {:<{}}  {:<10} {:<10} {:<10} {}", name(e), width, to_string(one.begun.occurrence),
           to_string(one.succeeded.occurrence), to_string(one.failed.occurrence),
           to_string(one.terminated.occurrence));
    }
  }

  void write_conflicts() {
    if (found_.conflicts.empty()) { return; }
    line("");
    line("Keys of the promotion context that are written in an order left to chance");
    for (const ConflictFinding& conflict : found_.conflicts) {
      line("  {}: {}, and then {}{}", printable(conflict.key), hook_words(conflict.earlier),
           hook_words(conflict.later),
           conflict.failures == 0
               ? std::string()
               : ", with " + count_words(conflict.failures, "failure") + " or more");
      if (!conflict.scenario) {
        line("    no scenario shows it: {}", printable(conflict.impossible));
      }
    }
  }

  /// Of all outcomes that a retry can follow, in how many it leads to success.
  void write_retry_sentence() {
    std::size_t ends = 0;
    std::size_t well = 0;
    for (const ReleaseOutcome* const outcome : possible_) {
      if (outcome->release == ReleaseStatus::Succeeded) { continue; }
      ++ends;
      well += outcome->next.retry && outcome->next.release == ReleaseStatus::Succeeded ? 1 : 0;
    }
    if (ends == 0) { return; }
    line("From {} of {} without success{}, a retry leads to success if nothing fails any more.",
         ends == well ? std::string("each") : fmt::format("{}", well),
         ends == well ? std::string("the outcomes") : count_words(ends, "outcome"),
         found_.complete          ? ""
         : ends == 1 && well == 0 ? " that was found"
                                  : " that were found");
  }

  void write_longest_wait() {
    if (!found_.longest_wait) { return; }
    constexpr std::size_t kPartsMax = 8;
    std::chrono::milliseconds total{0};
    std::string parts;
    std::size_t number = 0;
    for (const Wait& wait : *found_.longest_wait) {
      total += wait.length;
      if (number++ >= kPartsMax) { continue; }
      parts += number == 1 ? ": " : ", ";
      parts += wait_words(wait);
    }
    if (number == 0) {
      line("The flow itself makes no run wait: it has no soak, and no retry waits.");
      return;
    }
    if (number > kPartsMax) { parts += fmt::format(" and {} more", number - kPartsMax); }
    line("The flow itself makes a run that succeeds wait for {} at most{}.", duration(total),
         parts);
  }

  std::string wait_words(const Wait& wait) const {
    const std::string where =
        wait.environment ? name(static_cast<std::uint32_t>(*wait.environment)) : "the release";
    if (wait.attempts == 0) {
      return fmt::format("the soak of {} ({})", where, duration(wait.length));
    }
    const std::string what = wait.hook ? "hook " + printable(*wait.hook) : "the promotion";
    return fmt::format("{} before {} of {} of {}", duration(wait.length),
                       count_words(wait.attempts, "further attempt"), what, where);
  }
  static std::string duration(std::chrono::milliseconds length) {
    return value_or_throw(format_duration(length));
  }

  void write_answers() {
    line("");
    std::size_t mixed = 0;
    for (const ReleaseOutcome* const outcome : possible_) {
      const auto good = std::count_if(outcome->environments.begin() + 1,
                                      outcome->environments.end(), is_on_new_version);
      const auto all = static_cast<std::ptrdiff_t>(outcome->environments.size()) - 1;
      mixed += good != 0 && good != all ? 1 : 0;
    }
    if (!possible_.empty()) {
      const std::string_view found = possible_.size() == 1 ? "that was found" : "that were found";
      line("In {} of {}{} some environments have the new version and others do not.", mixed,
           found_.complete ? "" : "the ",
           found_.complete ? count_words(possible_.size(), "outcome")
                           : fmt::format("{} {}", count_words(possible_.size(), "outcome"), found));
    }
    if (found_.commands_max) {
      line("The longest run takes {}: hooks and promotions.",
           count_words(*found_.commands_max, "command"));
    }
    write_retry_sentence();
    write_longest_wait();
    line("{}, {}.", count_words(found_.states, "state"),
         count_words(found_.transitions, "transition"));
  }

  /// The verdict, and the run that shows a violation.
  std::optional<Error> write_property(const PropertyFinding& property) {
    line("  {:<9}  {}", to_string(property.verdict), printable(property.name));
    if (property.verdict == Verdict::Undecided && found_.complete) {
      line("             not every run was looked at: it is checked in all orders of events");
    }
    if (property.verdict != Verdict::Violated) { return std::nullopt; }
    if (!property.scenario) {
      line("             no scenario shows it: {}", printable(property.impossible));
      return std::nullopt;
    }
    const Result<Trace> trace = simulate(flow_, *property.scenario);
    if (!trace) { return trace.error(); }
    const Result<std::string> timeline = render_timeline(*trace, options_);
    if (!timeline) { return timeline.error(); }
    out_ += *timeline;
    return std::nullopt;
  }

  const Flow& flow_;
  const Exploration& found_;
  const RenderOptions& options_;
  std::vector<const ReleaseOutcome*> possible_;  ///< All but those that durations forbid.
  std::string out_;
};

}  // namespace

}  // namespace detail

Result<std::string> render_exploration(const Flow& flow, const Exploration& exploration,
                                       const std::vector<PropertyFinding>& properties,
                                       const RenderOptions& options) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    if (!detail::is_of(flow, exploration)) { return tl::unexpected(detail::of_another_flow()); }
    return detail::Report(flow, exploration, options).write(properties);
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
