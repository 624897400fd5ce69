// SPDX-License-Identifier: Apache-2.0
// Records: made of the queue's items, and written as lines of a trace (S5).
#include "promoflow/record.hpp"

#include <limits>

#include "base/guard.hpp"
#include "base/json_writer.hpp"
#include "release/machine.hpp"
#include "release/record.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

std::string_view to_string(EnvironmentStatus status) noexcept {
  switch (status) {
    case EnvironmentStatus::Pending: return "Pending";
    case EnvironmentStatus::Running: return "Running";
    case EnvironmentStatus::Suspended: return "Suspended";
    case EnvironmentStatus::Successful: return "Successful";
    case EnvironmentStatus::Failed: return "Failed";
    case EnvironmentStatus::Terminated: return "Terminated";
    case EnvironmentStatus::Skipped: return "Skipped";
  }
  return "unknown";  // GCOV_EXCL_LINE: behind a switch over all.
}

std::string_view to_string(ReleaseStatus status) noexcept {
  switch (status) {
    case ReleaseStatus::Running: return "Running";
    case ReleaseStatus::Suspended: return "Suspended";
    case ReleaseStatus::Terminating: return "Terminating";
    case ReleaseStatus::Succeeded: return "Succeeded";
    case ReleaseStatus::Failed: return "Failed";
    case ReleaseStatus::Terminated: return "Terminated";
  }
  return "unknown";  // GCOV_EXCL_LINE: behind a switch over all.
}

bool is_final(ReleaseStatus status) noexcept {
  return status == ReleaseStatus::Succeeded || status == ReleaseStatus::Failed ||
         status == ReleaseStatus::Terminated;
}

