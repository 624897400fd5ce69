// SPDX-License-Identifier: Apache-2.0
/// @file
/// Flow: the checked, immutable, shareable graph of environments that a release runs through.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promoflow/diagnostic.hpp"
#include "promoflow/result.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {
struct FlowData;
}

/// Index of an environment of one flow, in step order: 0 is the trigger environment, the i-th step
/// (from 0) is i + 1. Numbers of different flows do not mix.
enum class EnvironmentId : std::uint32_t {};

/// The trigger environment of every flow.
inline constexpr EnvironmentId kTriggerEnvironment{0};

/// Where hooks run. The numbers are part of the ABI.
enum class Point : std::int32_t {
  ReleaseOnStart = 1,
  ReleaseOnSuccess = 2,
  ReleaseOnFail = 3,
  EnvironmentOnStart = 4,
  EnvironmentOnSuccess = 5,
  EnvironmentOnFail = 6,
};

/// As manifests and traces spell it: `environment.onStart`. Static storage.
PROMOFLOW_API std::string_view to_string(Point point) noexcept;

/// What happens to other environments once one is Failed or Terminated (R3).
enum class FailurePolicy : std::int32_t {
  FailFast = 1,  ///< Nothing new begins; what runs goes on to its end.
  Continue = 2,  ///< What does not depend on the failed environment still begins.
  Abort = 3,     ///< Nothing new begins; what runs is cut.
};

/// How an exported key is merged into the promotion context (C2).
enum class ContextMerge : std::int32_t {
  Shallow = 1,  ///< The exported value replaces the key's value.
  Deep = 2,     ///< Objects are merged member by member, null removes (RFC 7396).
};

/// What the failure of a hook means once no further attempt is left (M4).
enum class OnError : std::int32_t {
  Fail = 1,    ///< Its environment, or the release, fails.
  Ignore = 2,  ///< It is recorded and the chain goes on.
};

/// How the change is brought into an environment.
enum class PolicyAction : std::int32_t {
  Commit = 1,       ///< A commit (`commit`).
  PullRequest = 2,  ///< A pull request (`pr`).
  None = 3,         ///< Nothing is changed (`none`).
};

PROMOFLOW_API std::string_view to_string(FailurePolicy policy) noexcept;
PROMOFLOW_API std::string_view to_string(ContextMerge merge) noexcept;
PROMOFLOW_API std::string_view to_string(OnError on_error) noexcept;
PROMOFLOW_API std::string_view to_string(PolicyAction action) noexcept;

/// How a promotion is carried out; what is not given is the host's to decide.
struct Policy {
  std::optional<PolicyAction> action{};
  std::optional<std::string> pre_action{};
  std::optional<std::string> post_action{};
  bool operator==(const Policy&) const = default;
};

/// Automatic further attempts of one command (R9).
struct RetryPolicy {
  std::uint32_t limit = 0;                ///< Further attempts after the first; 0: none.
  std::chrono::milliseconds duration{0};  ///< Wait before the first of them; 0 or more.
  double factor = 1.0;                    ///< Each wait is this many times the one before; > 0.
  std::optional<std::chrono::milliseconds> max_duration{};  ///< Longest wait.
  bool operator==(const RetryPolicy&) const = default;
};

/// An argument that the manifest assigns to a hook (M4).
struct AssignedArgument {
  std::string name;
  std::string value;  ///< A string as it is, or compact JSON text when `json` is set (A6).
  bool json = false;  ///< The value is a JSON value other than a string.
  bool operator==(const AssignedArgument&) const = default;
};

/// One promotion hook: a workflow's name, and how it is run.
struct Hook {
  std::string name;
  std::vector<AssignedArgument> arguments{};
  std::optional<std::chrono::milliseconds> timeout{};  ///< > 0; none: FlowOptions::hook_timeout.
  RetryPolicy retry{};
  OnError on_error = OnError::Fail;
  /// The context keys that it needs, and those that it writes, where the manifest says so. They
  /// change nothing about a release: a Configuration is checked with them.
  std::optional<std::vector<std::string>> reads{};
  std::optional<std::vector<std::string>> exports{};
  bool operator==(const Hook&) const = default;
};

/// The hooks of a release or of one environment, each list run one after another (M1).
struct Hooks {
  std::vector<Hook> on_start{};
  std::vector<Hook> on_success{};
  std::vector<Hook> on_fail{};
  bool operator==(const Hooks&) const = default;
};

/// What a step says besides its name and dependencies.
struct StepOptions {
  Policy policy{};
  Hooks hooks{};
  std::optional<std::chrono::milliseconds> timeout{};  ///< Of the promotion; > 0; none: no limit.
  RetryPolicy retry{};                                 ///< Of the promotion.
  std::optional<std::chrono::milliseconds> soak{};     ///< Wait before onSuccess hooks; > 0 (R18).
  bool operator==(const StepOptions&) const = default;
};

/// What a flow says besides its name and steps.
struct FlowOptions {
  std::vector<std::pair<std::string, std::string>> annotations{};
  std::optional<std::string> post_trigger{};
  std::chrono::minutes promotion_timeout_limit{1440};  ///< > 0.
  FailurePolicy failure_policy = FailurePolicy::FailFast;
  ContextMerge context_merge = ContextMerge::Shallow;
  Hooks hooks{};
  /// Timeout of hooks that give none; > 0; none: only the deadlines bound them (R8).
  std::optional<std::chrono::milliseconds> hook_timeout{};
  /// Longest time from a termination, or the start of release.onFail, to the end of the release; >
  /// 0; none: as long as promotion_timeout_limit (R7).
  std::optional<std::chrono::milliseconds> termination_grace_period{};
  bool operator==(const FlowOptions&) const = default;
};

