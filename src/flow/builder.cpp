// SPDX-License-Identifier: Apache-2.0
// FlowBuilder: collects names, dependencies and options; checks them all; builds the flow.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <unordered_map>

#include "base/guard.hpp"
#include "base/name_text.hpp"
#include "base/printable.hpp"
#include "base/suggest.hpp"
#include "diagnostics/further_problems.hpp"
#include "document/document.hpp"
#include "flow/check_options.hpp"
#include "flow/fingerprint.hpp"
#include "flow/flow_data.hpp"
#include "flow/graph.hpp"
#include "flow/look_alikes.hpp"
#include "promoflow/text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

constexpr std::size_t kListedBytesMax = std::size_t{4} << 20;
/// A longer cycle is spelt without its middle.
constexpr std::size_t kCycleBytesMax = std::size_t{64} << 10;

bool is_warning(DiagnosticCode code) noexcept { return static_cast<std::int32_t>(code) > 100; }

/// Names and dependencies are indexed with 32 bits.
constexpr std::size_t kNameBytesMax = std::size_t{1} << 31;
constexpr std::size_t kDependenciesMax = std::size_t{1} << 31;
/// Unknown environments for which a similar name is searched: each search visits every step.
constexpr std::size_t kSuggestionsMax = 100;

}  // namespace detail

using namespace detail;  // NOLINT(google-build-using-namespace): this file is internal.

struct FlowBuilder::Impl {
  std::string name;
  FlowOptions options;
  NameTable names;  ///< [0] is the trigger environment; others in order of first mention.
  std::vector<std::uint32_t> step_names;
  std::vector<std::uint32_t>
      dependency_ends;                      ///< Of each step: where its row of `dependencies` ends.
  std::vector<std::uint32_t> dependencies;  ///< Indices into `names`.
  std::vector<StepOptions> distinct{1};     ///< [0]: the trigger environment's, or defaults.
  std::vector<std::uint32_t> step_options;  ///< Of each step: index into `distinct`.
  std::unordered_multimap<std::uint64_t, std::uint32_t> distinct_by_hash;

  bool too_large = false;  ///< Further steps are dropped: they could not be indexed.

  // Used by build() only.
  std::vector<std::uint32_t> step_of;  ///< Of each name: the step that defines it, + 1; 0: none.
  std::vector<Diagnostic> problems;
  LookAlikes environments;
  std::size_t diagnostics_max = TextLimits{}.diagnostics_max;
  std::size_t listed_bytes = 0;           ///< Of the texts of `problems`.
  std::array<std::size_t, 2> listed{};    ///< Errors and warnings among `problems`.
  std::array<std::size_t, 2> unlisted{};  ///< Errors and warnings that are only counted.
  std::vector<std::uint32_t> first_use;   ///< Of each of `distinct`: the first step that has it.
  std::size_t unknown = 0;                ///< Dependencies that no step defines.
  bool broken = false;

  std::uint32_t share(const StepOptions& step);
  std::size_t begin_of(std::size_t step) const { return step == 0 ? 0 : dependency_ends[step - 1]; }
  void report(DiagnosticCode code, std::string pointer, const std::string& message,
              const std::string& hint);
  bool lists(DiagnosticCode code) noexcept;
  FlowReport report_of(std::optional<Flow> flow);
  void check_names();
  void check_limits();
  void check_every_option();
  void check_steps();
  void check_look_alikes();
  void check_dependencies(std::size_t step, std::vector<std::uint32_t>& seen_by, Rows& rows);
  void unknown_environment(std::size_t step, std::size_t place, std::string_view name);
  void check_cycles(const Rows& dependencies);
  void check_redundant(const FlowData& flow);
  std::string pointer_of(EnvironmentId environment, EnvironmentId on) const;
  void number_in_step_order(FlowData& flow);
  void share_options(FlowData& flow);
  void lay_out(FlowData& flow, Rows dependents) const;
  FlowReport build();
};

/// The index of these options in `distinct`. Steps with equal options share one entry, so that a
/// fleet of a million similar sites costs the memory of one.
std::uint32_t FlowBuilder::Impl::share(const StepOptions& step) {
  if (step == StepOptions{}) { return 1; }
  if (step == distinct.back()) { return static_cast<std::uint32_t>(distinct.size() - 1); }
  Fingerprint fingerprint;
  fingerprint.add(step);
  const auto [begin, end] = distinct_by_hash.equal_range(fingerprint.value());
  for (auto it = begin; it != end; ++it) {
    // GCOV_EXCL_BR_START: steps with equal fingerprints differ only if a 64-bit hash collides.
    if (distinct[it->second] == step) { return it->second; }
    // GCOV_EXCL_BR_STOP
  }
  distinct.push_back(step);
  const auto added = static_cast<std::uint32_t>(distinct.size() - 1);
  distinct_by_hash.emplace(fingerprint.value(), added);
  return added;
}

