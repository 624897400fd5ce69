// SPDX-License-Identifier: Apache-2.0
// Who writes and who reads the context (P7): each flow by itself.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "base/position.hpp"
#include "configuration/check.hpp"
#include "configuration/context_graph.hpp"
#include "configuration/missing_run.hpp"
#include "configuration/reach.hpp"
#include "configuration/writers.hpp"
#include "flow/default_names.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr unsigned kBatch = 64;

/// In order, and not hashed: whoever writes them could choose names of one hash.
using Names = std::set<std::string_view>;

/// A key that a hook requires, and that is not handed to it anyway.
struct Need {
  std::uint32_t hook;
  std::uint32_t key;
  const SourcePlace* place;  ///< In the template; null: in the hook's own object alone.
  bool is_own;  ///< The hook's own object requires it: a value in the template is not enough.
};

template <std::size_t N>
bool is_among(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class ContextCheck {
 public:
  /// `uses` counts those of all flows (ContextGraph::kUsesMax).
  ContextCheck(const ConfigurationData& data, const FlowDocument& document, Findings& findings,
               std::size_t& uses)
      : document_(document),
        flow_(*document.flow),
        facts_(flow_),
        findings_(findings),
        graph_(data, flow_),
        hooks_(graph_.hooks()),
        uses_(uses),
        initial_(document.initial.begin(), document.initial.end()) {
    initial_.insert(data.initial.begin(), data.initial.end());
  }

  void check() {
    if (!collect()) { return; }
    if (writers_.empty() && needs_.empty()) { return; }
    judge_needs();
    find_races();
    find_unused();
  }

 private:
  bool collect();
  bool is_handed(const Need& need, const Names& assigned) const;
  const Writers& writers_of(std::uint32_t key) const {
    static const Writers kNone;
    return key < writers_.size() ? writers_[key] : kNone;
  }
  void judge_needs();
  std::string advise_default(const Need& need) const;
  std::string advise_presence(const Need& need, const HookRow* writer) const;
  void report_never(const Need& need);
  void report_maybe(const Need& need);
  std::uint32_t nearest(const Need& need, const Writers& writers) const;
  std::string describe_run(const std::optional<MissingRun>& run, std::uint32_t writer,
                           bool is_known) const;
  void find_races();
  void report_race(std::uint32_t key, std::uint32_t first, std::uint32_t second);
  void find_unused();
  std::vector<Related> related(const Need& need) const;
  SourcePlace place_of(std::uint32_t hook) const { return hook_place(document_, hooks_, hook); }

  const FlowDocument& document_;
  const Flow& flow_;
  FlowFacts facts_;
  Findings& findings_;
  ContextGraph graph_;
  const std::vector<HookRow>& hooks_;
  std::size_t& uses_;
  Names initial_;                 ///< What every release starts with.
  std::vector<Writers> writers_;  ///< By key.
  Writers unknown_;               ///< Hooks that may export anything.
  std::vector<char> read_;        ///< By key: whether a hook reads it.
  bool all_reads_known_ = true;
  std::vector<Need> needs_;
  std::optional<MissingRuns> runs_;
};

/// Whether the key is among the hook's default arguments, those that it is `assigned`, or what a
/// release starts with.
bool ContextCheck::is_handed(const Need& need, const Names& assigned) const {
  const std::string_view key = graph_.key(need.key);
  if (is_among(key, kDefaultNames)) { return true; }
  if (is_among(key, kFailureNames)) { return is_on_fail(hooks_[need.hook].point); }
  return assigned.count(key) != 0 || initial_.count(key) != 0;
}

/// How the hook can do without the key. Assigning it an argument is no way: it would win over the
/// context in every run, and the value that is exported would be lost (A5).
std::string ContextCheck::advise_default(const Need& need) const {
  const std::string value = fmt::format("{{name: {}, value: ''}}", graph_.key(need.key));
  return need.is_own ? fmt::format(
                           "if the hook has a default for it (in a template: {}), remove it from "
                           "'reads'",
                           value)
                     : fmt::format("give the parameter a value in the template: {}", value);
}

/// How the key can always be there, or need not be. `writer`: the nearest one that is known to
/// export it; null: there is none.
std::string ContextCheck::advise_presence(const Need& need, const HookRow* writer) const {
  std::string advice;
  if (writer != nullptr && writer->hook->on_error == OnError::Ignore) {
    const Hook counted{};
    HookRow row = *writer;
    row.hook = &counted;
    if (precedes(facts_, row, hooks_[need.hook]).must) {
      advice = fmt::format("do not ignore that {} fails: 'onError: fail'; or ",
                           describe(flow_, *writer));
    }
  }
  advice += advise_default(need);
  if (need.is_own) {
    advice += fmt::format(
        "; or start every release with it, and annotate the flow with "
        "'promoflow.dev/initial-context: \"{}\"'",
        graph_.key(need.key));
  }
  return advice;
}

/// False: hooks have too many keys, which is said.
bool ContextCheck::collect() {
  for (std::uint32_t hook = 0; hook < hooks_.size(); ++hook) {
    const HookKeys& keys = graph_.keys_of(hook);
    uses_ += keys.reads.size() + keys.exports.size();
    if (uses_ > ContextGraph::kUsesMax) {
      findings_.add(DiagnosticCode::LimitExceeded, Severity::Error, place_of(hook),
                    {fmt::format("up to {}, hooks read and export more than {} context keys",
                                 describe(flow_, hooks_[hook]), ContextGraph::kUsesMax),
                     "let the template of the hook say fewer keys"});
      return false;
    }
    writers_.resize(graph_.key_count());
    read_.resize(graph_.key_count());
    all_reads_known_ = all_reads_known_ && keys.reads_known;
    Names assigned;
    for (const AssignedArgument& argument : hooks_[hook].hook->arguments) {
      assigned.insert(argument.name);
    }
    for (const KeyRead& read : keys.reads) {
      read_[read.key] = 1;
      const Need need{hook, read.key, read.place, read.is_own};
      if (!read.required || is_handed(need, assigned)) { continue; }
      if (is_among(graph_.key(read.key), kFailureNames)) {
        findings_.add(DiagnosticCode::FailureArgumentElsewhere, Severity::Error, place_of(hook),
                      {fmt::format("{} requires {}, which only onFail hooks are handed",
                                   describe(flow_, hooks_[hook]), in_quotes(graph_.key(read.key))),
                       fmt::format("make it an onFail hook, or {}", advise_default(need))},
                      related(need));
        continue;
      }
      needs_.push_back(need);
    }
    for (const std::uint32_t key : keys.exports) { writers_[key].add(facts_, hooks_, hook); }
    if (!keys.exports_known) { unknown_.add(facts_, hooks_, hook); }
  }
  return true;
}

/// Reports each need whose key no hook that must precede exports.
void ContextCheck::judge_needs() {
  for (const Need& need : needs_) {
    const Writers& writers = writers_of(need.key);
    if (writers.must_precede(facts_, hooks_, need.hook)) { continue; }
    const auto may = [&](const Writers& of) { return of.may_precede(facts_, hooks_, need.hook); };
    if (may(unknown_) || may(writers)) {
      report_maybe(need);
    } else {
      report_never(need);
    }
  }
}

std::vector<Related> ContextCheck::related(const Need& need) const {
  std::vector<Related> places;
  if (need.place != nullptr) { places.push_back({need.place, "the template requires it here"}); }
  return places;
}

void ContextCheck::report_never(const Need& need) {
  const std::string_view key = graph_.key(need.key);
  const auto each = [&](const auto& offer) {
    for (std::uint32_t other = 0; other < writers_.size(); ++other) {
      if (!writers_[other].empty() && other != need.key) { offer(graph_.key(other)); }
    }
  };
  const Writers& writers = writers_of(need.key);
  const std::string otherwise =
      writers.empty()
          ? fmt::format(
                "annotate the template that writes it with 'promoflow.dev/exports: \"{0}\"', "
                "or the flow with 'promoflow.dev/initial-context: \"{0}\"' if every release "
                "starts with it",
                key)
          : fmt::format("{} exports it, and never before this hook: export it earlier",
                        describe(flow_, hooks_[writers.rows().front()]));
  std::string hint = writers.empty() ? findings_.suggest(key, otherwise, each) : otherwise;
  findings_.add(DiagnosticCode::ContextKeyNeverWritten, Severity::Error, place_of(need.hook),
                {fmt::format("{} requires the context key {}, which no hook before it exports",
                             describe(flow_, hooks_[need.hook]), in_quotes(key)),
                 std::move(hint)},
                related(need));
}

/// The writer that comes closest before the hook: of its own environment, else of the deepest one
/// that is not deeper, else of the release.
std::uint32_t ContextCheck::nearest(const Need& need, const Writers& writers) const {
  const HookRow& self = hooks_[need.hook];
  const bool of_release = is_release_point(self.point);
  const std::uint32_t level =
      of_release ? UINT32_MAX : flow_.level(EnvironmentId{self.environment});
  std::uint32_t best = UINT32_MAX;
  std::int64_t best_rank = INT64_MIN;
  for (const std::uint32_t row : writers.rows()) {
    const HookRow& writer = hooks_[row];
    if (row == need.hook) { continue; }
    std::int64_t rank = -1;
    if (!is_release_point(writer.point)) {
      const std::uint32_t own = flow_.level(EnvironmentId{writer.environment});
      const bool same = !of_release && writer.environment == self.environment;
      if (!precedes(facts_, writer, self).may) { continue; }
      rank = same ? INT64_MAX : own <= level ? std::int64_t{own} : -std::int64_t{own} - 2;
    } else if (!precedes(facts_, writer, self).may) {
      continue;
    }
    if (rank >= best_rank) {
      best_rank = rank;
      best = row;
    }
  }
  return best;
}

/// When the key is missing. `writer`: the nearest one; whether it is known to export the key.
std::string ContextCheck::describe_run(const std::optional<MissingRun>& run, std::uint32_t writer,
                                       bool is_known) const {
  const std::string named = describe(flow_, hooks_[writer]);
  if (!run) { return fmt::format("when it runs before {} has succeeded", named); }
  const bool skips = std::any_of(
      run->deviations.begin(), run->deviations.end(),
      [](const Deviation& deviation) { return deviation.what == Deviation::What::Skipped; });
  // It need not be skipped for the key to be missing.
  if (skips && !is_known) { return fmt::format("unless {} exports it, which nothing says", named); }
  return describe(*run, flow_, hooks_, writer);
}

void ContextCheck::report_maybe(const Need& need) {
  const std::string_view key = graph_.key(need.key);
  const HookRow& self = hooks_[need.hook];
  if (!runs_) { runs_.emplace(facts_, hooks_); }
  const Writers& known = writers_of(need.key);
  // Of a flow with very many hooks not every message says all.
  const bool is_short = !runs_->spend(3 * (known.rows().size() + unknown_.rows().size()));
  const auto choose = [&](const Writers& of) {
    if (!is_short) { return nearest(need, of); }
    return of.may_precede(facts_, hooks_, need.hook) ? of.rows().front() : UINT32_MAX;
  };
  std::uint32_t writer = choose(known);
  const bool is_known = writer != UINT32_MAX;
  if (!is_known) { writer = choose(unknown_); }
  std::string hint;
  std::optional<MissingRun> run;
  if (!is_short) {
    std::vector<std::uint32_t> rows;
    std::set_union(known.rows().begin(), known.rows().end(), unknown_.rows().begin(),
                   unknown_.rows().end(), std::back_inserter(rows));
    rows.erase(std::remove(rows.begin(), rows.end(), need.hook), rows.end());
    run = runs_->find(need.hook, rows);
  }
  const std::string when = describe_run(run, writer, is_known);
  if (!is_known) {
    hint = fmt::format(
        "nothing says what the workflow {} exports: annotate its template with "
        "'promoflow.dev/exports: \"{}\"' if it does; ",
        in_quotes(hooks_[writer].hook->name), key);
  }
  hint += advise_presence(need, is_known ? &hooks_[writer] : nullptr);
  std::vector<Related> places = related(need);
  const SourcePlace at = place_of(writer);
  places.push_back({&at, fmt::format("{} {} it", describe(flow_, hooks_[writer]),
                                     is_known ? "exports" : "may export")});
  findings_.add(DiagnosticCode::ContextKeyMayBeMissing, Severity::Warning, place_of(need.hook),
                {fmt::format("{} requires the context key {}, which is missing {}",
                             describe(flow_, self), in_quotes(key), when),
                 std::move(hint)},
                places);
}

void ContextCheck::find_races() {
  struct Pair {
    std::uint32_t key;
    std::uint32_t first;  ///< Rows; the environment of `second` is deeper.
    std::uint32_t second;
  };
  std::vector<Pair> pairs;
  std::vector<char> reported(writers_.size());
  const auto level = [&](std::uint32_t row) {
    return flow_.level(EnvironmentId{hooks_[row].environment});
  };
  for (std::uint32_t key = 0; key < writers_.size(); ++key) {
    // One for each environment. They are in one line exactly if each depends on the one before.
    std::vector<std::uint32_t> rows;
    for (const std::uint32_t row : writers_[key].rows()) {
      if (!is_release_point(hooks_[row].point) &&
          (rows.empty() || hooks_[rows.back()].environment != hooks_[row].environment)) {
        rows.push_back(row);
      }
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return level(a) < level(b); });
    const std::size_t before = pairs.size();
    for (std::size_t i = 1; i < rows.size() && !reported[key]; ++i) {
      if (level(rows[i - 1]) == level(rows[i])) {
        pairs.resize(before);
        reported[key] = 1;
        report_race(key, rows[i - 1], rows[i]);
      } else {
        pairs.push_back({key, rows[i - 1], rows[i]});
      }
    }
  }
  if (pairs.empty()) { return; }
  Reach reach(flow_);
  for (std::size_t begin = 0; begin < pairs.size(); begin += kBatch) {
    reach.clear();
    const std::size_t end = std::min(begin + kBatch, pairs.size());
    for (std::size_t i = begin; i < end; ++i) {
      reach.mark(hooks_[pairs[i].first].environment, static_cast<unsigned>(i - begin));
    }
    reach.spread();
    for (std::size_t i = begin; i < end; ++i) {
      const Pair& pair = pairs[i];
      const auto bit = static_cast<unsigned>(i - begin);
      if (reported[pair.key] != 0 ||
          reach.has_source_before(hooks_[pair.second].environment, bit)) {
        continue;
      }
      reported[pair.key] = 1;
      report_race(pair.key, pair.first, pair.second);
    }
  }
}

