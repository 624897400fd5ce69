// SPDX-License-Identifier: Apache-2.0
/// @file
/// The difference of two flows: what came, went or moved, what each environment now waits for, and
/// what that does to the outcomes of a release.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/exploration.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/properties.hpp"
#include "promoflow/result.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// What a change is about. Part of the ABI.
enum class FlowChangeKind : std::int32_t {
  EnvironmentAdded = 1,
  EnvironmentRemoved = 2,
  EnvironmentRenamed = 3,  ///< All else that the flow says of it is equal.
  Waits = 4,               ///< It waits for environments for which it did not, also through others.
  WaitsNoLonger = 5,
  HookAdded = 6,
  HookRemoved = 7,
  HookMoved = 8,       ///< To another list, or to another place in its list.
  HookChanged = 9,     ///< Its timeout, retry, onError, arguments, reads or exports.
  StepChanged = 10,    ///< The policy, timeout, retry, soak or dependsOn of an environment.
  FlowChanged = 11,    ///< What the flow says for all: failure policy, timeouts, name, ...
  HookNeverRuns = 12,  ///< A hook that is still there can no longer run.
  HookRuns = 13,       ///< It runs in other runs than before: always, sometimes.
  OutcomeAdded = 14,
  OutcomeRemoved = 15,
  EnvironmentMoved = 16,  ///< To another place in the list of steps, which orders commands.
};

/// The kind's name, such as `environment-added`. Static storage.
PROMOFLOW_API std::string_view to_string(FlowChangeKind kind) noexcept;

struct FlowChange {
  FlowChangeKind kind{};
  std::string environment{};  ///< By its new name, if it has one; empty: of the whole flow.
  std::string text{};         ///< In one sentence without a full stop.
  /// Of an outcome: `text` in short, with the environments that failed or differ from the most
  /// similar outcome of the other flow. Empty: as `text`. It is what people are shown.
  std::string summary{};
};

/// A property in both flows.
struct PropertyChange {
  std::optional<Verdict> before{};  ///< None: the old flow does not have all that it names.
  PropertyFinding after{};
};

/// A plain value.
struct FlowDifference {
  bool equal = true;                         ///< Nothing differs, annotations included.
  std::vector<FlowChange> changes{};         ///< By what they are about, then in step order.
  bool explored = false;                     ///< Whether outcomes and hooks' runs were compared.
  std::string not_explored{};                ///< Why not; empty: they were, or nothing differs.
  std::vector<PropertyChange> properties{};  ///< In the order given. `equal` is without them.
};

/// Compares two flows. Outcomes are compared by exploring both within the bounds of `options`, on
/// the environments that both have. `properties`, which must be those of the new flow, are checked
/// in both. Errors: OutOfMemory; with properties those of check_properties(). Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<FlowDifference> diff_flows(
    const Flow& before, const Flow& after, const ExplorationOptions& options = {},
    const std::vector<Property>& properties = {}) noexcept;

/// How a difference is written.
enum class FlowDiffFormat : std::int32_t { Text = 1, Json = 2, Markdown = 3 };

/// The difference as text for a terminal, as one JSON object, or as Markdown for the comment of a
/// pull request. Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> render_flow_diff(const FlowDifference& difference,
                                                                 FlowDiffFormat format) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
