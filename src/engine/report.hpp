// SPDX-License-Identifier: Apache-2.0
/// @file
/// All that a store says of one release, and its JSON: the one place where it is written, for the
/// program and for the C ABI. Functions that are not noexcept may throw std::bad_alloc.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"
#include "engine/identity.hpp"
#include "promoflow/release.hpp"
#include "promoflow/store.hpp"
#include "promoflow/store_history.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A command, and how it stands.
struct CommandReport {
  StoredCommand row{};
  std::string_view state{};  ///< waiting, queued, running, suspended, succeeded, failed, cancelled.
  std::string log{};         ///< Its path; empty: there is none.
};

struct ReleaseReport {
  StoredRelease row;
  StoreStart start;
  Release release;  ///< As it was after the last event.
  std::vector<CommandReport> commands{};
};

/// The log of a command; empty: there is none.
using LogOf = std::function<std::string(const StoreStart& start, Ticket ticket)>;

/// Errors: those of the store and of load_release().
Result<ReleaseReport> read_report(Store& store, std::string_view release, const LogOf& log_of = {});

/// Who drives releases, as seen from this process: an owner that is gone does not. To make one
/// costs reading files of the system; make one for many releases. Immutable.
class Drivers {
 public:
  Drivers() : self_(this_process(wall_time())) {}
  /// At this moment; none: nobody does.
  std::optional<StoreOwner> of(const StoredRelease& release) const;

 private:
  StoreOwner self_;
};

/// Environments that this one waits for.
std::vector<std::string> waits_for(const Release& release, EnvironmentId environment);

/// Calls `body` with each line of a trace, without its end.
template <class Body>
void each_line(std::string_view trace, Body&& body) {
  while (!trace.empty()) {
    const std::string_view line = trace.substr(0, trace.find('\n'));
    trace.remove_prefix(std::min(line.size() + 1, trace.size()));
    body(line);
  }
}

/// The members of the object of a list.
void write_row(JsonWriter& json, const StoredRelease& release, const Drivers& drivers);
/// The further ones of the whole report.
void write_report(JsonWriter& json, const ReleaseReport& report);
/// What a release was started with, as an object.
void write_start(JsonWriter& json, const StoreStart& start);
/// A request, and what became of it, as an object.
void write_request(JsonWriter& json, const StoredRequest& request);
/// The first event that does not fit, as an object; or that all fits.
void write_problem(JsonWriter& json, const std::optional<HistoryProblem>& problem);

/// Such as 2026-11-28T09:00:00.000Z.
std::string rfc3339(Instant time);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
