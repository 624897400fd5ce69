// SPDX-License-Identifier: Apache-2.0
/// @file
/// What `show`, `logs` and `export` share, besides the report of the engine's library.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/report.hpp"
#include "promoflow/store.hpp"

namespace promoflow::cli {

using detail::CommandReport;
using detail::ReleaseReport;

inline constexpr ReleaseStatus kReleaseStatuses[] = {
    ReleaseStatus::Running,   ReleaseStatus::Suspended, ReleaseStatus::Terminating,
    ReleaseStatus::Succeeded, ReleaseStatus::Failed,    ReleaseStatus::Terminated};

/// detail::read_report() with the logs that `promoflow run` keeps.
Result<ReleaseReport> read_report(Store& store, std::string_view release);

/// `staging onFail hook jira`, `staging promotion`; not safe to print.
std::string name_of(const StoredCommand& command);

/// Calls `body` with each event of a release, in order. Errors: those of the store.
Result<void> each_entry(Store& store, std::string_view release,
                        const std::function<void(const StoredEntry& entry)>& body);

/// Calls `body` with each trace line (S5) of a release, those of the start first, and the number
/// of its event. Errors: those of the store.
Result<void> each_trace_line(
    Store& store, const StoreStart& start,
    const std::function<void(std::uint64_t sequence, std::string_view line)>& body);

}  // namespace promoflow::cli
