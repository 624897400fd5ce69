// SPDX-License-Identifier: Apache-2.0
/// @file
/// Fingerprint: a hash of what a flow says. Snapshots carry it, so that a release is restored with
/// the flow that it was started with (R15).
///
/// Invariant: what a given flow hashes to is the same on every platform and never changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "flow/flow_data.hpp"

namespace promoflow::detail {

/// Hashes values one after another.
class Fingerprint {
 public:
  /// How hooks are hashed: as the flow has them, or as a library of version 1 made them of onEnd.
  enum class OnEnd : bool { AsGiven, AsInVersion1 };
  explicit Fingerprint(OnEnd on_end = OnEnd::AsGiven) noexcept : on_end_(on_end) {}

  void add(std::uint64_t word) noexcept {
    state_ = (state_ ^ word) * 0x9E3779B97F4A7C15ULL;
    state_ ^= state_ >> 32U;
  }
  void add(std::string_view text) noexcept;
  void add(const Hooks& hooks) noexcept;
  void add(const StepOptions& step) noexcept;
  /// All options but the annotations.
  void add(const FlowOptions& options) noexcept;
  std::uint64_t value() const noexcept { return state_; }

 private:
  void add(const Hook& hook, OnError on_error) noexcept;
  void add(const Policy& policy) noexcept;
  void add(const RetryPolicy& retry) noexcept;
  void add(const std::optional<std::string>& text) noexcept;

  OnEnd on_end_;
  std::uint64_t state_ = 0xCBF29CE484222325ULL;
};

/// Of all that the flow says but its annotations.
std::uint64_t fingerprint(const FlowData& flow) noexcept;

/// The fingerprint that snapshots of version 1 carry: annotations are part of it. None: the flow
/// says what libraries of that version could not read. Computed anew by each call.
/// `on_end`: version 1 let the hooks of onEnd fail a success, and this flow ignores their errors
/// (M2). A flow does not know which of its hooks were onEnd's; AsInVersion1 takes for them what
/// stands at the end of both onSuccess and onFail.
std::optional<std::uint64_t> fingerprint_v1(
    const FlowData& flow, Fingerprint::OnEnd on_end = Fingerprint::OnEnd::AsGiven) noexcept;

/// Whether a snapshot of version 1 with this fingerprint is of this flow.
bool matches_fingerprint_v1(const FlowData& flow, std::uint64_t value) noexcept;

}  // namespace promoflow::detail
