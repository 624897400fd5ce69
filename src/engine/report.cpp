// SPDX-License-Identifier: Apache-2.0
#include "engine/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "promoflow/engine.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

std::uint64_t number(Ticket ticket) { return static_cast<std::uint64_t>(ticket); }

/// Takes the tickets of `waiting` from what Release::describe() says, event by event: the tree of
/// nlohmann/json cannot be destroyed when memory is short.
class WaitingTickets {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit WaitingTickets(std::set<std::uint64_t>& out) : out_(&out) {}

  bool number_unsigned(number_unsigned_t value) {
    if (is_ticket_) { out_->insert(value); }
    return true;
  }
  bool key(const string_t& name) {
    if (depth_ == 1) { is_waiting_ = name == "waiting"; }
    is_ticket_ = is_waiting_ && depth_ == 3 && name == "ticket";
    return true;
  }
  bool start_object(std::size_t) { return enter(); }
  bool start_array(std::size_t) { return enter(); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(number_integer_t) { return true; }
  bool number_float(number_float_t, const string_t&) { return true; }
  bool string(const string_t&) { return true; }
  bool binary(const binary_t&) { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) {
    return false;
  }

 private:
  bool enter() {
    ++depth_;
    is_ticket_ = false;
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }

  std::set<std::uint64_t>* out_;
  int depth_ = 0;
  bool is_waiting_ = false;
  bool is_ticket_ = false;
};

/// Tickets whose next attempt waits for its time (R9).
Result<std::set<std::uint64_t>> tickets_that_wait(const Release& release) {
  std::set<std::uint64_t> tickets;
  const Result<std::string> text = release.describe();
  if (!text) { return tl::unexpected(text.error()); }
  WaitingTickets reader(tickets);
  nlohmann::json::sax_parse(*text, &reader);
  return tickets;
}

std::string_view state_of(const StoredCommand& row, const OutstandingCommand* outstanding,
                          bool waits) {
  switch (row.state) {
    case StoredCommandState::Issued:
    case StoredCommandState::Handed:
      if (outstanding != nullptr && outstanding->suspended) { return "suspended"; }
      if (row.state == StoredCommandState::Issued) { return "queued"; }
      return outstanding != nullptr && outstanding->queued ? "queued" : "running";
    case StoredCommandState::Ended:
      if (waits) { return "waiting"; }
      return row.succeeded == true ? "succeeded" : "failed";
    case StoredCommandState::Cancelled:  // What has timed out is cancelled, and has failed.
      if (waits) { return "waiting"; }
      return row.succeeded == false ? "failed" : "cancelled";
  }
  return "unknown";
}

void write_text_or_null(JsonWriter& json, std::string_view text) {
  if (text.empty()) {
    json.null();
  } else {
    json.text(text);
  }
}

void write_time_or_null(JsonWriter& json, const std::optional<Instant>& time) {
  if (time) {
    json.text(rfc3339(*time));
  } else {
    json.null();
  }
}

void write_environments(JsonWriter& json, const Release& release) {
  json.begin_array();
  for (std::uint32_t i = 0; i < release.flow().environment_count(); ++i) {
    const EnvironmentId id{i};
    const EnvironmentState state = release.environment(id);
    json.begin_object().key("name").text(release.flow().environment_name(id));
    json.key("status").text(to_string(state.status)).key("phase").text(state.phase);
    json.key("message").text(state.message).key("waitsFor").begin_array();
    for (const std::string& name : waits_for(release, id)) { json.text(name); }
    json.end_array().end_object();
  }
  json.end_array();
}

void write_command(JsonWriter& json, const CommandReport& command) {
  const StoredCommand& row = command.row;
  json.begin_object().key("ticket").number(number(row.ticket));
  if (!row.hook.empty()) { json.key("hook").text(row.hook); }
  if (row.environment) { json.key("environment").text(*row.environment); }
  if (!row.hook.empty()) { json.key("point").text(to_string(row.point)); }
  json.key("attempt").number(row.attempt).key("state").text(command.state);
  json.key("message").text(row.message).key("log");
  write_text_or_null(json, command.log);
  json.end_object();
}

void write_context(JsonWriter& json, const Release& release) {
  const Context context = release.context();
  json.key("context").begin_object();
  for (const ContextEntry entry : context) { json.key(entry.key).raw(entry.json); }
  json.end_object().key("contextWriters").begin_object();
  for (const ContextEntry entry : context) { json.key(entry.key).number(number(entry.writer)); }
  json.end_object().key("conflicts").begin_array();
  const auto conflicts = release.context_conflicts();
  if (!conflicts) { throw std::bad_alloc(); }  // A release has them; nothing else can be wrong.
  for (const ContextConflict& conflict : *conflicts) {
    json.begin_object().key("key").text(conflict.key);
    json.key("earlier").number(number(conflict.earlier));
    json.key("later").number(number(conflict.later)).end_object();
  }
  json.end_array();
}

}  // namespace

