// SPDX-License-Identifier: Apache-2.0
/// @file
/// Manifests, in either format: diagnostics can be printed, and what is a flow survives its being
/// written and read again (M8), drawn and run.
#pragma once

#include "fuzz.hpp"

namespace promoflow::fuzz {

inline void check_flow(const Flow& flow) {
  for (const TextFormat format : {TextFormat::Yaml, TextFormat::Json}) {
    const auto text = write_manifest(flow, format);
    expect(text.has_value(), "a flow can be written");
    const auto again = load_flow(*text, {.format = format, .limits = {}});
    expect(again.has_value(), "what was written can be read");
    expect(*again == flow, "what was written is equal");
    expect(again->fingerprint() == flow.fingerprint(), "equal flows have equal fingerprints");
  }
  if (flow.environment_count() > 60) { return; }
  for (const auto format :
       {RenderFormat::Text, RenderFormat::Mermaid, RenderFormat::Dot, RenderFormat::Svg}) {
    expect(render(flow, {.format = format}).has_value(), "a flow can be drawn");
  }
  const auto trace = simulate(flow, {}, {.records_max = 20000});
  expect(trace || trace.error().code == ErrorCode::LimitExceeded, "a flow can be simulated");
  if (trace) { expect(trace->to_jsonl().has_value(), "a trace can be printed"); }
}

inline int check_manifest(std::string_view text, TextFormat format) {
  ReadOptions options{.format = format, .limits = {}};
  options.limits.nodes_max = 1 << 16;  // So that no input takes long.
  options.limits.diagnostics_max = 50;
  const auto report = read_manifest(text, options);
  expect(report.has_value(), "memory does not run out");
  expect(!report->flows.empty() || has_errors(report->diagnostics), "what is no flow has an error");
  const DiagnosticSource source{.file = "fuzzed", .text = text};
  for (const auto out : {DiagnosticFormat::Text, DiagnosticFormat::Json}) {
    expect(format_diagnostics(report->diagnostics, source, out).has_value(), "they can be printed");
  }
  for (const Flow& flow : report->flows) { check_flow(flow); }
  return 0;
}

}  // namespace promoflow::fuzz
