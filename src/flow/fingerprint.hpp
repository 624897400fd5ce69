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

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Hashes values one after another.
class Fingerprint {
 public:
  /// Whether hooks are hashed as they are, or as libraries of version 1 read them from onEnd.
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

/// The hash of all that the flow says but its annotations.
std::uint64_t fingerprint(const FlowData& flow) noexcept;

/// The fingerprint that snapshots of version 1 carry: annotations are part of it. None: the flow
/// uses fields that libraries of that version could not read. Cost: linear, paid by each call.
/// `on_end`: in version 1 the errors of onEnd hooks counted in onSuccess, too (M2). A flow does not
/// record which of its hooks came from onEnd; AsInVersion1 assumes that it is those which onSuccess
/// and onFail have in common at their ends.
std::optional<std::uint64_t> fingerprint_v1(
    const FlowData& flow, Fingerprint::OnEnd on_end = Fingerprint::OnEnd::AsGiven) noexcept;

/// Whether a snapshot of version 1 with this fingerprint was made of this flow.
bool matches_fingerprint_v1(const FlowData& flow, std::uint64_t value) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
