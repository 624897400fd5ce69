// SPDX-License-Identifier: Apache-2.0
// Scenarios, and the releases that they make of a flow.
#include "fuzz.hpp"

using namespace promoflow;
using namespace promoflow::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  ReadOptions options;
  options.limits.nodes_max = 1 << 16;
  options.limits.diagnostics_max = 50;
  const auto report = read_scenario(text, &sample_flow(), options);
  expect(report.has_value(), "memory does not run out");
  expect(report->scenario || has_errors(report->diagnostics), "what is no scenario has an error");
  const DiagnosticSource source{.file = "fuzzed", .text = text};
  expect(format_diagnostics(report->diagnostics, source, DiagnosticFormat::Text).has_value(),
         "diagnostics can be printed");
  if (!report->scenario) { return 0; }
  const auto trace = simulate(sample_flow(), *report->scenario, {.records_max = 5000});
  if (!trace) {
    const ErrorCode code = trace.error().code;
    expect(code == ErrorCode::LimitExceeded || code == ErrorCode::InvalidContext ||
               code == ErrorCode::InvalidArgument || code == ErrorCode::UnknownEnvironment,
           "a simulation is refused for one of its reasons");
    return 0;
  }
  expect(trace->to_jsonl().has_value(), "a trace can be printed");
  expect(render_timeline(*trace).has_value(), "a trace can be drawn");
  return 0;
}
