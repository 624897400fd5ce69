// SPDX-License-Identifier: Apache-2.0
/// @file
/// connect(): what the options of an executor say of the server, made ready to be used.
#pragma once

#include <memory>
#include <string>

#include "argo/api.hpp"
#include "argo/http.hpp"
#include "promoflow/argo_executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

struct Connection {
  Api api;
  std::unique_ptr<HttpClient> http;
  std::string origin;  ///< Where the access is from, for people.
};

/// Errors: those of ArgoExecutor::create().
Result<Connection> connect(const ArgoOptions& options);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
