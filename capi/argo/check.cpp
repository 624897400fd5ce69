// SPDX-License-Identifier: Apache-2.0
// What speaks against running a flow on a cluster, and what a host's account needs there.
#include <string>
#include <vector>

#include "argo.hpp"

using namespace promoflow::capi;
using namespace promoflow::capi::component;

struct promoflow_argo_findings {
  std::vector<promoflow::ArgoFinding> found;
};

promoflow_status promoflow_argo_check(const promoflow_flow* flow,
                                      const promoflow_argo_options* options,
                                      const promoflow_selection* selection,
                                      const promoflow_str* context_keys, size_t count,
                                      promoflow_argo_findings** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"flow", flow}, {"context_keys", context_keys, count}, {"out", out}})) {
      return bad;
    }
    promoflow::ArgoOptions given;
    promoflow_argo_options in{};
    if (options != nullptr) {
      if (const auto bad = take_struct(error, "options", options, in)) { return bad; }
      if (const auto bad = argo::from_c(error, in, given)) { return bad; }
    }
    given.notice = argo::notice_of(in);
    promoflow::EnvironmentSelection selected;
    if (const auto bad = from_c(error, selection, selected)) { return bad; }
    std::vector<std::string> keys;
    if (const auto bad = take_names(error, "context_keys", context_keys, count, keys)) {
      return bad;
    }
    std::optional<promoflow::Flow> loaded;
    if (const auto bad = from_c(error, flow, loaded)) { return bad; }
    auto found = promoflow::check_argo(*loaded, given, selected, keys);
    if (!found) { return argo::refuse_options(error, found.error()); }
    *out = new promoflow_argo_findings{std::move(*found)};
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_argo_findings_list(const promoflow_argo_findings* findings,
                                              promoflow_argo_finding* out, size_t stride,
                                              size_t capacity, size_t* count) {
  if (first_missing({{"findings", findings}, {"out", out, capacity}, {"count", count}}) !=
      nullptr) {
    return PROMOFLOW_E_INVALID_ARGUMENT;
  }
  return fill(out, stride, capacity, count, findings->found.size(), [&](std::size_t i) {
    const promoflow::ArgoFinding& one = findings->found[i];
    promoflow_argo_finding made{};
    made.severity = static_cast<std::int32_t>(one.severity);
    made.message = out_text(std::string_view(one.message));
    made.hint = out_text(std::string_view(one.hint));
    return made;
  });
}

void promoflow_argo_findings_free(promoflow_argo_findings* findings) { delete findings; }

promoflow_status promoflow_argo_host_manifests(promoflow_str name, promoflow_str name_space,
                                               promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"name", name}, {"name_space", name_space}, {"out", out}})) {
      return bad;
    }
    auto text = promoflow::argo_host_manifests(view(name), view(name_space));
    if (!text) {
      if (text.error().where == "namespace") { text.error().where = "name_space"; }
      return fail(error, text.error());
    }
    return promoflow_buffer_new(out_text(std::string_view(*text)), out, error);
  });
}
