// SPDX-License-Identifier: Apache-2.0
/// @file
/// Render: drawings of a flow or a release, and the timeline of a trace.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "promoflow/configuration.hpp"
#include "promoflow/exploration.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/properties.hpp"
#include "promoflow/release.hpp"
#include "promoflow/result.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// Text is a drawing for a terminal; Svg is a whole document that needs no other program.
enum class RenderFormat : std::int32_t { Text = 1, Mermaid = 2, Dot = 3, Svg = 4 };

/// How things are drawn.
struct RenderOptions {
  RenderFormat format = RenderFormat::Text;
  bool color = false;         ///< ANSI colours, for Text only.
  bool ascii = false;         ///< No characters beyond ASCII in Text.
  std::uint32_t width = 100;  ///< Columns to keep to where possible, for Text only; 40 or more.
};

/// The environments, their dependencies and hooks. Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> render(const Flow& flow,
                                                       const RenderOptions& options = {}) noexcept;

/// The same with the status of each environment and of the release. Errors: OutOfMemory.
/// Reads the release: one thread at a time.
[[nodiscard]] PROMOFLOW_API Result<std::string> render(const Release& release,
                                                       const RenderOptions& options = {}) noexcept;

/// A timeline for people: virtual times, environments, hooks with outcome and exports, failures,
/// the end and a summary. Text only: `format` is not looked at. Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> render_timeline(
    const Trace& trace, const RenderOptions& options = {}) noexcept;

/// The environments as they are at the end of an outcome of the flow. Errors: InvalidArgument (it
/// is of another flow), OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> render(const Flow& flow,
                                                       const ReleaseOutcome& outcome,
                                                       const RenderOptions& options = {}) noexcept;

/// What an exploration of the flow found, for people: three sentences, then the outcomes, the hooks
/// and the environments; of each violated property, the timeline of its run. Text only: of
/// `options`, the width counts. Errors: InvalidArgument (it is of another flow), OutOfMemory.
/// Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> render_exploration(
    const Flow& flow, const Exploration& exploration,
    const std::vector<PropertyFinding>& properties = {},
    const RenderOptions& options = {}) noexcept;

/// The context's data flow, as Configuration::context_uses() of the flow gives it: from each hook
/// that exports a key to the key, and on to the hooks that read it. Errors: OutOfMemory,
/// InvalidArgument (no hook is known to use the context: there is nothing to draw; or a hook's name
/// and place are those of a key). Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> render_context_uses(
    const Flow& flow, std::span<const ContextUse> uses, const RenderOptions& options = {}) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
