// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which promoflow this is.
#pragma once

#include <string_view>

#include "promoflow/export.hpp"

namespace promoflow {

/// The library's version, such as `0.2.0`. Static storage. Never fails; thread-safe.
PROMOFLOW_API std::string_view version() noexcept;

}  // namespace promoflow
