// SPDX-License-Identifier: Apache-2.0
/// @file
/// load_release() for whoever has the start and the flow already.
#pragma once

#include "promoflow/store_history.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// As the public load_release(). May throw std::bad_alloc.
Result<LoadedRelease> load_release(Store& store, const StoreStart& start, const Flow& flow);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
