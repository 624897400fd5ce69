// SPDX-License-Identifier: Apache-2.0
// R15 for the context: how states are written as what each changed, and read again.
//
//     {"states":[{"set":[{"key":"A","value":1,"ticket":0,"environment":null}, ...]},
//                {"removed":["A"],"set":[...]}, ...],
//      "writes":[{"key":"A","live":[{"value":1,"ticket":3,"environment":2}, ...]}, ...]}
//
// The states are in the order of their ages, the current one last. Each is what the one before it
// becomes once keys are removed, and then others set: a key that is there keeps its place, a new
// one comes last. The first follows an empty state. So N states that differ in one key each have a
// size of O(N). Version 1 has whole states in an array, the current one first.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/json_string.hpp"
#include "context/context_builder.hpp"
#include "context/promotion_context.hpp"
#include "document/damage.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

void write_writer(JsonWriter& json, const Writer& writer) {
  json.key("ticket").number(static_cast<std::uint64_t>(writer.ticket)).key("environment");
  writer.environment == Writer::kRelease ? json.null() : json.number(writer.environment);
}

bool is_same(const Row& left, const Row& right) {
  if (left.entry == right.entry) { return true; }
  return left.writer().ticket == right.writer().ticket && left.json() == right.json();
}

/// What turns one state into a later one.
struct Difference {
  std::vector<Row> removed;
  std::vector<Row> set;
};

/// Keys that both states have are in the same order in both, and before those that only the later
/// one has: a key that is not at its turn was removed.
Difference difference(const ContextData& before, const ContextData& after) {
  Difference result;
  std::size_t place = 0;
  std::size_t at = 0;
  while (at < before.size()) {
    const bool aligned = !before.gaps && !after.gaps && place == at && at % kLeafRows == 0;
    if (aligned && at + kLeafRows <= std::min(before.size(), after.size())) {
      const auto position = static_cast<std::uint32_t>(at);
      if (&before.rows.leaf(position) == &after.rows.leaf(position)) {
        at += kLeafRows;
        place += kLeafRows;
        continue;
      }
    }
    const Row row = before[at++];
    if (place >= after.size() || after[place].key() != row.key()) {
      result.removed.push_back(row);
      continue;
    }
    const Row next = after[place++];
    if (!is_same(row, next)) { result.set.push_back(next); }
  }
  for (; place < after.size(); ++place) { result.set.push_back(after[place]); }
  return result;
}

void write_state(JsonWriter& json, const Difference& difference) {
  json.begin_object();
  if (!difference.removed.empty()) {
    json.key("removed").begin_array();
    for (const Row& row : difference.removed) { json.text(row.key()); }
    json.end_array();
  }
  json.key("set").begin_array();
  for (const Row& row : difference.set) {
    json.begin_object().key("key").text(row.key()).key("value").raw(row.json());
    write_writer(json, row.writer());
    json.end_object();
  }
  json.end_array().end_object();
}

void write_live(JsonWriter& json, std::string_view key,
                const std::vector<LiveWrites::Write>& live) {
  json.begin_object().key("key").text(key).key("live").begin_array();
  for (const LiveWrites::Write& write : live) {
    json.begin_object().key("value").raw(*write.json);
    write_writer(json, write.writer);
    json.end_object();
  }
  json.end_array().end_object();
}

/// What a member that is missing, or is something else, reads as is empty or zero, and the problem
/// is noted: see Damage.
class Reader {
 public:
  Reader(const Document& document, const ContextBounds& bounds, Damage& damage)
      : document_(&document), bounds_(bounds), damage_(&damage) {}

  /// The states as save() wrote them, the current one last.
  std::vector<PromotionContext::State> states(NodeId list) {
    std::vector<PromotionContext::State> states{ContextBuilder().build()};
    each(list, "states", [&](NodeId state) { states.push_back(changed(*states.back(), state)); });
    damage_->check(states.size() > 1, "'states' is empty");
    states.erase(states.begin());
    return states;
  }
  /// Whole states, as version 1 has them: the current one first, then from the oldest on.
  std::vector<PromotionContext::State> whole_states(NodeId list) {
    std::vector<PromotionContext::State> states;
    const std::uint64_t count = size_of(list);
    each(list, "contexts", [&](NodeId state) {
      ContextBuilder builder(states.empty() ? count : states.size());
      set(builder, state);
      states.push_back(builder.build());
    });
    damage_->check(!states.empty(), "'contexts' is empty");
    return states;
  }
  std::unique_ptr<LiveWrites::ByKey> writes(NodeId list) {
    auto writes = std::make_unique<LiveWrites::ByKey>();
    each(list, "writes", [&](NodeId at) {
      std::vector<LiveWrites::Write> live;
      each(member(at, "live"), "live", [&](NodeId write) {
        const Writer writer = writer_of(write);
        damage_->check(writer.environment != Writer::kRelease,
                       "a live write is not an environment's");
        live.push_back({writer, std::make_shared<const std::string>(json(member(write, "value")))});
      });
      damage_->check(!live.empty() && live.size() <= kLiveWritesMax,
                     "'live' has too few or many writes");
      const bool is_new = writes->emplace(text(member(at, "key")), std::move(live)).second;
      damage_->check(is_new, "'writes' has a key twice");
    });
    return writes;
  }
  NodeId member(NodeId object, std::string_view key) const {
    const NodeId found = object != kNoNode ? document_->find(object, key) : kNoNode;
    if (found == kNoNode) { damage_->note(fmt::format("member '{}' is missing", key)); }
    return found;
  }

