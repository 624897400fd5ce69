// SPDX-License-Identifier: Apache-2.0
// Recovering a release from its journal (R15): the first line is its start, each further one an
// event that was stored before it was applied.
#include <fmt/format.h>

#include <utility>

#include "base/guard.hpp"
#include "promoflow/release.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

/// Whether the events behind this one can still be applied: a refusal has changed nothing but
/// timers that were due (R13).
bool is_refusal(ErrorCode code) noexcept {
  return code == ErrorCode::UnknownTicket || code == ErrorCode::SettledTicket ||
         code == ErrorCode::WrongKind || code == ErrorCode::NotAllowed ||
         code == ErrorCode::UnknownEnvironment;
}

/// Applies one event to the release, or starts it by the first one.
Result<void> replay(const Flow& flow, const Event& event, std::optional<Release>& release) {
  if (!release) {
    Result<Release> started = Release::start(flow, event);
    if (!started) { return tl::unexpected(std::move(started.error())); }
    release.emplace(std::move(*started));
    return {};
  }
  Result<void> applied = release->apply(event);
  const bool is_start = std::holds_alternative<ReleaseStarted>(event.what);
  if (!applied && is_start && is_refusal(applied.error().code)) {
    applied.error().code = ErrorCode::InvalidEvent;
    return applied;
  }
  if (!applied && !is_refusal(applied.error().code)) { return applied; }
  return {};
}

}  // namespace

Result<Release> Release::recover(Flow flow, std::string_view journal) noexcept {
  return detail::guarded([&]() -> Result<Release> {
    std::optional<Release> release;
    for (std::size_t number = 1; !journal.empty(); ++number) {
      const std::size_t end = journal.find('\n');
      const bool is_whole = end != std::string_view::npos;
      const std::string_view line = journal.substr(0, end);
      journal.remove_prefix(is_whole ? end + 1 : journal.size());
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) { continue; }
      const Result<StoredEvent> stored = StoredEvent::read(line);
      if (!stored && stored.error().code == ErrorCode::InvalidEvent && !is_whole) { break; }
      Result<void> replayed = stored ? replay(flow, stored->event(), release)
                                     : Result<void>(tl::unexpected(stored.error()));
      if (replayed) { continue; }
      replayed.error().where = fmt::format("line {}", number);
      return tl::unexpected(std::move(replayed.error()));
    }
    if (!release) {
      return tl::unexpected(Error{ErrorCode::InvalidEvent, "journal",
                                  "it has no event; the release was not started, so start it"});
    }
    if (auto ready = release->reissue(); !ready) {
      return tl::unexpected(std::move(ready.error()));
    }
    return std::move(*release);
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
