// SPDX-License-Identifier: Apache-2.0
/// @file
/// What Kubernetes reads from an unquoted word of YAML. Its reader (sigs.k8s.io/yaml, with go-yaml
/// 2 inside) takes most of YAML 1.1 and turns the text into JSON, so `yes` is true and `010` is 8.
#pragma once

#include "promoflow/version.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The JSON value that a cluster reads from a plain scalar: `true`, `8`, `1.1`, `null`; `infinity`
/// or `not a number` for what JSON cannot say. None: it reads the text as a string.
std::optional<std::string> cluster_reading(std::string_view plain);

/// The text that a cluster has as the key of a mapping for a plain one; none: the same text.
std::optional<std::string> cluster_key(std::string_view plain);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