void FlowBuilder::Impl::report(DiagnosticCode code, std::string pointer, const std::string& message,
                               const std::string& hint) {
  if (!lists(code)) { return; }
  const bool warning = is_warning(code);
  broken = broken || !warning;
  ++listed[warning ? 1 : 0];
  listed_bytes += pointer.size() + message.size() + hint.size();
  problems.push_back({.code = code,
                      .severity = warning ? Severity::Warning : Severity::Error,
                      .pointer = std::move(pointer),
                      .message = printable(message),  // It may quote a name that cannot be seen.
                      .hint = printable(hint)});
}

/// Whether a problem would be listed. If not, it is counted here, and needs no text. Warnings do
/// not take the places of errors, which may be found later.
bool FlowBuilder::Impl::lists(DiagnosticCode code) noexcept {
  const std::size_t kind = is_warning(code) ? 1 : 0;
  if (listed[kind] < diagnostics_max && listed_bytes < kListedBytesMax) { return true; }
  broken = broken || kind == 0;
  ++unlisted[kind];
  return false;
}

FlowReport FlowBuilder::Impl::report_of(std::optional<Flow> flow) {
  const std::size_t count = unlisted[0] + unlisted[1];
  if (count > 0) {
    const Severity severity = unlisted[0] > 0 ? Severity::Error : Severity::Warning;
    problems.push_back(further_problems(count, severity, Diagnostic{}));
  }
  return {std::move(flow), std::move(problems), count};
}

void FlowBuilder::Impl::check_names() {
  if (!is_dns_subdomain(name)) {
    report(DiagnosticCode::InvalidName, "/metadata/name",
           fmt::format("'{}' is not a name for a flow", name),
           "use lower case letters, digits, '-' and '.', at most 253, each part beginning and "
           "ending with a letter or digit");
  }
  if (!is_plain_name(names[0])) {
    report(DiagnosticCode::InvalidName, "/spec/triggerEnvironment",
           fmt::format("the trigger environment's name {}", explain_name(names[0]).message),
           "give the name of the environment that triggers promotions, such as 'dev'");
  }
}

void FlowBuilder::Impl::check_limits() {
  if (too_large) {
    report(DiagnosticCode::LimitExceeded, "/spec/steps",
           "the flow has more than 2 GiB of names, or 2^31 dependencies", "split the flow");
  }
}

/// Problems in options that steps share are reported once, at the first step that uses them.
void FlowBuilder::Impl::check_every_option() {
  const auto report_all = [&](const std::string& object, const OptionProblems& found) {
    unlisted[0] += found.errors_unlisted;
    unlisted[1] += found.warnings_unlisted;
    broken = broken || found.errors_unlisted > 0;
    for (const OptionProblem& problem : found.listed) {
      const bool is_metadata = problem.pointer.starts_with("/metadata");
      report(problem.code, is_metadata ? problem.pointer : object + problem.pointer,
             problem.message, problem.hint);
    }
  };
  report_all("/spec", check_options(options));
  first_use.assign(distinct.size(), static_cast<std::uint32_t>(step_options.size()));
  for (std::size_t step = step_options.size(); step-- > 0;) {
    first_use[step_options[step]] = static_cast<std::uint32_t>(step);
  }
  for (std::size_t shared = 0; shared < distinct.size(); ++shared) {
    OptionProblems found = check_options(distinct[shared]);
    if (found.listed.empty()) { continue; }
    report_all(fmt::format("/spec/steps/{}", first_use[shared]), found);
  }
}

