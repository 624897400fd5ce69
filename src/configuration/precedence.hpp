// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which hooks precede which (P6). A hook w must precede a hook h if in every run each issue of h
/// comes after a success of w; it may precede h if in some run an issue of h comes after a success
/// of w. A run is any course of a release: hooks and promotions fail and are retried, and operators
/// terminate the release, retry it, and skip any of its environments, also from its start.
///
/// Because every environment may be skipped, the hooks of one are certain for no other one, nor for
/// the release. And because a dependency that is skipped counts as met, an environment waits for
/// sure only for what it depends on directly: it can run before all else.
///
/// tests/prove/precedence.cpp compares both with exhaustive exploration of the machine.
#pragma once

#include <cstdint>

#include "configuration/hooks.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What precedence asks of a flow as a whole.
struct FlowFacts {
  explicit FlowFacts(const Flow& of);

  const Flow& flow;
  /// The environment that directly depends on all others, if there is one: once it is Successful,
  /// nothing is left but release.onSuccess. 0: there is none.
  std::uint32_t closing = 0;
};

struct Precedes {
  bool may = false;
  bool must = false;
  bool operator==(const Precedes&) const = default;
};

/// Whether `w` precedes `h`, another hook of the same flow. Cost: one search in the dependents of
/// the environment of `h`.
Precedes precedes(const FlowFacts& facts, const HookRow& w, const HookRow& h) noexcept;

/// Whether an environment has the other one among its own dependencies.
bool depends_directly(const Flow& flow, std::uint32_t environment, std::uint32_t on) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