 private:
  bool is(NodeId node, NodeKind kind) const {
    return node != kNoNode && document_->kind(node) == kind;
  }
  std::uint64_t size_of(NodeId list) const { return list != kNoNode ? (*document_)[list].size : 0; }
  PromotionContext::State changed(const ContextData& before, NodeId state) {
    const NodeId rows = member(state, "set");
    ContextBuilder builder(before, size_of(rows));
    if (const NodeId removed = document_->find(state, "removed"); removed != kNoNode) {
      each(removed, "removed", [&](NodeId key) {
        const std::uint32_t position = before.find(text(key));
        if (damage_->ensure(position != ContextData::kNoRow && !builder.data().is_removed(position),
                            "a key is removed that is not there")) {
          builder.remove(position);
        }
      });
    }
    set(builder, rows, &before);
    return builder.build();
  }

  /// Sets rows; no key twice.
  void set(ContextBuilder& builder, NodeId rows, const ContextData* before = nullptr) {
    std::unordered_set<std::string_view> keys;
    each(rows, "set", [&](NodeId at) {
      const std::string_view key = text(member(at, "key"));
      damage_->check(keys.insert(key).second, "a context has a key twice");
      const NodeId value = member(at, "value");
      const Writer writer = writer_of(at);
      if (damage_->found()) { return; }
      std::string member_text;
      append_json_string(member_text, key);
      member_text += ':';
      const auto offset = static_cast<std::uint32_t>(member_text.size());
      append_json(member_text, *document_, value);
      const bool is_string = document_->kind(value) == NodeKind::String;
      const std::string_view characters = document_->text(value);
      const NewRow row{member_text, offset, key, is_string ? &characters : nullptr, writer};
      const std::uint32_t position = before ? before->find(key) : ContextData::kNoRow;
      if (position == ContextData::kNoRow || builder.data().is_removed(position)) {
        builder.append(row);
      } else {
        builder.replace(position, row);
      }
    });
  }

  template <class Visit>
  void each(NodeId list, std::string_view name, const Visit& visit) const {
    if (!is(list, NodeKind::Sequence)) {
      damage_->note(fmt::format("'{}' is not an array", name));
      return;
    }
    for (NodeId at = document_->first(list); at != kNoNode; at = document_->next(at)) {
      visit(at);
      if (damage_->found()) { return; }
    }
  }
  std::string_view text(NodeId node) const {
    const bool is_text = damage_->ensure(is(node, NodeKind::String), "a key is not a string");
    return is_text ? document_->text(node) : std::string_view();
  }
  std::string json(NodeId node) const {
    std::string out;
    if (node != kNoNode) { append_json(out, *document_, node); }
    return out;
  }
  std::uint64_t number(NodeId node, std::uint64_t limit, std::string_view problem) const {
    const std::string_view digits = is(node, NodeKind::Integer) ? document_->text(node) : "";
    std::uint64_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return damage_->ensure(read.ec == std::errc() && value <= limit, problem) ? value : 0;
  }
  Writer writer_of(NodeId at) const {
    Writer writer;
    writer.ticket = Ticket{number(member(at, "ticket"), bounds_.last_ticket,
                                  "the ticket of a context's key is out of range")};
    const NodeId environment = member(at, "environment");
    if (!is(environment, NodeKind::Null) &&
        damage_->ensure(writer.ticket != Ticket{} && bounds_.environments > 0,
                        "the start of a release has no environment")) {
      writer.environment = static_cast<std::uint32_t>(
          number(environment, bounds_.environments - 1, "there is no such environment"));
    }
    return writer;
  }

  const Document* document_;
  ContextBounds bounds_;
  Damage* damage_;
};

}  // namespace

SavedStates::SavedStates(const ContextData* current, std::vector<const ContextData*> states)
    : list_(std::move(states)) {
  list_.push_back(current);
  std::sort(list_.begin(), list_.end(), [](const ContextData* left, const ContextData* right) {
    return left->serial < right->serial;
  });
  list_.erase(std::unique(list_.begin(), list_.end()), list_.end());
}

std::size_t SavedStates::index_of(const ContextData* state) const noexcept {
  const auto place = std::lower_bound(
      list_.begin(), list_.end(), state->serial,
      [](const ContextData* at, std::uint64_t serial) { return at->serial < serial; });
  return static_cast<std::size_t>(place - list_.begin());
}

void PromotionContext::save(JsonWriter& json, const SavedStates& states) const {
  const ContextData empty;
  const ContextData* before = &empty;
  json.begin_object().key("states").begin_array();
  for (const ContextData* const state : states.list()) {
    write_state(json, difference(*before, *state));
    before = state;
  }
  json.end_array().key("writes").begin_array();
  if (const auto* const lists = writes_.lists()) {
    for (const auto& [key, live] : *lists) { write_live(json, key, live); }
  }
  json.end_array().end_object();
}

std::string PromotionContext::restore(const Document& document, NodeId value,
                                      const ContextBounds& bounds, std::vector<State>& states) {
  Damage damage;
  Reader reader(document, bounds, damage);
  const bool version_1 = document.kind(value) == NodeKind::Sequence;
  std::vector<State> read =
      version_1 ? reader.whole_states(value) : reader.states(reader.member(value, "states"));
  if (damage.found()) { return damage.why(); }
  LiveWrites writes(version_1 ? nullptr : reader.writes(reader.member(value, "writes")));
  if (damage.found()) { return damage.why(); }
  state_ = version_1 ? read.front() : read.back();
  writes_ = std::move(writes);
  states = std::move(read);
  return {};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
