// SPDX-License-Identifier: Apache-2.0
/// @file
/// The schema of the SQLite store, its versions, and how a file is recognised.
#pragma once

#include <cstdint>

#include "store/sqlite.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// In the header of each store: `prmf`.
inline constexpr std::int64_t kApplicationId = 0x70726d66;
inline constexpr std::int64_t kSchemaVersion = 1;

/// Recognises a store by its mark. With `may_write` it makes the tables of an empty file, and
/// brings those of an older version up to date in one transaction, after a backup beside the file.
/// Changes nothing where it throws. Throws StoreFault: StoreForeign, StoreTooNew, StoreFailed.
void prepare_schema(Database& database, bool may_write);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
