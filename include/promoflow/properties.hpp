// SPDX-License-Identifier: Apache-2.0
/// @file
/// Properties: what must hold in every run of a release, and whether it does.
///
/// Three forms: something never happens; each time something happens, something else has happened
/// before; whatever happens, something else follows until the run ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/diagnostic.hpp"
#include "promoflow/exploration.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/record.hpp"
#include "promoflow/result.hpp"
#include "promoflow/simulation.hpp"
#include "promoflow/text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// What becomes of a command. Part of the ABI.
enum class CommandEvent : std::int32_t { Issued = 1, Succeeded = 2, Failed = 3, Cancelled = 4 };

/// A status of the release or of an environment, or an event of a hook or of a promotion.
struct Pattern {
  std::vector<ReleaseStatus> release{};      ///< Not empty: the release is in one of these.
  std::vector<EnvironmentStatus> status{};   ///< Not empty: `environment` is in one of these.
  std::optional<std::string> hook{};         ///< Given: something happens to such a hook.
  std::optional<std::string> promotion{};    ///< Given: to a promotion into this environment.
  std::optional<Point> point{};              ///< Narrows a hook.
  std::optional<std::string> environment{};  ///< Narrows a hook; or whose status it is.
  std::vector<CommandEvent> events{};        ///< What happens to it; empty: any of these.
  /// Of a status: only while one of these, which are statuses, is the case, too. Empty: always.
  std::vector<Pattern> meanwhile{};
};

/// Part of the ABI.
enum class PropertyForm : std::int32_t {
  Never = 1,   ///< `first` does not happen.
  Before = 2,  ///< Each time `first` happens, `second` has happened before.
  After = 3,   ///< Whenever `first` happens, `second` does in the same step or later in the run.
};

struct Property {
  std::string name{};
  PropertyForm form{};
  std::vector<Pattern> first{};   ///< Any of these.
  std::vector<Pattern> second{};  ///< Likewise; empty for Never.
};

/// What came of reading properties.
struct PropertiesReport {
  std::optional<std::vector<Property>> properties{};  ///< Given unless there is an error.
  std::vector<Diagnostic> diagnostics{};              ///< In the order of the text.
};

/// Reads properties of a flow from YAML or JSON. Names that the flow does not have are errors.
/// Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<PropertiesReport> read_properties(
    std::string_view text, const Flow& flow, const ReadOptions& options = {}) noexcept;

/// JSON Schema (draft 2020-12) of a properties file. Static storage.
PROMOFLOW_API std::string_view properties_schema() noexcept;

/// Part of the ABI.
enum class Verdict : std::int32_t {
  Holds = 1,
  Violated = 2,
  Undecided = 3,  ///< No run was found that shows a violation, but not all were looked at.
};

/// The verdict's name, such as `holds`. Static storage.
PROMOFLOW_API std::string_view to_string(Verdict verdict) noexcept;

struct PropertyFinding {
  std::string name{};
  Verdict verdict = Verdict::Undecided;
  /// Violated: a run that violates it, with the fewest failures and steps of those that were looked
  /// at, and how it then ends if nothing else fails.
  std::optional<Scenario> scenario{};
  /// Violated, and no scenario shows it: the durations of the flow, which forbid all such runs.
  std::string impossible{};
};

/// Checks properties in every run within the bounds of `options`, in every order.
/// Errors: InvalidArgument (a property that read_properties() would refuse: a name that the flow
/// does not have, a status without an environment), and those of explore().
[[nodiscard]] PROMOFLOW_API Result<std::vector<PropertyFinding>> check_properties(
    const Flow& flow, const std::vector<Property>& properties,
    const ExplorationOptions& options = {}) noexcept;

/// An exploration and what came of properties as one JSON object. Errors: InvalidArgument (it is of
/// another flow), OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> to_json(
    const Flow& flow, const Exploration& exploration,
    const std::vector<PropertyFinding>& properties) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
