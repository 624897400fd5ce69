// SPDX-License-Identifier: Apache-2.0
// What is read of a release's history: its hash chain, its replay, what is settled.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <new>

#include "base/guard.hpp"
#include "base/sha256.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/store_history.hpp"
#include "store/load.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

using Found = Result<std::optional<HistoryProblem>>;

constexpr std::uint32_t kEntriesAtOnce = 1000;

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

/// The first line in which two traces differ; none: they are equal.
std::optional<HistoryProblem> compare(std::uint64_t sequence, std::string_view stored,
                                      std::string_view replayed) {
  while (!stored.empty() || !replayed.empty()) {
    const std::string_view before = first_line(stored);
    const std::string_view now = first_line(replayed);
    if (before != now) {
      return HistoryProblem{.sequence = sequence,
                            .message = "this library gives another trace",
                            .stored = std::string(before),
                            .replayed = std::string(now)};
    }
    stored.remove_prefix(std::min(before.size() + 1, stored.size()));
    replayed.remove_prefix(std::min(now.size() + 1, replayed.size()));
  }
  return std::nullopt;
}

/// Takes the records of a release as trace lines.
Result<std::string> take_trace(Release& release, Instant origin) {
  std::string trace;
  while (const std::optional<Record> record = release.next_record()) {
    Result<std::string> line = to_json(*record, origin);
    if (!line) { return line; }
    trace += *line;
    trace += '\n';
  }
  return trace;
}

/// Calls `body` with each entry in order, until it returns something.
template <class Body>
Found for_each_entry(Store& store, std::string_view release, Body&& body) {
  std::uint64_t last = 0;
  while (true) {
    Result<std::vector<StoredEntry>> entries = store.entries(release, last, kEntriesAtOnce);
    if (!entries) { return tl::unexpected(std::move(entries.error())); }
    for (const StoredEntry& entry : *entries) {
      if (entry.sequence != last + 1) {
        return HistoryProblem{.sequence = last + 1,
                              .message = fmt::format("event {} is missing", last + 1)};
      }
      last = entry.sequence;
      if (Found found = body(entry); !found || *found) { return found; }
    }
    if (entries->size() < kEntriesAtOnce) { return std::optional<HistoryProblem>(); }
  }
}

/// 16 hexadecimal digits as a number.
std::uint64_t fingerprint_of(const StoreStart& start) {
  std::uint64_t number = 0;
  const std::string& digits = start.fingerprint;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return number;
}

/// Why a flow is not the one of the start, whose fingerprint the chain of hashes covers.
std::optional<std::string> wrong_flow(const StoreStart& start, const Result<Flow>& flow) {
  if (!flow) { return fmt::format("its manifest cannot be read: {}", flow.error().message); }
  if (flow->fingerprint() == fingerprint_of(start)) { return std::nullopt; }
  return fmt::format(
      "its fingerprint is '{}', but that of its manifest is '{:016x}': the manifest is not the one "
      "that the release was started with",
      start.fingerprint, flow->fingerprint());
}

/// Applies an entry, and compares what is recorded then with its trace.
Found replay_entry(Release& release, const StoredEntry& entry, Instant origin) {
  const Result<StoredEvent> event = StoredEvent::read(entry.event);
  if (!event) {
    return HistoryProblem{
        .sequence = entry.sequence,
        .message = fmt::format("its text is no event: {}", event.error().message)};
  }
  if (const Result<void> applied = release.apply(event->event()); !applied) {
    return HistoryProblem{
        .sequence = entry.sequence,
        .message = fmt::format("this library refuses it: {}", applied.error().message)};
  }
  Result<std::string> lines = take_trace(release, origin);
  if (!lines) { return tl::unexpected(std::move(lines.error())); }
  return compare(entry.sequence, entry.trace, *lines);
}

/// Whether a release is, after the last event that its row counts, what the row says.
std::optional<HistoryProblem> compare_end(const StoredRelease& row, std::uint64_t sequence,
                                          const Release& replayed) {
  if (sequence != row.sequence || replayed.status() == row.status) { return std::nullopt; }
  return HistoryProblem{
      .sequence = sequence,
      .message = fmt::format("the replayed release is {} there, but the record says that it is {}",
                             to_string(replayed.status()), to_string(row.status))};
}

