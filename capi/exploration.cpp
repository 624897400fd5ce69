// SPDX-License-Identifier: Apache-2.0
// Explorations, properties and the difference of two flows.
#include "promoflow/exploration.hpp"

#include "capi.hpp"
#include "promoflow/flow_diff.hpp"
#include "promoflow/properties.hpp"

namespace promoflow::capi {
namespace {

promoflow_status take_failures(promoflow_error** error, const promoflow_exploration_options& in,
                               std::optional<std::uint32_t>& out) noexcept {
  switch (in.failures) {
    case PROMOFLOW_FAILURES_DEFAULT: return PROMOFLOW_OK;
    case PROMOFLOW_FAILURES_LIMITED: out = in.failures_max; return PROMOFLOW_OK;
    case PROMOFLOW_FAILURES_ALL: out.reset(); return PROMOFLOW_OK;
    default: return invalid_argument(error, "options.failures");
  }
}

promoflow_status take_exports(promoflow_error** error, const promoflow_scenario* in,
                              std::vector<Outcome>& out) {
  if (in == nullptr) { return PROMOFLOW_OK; }
  if (!in->report.scenario) {
    return fail(error, PROMOFLOW_E_INVALID_SCENARIO, "options.exports",
                "the scenario of what hooks export has errors");
  }
  out = in->report.scenario->outcomes;
  return PROMOFLOW_OK;
}

std::function<bool(const ExplorationProgress&)> progress_of(
    const promoflow_exploration_options& in) {
  if (in.progress == nullptr) { return {}; }
  return [call = in.progress, user = in.user](const ExplorationProgress& progress) {
    promoflow_exploration_progress out{};
    out.struct_size = sizeof(out);
    out.failures = progress.failures;
    out.states = progress.states;
    out.transitions = progress.transitions;
    out.outcomes = progress.outcomes;
    return call(&out, user) != 0;
  };
}

/// `in` may be NULL: the defaults.
promoflow_status take_options(promoflow_error** error, const promoflow_exploration_options* in,
                              ExplorationOptions& out) {
  if (in == nullptr) { return PROMOFLOW_OK; }
  promoflow_exploration_options given{};
  if (const auto bad = take_struct(error, "options", in, given)) { return bad; }
  if (const auto bad = take_failures(error, given, out.failures_max)) { return bad; }
  if (const auto bad = take_exports(error, given.exports, out.exports)) { return bad; }
  if (const char* const unclear = first_unclear({{given.terminate, "options.terminate"},
                                                 {given.skip, "options.skip"},
                                                 {given.suspend, "options.suspend"},
                                                 {given.timeouts, "options.timeouts"},
                                                 {given.all_orders, "options.all_orders"}})) {
    return invalid_argument(error, unclear);
  }
  out.retries_max = given.retries_max;
  out.terminate = given.terminate != 0;
  out.skip = given.skip != 0;
  out.suspend = given.suspend != 0;
  out.timeouts = given.timeouts != 0;
  out.all_orders = given.all_orders != 0;
  if (given.states_max != 0) { out.states_max = given.states_max; }
  if (given.memory_bytes_max != 0) {
    constexpr std::uint64_t kMost = SIZE_MAX;
    out.memory_bytes_max =
        static_cast<std::size_t>(std::min<std::uint64_t>(given.memory_bytes_max, kMost));
  }
  out.progress = progress_of(given);
  return PROMOFLOW_OK;
}

/// Reads properties; all of their errors are one message.
promoflow_status take_properties(promoflow_error** error, promoflow_str text, const Flow& flow,
                                 std::vector<Property>& out) {
  if (text.data == nullptr) { return PROMOFLOW_OK; }
  auto report = read_properties(view(text), flow);
  if (!report) { return fail(error, report.error()); }
  if (report->properties) {
    out = std::move(*report->properties);
    return PROMOFLOW_OK;
  }
  const auto shown =
      format_diagnostics(report->diagnostics, {"properties", view(text)}, DiagnosticFormat::Text);
  if (!shown) { return fail(error, shown.error()); }
  return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, "properties", *shown);
}

Result<std::string> explored(const Flow& flow, const std::vector<Property>& properties,
                             const ExplorationOptions& options, std::int32_t format) {
  const auto found = explore(flow, options);
  if (!found) { return tl::unexpected(found.error()); }
  auto checked = properties.empty() ? Result<std::vector<PropertyFinding>>{}
                                    : check_properties(flow, properties, options);
  if (!checked) { return tl::unexpected(std::move(checked.error())); }
  return format == PROMOFLOW_EXPLORATION_JSON ? to_json(flow, *found, *checked)
                                              : render_exploration(flow, *found, *checked);
}

}  // namespace
}  // namespace promoflow::capi

using namespace promoflow::capi;

promoflow_status promoflow_explore(const promoflow_flow* flow, promoflow_str properties,
                                   const promoflow_exploration_options* options, int32_t format,
                                   promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {"properties", properties}, {"out", out}})) {
      return bad;
    }
    if (!is_within(format, PROMOFLOW_EXPLORATION_TEXT, PROMOFLOW_EXPLORATION_JSON)) {
      return invalid_argument(error, "format");
    }
    promoflow::ExplorationOptions given;
    if (const auto bad = take_options(error, options, given)) { return bad; }
    std::vector<promoflow::Property> all;
    if (const auto bad = take_properties(error, properties, flow->flow, all)) { return bad; }
    return give_text(error, out, explored(flow->flow, all, given, format));
  });
}

promoflow_status promoflow_diff(const promoflow_flow* before, const promoflow_flow* after,
                                promoflow_str properties,
                                const promoflow_exploration_options* options, int32_t format,
                                promoflow_buffer** out, int32_t* out_equal,
                                promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(
            error,
            {{"before", before}, {"after", after}, {"properties", properties}, {"out", out}})) {
      return bad;
    }
    if (!is_within(format, PROMOFLOW_DIFF_TEXT, PROMOFLOW_DIFF_MARKDOWN)) {
      return invalid_argument(error, "format");
    }
    promoflow::ExplorationOptions given;
    if (const auto bad = take_options(error, options, given)) { return bad; }
    std::vector<promoflow::Property> all;
    if (const auto bad = take_properties(error, properties, after->flow, all)) { return bad; }
    const auto difference = promoflow::diff_flows(before->flow, after->flow, given, all);
    if (!difference) { return fail(error, difference.error()); }
    const auto status = give_text(
        error, out,
        promoflow::render_flow_diff(*difference, static_cast<promoflow::FlowDiffFormat>(format)));
    if (status == PROMOFLOW_OK && out_equal != nullptr) { *out_equal = difference->equal ? 1 : 0; }
    return status;
  });
}

promoflow_str promoflow_properties_schema(void) { return out_text(promoflow::properties_schema()); }
