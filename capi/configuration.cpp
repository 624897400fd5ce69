// SPDX-License-Identifier: Apache-2.0
// Configurations: manifests that are read and checked together.
#include "promoflow/configuration.hpp"

#include <optional>

#include "capi.hpp"
#include "promoflow/render.hpp"

struct promoflow_configuration {
  promoflow::ConfigurationReport report;
};

namespace promoflow::capi {
namespace {

promoflow_status read_files(promoflow_error** error, const promoflow_file* files, size_t count,
                            std::vector<DiagnosticSource>& out) {
  if (const auto bad = need(error, {{"files", files, count}})) { return bad; }
  out.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    if (const auto bad =
            need(error, {{"files.name", files[i].name}, {"files.text", files[i].text}})) {
      return bad;
    }
    out.push_back({view(files[i].name), view(files[i].text)});
  }
  return PROMOFLOW_OK;
}

}  // namespace
}  // namespace promoflow::capi

using namespace promoflow::capi;

promoflow_status promoflow_configuration_read(const promoflow_file* files, size_t count,
                                              promoflow_configuration** out,
                                              promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    std::vector<promoflow::DiagnosticSource> sources;
    if (const auto bad = read_files(error, files, count, sources)) { return bad; }
    auto report = promoflow::read_configuration(sources);
    if (!report) { return fail(error, report.error()); }
    *out = new promoflow_configuration{std::move(*report)};
    return PROMOFLOW_OK;
  });
}

void promoflow_configuration_free(promoflow_configuration* configuration) { delete configuration; }

promoflow_status promoflow_configuration_format(const promoflow_configuration* configuration,
                                                const promoflow_file* files, size_t count,
                                                int32_t format, promoflow_buffer** out,
                                                promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"configuration", configuration}, {"out", out}})) {
      return bad;
    }
    if (!is_within(format, PROMOFLOW_DIAGNOSTICS_TEXT, PROMOFLOW_DIAGNOSTICS_JSON)) {
      return invalid_argument(error, "format");
    }
    std::vector<promoflow::DiagnosticSource> sources;
    if (const auto bad = read_files(error, files, count, sources)) { return bad; }
    return give_text(
        error, out,
        promoflow::format_diagnostics(configuration->report.diagnostics, sources,
                                      static_cast<promoflow::DiagnosticFormat>(format)));
  });
}

promoflow_status promoflow_configuration_resolve(const promoflow_configuration* configuration,
                                                 promoflow_str product, promoflow_str message,
                                                 promoflow_str revision, int32_t order,
                                                 promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"configuration", configuration},
                                      {"product", product},
                                      {"message", message},
                                      {"revision", revision},
                                      {"out", out}})) {
      return bad;
    }
    if (!is_within(order, PROMOFLOW_ORDER_DESCENDING, PROMOFLOW_ORDER_ASCENDING)) {
      return invalid_argument(error, "order");
    }
    if (!configuration->report.configuration) { return PROMOFLOW_DONE; }
    const auto resolution = configuration->report.configuration->resolve(
        {view(product), view(message), view(revision)}, static_cast<promoflow::PolicyOrder>(order));
    if (!resolution) { return fail(error, resolution.error()); }
    return give_text(error, out, promoflow::to_json(*resolution));
  });
}

promoflow_status promoflow_configuration_flow(const promoflow_configuration* configuration,
                                              promoflow_str flow, promoflow_str product,
                                              int32_t order, promoflow_flow** out,
                                              promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"configuration", configuration},
                                      {"flow", flow},
                                      {"product", product},
                                      {"out", out}})) {
      return bad;
    }
    if (!is_within(order, PROMOFLOW_ORDER_DESCENDING, PROMOFLOW_ORDER_ASCENDING)) {
      return invalid_argument(error, "order");
    }
    if (!configuration->report.configuration) { return PROMOFLOW_DONE; }
    const promoflow::Configuration& read = *configuration->report.configuration;
    const auto found = read.find_flow(view(flow));
    if (!found) { return PROMOFLOW_DONE; }
    const auto filled =
        read.with_policies(*found, view(product), static_cast<promoflow::PolicyOrder>(order));
    return filled ? give_flow(out, *filled) : fail(error, filled.error());
  });
}

namespace promoflow::capi {
namespace {

/// The flow of a configuration without errors; none: there is no such flow.
std::optional<Flow> flow_of(const promoflow_configuration& configuration, promoflow_str name) {
  const auto& read = configuration.report.configuration;
  return read ? read->find_flow(view(name)) : std::nullopt;
}

promoflow_context_use to_c(const ContextUse& use) noexcept {
  const bool is_release = use.point <= Point::ReleaseOnFail;
  promoflow_context_use out{};
  out.struct_size = sizeof out;
  out.point = static_cast<std::int32_t>(use.point);
  out.environment =
      is_release ? PROMOFLOW_NO_ENVIRONMENT : static_cast<std::uint32_t>(use.environment);
  out.writes = use.writes ? 1 : 0;
  out.required = use.required ? 1 : 0;
  out.hook = out_text(use.hook);
  out.key = out_text(use.key);
  return out;
}

}  // namespace
}  // namespace promoflow::capi

promoflow_status promoflow_configuration_context_uses(const promoflow_configuration* configuration,
                                                      promoflow_str flow,
                                                      promoflow_context_use* out, size_t stride,
                                                      size_t capacity, size_t* count,
                                                      promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"configuration", configuration},
                                      {"flow", flow},
                                      {"out", out, capacity},
                                      {"count", count}})) {
      return bad;
    }
    if (caller_size<promoflow_context_use>(stride) == 0) {
      return invalid_argument(error, "stride");
    }
    const auto found = flow_of(*configuration, flow);
    if (!found) { return PROMOFLOW_DONE; }
    const auto uses = configuration->report.configuration->context_uses(*found);
    if (!uses) { return fail(error, uses.error()); }
    return fill(out, stride, capacity, count, uses->size(),
                [&](std::size_t i) { return to_c((*uses)[i]); });
  });
}

promoflow_status promoflow_configuration_render_context(
    const promoflow_configuration* configuration, promoflow_str flow,
    const promoflow_render_options* options, promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    promoflow::RenderOptions given;
    if (const auto bad =
            need(error, {{"configuration", configuration}, {"flow", flow}, {"out", out}})) {
      return bad;
    }
    if (const auto bad = from_c(error, options, given)) { return bad; }
    const auto found = flow_of(*configuration, flow);
    if (!found) { return PROMOFLOW_DONE; }
    const auto uses = configuration->report.configuration->context_uses(*found);
    if (!uses) { return fail(error, uses.error()); }
    return give_text(error, out, promoflow::render_context_uses(*found, *uses, given));
  });
}
