// SPDX-License-Identifier: Apache-2.0
// describe(): the state for people and dashboards.
#include "base/json_writer.hpp"
#include "base/utf8.hpp"
#include "release/snapshot.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

void write_unmet(JsonWriter& json, const Machine& machine, EntityIndex environment) {
  json.begin_array();
  for (const EnvironmentId dependency : machine.flow().dependencies[environment]) {
    const EntityState& on = machine.state().entities[index(dependency)];
    if (on.state == State::Done) { continue; }
    json.begin_object().key("environment").text(machine.flow().names[index(dependency)]);
    json.key("status").text(to_string(on.status())).end_object();
  }
  json.end_array();
}

void write_environment(JsonWriter& json, const Machine& machine, EntityIndex environment) {
  const EntityState& entity = machine.state().entities[environment];
  json.begin_object().key("name").text(machine.flow().names[environment]);
  json.key("status").text(to_string(entity.status()));
  json.key("phase").text(machine.phase(environment));
  json.key("message").text(machine.message(environment));
  if (entity.state == State::Pending) {  // Release::why_pending() says it down to the causes.
    json.key("pending").begin_object();
    json.key("block").text(to_string(machine.admission_block())).key("unmet");
    write_unmet(json, machine, environment);
    json.end_object();
  }
  json.end_object();
}

/// `slot` is the command's, or that of the attempt that waits in its place.
void write_command(JsonWriter& json, const Command& command, const CommandSlot& slot) {
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
  if (slot.room == Room::Queued) { json.key("queued").boolean(true); }
  if (slot.status == SlotStatus::AwaitingAttempt) {
    json.key("nextAttempt").number(slot.due);
  } else if (slot.status == SlotStatus::Soaking) {
    json.key("soaksUntil").number(slot.due);
  } else if (slot.due != kNever) {
    json.key("expires").number(slot.due);
  }
  json.end_object();
}

void write_context(JsonWriter& json, const Context& context) {
  json.begin_array();
  for (const ContextEntry entry : context) {
    json.begin_object().key("key").text(entry.key);
    json.key("value").raw(entry.json);
    json.key("ticket").number(static_cast<std::uint64_t>(entry.writer));
    json.key("shadowed").boolean(entry.shadowed).end_object();
  }
  json.end_array();
}

}  // namespace

std::string describe(const Machine& machine) {
  const FlowData& flow = machine.flow();
  const ReleaseState& state = machine.state();
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("release").begin_object();
  json.key("id").text(machine.info().id).key("flow").text(flow.name);
  json.key("status").text(to_string(state.status));
  json.key("phase").text(machine.phase(flow.size()));
  json.key("message").text(machine.message(flow.size()));
  json.key("now").number(state.now).key("nextTimer");
  const auto timer = machine.next_timer();
  timer ? json.number(millis(*timer)) : json.null();
  json.end_object().key("environments").begin_array();
  for (EntityIndex e = 0; e < flow.size(); ++e) { write_environment(json, machine, e); }
  json.end_array().key("outstanding").begin_array();
  state.commands.each_outstanding([&](const CommandSlot& slot, SlotIndex) {
    write_command(json, machine.to_command(slot), slot);
  });
  json.end_array().key("waiting").begin_array();
  for (const SlotIndex index : state.commands.waiting()) {
    const CommandSlot& slot = state.commands[index];
    CommandSlot next = slot;  // Described as the command that will be issued.
    next.inputs = slot.is_hook() ? state.inputs.current() : kNone32;
    write_command(json, machine.to_command(next), slot);
  }
  json.end_array().key("context");
  write_context(json, Context(state.context.state().get()));
  json.key("conflicts").begin_array();
  for (const ContextNote& conflict : state.conflicts) {
    json.begin_object().key("key").text(conflict.key);
    json.key("earlier").number(static_cast<std::uint64_t>(conflict.earlier));
    json.key("later").number(static_cast<std::uint64_t>(conflict.later)).end_object();
  }
  json.end_array().key("rejectedExports").begin_array();
  for (const Rejection& rejection : state.rejections) {
    json.begin_object().key("ticket").number(static_cast<std::uint64_t>(rejection.ticket));
    json.key("reason").text(rejection.reason);
    json.key("text").text(to_utf8(rejection.text)).end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
