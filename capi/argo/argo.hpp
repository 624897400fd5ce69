// SPDX-License-Identifier: Apache-2.0
// What the files of libpromoflow_argo's C interface share: the options.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "host_executor.hpp"
#include "promoflow/argo_executor.hpp"
#include "promoflow_argo.h"

namespace promoflow::capi::argo {

/// The error of a function of C++, with the names that the options have in C.
inline promoflow_status refuse_options(promoflow_error** error, Error& why) noexcept {
  if (why.where == "kubeconfig") { why.where = "options.kubeconfig"; }
  if (why.where == "context") { why.where = "options.context"; }
  if (why.where == "argo_server") { why.where = "options.argo_server"; }
  return component::fail(error, why);
}

/// The applications, by environment.
inline promoflow_status take_applications(promoflow_error** error, const promoflow_argo_options& in,
                                          ArgoApplications& out) {
  if (const auto bad = component::need(
          error, {{"options.applications", in.applications, in.application_count}})) {
    return bad;
  }
  for (std::uint64_t i = 0; i < in.application_count; ++i) {
    const promoflow_argo_application& one = in.applications[i];
    if (const auto bad = component::need(error, {{"options.applications", one.environment},
                                                 {"options.applications", one.name},
                                                 {"options.applications", one.name_space},
                                                 {"options.applications", one.repo_url},
                                                 {"options.applications", one.branch},
                                                 {"options.applications", one.path},
                                                 {"options.applications", one.runtime}})) {
      return bad;
    }
    out[std::string(view(one.environment))].push_back(
        {.name = std::string(view(one.name)),
         .name_space = std::string(view(one.name_space)),
         .repo_url = std::string(view(one.repo_url)),
         .branch = std::string(view(one.branch)),
         .path = std::string(view(one.path)),
         .runtime = std::string(view(one.runtime))});
  }
  return PROMOFLOW_OK;
}

/// All but the callbacks of the host.
inline promoflow_status from_c(promoflow_error** error, const promoflow_argo_options& in,
                               ArgoOptions& out) {
  if (const auto bad = component::need(error, {{"options.kubeconfig", in.kubeconfig},
                                               {"options.context", in.context},
                                               {"options.name_space", in.name_space},
                                               {"options.argo_server", in.argo_server},
                                               {"options.instance", in.instance}})) {
    return bad;
  }
  if (!component::is_path(in.kubeconfig)) {
    return component::no_path(error, "options.kubeconfig");
  }
  out.kubeconfig = view(in.kubeconfig);
  out.context = view(in.context);
  out.name_space = view(in.name_space);
  out.argo_server = view(in.argo_server);
  if (in.instance.size != 0) { out.instance = view(in.instance); }
  if (const auto bad = take_applications(error, in, out.applications)) { return bad; }
  return component::take_names(error, "options.cluster_templates", in.cluster_templates,
                               in.cluster_template_count, out.cluster_templates);
}

/// What the host is told.
inline std::function<void(std::string_view)> notice_of(const promoflow_argo_options& in) {
  if (in.notice == nullptr) { return {}; }
  return [tell = in.notice, user = in.user](std::string_view message) {
    tell(out_text(message), user);
  };
}

}  // namespace promoflow::capi::argo
