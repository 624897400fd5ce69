// SPDX-License-Identifier: Apache-2.0
/// @file
/// check_cluster(): what speaks against running a flow, over any HttpClient.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "argo/connect.hpp"
#include "promoflow/argo_executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// `skipped`: environments whose hooks do not run. `initial_context`: the keys that the release
/// starts with.
std::vector<ArgoFinding> check_cluster(const Flow& flow, const ArgoOptions& options,
                                       Connection& connection, const std::set<std::string>& skipped,
                                       const std::vector<std::string>& initial_context);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
