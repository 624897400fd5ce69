// SPDX-License-Identifier: Apache-2.0
// Manifests and diagnostics.
#include "capi.hpp"

namespace promoflow::capi {

promoflow_status from_c(promoflow_error** error, const promoflow_read_options* in,
                        ReadOptions& out) noexcept {
  if (in == nullptr) { return PROMOFLOW_OK; }
  promoflow_read_options given{};
  if (const auto bad = take_struct(error, "options", in, given)) { return bad; }
  if (!read_options(given, out)) { return invalid_argument(error, "options.format"); }
  return PROMOFLOW_OK;
}

promoflow_status fill_diagnostics(const std::vector<Diagnostic>& diagnostics,
                                  promoflow_diagnostic* out, std::size_t stride,
                                  std::size_t capacity, std::size_t* count) noexcept {
  if (const auto bad = need(nullptr, {{"out", out, capacity}, {"count", count}})) { return bad; }
  return fill(out, stride, capacity, count, diagnostics.size(),
              [&](std::size_t i) { return to_c(diagnostics[i]); });
}

promoflow_status format_diagnostics_of(promoflow_error** error,
                                       const std::vector<Diagnostic>& diagnostics,
                                       promoflow_str file, promoflow_str text, std::int32_t format,
                                       promoflow_buffer** out) noexcept {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"file", file}, {"text", text}, {"out", out}})) {
      return bad;
    }
    if (!is_within(format, PROMOFLOW_DIAGNOSTICS_TEXT, PROMOFLOW_DIAGNOSTICS_JSON)) {
      return invalid_argument(error, "format");
    }
    return give_text(error, out,
                     format_diagnostics(diagnostics, {view(file), view(text)},
                                        static_cast<DiagnosticFormat>(format)));
  });
}

}  // namespace promoflow::capi

using namespace promoflow::capi;

promoflow_status promoflow_manifest_read(promoflow_str text, const promoflow_read_options* options,
                                         promoflow_manifest** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"text", text}, {"out", out}})) { return bad; }
    promoflow::ReadOptions given;
    if (const auto bad = from_c(error, options, given)) { return bad; }
    auto report = promoflow::read_manifest(view(text), given);
    if (!report) { return fail(error, report.error()); }
    *out = new promoflow_manifest{std::move(*report)};
    return PROMOFLOW_OK;
  });
}

void promoflow_manifest_free(promoflow_manifest* manifest) { delete manifest; }

promoflow_status promoflow_manifest_flow(const promoflow_manifest* manifest, size_t index,
                                         promoflow_flow** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"manifest", manifest}, {"out", out}})) { return bad; }
    if (index >= manifest->report.flows.size()) { return PROMOFLOW_DONE; }
    return give_flow(out, manifest->report.flows[index]);
  });
}

promoflow_status promoflow_manifest_diagnostics(const promoflow_manifest* manifest,
                                                promoflow_diagnostic* out, size_t stride,
                                                size_t capacity, size_t* count) {
  if (const auto bad = need(nullptr, {{"manifest", manifest}})) { return bad; }
  return fill_diagnostics(manifest->report.diagnostics, out, stride, capacity, count);
}

promoflow_status promoflow_manifest_format(const promoflow_manifest* manifest, promoflow_str file,
                                           promoflow_str text, int32_t format,
                                           promoflow_buffer** out, promoflow_error** error) {
  if (error != nullptr) { *error = nullptr; }
  if (const auto bad = need(error, {{"manifest", manifest}})) { return bad; }
  return format_diagnostics_of(error, manifest->report.diagnostics, file, text, format, out);
}

promoflow_status promoflow_format_sarif(const promoflow_sarif_input* inputs, size_t stride,
                                        size_t count, promoflow_buffer** out,
                                        promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"inputs", inputs, count}, {"out", out}})) { return bad; }
    std::vector<promoflow::SarifInput> all;
    const auto add = [&](std::size_t, const promoflow_sarif_input& one) -> promoflow_status {
      if (const auto bad = need(error, {{"inputs.file", one.file}})) { return bad; }
      if ((one.manifest == nullptr) == (one.scenario == nullptr)) {
        return invalid_argument(error, "inputs");
      }
      all.push_back({view(one.file), one.manifest != nullptr ? one.manifest->report.diagnostics
                                                             : one.scenario->report.diagnostics});
      return PROMOFLOW_OK;
    };
    if (const auto bad = each_struct(error, "inputs", inputs, stride, count, add)) { return bad; }
    return give_text(error, out, promoflow::format_sarif(all));
  });
}

promoflow_str promoflow_manifest_schema(void) { return out_text(promoflow::manifest_schema()); }

promoflow_str promoflow_scenario_schema(void) { return out_text(promoflow::scenario_schema()); }

promoflow_status promoflow_flow_load(promoflow_str text, const promoflow_read_options* options,
                                     promoflow_flow** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"text", text}, {"out", out}})) { return bad; }
    promoflow::ReadOptions given;
    if (const auto bad = from_c(error, options, given)) { return bad; }
    const auto flow = promoflow::load_flow(view(text), given);
    return flow ? give_flow(out, *flow) : fail(error, flow.error());
  });
}