constexpr std::uint32_t kSnapshotsKept = 2;

/// Applies stored events, whose records have been shown when they were stored.
Result<void> apply_all(Release& release, const std::vector<StoredEntry>& entries) {
  for (const StoredEntry& entry : entries) {
    const Result<StoredEvent> event = StoredEvent::read(entry.event);
    if (!event) { return tl::unexpected(event.error()); }
    const Result<void> applied = release.apply(event->event());
    if (!applied) {
      return tl::unexpected(
          Error{applied.error().code == ErrorCode::OutOfMemory ? ErrorCode::OutOfMemory
                                                               : ErrorCode::InvalidEvent,
                fmt::format("event {}", entry.sequence), applied.error().message});
    }
    while (release.next_record()) {}
  }
  return {};
}

}  // namespace

std::string chain_hash(std::string_view previous, std::uint64_t sequence, Instant at,
                       std::string_view text) {
  detail::Sha256 hash;
  hash.add(previous);
  hash.add(sequence);
  hash.add(static_cast<std::uint64_t>(at.time_since_epoch().count()));
  hash.add(text);
  return hash.finish();
}

std::string start_text(const StoreStart& start) {
  const Event event{start.at, ReleaseStarted{.info = &start.info,
                                             .context = start.context,
                                             .selection = &start.selection,
                                             .fingerprint = fingerprint_of(start)}};
  Result<std::string> text = to_json(event);
  if (!text) { throw std::bad_alloc(); }
  return std::move(*text);
}

std::string chain_hash(const StoreStart& start) {
  return chain_hash({}, 0, start.at, start_text(start));
}

Result<Flow> detail::flow_of(const StoreStart& start) {
  Result<Flow> flow = load_flow(start.manifest);
  if (!flow && flow.error().code == ErrorCode::OutOfMemory) { return flow; }
  if (const auto wrong = wrong_flow(start, flow)) {
    return tl::unexpected(Error{ErrorCode::StoreDamaged, start.info.id,
                                fmt::format("{}; restore a backup of the store", *wrong)});
  }
  return flow;
}

Result<LoadedRelease> detail::load_release(Store& store, const StoreStart& start,
                                           const Flow& flow) {
  for (std::uint32_t skip = 0;; ++skip) {
    const Result<StoredHistory> history = store.history(start.info.id, skip);
    if (!history) { return tl::unexpected(history.error()); }
    Result<Release> release = history->snapshot ? Release::restore(flow, *history->snapshot)
                                                : Release::start(flow, start.info, start.at,
                                                                 start.context, start.selection);
    const bool is_damaged = !release && release.error().code == ErrorCode::InvalidSnapshot;
    if (is_damaged && skip < kSnapshotsKept) { continue; }  // An older one, then none.
    if (!release) { return tl::unexpected(release.error()); }
    while (release->next_record()) {}
    if (Result<void> done = apply_all(*release, history->entries); !done) {
      return tl::unexpected(done.error());
    }
    return LoadedRelease{std::move(*release), history->snapshot_sequence};
  }
}

Result<LoadedRelease> load_release(Store& store, std::string_view name) noexcept {
  return detail::guarded([&]() -> Result<LoadedRelease> {
    const Result<StoreStart> start = store.start_of(name);
    if (!start) { return tl::unexpected(start.error()); }
    const Result<Flow> flow = detail::flow_of(*start);
    if (!flow) { return tl::unexpected(flow.error()); }
    return detail::load_release(store, *start, *flow);
  });
}

