// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the path of a store names, looked at before anything is opened or made.
#pragma once

#include <string>

#include "promoflow/sqlite_store.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The path without symbolic links, also where what they name does not exist yet: all names of a
/// store have one lock and one directory of logs. Throws StoreFault.
std::string resolved_path(const std::string& path);

/// Throws StoreFault with the reason if a store is not, and cannot be, at this path, which has no
/// symbolic links: what is there is no regular file, or begins as no store does; it has hard links,
/// which share neither a lock nor what was written last; or it is on a network file system, whose
/// locks and shared memory SQLite cannot rely on.
void check_store_file(const std::string& path, StoreAccess access);

/// Whether the files that SQLite keeps beside a store, if they are there, are ones that it can use.
/// With others it takes the store for one that can only be read. Throws StoreFault.
void check_beside(const std::string& path);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
