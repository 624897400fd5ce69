// SPDX-License-Identifier: Apache-2.0
// Records: made from the queue's items, and written as S5's lines.
#include "promoflow/record.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/guard.hpp"
#include "base/json_string.hpp"
#include "document/document.hpp"
#include "release/machine.hpp"
#include "release/record.hpp"

namespace promoflow {

std::string_view to_string(EnvironmentStatus status) noexcept {
  switch (status) {
    case EnvironmentStatus::Pending: return "Pending";
    case EnvironmentStatus::Running: return "Running";
    case EnvironmentStatus::Suspended: return "Suspended";
    case EnvironmentStatus::Successful: return "Successful";
    case EnvironmentStatus::Failed: return "Failed";
    case EnvironmentStatus::Terminated: return "Terminated";
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

/// What `make` makes, made where it is to stand: a command is large, and not worth a copy.
template <class Make>
struct Made {
  Make make;
  operator decltype(make())() const { return make(); }  // NOLINT(google-explicit-constructor)
};
template <class Make>
Made(Make) -> Made<Make>;

/// The command as anything that is made of its alternatives; `in_place` if it is optional.
template <class Result, class... InPlace>
Result command_as(const RawCommand& raw, const FlowData& flow, const DefaultArguments& defaults,
                  InPlace... in_place) {
  const bool of_release = raw.lane == flow.size();
  const Ticket ticket{raw.ticket};
  if (raw.stage == Stage::Working) {
    return Result(in_place..., std::in_place_type<Promote>, Made{[&] {
                    return Promote{ticket, EnvironmentId{raw.lane}, flow.names[raw.lane],
                                   raw.attempt, &flow.step(raw.lane).policy};
                  }});
  }
  const Hook& hook = flow.chains_of(raw.lane).of[chain_of(raw.stage)][raw.hook];
  const Context context(raw.context);
  return Result(
      in_place..., std::in_place_type<RunHook>, Made{[&] {
        return RunHook{
            .ticket = ticket,
            .hook = hook.name,
            .point = point_of(raw.stage, of_release),
            .environment = of_release ? std::nullopt : std::optional(EnvironmentId{raw.lane}),
            .environment_name = of_release ? std::string_view() : flow.names[raw.lane],
            .attempt = raw.attempt,
            .arguments = Arguments(&defaults, raw.failure, &hook, context),
            .context = context};
      }});
}

}  // namespace

Command to_command(const RawCommand& raw, const FlowData& flow, const DefaultArguments& defaults) {
  return command_as<Command>(raw, flow, defaults);
}

Record to_record(const Item& item, std::string_view text, bool has_text, const RawCommand& command,
                 const FlowData& flow, const DefaultArguments& defaults) {
  Record record{instant(item.at), Retry{}};
  const Ticket ticket{item.ticket};
  switch (item.kind) {
    case ItemKind::ReleaseStatus:
      record.what = ReleaseChanged{static_cast<ReleaseStatus>(item.status)};
      break;
    case ItemKind::EnvironmentStatus:
      record.what = EnvironmentChanged{EnvironmentId{item.ref}, flow.names[item.ref],
                                       static_cast<EnvironmentStatus>(item.status)};
      break;
    case ItemKind::Command: record.what = command_as<Record::What>(command, flow, defaults); break;
    case ItemKind::Cancel: record.what = Cancel{ticket}; break;
    case ItemKind::HookSucceeded:
      record.what = HookSucceeded{ticket, has_text ? std::optional(text) : std::nullopt};
      break;
    case ItemKind::HookFailed: record.what = HookFailed{ticket, text, std::nullopt}; break;
    case ItemKind::PromotionSucceeded: record.what = PromotionSucceeded{ticket}; break;
    case ItemKind::PromotionFailed: record.what = PromotionFailed{ticket, text}; break;
    case ItemKind::Suspended: record.what = Suspended{ticket}; break;
    case ItemKind::Resumed: record.what = Resumed{ticket}; break;
    case ItemKind::Terminate: record.what = Terminate{text}; break;
    case ItemKind::Retry: break;
  }
  return record;
}

RawCommand Machine::raw_command(const Slot& slot) const noexcept {
  RawCommand raw{slot.ticket, slot.lane, slot.hook, slot.attempt, slot.stage};
  if (slot.source != kNone32) {
    raw.context = sources_[slot.source].context.get();
    raw.failure = sources_[slot.source].failure.get();
  }
  return raw;
}

Record Machine::to_record(const Item& item) const noexcept {
  const bool has_text = item.ref != kNone32 && (item.kind >= ItemKind::HookSucceeded);
  const std::string_view text = has_text ? std::string_view(*texts_[item.ref]) : std::string_view();
  const RawCommand raw =
      item.kind == ItemKind::Command ? raw_command(slots_[item.ref]) : RawCommand{};
  return detail::to_record(item, text, has_text, raw, *data_, defaults_);
}

std::optional<Command> Machine::next_command() noexcept {
  Item item;
  if (!outbox_.take_command(item)) { return std::nullopt; }
  if (item.kind == ItemKind::Cancel) { return Cancel{Ticket{item.ticket}}; }
  return command_as<std::optional<Command>>(raw_command(hand_out(item.ref)), *data_, defaults_,
                                            std::in_place);
}

Command Machine::to_command(const Slot& slot) const noexcept {
  return detail::to_command(raw_command(slot), *data_, defaults_);
}

namespace {

/// Writes the members of one line, in S5's order.
struct LineWriter {
  std::string& out;

  void name(std::string_view event) const { fmt::format_to(it(), ",\"event\":\"{}\"", event); }
  void ticket(std::string_view event, Ticket ticket) const {
    name(event);
    fmt::format_to(it(), ",\"ticket\":{}", static_cast<std::uint64_t>(ticket));
  }
  void text(std::string_view key, std::string_view value) const {
    fmt::format_to(it(), ",\"{}\":", key);
    append_json_string(out, value);
  }
  void operator()(const ReleaseChanged& what) const {
    name("release");
    text("status", to_string(what.status));
  }
  void operator()(const EnvironmentChanged& what) const {
    name("environment");
    text("environment", what.environment_name);
    text("status", to_string(what.status));
  }
  void operator()(const RunHook& what) const {
    ticket("hook", what.ticket);
    text("hook", what.hook);
    text("point", to_string(what.point));
    if (what.environment) { text("environment", what.environment_name); }
    fmt::format_to(it(), ",\"attempt\":{},\"arguments\":{{", what.attempt);
    bool first = true;
    for (const Argument& argument : what.arguments) {
      out += first ? "" : ",";
      first = false;
      append_json_string(out, argument.name);
      out += ':';
      append_json_string(out, argument.value);
    }
    out += '}';
  }
  void operator()(const Promote& what) const {
    ticket("promote", what.ticket);
    text("environment", what.environment_name);
    fmt::format_to(it(), ",\"attempt\":{},\"policy\":{{", what.attempt);
    const std::size_t begin = out.size();
    const auto member = [&](std::string_view key, std::string_view value) {
      text(key, value);
      if (out[begin] == ',') { out.erase(begin, 1); }
    };
    if (what.policy->action) { member("action", to_string(*what.policy->action)); }
    if (what.policy->pre_action) { member("preAction", *what.policy->pre_action); }
    if (what.policy->post_action) { member("postAction", *what.policy->post_action); }
    out += '}';
  }
  void operator()(const Cancel& what) const { ticket("cancel", what.ticket); }
  void operator()(const HookSucceeded& what) const {
    ticket("hook-succeeded", what.ticket);
    if (what.context) { fmt::format_to(it(), ",\"context\":{}", *what.context); }
  }
  void operator()(const HookFailed& what) const {
    ticket("hook-failed", what.ticket);
    text("message", what.message);
  }
  void operator()(const PromotionSucceeded& what) const {
    ticket("promotion-succeeded", what.ticket);
  }
  void operator()(const PromotionFailed& what) const {
    ticket("promotion-failed", what.ticket);
    text("message", what.message);
  }
  void operator()(const Suspended& what) const { ticket("suspended", what.ticket); }
  void operator()(const Resumed& what) const { ticket("resumed", what.ticket); }
  void operator()(const Terminate& what) const {
    name("terminate");
    text("reason", what.reason);
  }
  void operator()(const Retry&) const { name("retry"); }
  void operator()(const Refused& what) const {
    name("refused");
    text("action", what.action);
    text("error", to_string(what.error));
  }

 private:
  std::back_insert_iterator<std::string> it() const { return std::back_inserter(out); }
};

}  // namespace

void append_record(std::string& out, const Record& record, Instant origin) {
  fmt::format_to(std::back_inserter(out), "{{\"t\":{}", (record.at - origin).count());
  std::visit(LineWriter{out}, record.what);
  out += '}';
}

}  // namespace detail

Result<std::string> to_json(const Record& record, Instant origin) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    std::string out;
    detail::append_record(out, record, origin);
    return out;
  });
}

}  // namespace promoflow