void FlowBuilder::Impl::check_steps() {
  if (step_names.empty()) {
    report(DiagnosticCode::InvalidValue, "/spec/steps", "a flow needs one step or more",
           "add a step: an environment and what it depends on");
  }
  step_of.assign(names.size(), 0);
  for (std::size_t step = 0; step < step_names.size(); ++step) {
    const std::string_view environment = names[step_names[step]];
    const auto pointer = [&] { return fmt::format("/spec/steps/{}/environment", step); };
    if (!is_plain_name(environment)) {
      report(DiagnosticCode::InvalidName, pointer(),
             fmt::format("the environment's name {}", explain_name(environment).message),
             "give the environment a plain name, such as 'staging'");
    } else if (step_names[step] == 0) {
      if (!lists(DiagnosticCode::TriggerEnvironmentAsStep)) { continue; }
      report(DiagnosticCode::TriggerEnvironmentAsStep, pointer(),
             fmt::format("the trigger environment '{}' is never promoted to", environment),
             "remove this step, or name another trigger environment");
    } else if (step_of[step_names[step]] != 0) {
      if (!lists(DiagnosticCode::DuplicateEnvironment)) { continue; }
      report(DiagnosticCode::DuplicateEnvironment, pointer(),
             fmt::format("environment '{}' already has a step (step {})", environment,
                         step_of[step_names[step]]),
             "give every environment one step: merge the two, or rename one");
    } else {
      step_of[step_names[step]] = static_cast<std::uint32_t>(step + 1);
    }
  }
}

/// Names of environments, and names of hooks, that look the same are a warning. ASCII names never
/// do, so most flows are only searched for another character.
void FlowBuilder::Impl::check_look_alikes() {
  environments = LookAlikes{};
  for (std::size_t i = 0; i < names.size(); ++i) { environments.see(names[i]); }
  const auto warn = [this](std::string pointer, std::string_view what, std::string_view given,
                           std::string_view earlier) {
    if (earlier.empty()) { return; }
    report(DiagnosticCode::SuspiciousName, std::move(pointer),
           fmt::format("{} '{}' looks the same as '{}'{}", what, given, earlier,
                       explain_difference(given, earlier)),
           "write both in the same way, or rename one");
  };
  environments.add(names[0]);
  for (std::size_t step = 0; environments.needed() && step < step_names.size(); ++step) {
    const std::string_view environment = names[step_names[step]];
    warn(fmt::format("/spec/steps/{}/environment", step), "environment", environment,
         environments.add(environment));
  }
  for (LookAlikeHook& hook : find_look_alike_hooks(options.hooks, distinct, step_options)) {
    warn(std::move(hook.pointer), "hook", hook.name, hook.earlier);
  }
}

void FlowBuilder::Impl::unknown_environment(std::size_t step, std::size_t place,
                                            std::string_view dependency) {
  if (!lists(DiagnosticCode::UnknownEnvironment)) { return; }
  Suggestions suggestions(dependency);
  suggestions.offer(names[0]);
  if (++unknown <= kSuggestionsMax) {
    for (const std::uint32_t candidate : step_names) { suggestions.offer(names[candidate]); }
  }
  std::string hint = "add a step for it, or remove it here";
  const std::string_view same = environments.find(dependency);
  if (const std::string_view best = same.empty() ? suggestions.best() : same; !best.empty()) {
    hint = did_you_mean(dependency, best);
  }
  report(DiagnosticCode::UnknownEnvironment,
         fmt::format("/spec/steps/{}/dependsOn/{}", step, place),
         fmt::format("no step defines environment '{}'", dependency), hint);
}

/// Appends the step's row to `rows`; reports dependencies that are wrong and leaves them out.
void FlowBuilder::Impl::check_dependencies(std::size_t step, std::vector<std::uint32_t>& seen_by,
                                           Rows& rows) {
  const std::size_t begin = begin_of(step);
  const std::size_t end = dependency_ends[step];
  if (begin == end && lists(DiagnosticCode::InvalidValue)) {
    report(DiagnosticCode::InvalidValue, fmt::format("/spec/steps/{}/dependsOn", step),
           fmt::format("environment '{}' depends on nothing", names[step_names[step]]),
           fmt::format("name one environment or more, such as the trigger environment '{}'",
                       names[0]));
  }
  const auto self = static_cast<std::uint32_t>(step + 1);
  for (std::size_t i = begin; i < end; ++i) {
    const std::uint32_t dependency = dependencies[i];
    const auto pointer = [&] {
      return fmt::format("/spec/steps/{}/dependsOn/{}", step, i - begin);
    };
    if (dependency != 0 && step_of[dependency] == 0) {
      unknown_environment(step, i - begin, names[dependency]);
    } else if (dependency == step_names[step]) {
      if (!lists(DiagnosticCode::SelfDependency)) { continue; }
      report(DiagnosticCode::SelfDependency, pointer(),
             fmt::format("environment '{}' depends on itself", names[dependency]),
             "remove it from its own dependsOn");
    } else if (seen_by[dependency] == self) {
      if (!lists(DiagnosticCode::DuplicateDependency)) { continue; }
      report(DiagnosticCode::DuplicateDependency, pointer(),
             fmt::format("'{}' is listed twice", names[dependency]), "remove one of the two");
    } else {
      seen_by[dependency] = self;
      rows.targets.push_back(EnvironmentId{step_of[dependency]});
    }
  }
}

