// SPDX-License-Identifier: Apache-2.0
/// @file
/// The calls that an executor is given, made of the commands of a release. Exported for the
/// library's own modules.
#pragma once

#include "executor/inbox.hpp"
#include "promoflow/command.hpp"
#include "promoflow/executor.hpp"
#include "promoflow/release.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The command must be one that the release has just given. May throw std::bad_alloc.
PROMOFLOW_API HookCall to_call(const RunHook& command, const Release& release);
PROMOFLOW_API PromotionCall to_call(const Promote& command, const Release& release);

/// What is known of a command, to the inbox. One that was cancelled by the event that issued it is
/// not outstanding any more.
PROMOFLOW_API OpenCall to_open(const Release& release, Ticket ticket, CommandKind kind,
                               CallOwner owner);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
