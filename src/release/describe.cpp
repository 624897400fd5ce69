// SPDX-License-Identifier: Apache-2.0
// describe(): the state for people and dashboards.
#include "base/json_writer.hpp"
#include "flow/flow_data.hpp"
#include "release/snapshot.hpp"

namespace promoflow::detail {

namespace {

void write_command(JsonWriter& json, const Command& command, const Slot& slot) {
  json.begin_object().key("ticket").number(slot.ticket);
  if (const auto* hook = std::get_if<RunHook>(&command)) {
    json.key("kind").text("hook").key("hook").text(hook->hook);
    json.key("point").text(to_string(hook->point));
    if (hook->environment) { json.key("environment").text(hook->environment_name); }
  } else {
    const auto& promote = std::get<Promote>(command);
    json.key("kind").text("promotion").key("environment").text(promote.environment_name);
  }
  json.key("attempt").number(slot.attempt).key("suspended").boolean(slot.suspended);
  if (slot.state == SlotState::Waiting) {
    json.key("nextAttempt").number(slot.due);
  } else if (slot.due != kNever) {
    json.key("expires").number(slot.due);
  }
  json.end_object();
}

void write_context(JsonWriter& json, const ContextData& context) {
  json.begin_array();
  for (const ContextData::Entry& entry : context.entries) {
    json.begin_object().key("key").text(entry.key());
    json.key("value").raw(entry.json());
    json.key("ticket").number(static_cast<std::uint64_t>(entry.ticket));
    json.key("shadowed").boolean(entry.shadowed()).end_object();
  }
  json.end_array();
}

}  // namespace

std::string Snapshots::describe(const Machine& machine) {
  const FlowData& flow = machine.flow();
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("release").begin_object();
  json.key("id").text(machine.info_.id).key("flow").text(flow.name);
  json.key("status").text(to_string(machine.status_));
  json.key("phase").text(machine.phase(machine.release_lane()));
  json.key("message").text(machine.message(machine.release_lane()));
  json.key("now").number(machine.now_).key("nextTimer");
  const auto timer = machine.next_timer();
  timer ? json.number(millis(*timer)) : json.null();
  json.end_object().key("environments").begin_array();
  for (LaneIndex lane = 0; lane < flow.size(); ++lane) {
    json.begin_object().key("name").text(flow.names[lane]);
    json.key("status").text(to_string(machine.lanes_[lane].get_status()));
    json.key("phase").text(machine.phase(lane)).key("message").text(machine.message(lane));
    json.end_object();
  }
  json.end_array().key("outstanding").begin_array();
  for (const SlotIndex index : machine.window_) {
    if (index != kNone32) {
      const Slot& slot = machine.slots_[index];
      write_command(json, machine.to_command(slot), slot);
    }
  }
  json.end_array().key("waiting").begin_array();
  for (const Slot* slot : waiting(machine)) {
    Slot next = *slot;  // Described as the command that will be issued.
    next.source = machine.source_;
    write_command(json, machine.to_command(next), *slot);
  }
  json.end_array().key("context");
  write_context(json, *machine.context());
  json.key("conflicts").begin_array();
  for (const StoredConflict& conflict : machine.conflicts_) {
    json.begin_object().key("key").text(conflict.key);
    json.key("earlier").number(static_cast<std::uint64_t>(conflict.earlier));
    json.key("later").number(static_cast<std::uint64_t>(conflict.later)).end_object();
  }
  json.end_array().key("rejectedExports").begin_array();
  for (const StoredRejection& rejection : machine.rejections_) {
    json.begin_object().key("ticket").number(static_cast<std::uint64_t>(rejection.ticket));
    json.key("reason").text(rejection.reason).key("text").text(rejection.text).end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace promoflow::detail