/// A checked flow. A small handle: copies share the same immutable graph, which lives as long as
/// one of them, or a release of it, does. All functions are const and thread-safe, and none
/// allocates unless it says so. An EnvironmentId of another flow is answered as if it were the
/// trigger environment.
class PROMOFLOW_API Flow {
 public:
  /// To move one is to copy it, so that none is ever empty.
  Flow(const Flow&) noexcept = default;
  Flow& operator=(const Flow&) noexcept = default;
  ~Flow() = default;

  std::string_view name() const noexcept PROMOFLOW_LIFETIMEBOUND;
  const FlowOptions& options() const noexcept PROMOFLOW_LIFETIMEBOUND;

  /// Number of environments, the trigger environment included; at least 2.
  std::uint32_t environment_count() const noexcept;
  /// Number of dependencies, duplicates left out.
  std::uint32_t dependency_count() const noexcept;

  std::string_view environment_name(EnvironmentId environment) const noexcept
      PROMOFLOW_LIFETIMEBOUND;
  [[nodiscard]] std::optional<EnvironmentId> find_environment(std::string_view name) const noexcept;

  /// What it directly depends on, in the manifest's order; empty for the trigger environment.
  std::span<const EnvironmentId> dependencies(EnvironmentId environment) const noexcept
      PROMOFLOW_LIFETIMEBOUND;
  /// What directly depends on it, in step order.
  std::span<const EnvironmentId> dependents(EnvironmentId environment) const noexcept
      PROMOFLOW_LIFETIMEBOUND;
  /// Whether `environment` depends on `on`, directly or through others. Cost: up to the part of
  /// the graph between them. Errors: OutOfMemory.
  [[nodiscard]] Result<bool> depends_on(EnvironmentId environment, EnvironmentId on) const noexcept;
  /// Length of the longest path from the trigger environment; 0 for itself.
  std::uint32_t level(EnvironmentId environment) const noexcept;

  /// The step's options; for the trigger environment those that postTrigger stands for.
  const StepOptions& step(EnvironmentId environment) const noexcept PROMOFLOW_LIFETIMEBOUND;
  /// The hooks of a point, in order. `environment` counts for environment points only.
  std::span<const Hook> hooks(Point point, EnvironmentId environment = kTriggerEnvironment)
      const noexcept PROMOFLOW_LIFETIMEBOUND;

  /// Hash of all that the flow says but its annotations: a snapshot is restored with a flow of the
  /// same fingerprint only (R15). The same on every platform.
  std::uint64_t fingerprint() const noexcept;

  /// Equal in all that a manifest can say (M8).
  friend PROMOFLOW_API bool operator==(const Flow& left, const Flow& right) noexcept;

  /// For the library's own modules; take_data() of a handle that is not used again.
  const detail::FlowData& data() const noexcept PROMOFLOW_LIFETIMEBOUND { return *data_; }
  std::shared_ptr<const detail::FlowData> take_data() && noexcept { return std::move(data_); }
  explicit Flow(std::shared_ptr<const detail::FlowData> data) noexcept : data_(std::move(data)) {}

 private:
  std::shared_ptr<const detail::FlowData> data_;
};

/// What came of building a flow: a flow unless there is an error, and everything that was noticed,
/// warnings included. Pointers are those of the manifest that would say the same.
struct FlowReport {
  std::optional<Flow> flow{};
  std::vector<Diagnostic> diagnostics{};
  /// Number of further problems; if there are any, the last diagnostic says so.
  std::size_t unlisted = 0;
};

/// Builds a flow in code. Names are copied. One thread at a time. What is not noexcept may throw
/// std::bad_alloc; then nothing is half added. All problems are reported at once, by build(). One
/// that was moved from takes nothing, and its build() gives InvalidState.
class PROMOFLOW_API FlowBuilder {
 public:
  FlowBuilder(std::string_view name, std::string_view trigger_environment);
  FlowBuilder(FlowBuilder&&) noexcept;
  FlowBuilder& operator=(FlowBuilder&&) noexcept;
  ~FlowBuilder();

  FlowBuilder& options(FlowOptions options) PROMOFLOW_LIFETIMEBOUND;
  /// Adds a step; its position among the steps is its place in step order.
  FlowBuilder& step(std::string_view environment, std::span<const std::string_view> depends_on,
                    const StepOptions& options = {}) PROMOFLOW_LIFETIMEBOUND;
  FlowBuilder& step(std::string_view environment,
                    std::initializer_list<std::string_view> depends_on,
                    const StepOptions& options = {}) PROMOFLOW_LIFETIMEBOUND;

  /// At most so many errors, and so many warnings, are listed; further ones are counted. 1000
  /// unless it is called.
  FlowBuilder& diagnostics_max(std::size_t count) noexcept PROMOFLOW_LIFETIMEBOUND;

  /// Checks everything and builds; the builder is empty afterwards. Cost is linear, but for
  /// redundant dependencies, which are judged up to a bounded amount of work.
  /// Errors: OutOfMemory; problems of the flow are in the report.
  [[nodiscard]] Result<FlowReport> build() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
