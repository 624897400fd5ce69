// SPDX-License-Identifier: Apache-2.0
#include "store_conformance/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <new>
#include <stdexcept>
#include <utility>

#include "promoflow/flow.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/record.hpp"
#include "promoflow/store_history.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance {

namespace {

constexpr Ticket kTicket{1};          // Of the hook at the release's start.
constexpr int kSnapshotInterval = 4;  // Events.

/// The library's own part must work: what fails here is no fault of the store.
template <class T>
T value_of(Result<T> result) {
  if (!result) { throw std::runtime_error(result.error().message); }
  return std::move(*result);
}

Flow small_flow() {
  FlowBuilder builder("conformance", "dev");
  FlowOptions options;
  options.hooks.on_start = {Hook{.name = "approve"}};
  builder.options(options).step("staging", {"dev"});
  FlowReport report = value_of(builder.build());
  if (!report.flow) { throw std::runtime_error(report.diagnostics.front().message); }
  return *report.flow;
}

}  // namespace

StoreOwner owner(std::string_view id, std::int64_t heartbeat) {
  return {.id = std::string(id),
          .host = "host of \"" + std::string(id) + "\"",
          .boot_id = "6b1c3f0e",
          .process = 4'000'000'000,
          .process_started = 9'000'000'000'000,
          .since = at(500),
          .heartbeat = at(heartbeat)};
}

Result<void> commit(Store& store, const ReleaseWrite& write) {
  Result<std::vector<Result<void>>> results = store.commit({&write, 1});
  if (!results) { return tl::unexpected(std::move(results.error())); }
  if (results->size() != 1) {
    return tl::unexpected(Error{ErrorCode::Internal, "commit()",
                                fmt::format("one write gave {} results", results->size())});
  }
  return std::move(results->front());
}

Writer::Writer(std::string_view id, std::string_view owner, std::string_view product,
               std::int64_t start)
    : id_(id), owner_(owner) {
  Flow flow = small_flow();
  // Texts that a database may change: quotes, line ends, a zero byte, several bytes a character.
  start_ = {.info = {.id = id_,
                     .url = "https://example.org/?a='b'&c=\"d\"",
                     .product = std::string(product),
                     .version = "1.4\xC3\xA9\xF0\x9F\x9A\x80",
                     .commit_sha = std::string(40, 'a')},
            .flow_name = std::string(flow.name()),
            .fingerprint = fmt::format("{:016x}", flow.fingerprint()),
            .manifest = value_of(write_manifest(flow)),
            .context = R"({"A":1,"B":"it's \"quoted\"\n"})",
            .selection = {.skip = {{"staging"}}},
            .at = at(start),
            .library_version = "0.2.0",
            .executor = "programs",
            .run = std::string("zero \0 byte\r\nline \xE2\x82\xAC", 21)};
  release_ = std::make_unique<Release>(
      value_of(Release::start(flow, start_.info, start_.at, start_.context, start_.selection)));
  head_ = chain_hash(start_);
  start_.trace = take_trace();
}

std::string Writer::take_trace() {
  std::string trace;
  while (const std::optional<Record> record = release_->next_record()) {
    trace += value_of(to_json(*record, start_.at)) + '\n';
  }
  return trace;
}

ReleaseWrite Writer::begin(std::int64_t now) const {
  return {.release = id_,
          .owner = owner_,
          .epoch = epoch_,
          .status = release_->status(),
          .phase = std::string(release_->phase()),
          .head = head_,
          .updated = start_.at + std::chrono::milliseconds(now)};
}

/// Each member is another after each event, so that a row that is old or mixed is told apart.
StoredCommand Writer::command(std::int64_t now, std::uint64_t event) const {
  const Instant time = start_.at + std::chrono::milliseconds(now);
  StoredCommand command{.ticket = kTicket,
                        .hook = "approve",
                        .point = Point::ReleaseOnStart,
                        .attempt = static_cast<std::uint32_t>(event + 1),
                        .state = StoredCommandState::Issued,
                        .issued = start_.at};
  if (event == 0) { return command; }
  command.state = event % 2 == 1 ? StoredCommandState::Handed : StoredCommandState::Cancelled;
  command.handed = time;
  command.reference = fmt::format("runs/{}/\xC3\xBC", event);
  command.message = fmt::format("event {}", event);
  if (event % 2 == 0) {
    command.ended = time;
    command.stopped = time + std::chrono::milliseconds(1);
    command.succeeded = event % 4 == 0;
    command.context = fmt::format("{{\"N\":{}}}", event);
  }
  return command;
}

const ReleaseWrite& Writer::next() {
  if (writes_.empty()) {
    ReleaseWrite write = begin(0);
    write.start = start_;
    write.commands = {command(0, 0)};
    writes_.push_back(std::move(write));
    return writes_.back();
  }
  Event event{start_.at + std::chrono::seconds(sequence_ + 1), Suspended{kTicket}};
  if (sequence_ % 2 == 1) { event.what = Resumed{kTicket}; }
  return apply(event);
}

const ReleaseWrite& Writer::last() {
  ReleaseWrite first = next();
  writes_.pop_back();
  apply({start_.at + std::chrono::seconds(sequence_ + 1), Terminate{"the check ends"}});
  // Both events in one write.
  ReleaseWrite& write = writes_.back();
  write.entries.insert(write.entries.begin(), std::move(first.entries.front()));
  write.snapshot = value_of(release_->snapshot());
  write.give_up = true;
  return write;
}

