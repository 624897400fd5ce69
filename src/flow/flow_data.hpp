// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a Flow shares: names, steps' options (equal ones once), and the graph as compressed sparse
/// rows in both directions. Written once by the builder, read by everybody.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/flow.hpp"

namespace promoflow::detail {

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

/// Names to indices, in the order of their first appearance: open addressing over the names' bytes.
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
  /// Gives back all that only growth needs: no new name may be added afterwards.
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
  std::vector<std::uint32_t> hashes_;  ///< Of each name; empty once no more are added.
  std::vector<std::uint32_t> slots_;   ///< Index + 1; 0 is empty. The size is a power of two.
};

/// The hooks of one step, or of the release, by point: start, success, failure.
struct Chains {
  explicit Chains(const Hooks& hooks) : of{hooks.on_start, hooks.on_success, hooks.on_fail} {
    for (std::size_t i = 0; i < of.size(); ++i) { present |= of[i].empty() ? 0U : 1U << i; }
  }

  std::array<std::span<const Hook>, 3> of;
  unsigned present = 0;  ///< Bit i: of[i] has hooks.
};

/// What each step of an environment through its release reads: kept together.
struct EnvironmentRow {
  std::uint32_t step = 0;        ///< Index into `steps` and `chains`.
  std::uint32_t dependents = 0;  ///< Where its own begin in `dependents`; they end with the next's.
};

/// The shared part of a Flow. Environment ids index every vector but `steps`.
struct FlowData {
  std::string name;
  FlowOptions options;
  NameTable names;
  std::vector<StepOptions> steps;  ///< The distinct ones; [0] is the trigger environment's.
  std::vector<Chains> chains;      ///< Of each of the steps, then of the release.
  std::vector<EnvironmentRow> environments;  ///< Then the release's.
  std::vector<EnvironmentId> dependents;     ///< Of all environments, each one's in step order.
  Rows dependencies;                         ///< In the manifest's order.
  std::vector<std::uint32_t> levels;
  std::uint64_t fingerprint = 0;

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(levels.size()); }
  const StepOptions& step(std::uint32_t environment) const noexcept {
    return steps[environments[environment].step];
  }
  /// Of an environment; of the release, for size().
  const Chains& chains_of(std::uint32_t lane) const noexcept {
    return chains[environments[lane].step];
  }
  std::span<const EnvironmentId> dependents_of(std::uint32_t environment) const noexcept {
    const std::uint32_t begin = environments[environment].dependents;
    return {dependents.data() + begin, environments[environment + 1].dependents - begin};
  }
};

/// Hash that is the same on every platform and in every version (snapshots carry it, R15).
class Fingerprint {
 public:
  void add(std::uint64_t word) noexcept {
    state_ = (state_ ^ word) * 0x9E3779B97F4A7C15ULL;
    state_ ^= state_ >> 32U;
  }
  void add(std::string_view text) noexcept;
  void add(const Hooks& hooks) noexcept;
  void add(const StepOptions& step) noexcept;
  void add(const FlowOptions& options) noexcept;
  std::uint64_t value() const noexcept { return state_; }

 private:
  void add(const Hook& hook) noexcept;
  void add(const Policy& policy) noexcept;
  void add(const RetryPolicy& retry) noexcept;
  void add(const std::optional<std::string>& text) noexcept;

  std::uint64_t state_ = 0xCBF29CE484222325ULL;
};

}  // namespace promoflow::detail
