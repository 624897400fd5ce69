// SPDX-License-Identifier: Apache-2.0
/// @file
/// What to do: the commands that a release gives its host. Imperative.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "promoflow/arguments.hpp"
#include "promoflow/context.hpp"
#include "promoflow/event.hpp"
#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// Run this hook; answer with HookSucceeded or HookFailed.
struct RunHook {
  Ticket ticket{};
  std::string_view hook;  ///< Name of the workflow.
  Point point{};
  std::optional<EnvironmentId> environment{};  ///< At environment points only (A7).
  std::string_view environment_name{};         ///< Empty at release points.
  std::uint32_t attempt = 1;                   ///< R4.
  Arguments arguments;
  Context context;  ///< All that was merged before the hook was issued (C3).
};

/// Promote the change into this environment; answer with PromotionSucceeded or PromotionFailed.
struct Promote {
  Ticket ticket{};
  EnvironmentId environment{};
  std::string_view environment_name;
  std::uint32_t attempt = 1;
  const Policy* policy = nullptr;  ///< Never null; lives as long as the flow.
};

/// Stop what runs under this ticket; needs no answer, and one that comes all the same is refused
/// as settled.
struct Cancel {
  Ticket ticket{};
};

/// One command. Views are borrowed until the next call that changes the release; the flow's own
/// names live as long as the flow.
using Command = std::variant<RunHook, Promote, Cancel>;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