/// JSON pointer of a dependency on another step.
std::string FlowBuilder::Impl::pointer_of(EnvironmentId environment, EnvironmentId on) const {
  const std::size_t step = index(environment) - 1;
  const std::uint32_t wanted = step_names[index(on) - 1];
  const auto begin = dependencies.begin() + static_cast<std::ptrdiff_t>(begin_of(step));
  const auto end = dependencies.begin() + static_cast<std::ptrdiff_t>(dependency_ends[step]);
  return fmt::format("/spec/steps/{}/dependsOn/{}", step, std::find(begin, end, wanted) - begin);
}

void FlowBuilder::Impl::check_cycles(const Rows& rows) {
  for (const std::vector<EnvironmentId>& cycle : find_cycles(rows)) {
    if (!lists(DiagnosticCode::DependencyCycle)) { continue; }
    std::string spelt;
    std::size_t left_out = 0;
    for (const EnvironmentId environment : cycle) {
      if (spelt.size() > kCycleBytesMax) {
        ++left_out;
        continue;
      }
      spelt += names[step_names[index(environment) - 1]];
      spelt += " -> ";
    }
    if (left_out > 0) { spelt += fmt::format("... ({} further environments) -> ", left_out); }
    spelt += names[step_names[index(cycle.front()) - 1]];
    report(DiagnosticCode::DependencyCycle, pointer_of(cycle[0], cycle[1]),
           fmt::format("dependencies form a cycle: {}", spelt), "remove one of these dependencies");
  }
}

/// Redundant dependencies come environment by environment, so the positions of an environment's
/// dependencies are computed once for all of its own.
void FlowBuilder::Impl::check_redundant(const FlowData& flow) {
  std::vector<std::size_t> positions(step_of.size());  // Of each name, in the row of `current`.
  std::size_t current = step_names.size();
  for (const RedundantDependency& found : find_redundant(flow.dependencies, flow.levels)) {
    const std::size_t step = index(found.environment) - 1;
    if (step != current) {
      current = step;
      const std::size_t begin = begin_of(step);
      for (std::size_t i = dependency_ends[step]; i-- > begin;) {
        positions[dependencies[i]] = i - begin;  // Backwards: of duplicates, the first one wins.
      }
    }
    if (!lists(DiagnosticCode::RedundantDependency)) { continue; }
    const std::uint32_t wanted = index(found.on) == 0 ? 0 : step_names[index(found.on) - 1];
    report(DiagnosticCode::RedundantDependency,
           fmt::format("/spec/steps/{}/dependsOn/{}", step, positions[wanted]),
           fmt::format("'{}' is implied already: '{}' depends on it", flow.names[index(found.on)],
                       flow.names[index(found.implied_by)]),
           "it may be removed; nothing changes");
  }
}

/// Puts the names into step order. In most manifests they are already: steps depend on earlier
/// ones.
void FlowBuilder::Impl::number_in_step_order(FlowData& flow) {
  bool in_order = names.size() == step_names.size() + 1;
  for (std::size_t step = 0; in_order && step < step_names.size(); ++step) {
    in_order = step_names[step] == step + 1;
  }
  if (in_order) {
    flow.names = std::move(names);
  } else {
    flow.names.intern(names[0]);
    for (const std::uint32_t name_index : step_names) { flow.names.intern(names[name_index]); }
  }
  flow.names.shrink();
}

/// Moves the distinct options into the flow, and adds for each what the release machine reads.
void FlowBuilder::Impl::share_options(FlowData& flow) {
  flow.options = std::move(options);
  if (flow.options.post_trigger) {
    distinct[0].policy = {.action = PolicyAction::None, .post_action = flow.options.post_trigger};
  }
  flow.steps = std::move(distinct);
  flow.chains.reserve(flow.steps.size() + 1);
  for (const StepOptions& step : flow.steps) { flow.chains.emplace_back(step.hooks, step.soak); }
  flow.chains.emplace_back(flow.options.hooks);
  flow.timer_lengths = timer_lengths(flow);
}

/// Writes the rows that the release machine reads at every transition.
void FlowBuilder::Impl::lay_out(FlowData& flow, Rows dependents) const {
  flow.environments.reserve(step_options.size() + 2);
  const auto add = [&flow, &dependents](std::size_t step) {
    const std::uint32_t begin = dependents.offsets[flow.environments.size()];
    flow.environments.push_back({static_cast<std::uint32_t>(step), begin});
  };
  add(0);
  for (const std::uint32_t step : step_options) { add(step); }
  add(flow.steps.size());
  flow.dependents = std::move(dependents.targets);
}