const ReleaseWrite& Writer::apply(const Event& event) {
  if (const Result<void> applied = release_->apply(event); !applied) {
    throw std::runtime_error(applied.error().message);
  }
  StoredEntry entry{.sequence = ++sequence_,
                    .at = event.at,
                    .event = value_of(to_json(event)),
                    .trace = take_trace()};
  head_ = entry.hash = chain_hash(head_, entry.sequence, entry.at, entry.event);
  const std::int64_t now = std::chrono::milliseconds(event.at - start_.at).count();
  ReleaseWrite write = begin(now);
  write.entries.push_back(std::move(entry));
  write.commands = {command(now, sequence_)};
  if (sequence_ % kSnapshotInterval == 0) { write.snapshot = value_of(release_->snapshot()); }
  writes_.push_back(std::move(write));
  return writes_.back();
}

void Writer::take_over(std::string_view owner, std::uint64_t epoch) {
  owner_ = std::string(owner);
  epoch_ = epoch;
}

void Writer::write(Check& check, int count) {
  for (int i = 0; i < count; ++i) { check.need(commit(check.store(), next()), "a commit"); }
}

void Writer::write_last(Check& check) {
  check.need(commit(check.store(), last()), "the last commit of a release");
}

namespace {

/// What the store must say after some writes.
struct Expected {
  std::vector<StoredEntry> entries;
  std::map<Ticket, StoredCommand> commands;
  std::vector<std::pair<std::uint64_t, std::string>> snapshots;
};

Expected expected_of(const std::vector<ReleaseWrite>& writes, std::size_t count) {
  Expected expected;
  for (std::size_t i = 0; i < count; ++i) {
    const ReleaseWrite& write = writes[i];
    expected.entries.insert(expected.entries.end(), write.entries.begin(), write.entries.end());
    for (const StoredCommand& command : write.commands) {
      expected.commands.insert_or_assign(command.ticket, command);
    }
    if (write.snapshot) {
      expected.snapshots.emplace_back(expected.entries.size(), *write.snapshot);
    }
  }
  return expected;
}

void compare_entries(Check& check, std::string_view what, const std::vector<StoredEntry>& read,
                     const std::vector<StoredEntry>& written, std::size_t from) {
  const std::size_t count = written.size() - std::min(from, written.size());
  if (!check.expect_equal(fmt::format("{}: how many events", what), std::to_string(count),
                          std::to_string(read.size()))) {
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    check.expect_equal(what, text_of(written[from + i]), text_of(read[i]));
  }
}

void compare_history(Check& check, const std::string& id, const Expected& expected) {
  const std::vector<StoredEntry> entries =
      check.need(check.store().entries(id, 0, 10'000), "entries()");
  compare_entries(check, "entries()", entries, expected.entries, 0);
  const StoredHistory history = check.need(check.store().history(id, 0), "history()");
  const std::uint64_t from = expected.snapshots.empty() ? 0 : expected.snapshots.back().first;
  check.expect_equal("the last event in the newest snapshot", std::to_string(from),
                     std::to_string(history.snapshot_sequence));
  if (check.expect_equal("whether there is a snapshot", expected.snapshots.empty() ? "no" : "yes",
                         history.snapshot ? "yes" : "no") &&
      history.snapshot) {
    check.expect_equal("the newest snapshot", expected.snapshots.back().second, *history.snapshot);
  }
  compare_entries(check, "the events after the newest snapshot", history.entries, expected.entries,
                  from);
}

void check_chain(Check& check, const std::string& id) {
  const std::optional<HistoryProblem> broken =
      check.need(verify_history(check.store(), id), "walking the chain of hashes");
  check.expect(!broken, "the chain of hashes is broken: " + (broken ? broken->message : ""));
  const std::optional<HistoryProblem> other =
      check.need(replay_history(check.store(), id), "replaying the events");
  check.expect(!other, "replaying the events gives another trace: " +
                           (other ? other->message : std::string()));
}

}  // namespace

void Writer::compare(Check& check, std::size_t count) const {
  if (count == 0) {
    check.expect_refused(check.store().find(id_), ErrorCode::UnknownRelease,
                         "finding a release that was not stored");
    return;
  }
  const Expected expected = expected_of(writes_, count);
  const ReleaseWrite& last = writes_[count - 1];
  StoredRelease row = check.need(check.store().find(id_), "find()");
  // Who owns it is looked at by the checks of owners.
  row.owner.reset();
  const StoredRelease wanted{
      .id = id_,
      .flow_name = start_.flow_name,
      .fingerprint = start_.fingerprint,
      .info = start_.info,
      .status = last.status,
      .phase = last.phase,
      .created = start_.at,
      .updated = last.updated,
      .ended = is_final(last.status) ? std::optional(last.updated) : std::nullopt,
      .epoch = last.epoch,
      .sequence = expected.entries.size(),
      .head = last.head};
  check.expect_equal("the release", text_of(wanted), text_of(row));
  check.expect_equal("the start", text_of(start_),
                     text_of(check.need(check.store().start_of(id_), "start_of()")));
  const std::vector<StoredCommand> commands = check.need(check.store().commands(id_), "commands()");
  if (check.expect_equal("how many commands", std::to_string(expected.commands.size()),
                         std::to_string(commands.size()))) {
    auto read = commands.begin();
    for (const auto& [ticket, command] : expected.commands) {
      check.expect_equal("a command", text_of(command), text_of(*read++));
    }
  }
  compare_history(check, id_, expected);
  check_chain(check, id_);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance
