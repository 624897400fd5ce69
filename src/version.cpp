// SPDX-License-Identifier: Apache-2.0
// The library's version, as the build was told.
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

std::string_view version() noexcept { return PROMOFLOW_VERSION; }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