FlowReport FlowBuilder::Impl::build() {
  check_names();
  check_limits();
  check_every_option();
  check_steps();
  check_look_alikes();
  auto flow = std::make_shared<FlowData>();
  Rows& rows = flow->dependencies;
  rows.offsets = {0, 0};
  rows.offsets.reserve(step_names.size() + 2);
  rows.targets.reserve(dependencies.size());
  std::vector<std::uint32_t> seen_by(names.size(), 0);
  for (std::size_t step = 0; step < step_names.size(); ++step) {
    check_dependencies(step, seen_by, rows);
    rows.offsets.push_back(static_cast<std::uint32_t>(rows.targets.size()));
  }
  Rows dependents = reversed(rows);
  const std::vector<EnvironmentId> order = topological_order(dependents);
  if (order.empty()) {
    check_cycles(rows);
    return report_of(std::nullopt);
  }
  flow->levels = longest_paths(dependents, order);
  flow->name = name;
  share_options(*flow);
  lay_out(*flow, std::move(dependents));
  if (broken) { return report_of(std::nullopt); }
  number_in_step_order(*flow);
  check_redundant(*flow);
  flow->fingerprint = fingerprint(*flow);
  return report_of(Flow(std::move(flow)));
}

FlowBuilder::FlowBuilder(std::string_view name, std::string_view trigger_environment)
    : impl_(std::make_unique<Impl>()) {
  impl_->name = name;
  impl_->names.intern(trigger_environment);
  impl_->distinct.emplace_back();
}

FlowBuilder::FlowBuilder(FlowBuilder&&) noexcept = default;
FlowBuilder& FlowBuilder::operator=(FlowBuilder&&) noexcept = default;
FlowBuilder::~FlowBuilder() = default;

FlowBuilder& FlowBuilder::options(FlowOptions options) {
  if (impl_) { impl_->options = std::move(options); }
  return *this;
}

FlowBuilder& FlowBuilder::diagnostics_max(std::size_t count) noexcept {
  impl_->diagnostics_max = count;
  return *this;
}

FlowBuilder& FlowBuilder::step(std::string_view environment,
                               std::span<const std::string_view> depends_on,
                               const StepOptions& options) {
  if (!impl_) { return *this; }
  Impl& impl = *impl_;
  const std::size_t before = impl.dependency_ends.empty() ? 0 : impl.dependency_ends.back();
  impl.dependencies.resize(before);  // Without those of a step that ran out of memory.
  std::size_t bytes = impl.names.bytes() + environment.size();
  for (const std::string_view dependency : depends_on) { bytes += dependency.size(); }
  // GCOV_EXCL_BR_START: so many dependencies would take 8 GiB.
  if (bytes > kNameBytesMax || before + depends_on.size() > kDependenciesMax) {
    // GCOV_EXCL_BR_STOP
    impl.too_large = true;
    return *this;
  }
  const std::uint32_t shared = impl.share(options);
  const std::uint32_t name = impl.names.intern(environment);
  for (const std::string_view dependency : depends_on) {
    impl.dependencies.push_back(impl.names.intern(dependency));
  }
  impl.step_names.reserve(impl.step_names.size() + 1 > impl.step_names.capacity()
                              ? impl.step_names.capacity() * 2 + 16
                              : 0);
  impl.step_options.reserve(impl.step_names.capacity());
  impl.dependency_ends.reserve(impl.step_names.capacity());
  impl.step_names.push_back(name);
  impl.step_options.push_back(shared);
  impl.dependency_ends.push_back(static_cast<std::uint32_t>(impl.dependencies.size()));
  return *this;
}

FlowBuilder& FlowBuilder::step(std::string_view environment,
                               std::initializer_list<std::string_view> depends_on,
                               const StepOptions& options) {
  return step(environment, std::span(depends_on.begin(), depends_on.size()), options);
}

Result<FlowReport> FlowBuilder::build() noexcept {
  return guarded([&]() -> Result<FlowReport> {
    if (!impl_) { return tl::unexpected(detail::moved_from("flow builder")); }
    FlowReport report = impl_->build();
    std::string trigger;
    *impl_ = Impl{};
    impl_->names.intern(trigger);
    impl_->distinct.emplace_back();
    return report;
  });  // GCOV_EXCL_BR_LINE: destructors of members that are always, or never, empty.
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