namespace detail {

namespace {

/// The result of a call, constructed where it is to be: a command is large, and not worth a copy.
template <class Make>
struct InPlace {
  Make make;
  operator decltype(make())() const { return make(); }  // NOLINT(google-explicit-constructor)
};
template <class Make>
InPlace(Make) -> InPlace<Make>;

/// The command as anything that is constructed from its alternatives; `in_place` if it is optional.
template <class Result, class... Tags>
Result command_as(const RawCommand& raw, const FlowData& flow, const DefaultArguments& defaults,
                  Tags... in_place) {
  const bool of_release = raw.entity == flow.size();
  const Ticket ticket{raw.ticket};
  if (raw.state == State::Working) {
    return Result(in_place..., std::in_place_type<Promote>, InPlace{[&] {
                    return Promote{ticket, EnvironmentId{raw.entity}, flow.names[raw.entity],
                                   raw.attempt, &flow.step(raw.entity).policy};
                  }});
  }
  const Hook& hook = flow.chains_of(raw.entity).of[chain_of(raw.state)][raw.hook];
  const Context context(raw.context);
  return Result(
      in_place..., std::in_place_type<RunHook>, InPlace{[&] {
        return RunHook{
            .ticket = ticket,
            .hook = hook.name,
            .point = point_of(raw.state, of_release),
            .environment = of_release ? std::nullopt : std::optional(EnvironmentId{raw.entity}),
            .environment_name = of_release ? std::string_view() : flow.names[raw.entity],
            .attempt = raw.attempt,
            .arguments = Arguments(&defaults, raw.failure, &hook, context),
            .context = context};
      }});
}

}  // namespace

Command to_command(const RawCommand& raw, const FlowData& flow, const DefaultArguments& defaults) {
  return command_as<Command>(raw, flow, defaults);
}

namespace {

Record::What operator_event(RecordKind kind, const OperatorRequest& request) {
  if (kind == RecordKind::Terminate) {
    return Terminate{request.reason, request.force, request.by};
  }
  if (kind == RecordKind::Skip) { return Skip{request.environment, request.reason, request.by}; }
  Retry retry;
  retry.by = request.by;
  if (request.has_environments) {
    retry.environments = std::span<const std::string_view>(request.environment_views);
  }
  return retry;
}

}  // namespace

Record to_record(const RecordItem& item, const RecordReference& reference, const FlowData& flow,
                 const DefaultArguments& defaults) {
  Record record{instant(item.at), Soaked{Ticket{item.ticket}}};
  const Ticket ticket{item.ticket};
  const std::string_view text =
      reference.text != nullptr ? std::string_view(*reference.text) : std::string_view();
  switch (item.kind) {
    case RecordKind::ReleaseStatus:
      record.what = ReleaseChanged{static_cast<ReleaseStatus>(item.status)};
      break;
    case RecordKind::EnvironmentStatus:
      record.what = EnvironmentChanged{EnvironmentId{item.ref}, flow.names[item.ref],
                                       static_cast<EnvironmentStatus>(item.status)};
      break;
    case RecordKind::Command:
      record.what = command_as<Record::What>(reference.command, flow, defaults);
      break;
    case RecordKind::Cancel: record.what = Cancel{ticket}; break;
    case RecordKind::HookSucceeded:
      record.what =
          HookSucceeded{ticket, reference.text != nullptr ? std::optional(text) : std::nullopt};
      break;
    case RecordKind::HookFailed: record.what = HookFailed{ticket, text, std::nullopt}; break;
    case RecordKind::PromotionSucceeded: record.what = PromotionSucceeded{ticket}; break;
    case RecordKind::PromotionFailed: record.what = PromotionFailed{ticket, text}; break;
    case RecordKind::Suspended: record.what = Suspended{ticket}; break;
    case RecordKind::Resumed:
      record.what =
          Resumed{ticket, reference.request != nullptr ? std::string_view(reference.request->by)
                                                       : std::string_view()};
      break;
    case RecordKind::Terminate:
    case RecordKind::Retry:
    case RecordKind::Skip: record.what = operator_event(item.kind, *reference.request); break;
    case RecordKind::Queued: record.what = Queued{ticket}; break;
    case RecordKind::Started: record.what = Started{ticket}; break;
    case RecordKind::Soaked: break;
    case RecordKind::Conflict:
      record.what = ContextConflict{reference.conflict->key, reference.conflict->earlier,
                                    reference.conflict->later};
      break;
    case RecordKind::Shadowed: record.what = KeyShadowed{text, ticket}; break;
  }
  return record;
}

RawCommand Machine::raw_command(const CommandSlot& slot) const noexcept {
  RawCommand raw{slot.ticket, slot.entity, slot.hook, slot.attempt, slot.state};
  if (slot.inputs != kNone32) {
    raw.context = state_.inputs[slot.inputs].context.get();
    raw.failure = state_.inputs[slot.inputs].failure.get();
  }
  return raw;
}

Record Machine::to_record(const RecordItem& item) const noexcept {
  RecordReference reference;
  if (item.kind == RecordKind::Command) {
    reference.command = raw_command(state_.commands[item.ref]);
  } else if (item.ref != kNone32) {
    if (refers_to_text(item.kind)) { reference.text = state_.records.text(item.ref).get(); }
    if (refers_to_request(item.kind)) {
      reference.request = state_.records.request(item.ref).get();
    }
    if (item.kind == RecordKind::Conflict) { reference.conflict = &state_.conflicts[item.ref]; }
  }
  return detail::to_record(item, reference, *data_, defaults_);
}

std::optional<Command> Machine::next_command() noexcept {
  const RecordItem* const item = state_.records.take_command();
  if (item == nullptr) { return std::nullopt; }
  if (item->kind == RecordKind::Cancel) { return Cancel{Ticket{item->ticket}}; }
  state_.commands.take(item->ref);
  return command_as<std::optional<Command>>(raw_command(state_.commands[item->ref]), *data_,
                                            defaults_, std::in_place);
}

Command Machine::to_command(const CommandSlot& slot) const noexcept {
  return detail::to_command(raw_command(slot), *data_, defaults_);
}

namespace {

/// Writes the members of one line, in S5's order.
struct LineWriter {
  JsonWriter& json;

