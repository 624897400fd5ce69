// SPDX-License-Identifier: Apache-2.0
// R15, the writing half: docs/semantics.md says what each member means.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/json_writer.hpp"
#include "base/utf8.hpp"
#include "release/snapshot.hpp"

namespace promoflow::detail {

namespace {

void write_time(JsonWriter& json, Millis at) { at == kNever ? json.null() : json.number(at); }

void write_text(JsonWriter& json, const Text& text) { text ? json.text(*text) : json.null(); }

/// The states of the context that something still refers to, each once.
class ContextIndex {
 public:
  std::size_t add(const ContextData* context) {
    const auto [place, added] = index_.emplace(context, list_.size());
    if (added) { list_.push_back(context); }
    return place->second;
  }
  const std::vector<const ContextData*>& list() const noexcept { return list_; }

 private:
  std::unordered_map<const ContextData*, std::size_t> index_;
  std::vector<const ContextData*> list_;
};

/// `context` is null but for a hook that is outstanding.
void write_command(JsonWriter& json, const Slot& slot, const ContextData* context,
                   ContextIndex& contexts) {
  json.begin_object().key("ticket").number(slot.ticket).key("lane").number(slot.lane);
  json.key("hook").number(slot.hook).key("attempt").number(slot.attempt);
  json.key("retries").number(slot.retries).key("due");
  write_time(json, slot.due);
  json.key("suspended").boolean(slot.suspended);
  json.key("waiting").boolean(slot.state == SlotState::Waiting).key("context");
  context != nullptr ? json.number(contexts.add(context)) : json.null();
  json.end_object();
}

void write_trouble(JsonWriter& json, const Trouble& trouble) {
  json.begin_object().key("lane").number(trouble.lane);
  json.key("stage").number(static_cast<unsigned>(trouble.stage));
  json.key("hook").number(trouble.hook).key("attempt").number(trouble.attempt).key("message");
  write_text(json, trouble.message);
  json.key("onFailAttempts").begin_array();
  for (const std::uint32_t attempts : trouble.on_fail_attempts) { json.number(attempts); }
  json.end_array().end_object();
}

void write_context(JsonWriter& json, const ContextData& context) {
  json.begin_array();
  for (const ContextData::Entry& entry : context.entries) {
    json.begin_object().key("key").text(entry.key());
    json.key("value").raw(entry.json());
    json.key("ticket").number(static_cast<std::uint64_t>(entry.ticket)).key("environment");
    entry.environment == Writer::kRelease ? json.null() : json.number(entry.environment);
    json.end_object();
  }
  json.end_array();
}

/// What was exported may be any bytes; those that are no UTF-8 are written as hexadecimal digits.
void write_rejection(JsonWriter& json, const StoredRejection& rejection) {
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

}  // namespace

char Snapshots::letter_of(const Lane& lane) noexcept {
  const bool terminated = lane.get_status() == EnvironmentStatus::Terminated;
  switch (lane.stage) {
    case Stage::Waiting: return 'p';
    case Stage::Starting: return 's';
    case Stage::Working: return 'w';
    case Stage::Finishing: return 'f';
    case Stage::Done: return 'd';
    case Stage::Failing: return terminated ? 'y' : 'x';
    case Stage::Stopped: return terminated ? 'Y' : 'X';
  }
  return '?';  // GCOV_EXCL_LINE: behind a switch over all.
}

std::vector<const Slot*> Snapshots::waiting(const Machine& machine) {
  std::vector<const Slot*> slots;
  if (machine.waiting_ == 0) { return slots; }
  for (const Slot& slot : machine.slots_) {
    if (slot.state == SlotState::Waiting) { slots.push_back(&slot); }
  }
  std::sort(slots.begin(), slots.end(),
            [](const Slot* left, const Slot* right) { return left->ticket < right->ticket; });
  return slots;
}

std::string Snapshots::save(const Machine& machine) {
  std::string out;
  out.reserve(machine.lanes_.size() + 1024);
  JsonWriter json(out);
  json.begin_object().key("promoflow").text("snapshot").key("version").number(kSnapshotVersion);
  json.key("flow").text(machine.flow().name);
  json.key("fingerprint").text(fmt::format("{:016x}", machine.flow().fingerprint));
  const ReleaseInfo& info = machine.info_;
  json.key("release").begin_object().key("id").text(info.id).key("url").text(info.url);
  json.key("product").text(info.product).key("version").text(info.version);
  json.key("commitSha").text(info.commit_sha).end_object();
  json.key("now").number(machine.now_).key("deadline");
  write_time(json, machine.deadline_);
  json.key("status").number(static_cast<std::int32_t>(machine.status_));
  json.key("terminated").boolean(machine.terminated_);
  json.key("admitting").boolean(machine.admitting_).key("message");
  write_text(json, machine.message_);
  json.key("lastTicket").number(machine.last_ticket()).key("lanes");
  std::string letters;
  letters.reserve(machine.lanes_.size());
  for (const Lane& lane : machine.lanes_) { letters += letter_of(lane); }
  json.text(letters).key("troubles").begin_array();
  for (const Trouble& trouble : machine.troubles_) { write_trouble(json, trouble); }
  json.end_array();

  ContextIndex contexts;
  contexts.add(machine.context().get());
  json.key("commands").begin_array();
  for (const SlotIndex index : machine.window_) {
    if (index == kNone32) { continue; }
    const Slot& slot = machine.slots_[index];
    const bool is_hook = slot.source != kNone32;
    write_command(json, slot, is_hook ? machine.sources_[slot.source].context.get() : nullptr,
                  contexts);
  }
  for (const Slot* slot : waiting(machine)) { write_command(json, *slot, nullptr, contexts); }
  json.end_array().key("contexts").begin_array();
  for (const ContextData* context : contexts.list()) { write_context(json, *context); }
  json.end_array().key("conflicts").begin_array();
  for (const StoredConflict& conflict : machine.conflicts_) {
    json.begin_object().key("key").text(conflict.key);
    json.key("earlier").number(static_cast<std::uint64_t>(conflict.earlier));
    json.key("later").number(static_cast<std::uint64_t>(conflict.later)).end_object();
  }
  json.end_array().key("rejected").begin_array();
  for (const StoredRejection& rejection : machine.rejections_) { write_rejection(json, rejection); }
  json.end_array().key("cancelled").begin_array();
  machine.outbox_.each_cancel([&json](Millis, std::uint64_t ticket) { json.number(ticket); });
  json.end_array().end_object();
  return out;
}

}  // namespace promoflow::detail
