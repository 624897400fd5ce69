// SPDX-License-Identifier: Apache-2.0
/// @file
/// The flow of a start, and load_release() for whoever has both already.
#pragma once

#include "promoflow/store_history.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The flow that is stored. Errors: StoreDamaged, if it is not the one whose fingerprint the start
/// has and the chain of hashes covers; OutOfMemory.
Result<Flow> flow_of(const StoreStart& start);

/// As the public load_release(). May throw std::bad_alloc.
Result<LoadedRelease> load_release(Store& store, const StoreStart& start, const Flow& flow);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