  void ticket(std::string_view event, Ticket ticket) const {
    json.key("event").text(event).key("ticket").number(static_cast<std::uint64_t>(ticket));
  }
  void by(std::string_view who) const {
    if (!who.empty()) { json.key("by").text(who); }
  }
  void operator()(const ReleaseChanged& what) const {
    json.key("event").text("release").key("status").text(to_string(what.status));
  }
  void operator()(const EnvironmentChanged& what) const {
    json.key("event").text("environment").key("environment").text(what.environment_name);
    json.key("status").text(to_string(what.status));
  }
  void operator()(const RunHook& what) const {
    ticket("hook", what.ticket);
    json.key("hook").text(what.hook).key("point").text(to_string(what.point));
    if (what.environment) { json.key("environment").text(what.environment_name); }
    json.key("attempt").number(what.attempt).key("arguments").begin_object();
    for (const Argument& argument : what.arguments) {
      json.key(argument.name).text(argument.value);
    }
    json.end_object();
  }
  void operator()(const Promote& what) const {
    ticket("promote", what.ticket);
    json.key("environment").text(what.environment_name);
    json.key("attempt").number(what.attempt).key("policy").begin_object();
    if (what.policy->action) { json.key("action").text(to_string(*what.policy->action)); }
    if (what.policy->pre_action) { json.key("preAction").text(*what.policy->pre_action); }
    if (what.policy->post_action) { json.key("postAction").text(*what.policy->post_action); }
    json.end_object();
  }
  void operator()(const Cancel& what) const { ticket("cancel", what.ticket); }
  void operator()(const HookSucceeded& what) const {
    ticket("hook-succeeded", what.ticket);
    if (what.context) { json.key("context").raw(*what.context); }
  }
  void operator()(const HookFailed& what) const {
    ticket("hook-failed", what.ticket);
    json.key("message").text(what.message);
  }
  void operator()(const PromotionSucceeded& what) const {
    ticket("promotion-succeeded", what.ticket);
  }
  void operator()(const PromotionFailed& what) const {
    ticket("promotion-failed", what.ticket);
    json.key("message").text(what.message);
  }
  void operator()(const Suspended& what) const { ticket("suspended", what.ticket); }
  void operator()(const Resumed& what) const {
    ticket("resumed", what.ticket);
    by(what.by);
  }
  void operator()(const Terminate& what) const {
    json.key("event").text("terminate").key("reason").text(what.reason);
    if (what.force) { json.key("force").boolean(true); }
    by(what.by);
  }
  void operator()(const Retry& what) const {
    json.key("event").text("retry");
    if (what.environments) {
      json.key("environments").begin_array();
      for (const std::string_view environment : *what.environments) { json.text(environment); }
      json.end_array();
    }
    by(what.by);
  }
  void operator()(const Skip& what) const {
    json.key("event").text("skip").key("environment").text(what.environment);
    if (!what.reason.empty()) { json.key("reason").text(what.reason); }
    by(what.by);
  }
  void operator()(const Queued& what) const { ticket("queued", what.ticket); }
  void operator()(const Started& what) const { ticket("started", what.ticket); }
  void operator()(const Soaked& what) const { ticket("soaked", what.ticket); }
  void operator()(const ContextConflict& what) const {
    json.key("event").text("conflict").key("key").text(what.key);
    json.key("earlier").number(static_cast<std::uint64_t>(what.earlier));
    json.key("later").number(static_cast<std::uint64_t>(what.later));
  }
  void operator()(const KeyShadowed& what) const {
    json.key("event").text("shadowed").key("key").text(what.key);
    json.key("ticket").number(static_cast<std::uint64_t>(what.ticket));
  }
  void operator()(const Refused& what) const {
    json.key("event").text("refused").key("action").text(what.action);
    json.key("error").text(to_string(what.error));
    by(what.by);
  }
};

}  // namespace

namespace {

/// Milliseconds from one instant to another; times that are too far apart: the largest there are.
std::int64_t between(Instant from, Instant to) {
  const Millis start = millis(from);
  const Millis end = millis(to);
  using Limits = std::numeric_limits<Millis>;
  if (start < 0 && end > Limits::max() + start) { return Limits::max(); }
  if (start > 0 && end < Limits::min() + start) { return Limits::min(); }
  return end - start;
}

}  // namespace

void append_record(std::string& out, const Record& record, Instant origin) {
  JsonWriter json(out);
  json.begin_object().key("t").number(between(origin, record.at));
  std::visit(LineWriter{json}, record.what);
  json.end_object();
}

}  // namespace detail

Result<std::string> to_json(const Record& record, Instant origin) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    std::string out;
    detail::append_record(out, record, origin);
    return out;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