Found verify_history(Store& store, std::string_view release) noexcept {
  return detail::guarded([&]() -> Found {
    const Result<StoredRelease> row = store.find(release);
    if (!row) { return tl::unexpected(row.error()); }
    const Result<StoreStart> start = store.start_of(release);
    if (!start && start.error().code == ErrorCode::StoreDamaged) {
      return HistoryProblem{.message = start.error().message};
    }
    if (!start) { return tl::unexpected(start.error()); }
    const Result<Flow> flow = load_flow(start->manifest);
    if (!flow && flow.error().code == ErrorCode::OutOfMemory) {
      return tl::unexpected(flow.error());
    }
    if (auto wrong = wrong_flow(*start, flow)) { return HistoryProblem{.message = *wrong}; }
    std::string head = chain_hash(*start);
    std::string head_of_row = row->sequence == 0 ? head : std::string();
    std::uint64_t last = 0;
    Found found = for_each_entry(store, release, [&](const StoredEntry& entry) -> Found {
      head = chain_hash(head, entry.sequence, entry.at, entry.event);
      last = entry.sequence;
      if (last == row->sequence) { head_of_row = head; }
      if (head == entry.hash) { return std::optional<HistoryProblem>(); }
      return HistoryProblem{.sequence = entry.sequence,
                            .message =
                                "its hash does not fit its text, its time, or what is "
                                "before it"};
    });
    if (!found || *found) { return found; }
    if (head_of_row == row->head) {
      if (last == row->sequence) { return found; }
      // Of a release that runs, more events may have been stored meanwhile; its row counts them.
      const Result<StoredRelease> now = store.find(release);
      if (!now) { return tl::unexpected(now.error()); }
      if (now->sequence >= last) { return found; }
    }
    return HistoryProblem{
        .sequence = last,
        .message = fmt::format("the release says that its last event is {} with the hash {}, but "
                               "the events end with {} and {}",
                               row->sequence, row->head, last, head)};
  });
}

Result<bool> is_settled(Store& store, std::string_view release, Ticket ticket) noexcept {
  return detail::guarded([&]() -> Result<bool> {
    const Result<std::vector<StoredCommand>> rows = store.commands(release);
    if (!rows) { return tl::unexpected(rows.error()); }
    const auto row = std::find_if(rows->begin(), rows->end(),
                                  [ticket](const auto& one) { return one.ticket == ticket; });
    if (row == rows->end()) {
      return tl::unexpected(Error{ErrorCode::UnknownTicket,
                                  fmt::format("ticket {}", static_cast<std::uint64_t>(ticket)),
                                  "the release has no such command"});
    }
    return row->state == StoredCommandState::Ended ||
           (row->state == StoredCommandState::Cancelled && row->stopped.has_value());
  });
}

Found replay_history(Store& store, std::string_view name) noexcept {
  return detail::guarded([&]() -> Found {
    // Before the events: of a release that runs, more of them may be stored meanwhile.
    const Result<StoredRelease> row = store.find(name);
    if (!row) { return tl::unexpected(row.error()); }
    const Result<StoreStart> start = store.start_of(name);
    if (!start) { return tl::unexpected(start.error()); }
    const auto refuse = [](const Error& error) {
      return HistoryProblem{.message =
                                fmt::format("it cannot be started again: {}", error.message)};
    };
    const Result<Flow> flow = load_flow(start->manifest);
    if (!flow) { return refuse(flow.error()); }
    if (auto wrong = wrong_flow(*start, flow)) { return HistoryProblem{.message = *wrong}; }
    Result<Release> release =
        Release::start(*flow, start->info, start->at, start->context, start->selection);
    if (!release) { return refuse(release.error()); }
    Result<std::string> trace = take_trace(*release, start->at);
    if (!trace) { return tl::unexpected(std::move(trace.error())); }
    if (auto problem = compare(0, start->trace, *trace)) { return problem; }
    if (auto problem = compare_end(*row, 0, *release)) { return problem; }
    std::uint64_t last = 0;
    Found found = for_each_entry(store, name, [&](const StoredEntry& entry) -> Found {
      last = entry.sequence;
      Found differs = replay_entry(*release, entry, start->at);
      return !differs || *differs ? differs : compare_end(*row, last, *release);
    });
    if (!found || *found || last >= row->sequence) { return found; }
    return HistoryProblem{.sequence = last + 1,
                          .message = fmt::format("event {} is missing", last + 1)};
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
