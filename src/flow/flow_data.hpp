// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a Flow shares: names, steps' options (equal ones once), and the graph as compressed sparse
/// rows in both directions. The builder writes it once; all other modules only read it.
///
/// Layout, for a flow of n environments (the trigger environment and n - 1 steps):
///   environments  n + 1 rows: one per environment in step order, then the release's
///     .step       -> steps[], chains[]: one entry per distinct set of options; chains[] has one
///                    more at its end, the release's
///     .dependents -> dependents[]: where the environment's own begin; the next row ends them
///   dependencies  row i: what environment i depends on, in the manifest's order
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// An environment's index as a plain number, for arrays.
constexpr std::uint32_t index(EnvironmentId environment) noexcept {
  return static_cast<std::uint32_t>(environment);
}

/// Adjacency as compressed sparse rows: node i's targets are targets[offsets[i] .. offsets[i+1]).
struct Rows {
  std::vector<std::uint32_t> offsets;
  std::vector<EnvironmentId> targets;

  std::span<const EnvironmentId> operator[](std::size_t node) const noexcept {
    return {targets.data() + offsets[node], offsets[node + 1] - offsets[node]};
  }
  // GCOV_EXCL_BR_START: flows are compared by their fingerprints first, so rows do not differ.
  bool operator==(const Rows&) const = default;
  // GCOV_EXCL_BR_STOP
};

/// Maps names to indices, in the order of first appearance. An open-addressing hash table over one
/// string that holds all names.
class NameTable {
 public:
  /// The name's index; a new name gets the next one. Basic guarantee when memory runs out.
  std::uint32_t intern(std::string_view name);
  /// The name's index, or kNone.
  std::uint32_t find(std::string_view name) const noexcept;
  std::string_view operator[](std::size_t index) const noexcept {
    return {bytes_.data() + offsets_[index], offsets_[index + 1] - offsets_[index]};
  }
  std::size_t size() const noexcept { return offsets_.size() - 1; }
  std::size_t bytes() const noexcept { return bytes_.size(); }
  /// Frees what only intern() needs; no new name may be added afterwards.
  void shrink();
  bool operator==(const NameTable& other) const noexcept {
    // GCOV_EXCL_BR_START: names do not differ, for the same reason as Rows.
    return bytes_ == other.bytes_ && offsets_ == other.offsets_;
    // GCOV_EXCL_BR_STOP
  }

  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

 private:
  std::size_t slot_of(std::string_view name, std::uint32_t hash) const noexcept;
  void grow();

  std::string bytes_;
  std::vector<std::uint32_t> offsets_{0};
  std::vector<std::uint32_t> hashes_;  ///< Of each name; empty after shrink().
  std::vector<std::uint32_t> slots_;   ///< Index + 1; 0 is empty. The size is a power of two.
};

/// Bit of Chains::present: the step has a soak (R18).
inline constexpr unsigned kHasSoak = 1U << 3;

/// What one step, or the release, runs besides its promotion: the hooks by point (start, success,
/// failure), and the soak. Borrows the hooks.
struct Chains {
  explicit Chains(const Hooks& hooks, std::optional<std::chrono::milliseconds> soak_length = {})
      : of{hooks.on_start, hooks.on_success, hooks.on_fail},
        soak(soak_length.value_or(std::chrono::milliseconds(0))) {
    for (std::size_t i = 0; i < of.size(); ++i) { present |= of[i].empty() ? 0U : 1U << i; }
    if (soak_length) { present |= kHasSoak; }
  }

  std::array<std::span<const Hook>, 3> of;
  std::chrono::milliseconds soak;  ///< 0: none. The release never has one.
  unsigned present = 0;            ///< Bit i: of[i] has hooks; kHasSoak: the step has a soak.
};

/// What the release machine reads at every transition of an environment: 8 bytes, side by side.
struct EnvironmentRow {
  std::uint32_t step = 0;        ///< Index into `steps` and `chains`.
  std::uint32_t dependents = 0;  ///< Where its dependents begin; the next row says where they end.
};

/// The shared part of a Flow. Environment ids index `names`, `environments`, `dependencies` and
/// `levels`.
struct FlowData {
  std::string name;
  FlowOptions options;
  NameTable names;
  std::vector<StepOptions> steps;  ///< Distinct options; [0] is the trigger environment's.
  std::vector<Chains> chains;      ///< One for each of `steps`, then the release's.
  std::vector<std::chrono::milliseconds> timer_lengths;  ///< Distinct ones of timeouts and soaks.
  std::vector<EnvironmentRow> environments;  ///< One more than size(): the release's is the last.
  std::vector<EnvironmentId> dependents;     ///< Concatenated; each environment's in step order.
  Rows dependencies;                         ///< In the manifest's order.
  std::vector<std::uint32_t> levels;
  std::uint64_t fingerprint = 0;

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(levels.size()); }
  const StepOptions& step(std::uint32_t environment) const noexcept {
    return steps[environments[environment].step];
  }
  /// Chains of the environment with this index, or of the release if `entity` is size().
  const Chains& chains_of(std::uint32_t entity) const noexcept {
    return chains[environments[entity].step];
  }
  /// How long the environment waits between its promotion and its onSuccess hooks; 0: not at all.
  std::chrono::milliseconds soak_of(std::uint32_t environment) const noexcept {
    return chains_of(environment).soak;
  }
  std::span<const EnvironmentId> dependents_of(std::uint32_t environment) const noexcept {
    const std::uint32_t begin = environments[environment].dependents;
    return {dependents.data() + begin, environments[environment + 1].dependents - begin};
  }
};

/// The distinct lengths of all timeouts and soaks, in order. May throw std::bad_alloc.
std::vector<std::chrono::milliseconds> timer_lengths(const FlowData& flow);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