void ContextCheck::report_race(std::uint32_t key, std::uint32_t first, std::uint32_t second) {
  const SourcePlace other = place_of(first);
  findings_.add(
      DiagnosticCode::ContextKeyRace, Severity::Warning, place_of(second),
      {fmt::format("{} and {} both export the context key {}, and may run at the same time",
                   describe(flow_, hooks_[first]), describe(flow_, hooks_[second]),
                   in_quotes(graph_.key(key))),
       "the one that ends last stands: give each a key of its own, or let one environment depend "
       "on the other"},
      {{&other, "the other one is here"}});
}

void ContextCheck::find_unused() {
  if (!all_reads_known_) { return; }
  for (std::uint32_t key = 0; key < writers_.size(); ++key) {
    if (writers_[key].empty() || read_[key] != 0) { continue; }
    const std::uint32_t row = writers_[key].rows().front();
    findings_.add(DiagnosticCode::ContextKeyUnused, Severity::Note, place_of(row),
                  {fmt::format("{} exports the context key {}, and no hook of the flow reads it",
                               describe(flow_, hooks_[row]), in_quotes(graph_.key(key))),
                   {}});
  }
}

}  // namespace

void check_context(const ConfigurationData& data, Findings& findings) {
  std::size_t uses = 0;
  for (const FlowDocument& document : data.flow_documents) {
    if (uses > ContextGraph::kUsesMax) { return; }
    if (document.flow) { ContextCheck(data, document, findings, uses).check(); }
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
