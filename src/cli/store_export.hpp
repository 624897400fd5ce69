// SPDX-License-Identifier: Apache-2.0
/// @file
/// A release as one document: what `export` writes and `replay` reads.
#pragma once

#include <string>
#include <string_view>

#include "cli/store_record.hpp"
#include "promoflow/store.hpp"

namespace promoflow::cli {

/// What tells the document from others, and its version.
inline constexpr const char* kExportKey = "promoflowExport";
inline constexpr int kExportVersion = 1;

/// Adds the release of a document that `export --format json` wrote to a store, as it is there, and
/// returns its id. Errors: InvalidArgument (it is no such document, or not whole: where, why and
/// what to do), those of Store::commit().
Result<std::string> import_release(Store& store, std::string_view text);

/// One page with the graph, the timeline and all else that `show` tells; it needs no network.
/// Errors: those of the store; OutOfMemory.
Result<std::string> html_page(Store& store, const ReleaseReport& report);

}  // namespace promoflow::cli
