// SPDX-License-Identifier: Apache-2.0
/// @file
/// Everything of promoflow in one include. The host loop:
///
/// @code{.cpp}
/// auto flow = promoflow::load_flow(text);                          // checked, immutable, shared
/// auto release = promoflow::Release::start(*flow, {.id = "r-42"}, now());
/// for (;;) {
///   while (auto command = release->next_command()) {
///     host.carry_out(*command);                                    // hooks and promotions
///   }
///   if (promoflow::is_final(release->status())) break;
///   promoflow::Event event = host.wait(release->next_timer());     // an answer, or a Tick
///   host.store(event);                                             // before what it causes
///   auto applied = release->apply(event);
///   if (!applied) host.log(applied.error());                       // refused: nothing changed
/// }
/// @endcode
#pragma once

#include "promoflow/arguments.hpp"
#include "promoflow/command.hpp"
#include "promoflow/configuration.hpp"
#include "promoflow/context.hpp"
#include "promoflow/diagnostic.hpp"
#include "promoflow/event.hpp"
#include "promoflow/executor.hpp"
#include "promoflow/exploration.hpp"
#include "promoflow/export.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/flow_diff.hpp"
#include "promoflow/function_executor.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/properties.hpp"
#include "promoflow/record.hpp"
#include "promoflow/release.hpp"
#include "promoflow/release_queue.hpp"
#include "promoflow/render.hpp"
#include "promoflow/result.hpp"
#include "promoflow/scripted_executor.hpp"
#include "promoflow/simulation.hpp"
#include "promoflow/text.hpp"
#include "promoflow/version.hpp"
