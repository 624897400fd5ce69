// SPDX-License-Identifier: Apache-2.0
// How a snapshot is written (R15): docs/snapshots.md says what each member means.
#include "release/snapshot.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/json_writer.hpp"
#include "base/utf8.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// A command takes about so many bytes.
constexpr std::size_t kCommandBytes = 160;

void write_time(JsonWriter& json, Millis at) { at == kNever ? json.null() : json.number(at); }

void write_text(JsonWriter& json, const Text& text) { text ? json.text(*text) : json.null(); }

/// `context` is the index of a hook's state of the context; only outstanding hooks have one.
void write_command(JsonWriter& json, const CommandSlot& slot, std::optional<std::size_t> context) {
  json.begin_object().key("ticket").number(slot.ticket).key("entity").number(slot.entity);
  json.key("hook").number(slot.hook).key("attempt").number(slot.attempt);
  json.key("retries").number(slot.retries).key("due");
  write_time(json, slot.due);
  json.key("waiting").boolean(slot.status == SlotStatus::AwaitingAttempt);
  json.key("soaking").boolean(slot.status == SlotStatus::Soaking);
  json.key("suspended").boolean(slot.suspended);
  json.key("room").number(static_cast<unsigned>(slot.room)).key("context");
  context ? json.number(*context) : json.null();
  json.end_object();
}

void write_commands(JsonWriter& json, const ReleaseState& state, const SavedStates& states) {
  json.key("commands").begin_array();
  state.commands.each_outstanding([&](const CommandSlot& slot, SlotIndex) {
    std::optional<std::size_t> context;
    if (slot.inputs != kNone32) {
      context = states.index_of(state.inputs[slot.inputs].context.get());
    }
    write_command(json, slot, context);
  });
  for (const SlotIndex slot : state.commands.waiting()) {
    write_command(json, state.commands[slot], std::nullopt);
  }
  json.end_array();
}

void write_stop_record(JsonWriter& json, const StopRecord& record) {
  json.begin_object().key("entity").number(record.entity);
  json.key("state").number(static_cast<unsigned>(record.state));
  json.key("hook").number(record.hook).key("attempt").number(record.attempt);
  json.key("soaked").number(record.soaked).key("message");
  write_text(json, record.message);
  json.key("onFailAttempts").begin_array();
  for (const std::uint32_t attempts : record.on_fail_attempts) { json.number(attempts); }
  json.end_array().end_object();
}

/// What was exported may be any bytes; those that are not UTF-8 are written as hexadecimal digits.
void write_rejection(JsonWriter& json, const Rejection& rejection) {
  json.begin_object().key("ticket").number(static_cast<std::uint64_t>(rejection.ticket));
  json.key("reason").text(rejection.reason);
  if (is_utf8(rejection.text)) {
    json.key("text").text(rejection.text);
  } else {
    std::string digits;
    for (const char byte : rejection.text) {
      fmt::format_to(std::back_inserter(digits), "{:02x}", static_cast<unsigned char>(byte));
    }
    json.key("bytes").text(digits);
  }
  json.end_object();
}

/// One letter for each state, and for the statuses that one state may have.
char letter_of(const EntityState& entity) noexcept {
  const bool terminated = entity.status() == EnvironmentStatus::Terminated;
  switch (entity.state) {
    case State::Pending: return 'p';
    case State::Starting: return 's';
    case State::Working: return 'w';
    case State::Soaking: return 'k';
    case State::Finishing: return 'f';
    case State::Done: return entity.status() == EnvironmentStatus::Skipped ? 'o' : 'd';
    case State::Failing: return terminated ? 'y' : 'x';
    case State::Stopped: return terminated ? 'Y' : 'X';
  }
  return '?';  // GCOV_EXCL_LINE: behind a switch over all.
}

}  // namespace

std::string save_snapshot(const Machine& machine) {
  const ReleaseState& state = machine.state();
  std::string out;
  out.reserve(state.entities.size() + kCommandBytes * state.commands.outstanding() + 1024);
  JsonWriter json(out);
  json.begin_object().key("promoflow").text("snapshot").key("version").number(kSnapshotVersion);
  json.key("flow").text(machine.flow().name);
  json.key("fingerprint").text(fmt::format("{:016x}", machine.flow().fingerprint));
  const ReleaseInfo& info = machine.info();
  json.key("release").begin_object().key("id").text(info.id).key("url").text(info.url);
  json.key("product").text(info.product).key("version").text(info.version);
  json.key("commitSha").text(info.commit_sha).end_object();
  json.key("now").number(state.now).key("deadline");
  write_time(json, state.deadline);
  json.key("status").number(static_cast<std::int32_t>(state.status));
  json.key("terminated").boolean(state.terminated).key("message");
  write_text(json, state.message);
  json.key("lastTicket").number(state.commands.last_ticket()).key("entities");
  std::string letters;
  letters.reserve(state.entities.size());
  for (EntityIndex e = 0; e < state.entities.size(); ++e) {
    letters += letter_of(state.entities[e]);
  }
  json.text(letters).key("stops").begin_array();
  for (const StopRecord& record : state.stops.list()) { write_stop_record(json, record); }
  json.end_array();

  std::vector<const ContextData*> used;
  state.commands.each_outstanding([&](const CommandSlot& slot, SlotIndex) {
    if (slot.inputs != kNone32) { used.push_back(state.inputs[slot.inputs].context.get()); }
  });
  const SavedStates states(state.context.state().get(), std::move(used));
  write_commands(json, state, states);
  json.key("context");
  state.context.save(json, states);
  json.key("conflicts").begin_array();
  for (const ContextNote& conflict : state.conflicts) {
    json.begin_object().key("key").text(conflict.key);
    json.key("earlier").number(static_cast<std::uint64_t>(conflict.earlier));
    json.key("later").number(static_cast<std::uint64_t>(conflict.later)).end_object();
  }
  json.end_array().key("rejected").begin_array();
  for (const Rejection& rejection : state.rejections) { write_rejection(json, rejection); }
  json.end_array().key("cancelled").begin_array();
  state.records.each_waiting([&json](const RecordItem& item) {
    if (item.kind == RecordKind::Cancel) { json.number(item.ticket); }
  });
  json.end_array().end_object();
  return out;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
