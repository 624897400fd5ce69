// SPDX-License-Identifier: Apache-2.0
/// @file
/// Manifests: YAML or JSON text to flows and diagnostics, and a flow back to text.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/diagnostic.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/result.hpp"
#include "promoflow/text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// What a text gave.
struct ManifestReport {
  std::vector<Flow> flows{};              ///< One for each document without errors, in order.
  std::vector<Diagnostic> diagnostics{};  ///< All problems, in the order of the text.
};

/// Reads all PromotionFlow documents of a text; those of other kinds are passed over (M3).
/// A text without any flow is an error (`missing-field`). The text is not kept.
/// Cost: linear in the text. Errors: OutOfMemory; problems of the text are in the report.
/// Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<ManifestReport> read_manifest(
    std::string_view text, const ReadOptions& options = {}) noexcept;

/// The one flow of a text. Errors: InvalidManifest, whose message holds all diagnostics as text,
/// also when the text holds several flows; OutOfMemory. Warnings are dropped. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<Flow> load_flow(std::string_view text,
                                                   const ReadOptions& options = {}) noexcept;

/// The flow as a manifest; reading it again gives an equal flow (M8). `Auto` writes YAML.
/// Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> write_manifest(
    const Flow& flow, TextFormat format = TextFormat::Yaml) noexcept;

/// JSON Schema (draft 2020-12) of a manifest, for editors. Static storage.
PROMOFLOW_API std::string_view manifest_schema() noexcept;

/// A duration as Go prints it, zero parts left out: `24h`, `1m30s`, `500ms`, `0s` (M5).
/// Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> format_duration(
    std::chrono::milliseconds duration) noexcept;

/// A duration as Go reads it: `1h30m`, `1.5h`, `-2s`, `0`. Errors: InvalidArgument (not a duration,
/// not a whole number of milliseconds, or beyond Go's 292 years). Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::chrono::milliseconds> parse_duration(
    std::string_view text) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
