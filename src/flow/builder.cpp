// SPDX-License-Identifier: Apache-2.0
// FlowBuilder: collects names, dependencies and options; checks them all; builds the flow.
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <unordered_map>

#include "base/guard.hpp"
#include "base/suggest.hpp"
#include "base/utf8.hpp"
#include "document/document.hpp"
#include "flow/check_options.hpp"
#include "flow/fingerprint.hpp"
#include "flow/flow_data.hpp"
#include "flow/graph.hpp"

namespace promoflow {

namespace detail {

constexpr std::size_t kFlowNameBytesMax = 253;
/// Names and dependencies are indexed with 32 bits.
constexpr std::size_t kNameBytesMax = std::size_t{1} << 31;
constexpr std::size_t kDependenciesMax = std::size_t{1} << 31;
/// Unknown environments for which a similar name is searched: each search visits every step.
constexpr std::size_t kSuggestionsMax = 100;

/// DNS-1123 subdomain: labels of a-z, 0-9 and '-', none beginning or ending with '-'.
bool is_dns_subdomain(std::string_view name) noexcept {
  if (name.empty() || name.size() > kFlowNameBytesMax) { return false; }
  char before = '.';
  for (const char c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!word && (before == '.' || (c != '-' && c != '.') || (before == '-' && c == '.'))) {
      return false;
    }
    before = c;
  }
  return before != '.' && before != '-';
}

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
  std::size_t unknown = 0;  ///< Dependencies that no step defines.
  bool broken = false;

  std::uint32_t share(const StepOptions& step);
  std::size_t begin_of(std::size_t step) const { return step == 0 ? 0 : dependency_ends[step - 1]; }
  void report(DiagnosticCode code, std::string pointer, const std::string& message,
              std::string hint);
  void check_names();
  void check_limits();
  void check_every_option();
  void check_steps();
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
                               std::string hint) {
  const bool warning = static_cast<std::int32_t>(code) > 100;
  broken = broken || !warning;
  problems.push_back({.code = code,
                      .severity = warning ? Severity::Warning : Severity::Error,
                      .pointer = std::move(pointer),
                      .message = to_utf8(message),  // It may quote a name that is not UTF-8.
                      .hint = std::move(hint)});
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
           "the trigger environment's name is empty, has control characters or is not UTF-8",
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
  const auto report_all = [&](const std::string& object, std::vector<OptionProblem> found) {
    for (OptionProblem& problem : found) {
      const bool is_metadata = problem.pointer.starts_with("/metadata");
      report(problem.code, is_metadata ? problem.pointer : object + problem.pointer,
             problem.message, std::move(problem.hint));
    }
  };
  report_all("/spec", check_options(options));
  for (std::size_t shared = 0; shared < distinct.size(); ++shared) {
    std::vector<OptionProblem> found = check_options(distinct[shared]);
    if (found.empty()) { continue; }
    const auto step = std::find(step_options.begin(), step_options.end(), shared);
    report_all(fmt::format("/spec/steps/{}", step - step_options.begin()), std::move(found));
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
             "the environment's name is empty, has control characters or is not UTF-8",
             "give the environment a plain name, such as 'staging'");
    } else if (step_names[step] == 0) {
      report(DiagnosticCode::TriggerEnvironmentAsStep, pointer(),
             fmt::format("the trigger environment '{}' is never promoted to", environment),
             "remove this step, or name another trigger environment");
    } else if (step_of[step_names[step]] != 0) {
      report(DiagnosticCode::DuplicateEnvironment, pointer(),
             fmt::format("environment '{}' already has a step (step {})", environment,
                         step_of[step_names[step]]),
             "give every environment one step: merge the two, or rename one");
    } else {
      step_of[step_names[step]] = static_cast<std::uint32_t>(step + 1);
    }
  }
}

void FlowBuilder::Impl::unknown_environment(std::size_t step, std::size_t place,
                                            std::string_view dependency) {
  Suggestions suggestions(dependency);
  suggestions.offer(names[0]);
  if (++unknown <= kSuggestionsMax) {
    for (const std::uint32_t candidate : step_names) { suggestions.offer(names[candidate]); }
  }
  std::string hint = "add a step for it, or remove it here";
  if (!suggestions.best().empty()) { hint = fmt::format("did you mean '{}'?", suggestions.best()); }
  report(DiagnosticCode::UnknownEnvironment,
         fmt::format("/spec/steps/{}/dependsOn/{}", step, place),
         fmt::format("no step defines environment '{}'", dependency), std::move(hint));
}

/// Appends the step's row to `rows`; reports dependencies that are wrong and leaves them out.
void FlowBuilder::Impl::check_dependencies(std::size_t step, std::vector<std::uint32_t>& seen_by,
                                           Rows& rows) {
  const std::size_t begin = begin_of(step);
  const std::size_t end = dependency_ends[step];
  if (begin == end) {
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
      report(DiagnosticCode::SelfDependency, pointer(),
             fmt::format("environment '{}' depends on itself", names[dependency]),
             "remove it from its own dependsOn");
    } else if (seen_by[dependency] == self) {
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
    std::string spelt;
    for (const EnvironmentId environment : cycle) {
      spelt += names[step_names[index(environment) - 1]];
      spelt += " -> ";
    }
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
    return {std::nullopt, std::move(problems)};
  }
  flow->levels = longest_paths(dependents, order);
  flow->name = name;
  share_options(*flow);
  lay_out(*flow, std::move(dependents));
  if (broken) { return {std::nullopt, std::move(problems)}; }
  number_in_step_order(*flow);
  check_redundant(*flow);
  flow->fingerprint = fingerprint(*flow);
  return {Flow(std::move(flow)), std::move(problems)};
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
  impl_->options = std::move(options);
  return *this;
}

FlowBuilder& FlowBuilder::step(std::string_view environment,
                               std::span<const std::string_view> depends_on,
                               const StepOptions& options) {
  Impl& impl = *impl_;
  const std::size_t before = impl.dependencies.size();
  std::size_t bytes = impl.names.bytes() + environment.size();
  for (const std::string_view dependency : depends_on) { bytes += dependency.size(); }
  // GCOV_EXCL_BR_START: so many dependencies would take 8 GiB.
  if (bytes > kNameBytesMax || before + depends_on.size() > kDependenciesMax) {
    // GCOV_EXCL_BR_STOP
    impl.too_large = true;
    return *this;
  }
  try {
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
  } catch (...) {
    impl.dependencies.resize(before);
    throw;
  }
  return *this;
}

FlowBuilder& FlowBuilder::step(std::string_view environment,
                               std::initializer_list<std::string_view> depends_on,
                               const StepOptions& options) {
  return step(environment, std::span(depends_on.begin(), depends_on.size()), options);
}

Result<FlowReport> FlowBuilder::build() noexcept {
  return guarded([&]() -> Result<FlowReport> {
    FlowReport report = impl_->build();
    std::string trigger;
    *impl_ = Impl{};
    impl_->names.intern(trigger);
    impl_->distinct.emplace_back();
    return report;
  });  // GCOV_EXCL_BR_LINE: destructors of members that are always, or never, empty.
}

}  // namespace promoflow
