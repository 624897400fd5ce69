// SPDX-License-Identifier: Apache-2.0
/// @file
/// Simulation: a flow, a scenario, virtual time, and the exact trace of what a release would do.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "promoflow/diagnostic.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/record.hpp"
#include "promoflow/release.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {
struct TraceData;
}

/// A promotion that succeeds and turns out bad while its environment soaks (S2, R18).
struct FailInSoak {
  std::chrono::milliseconds after{0};  ///< Since the promotion's success; 0 or more.
  std::string message{};
};

/// A rule of a scenario: how commands that it matches end (S1, S2). All durations are 0 or more.
struct Outcome {
  std::optional<std::string> hook{};         ///< Given: matches hooks of this name.
  std::optional<Point> point{};              ///< Narrows a hook rule.
  std::optional<std::string> environment{};  ///< Narrows a hook rule; required in any other.
  std::optional<std::uint32_t> attempt{};    ///< Narrows either; from 1.
  std::optional<std::chrono::milliseconds> suspend{};  ///< First it waits for a person.
  std::chrono::milliseconds after{0};                  ///< Then it takes this long.
  std::optional<std::string> fail{};     ///< The failure's message; stands over `context`.
  std::optional<std::string> context{};  ///< What the hook exports, as text; may be invalid JSON.
  std::optional<std::uint32_t> place{};  ///< Narrows a hook rule to one place of its list; from 1.
  std::optional<FailInSoak> fail_in_soak{};  ///< Of a promotion without `fail`.
};

/// The operator's Retry, Skip and Terminate of a scenario: the events of those names, owning their
/// texts.
struct RetryAction {
  std::optional<std::vector<std::string>> environments{};
};
struct SkipAction {
  std::string environment{};
  std::string reason{};
};
struct TerminateAction {
  std::string reason{};
  bool force = false;
};

/// What the operator does, at a time from the start.
struct Action {
  std::chrono::milliseconds at{0};
  std::variant<RetryAction, SkipAction, TerminateAction> what{};
  std::string by{};  ///< Who asks; empty: not given.
};

/// What hosts and operators do to a simulated release.
struct Scenario {
  ReleaseInfo release{.id = "simulated"};
  std::string context{};            ///< Initial promotion context as JSON text; empty: none.
  std::vector<Outcome> outcomes{};  ///< The first that matches decides; none: success after 0s.
  std::vector<Action> actions{};
  EnvironmentSelection selection{};  ///< `skip`, `until` or `only` (R16).
};

/// The result of reading a scenario.
struct ScenarioReport {
  std::optional<Scenario> scenario{};     ///< Given unless there is an error.
  std::vector<Diagnostic> diagnostics{};  ///< In the order of the text.
};

/// Reads a scenario from YAML or JSON. With `flow`, rules for environments and hooks that it does
/// not have are warned of. Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<ScenarioReport> read_scenario(
    std::string_view text, const Flow* flow = nullptr, const ReadOptions& options = {}) noexcept;

/// The scenario as text; reading it again gives an equal one. `Auto` writes YAML. Errors:
/// OutOfMemory; InvalidArgument (a duration beyond what text can say). Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> write_scenario(
    const Scenario& scenario, TextFormat format = TextFormat::Yaml) noexcept;

/// JSON Schema (draft 2020-12) of a scenario. Static storage.
PROMOFLOW_API std::string_view scenario_schema() noexcept;

/// Everything that happened in one simulated release, in order. It keeps the flow and all texts of
/// its records; the views that it hands out live as long as it. Move-only; const functions are
/// thread-safe. One that was moved from is empty but for its flow: its status is none of the
/// enumerators, and what returns a Result gives InvalidState.
class PROMOFLOW_API Trace {
 public:
  Trace(Trace&&) noexcept;
  Trace& operator=(Trace&&) noexcept;
  ~Trace();

  std::size_t size() const noexcept;
  /// `index` < size().
  Record operator[](std::size_t index) const noexcept PROMOFLOW_LIFETIMEBOUND;
  /// Random access.
  IndexIterator<const Trace*> begin() const noexcept PROMOFLOW_LIFETIMEBOUND { return {this, 0}; }
  IndexIterator<const Trace*> end() const noexcept PROMOFLOW_LIFETIMEBOUND {
    return {this, size()};
  }
  Instant origin() const noexcept;  ///< The start; times count from it.
  const Flow& flow() const noexcept PROMOFLOW_LIFETIMEBOUND;
  const ReleaseInfo& info() const noexcept PROMOFLOW_LIFETIMEBOUND;

  // How it is at the end; the message is the release's.
  ReleaseStatus status() const noexcept;
  std::string_view message() const noexcept PROMOFLOW_LIFETIMEBOUND;
  EnvironmentState environment(EnvironmentId environment) const noexcept PROMOFLOW_LIFETIMEBOUND;
  Context context() const noexcept PROMOFLOW_LIFETIMEBOUND;

  /// The hooks that ran at a point, in order, of one environment or (not given) of all.
  /// Errors: OutOfMemory.
  [[nodiscard]] Result<std::vector<RunHook>> hooks(
      Point point, std::optional<EnvironmentId> environment = std::nullopt) const noexcept
      PROMOFLOW_LIFETIMEBOUND;

  /// Conflicts between writes (C5), and writes of keys that are never handed (C6), in order.
  /// Errors: OutOfMemory.
  [[nodiscard]] Result<std::vector<ContextConflict>> context_conflicts() const noexcept
      PROMOFLOW_LIFETIMEBOUND;
  [[nodiscard]] Result<std::vector<KeyShadowed>> shadowed_keys() const noexcept
      PROMOFLOW_LIFETIMEBOUND;

  /// S5: JSON Lines, each with its line end. Each hook's line has the whole context, so the text
  /// may be far larger than the trace: to_json() of each record makes it line by line. Errors:
  /// OutOfMemory; LimitExceeded: more than `bytes_max`.
  [[nodiscard]] Result<std::string> to_jsonl(std::size_t bytes_max = std::size_t{1}
                                                                     << 30) const noexcept;

  /// For the library's own modules.
  explicit Trace(std::unique_ptr<detail::TraceData> data) noexcept;
  const detail::TraceData& data() const noexcept PROMOFLOW_LIFETIMEBOUND { return *data_; }

 private:
  std::unique_ptr<detail::TraceData> data_;  ///< Null: moved from.
  Flow flow_;
};

/// Bounds of a simulation. Past one: LimitExceeded, which says what was repeated most often.
struct SimulationOptions {
  std::size_t records_max = std::size_t{1} << 28;
  /// Bytes of memory for the trace, counted from above: what it needs is less.
  std::size_t memory_bytes_max = std::size_t{1} << 30;
};

/// Runs a release of the flow through the scenario in virtual time (S1 to S4).
/// Errors: those of Release::start(); LimitExceeded. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<Trace> simulate(const Flow& flow, const Scenario& scenario,
                                                   const SimulationOptions& options = {}) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
