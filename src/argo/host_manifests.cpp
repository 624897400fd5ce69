// SPDX-License-Identifier: Apache-2.0
// What a host must be allowed to do, to be applied.
#include <fmt/format.h>

#include "base/guard.hpp"
#include "base/name_text.hpp"
#include "promoflow/argo_executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

Result<std::string> argo_host_manifests(std::string_view name,
                                        std::string_view name_space) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    for (const std::string_view text : {name, name_space}) {
      if (detail::is_dns_subdomain(text)) { continue; }
      return tl::unexpected(
          Error{ErrorCode::InvalidArgument, text == name ? "name" : "namespace",
                fmt::format("Kubernetes refuses the name '{}': write letters a-z, digits and '-'",
                            text)});
    }
    return fmt::format(
        "apiVersion: v1\n"
        "kind: ServiceAccount\n"
        "metadata:\n"
        "  name: \"{0}\"\n"
        "  namespace: \"{1}\"\n"
        "---\n"
        "apiVersion: rbac.authorization.k8s.io/v1\n"
        "kind: Role\n"
        "metadata:\n"
        "  name: \"{0}\"\n"
        "  namespace: \"{1}\"\n"
        "rules:\n"
        "  - apiGroups: [argoproj.io]\n"
        "    resources: [workflows]\n"
        "    verbs: [create, get, list, watch, patch]\n"
        "  - apiGroups: [argoproj.io]\n"
        "    resources: [workflowtemplates]\n"
        "    verbs: [get]\n"
        "  - apiGroups: [coordination.k8s.io]\n"
        "    resources: [leases]\n"
        "    verbs: [create, get, update]\n"
        "---\n"
        "apiVersion: rbac.authorization.k8s.io/v1\n"
        "kind: RoleBinding\n"
        "metadata:\n"
        "  name: \"{0}\"\n"
        "  namespace: \"{1}\"\n"
        "roleRef:\n"
        "  apiGroup: rbac.authorization.k8s.io\n"
        "  kind: Role\n"
        "  name: \"{0}\"\n"
        "subjects:\n"
        "  - kind: ServiceAccount\n"
        "    name: \"{0}\"\n"
        "    namespace: \"{1}\"\n",
        name, name_space);
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