Result<ReleaseReport> read_report(Store& store, std::string_view release, const LogOf& log_of) {
  Result<StoredRelease> row = store.find(release);
  if (!row) { return tl::unexpected(std::move(row.error())); }
  Result<StoreStart> start = store.start_of(release);
  if (!start) { return tl::unexpected(std::move(start.error())); }
  Result<std::vector<StoredCommand>> rows = store.commands(release);
  if (!rows) { return tl::unexpected(std::move(rows.error())); }
  Result<LoadedRelease> loaded = load_release(store, release);
  if (!loaded) { return tl::unexpected(std::move(loaded.error())); }
  ReleaseReport report{std::move(*row), std::move(*start), std::move(loaded->release)};
  const auto outstanding = report.release.outstanding();
  if (!outstanding) { return tl::unexpected(outstanding.error()); }
  std::map<Ticket, const OutstandingCommand*> open;
  for (const OutstandingCommand& command : *outstanding) {
    open.emplace(std::visit([](const auto& what) { return what.ticket; }, command.command),
                 &command);
  }
  const Result<std::set<std::uint64_t>> waiting = tickets_that_wait(report.release);
  if (!waiting) { return tl::unexpected(waiting.error()); }
  for (StoredCommand& command : *rows) {
    const auto found = open.find(command.ticket);
    const std::string_view state = state_of(command, found == open.end() ? nullptr : found->second,
                                            waiting->contains(number(command.ticket)));
    std::string log = log_of ? log_of(report.start, command.ticket) : std::string();
    report.commands.push_back({std::move(command), state, std::move(log)});
  }
  return report;
}

std::optional<StoreOwner> Drivers::of(const StoredRelease& release) const {
  if (!release.owner) { return std::nullopt; }
  const LeaseCheck check(self_, wall_time(), EngineOptions{}.lease);
  return check.is_gone(*release.owner) ? std::nullopt : release.owner;
}

std::vector<std::string> waits_for(const Release& release, EnvironmentId environment) {
  std::vector<std::string> names;
  const auto reason = release.why_pending(environment);
  if (!reason) { return names; }
  for (const EnvironmentId id : reason->unmet) {
    names.emplace_back(release.flow().environment_name(id));
  }
  return names;
}

void write_row(JsonWriter& json, const StoredRelease& release, const Drivers& drivers) {
  json.key("id").text(release.id).key("flow").text(release.flow_name);
  json.key("status").text(to_string(release.status)).key("phase").text(release.phase);
  json.key("product").text(release.info.product).key("version").text(release.info.version);
  json.key("createdAt").text(rfc3339(release.created));
  json.key("updatedAt").text(rfc3339(release.updated)).key("owner");
  const std::optional<StoreOwner> owner = drivers.of(release);
  if (!owner) {
    json.null();
    return;
  }
  json.begin_object().key("host").text(owner->host).key("process").number(owner->process);
  json.key("since").text(rfc3339(owner->since));
  json.key("heartbeat").text(rfc3339(owner->heartbeat)).end_object();
}

void write_report(JsonWriter& json, const ReleaseReport& report) {
  json.key("message").text(report.release.message()).key("environments");
  write_environments(json, report.release);
  json.key("commands").begin_array();
  for (const CommandReport& command : report.commands) { write_command(json, command); }
  json.end_array();
  write_context(json, report.release);
}

void write_start(JsonWriter& json, const StoreStart& start) {
  json.begin_object().key("id").text(start.info.id).key("url").text(start.info.url);
  json.key("product").text(start.info.product).key("version").text(start.info.version);
  json.key("commitSha").text(start.info.commit_sha).key("flow").text(start.flow_name);
  json.key("manifest").text(start.manifest).key("at").text(rfc3339(start.at));
  json.key("libraryVersion").text(start.library_version).key("executor").text(start.executor);
  json.key("run").text(start.run).end_object();
}

void write_request(JsonWriter& json, const StoredRequest& request) {
  json.begin_object().key("id").number(request.id).key("release").text(request.release);
  json.key("event");
  if (StoredEvent::read(request.event)) {
    json.raw(request.event);
  } else {  // Somebody else wrote it.
    json.text(request.event);
  }
  json.key("by").text(request.by);
  json.key("askedAt").text(rfc3339(request.asked)).key("decidedAt");
  write_time_or_null(json, request.decided);
  json.key("applied").boolean(request.applied).key("message").text(request.message).end_object();
}

void write_problem(JsonWriter& json, const std::optional<HistoryProblem>& problem) {
  json.begin_object().key("fits").boolean(!problem);
  if (problem) {
    json.key("sequence").number(problem->sequence).key("message").text(problem->message);
    json.key("stored");
    write_text_or_null(json, problem->stored);
    json.key("replayed");
    write_text_or_null(json, problem->replayed);
  }
  json.end_object();
}

std::string rfc3339(Instant time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto at = static_cast<std::time_t>(seconds.time_since_epoch().count());
  std::tm parts{};
  gmtime_r(&at, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     (time - seconds).count());
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
