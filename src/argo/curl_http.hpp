// SPDX-License-Identifier: Apache-2.0
/// @file
/// The HttpClient over a network, of libcurl: connections are kept, TLS is verified, and what goes
/// over them carries the credentials of the moment.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "argo/access.hpp"
#include "argo/http.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Errors: Internal (libcurl cannot be used).
Result<std::unique_ptr<HttpClient>> make_curl_http(ClusterAccess access);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
