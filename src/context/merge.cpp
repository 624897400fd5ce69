// SPDX-License-Identifier: Apache-2.0
// C1 to C6: what may be exported, and how it is merged into the next state of the context.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "context/context_data.hpp"
#include "context/default_names.hpp"
#include "flow/flow_data.hpp"
#include "flow/graph.hpp"

namespace promoflow::detail {

namespace {

/// Members beyond which a mapping is looked through by hash.
constexpr std::size_t kMembersLinearMax = 16;

std::uint32_t offset_in(const std::string& bytes) {
  return static_cast<std::uint32_t>(bytes.size());
}

/// A mapping's members by key, for the merging of large ones in linear time.
class Members {
 public:
  Members(const Document& document, NodeId mapping) : document_(&document), mapping_(mapping) {
    if (document[mapping].size / 2 > kMembersLinearMax) {
      for (NodeId key = document.first(mapping); key != kNoNode;) {
        const NodeId value = document.next(key);
        by_key_.emplace(document.text(key), value);
        key = document.next(value);
      }
    }
  }
  NodeId find(std::string_view key) const {
    if (by_key_.empty()) { return document_->find(mapping_, key); }
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? kNoNode : found->second;
  }

 private:
  const Document* document_;
  NodeId mapping_;
  std::unordered_map<std::string_view, NodeId> by_key_;
};

/// A place in a document; no place: there is nothing.
struct Value {
  const Document* document = nullptr;
  NodeId node = kNoNode;

  bool is_mapping() const { return node != kNoNode && document->kind(node) == NodeKind::Mapping; }
};

void append_member(std::string& out, std::size_t begin, std::string_view key) {
  if (out.size() > begin) { out += ','; }
  append_json_string(out, key);
  out += ':';
}

/// RFC 7396: the target with the patch merged into it, as text. Depth is bounded by C4.
void append_merged(std::string& out, Value target, Value patch) {
  if (!patch.is_mapping()) {
    append_json(out, *patch.document, patch.node);
    return;
  }
  out += '{';
  const std::size_t begin = out.size();
  const Members patched(*patch.document, patch.node);
  if (target.is_mapping()) {
    for (NodeId key = target.document->first(target.node); key != kNoNode;) {
      const NodeId value = target.document->next(key);
      const std::string_view name = target.document->text(key);
      const NodeId change = patched.find(name);
      if (change == kNoNode) {
        append_member(out, begin, name);
        append_json(out, *target.document, value);
      } else if (patch.document->kind(change) != NodeKind::Null) {
        append_member(out, begin, name);
        append_merged(out, {target.document, value}, {patch.document, change});
      }
      key = target.document->next(value);
    }
  }
  const bool has_target = target.is_mapping();
  const Members old =
      has_target ? Members(*target.document, target.node) : Members(*patch.document, patch.node);
  for (NodeId key = patch.document->first(patch.node); key != kNoNode;) {
    const NodeId value = patch.document->next(key);
    const std::string_view name = patch.document->text(key);
    const bool is_new = !has_target || old.find(name) == kNoNode;
    if (is_new && patch.document->kind(value) != NodeKind::Null) {
      append_member(out, begin, name);
      append_merged(out, {}, {patch.document, value});
    }
    key = patch.document->next(value);
  }
  out += '}';
}

using Entry = ContextData::Entry;

/// Where a string's characters are: within its JSON text, or appended if that has escapes.
ContextData::Span place_text(ContextData& data, ContextData::Span json, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  if (json.size == size + 2) { return {json.offset + 1, size}; }
  const std::uint32_t offset = offset_in(data.bytes);
  data.bytes += text;
  return {offset, size};
}

/// Appends an entry in three steps: its key, then `"key":` and the value as JSON text is appended
/// by the caller, then the rest.
class EntryWriter {
 public:
  EntryWriter(ContextData& data, std::string_view key, Writer writer) : data_(&data), key_(key) {
    entry_.begin = offset_in(data.bytes);
    entry_.writer = writer;
    entry_.shadowed = is_default_name(key);
  }
  /// The key stands there as JSON text.
  void begin_value() {
    entry_.key = {entry_.begin, offset_in(data_->bytes) - entry_.begin};
    data_->bytes += ':';
    entry_.json.offset = offset_in(data_->bytes);
  }
  /// The value does; `text` are the characters of a string, else null.
  void end(const std::string_view* text) {
    entry_.json.size = offset_in(data_->bytes) - entry_.json.offset;
    data_->bytes += ',';
    entry_.key = place_text(*data_, entry_.key, key_);
    entry_.text = text == nullptr ? entry_.json : place_text(*data_, entry_.json, *text);
    data_->entries.push_back(entry_);
  }

 private:
  ContextData* data_;
  std::string_view key_;
  Entry entry_{};
};

/// The same for a member of a compact text: it stands there as it is to be kept.
void append_compact(ContextData& data, const Document& patch, NodeId key, NodeId value,
                    Writer writer) {
  const auto quoted = [&patch](NodeId string) { return patch[string].text - 1; };
  const NodeId behind = patch.next(value);
  const std::uint32_t begin = quoted(key);
  const std::uint32_t size = (behind != kNoNode ? quoted(behind) : patch.literal) - begin;
  const std::uint32_t key_size = patch[key].size;
  const std::uint32_t placed = offset_in(data.bytes);
  data.bytes.append(patch.texts, begin, size);
  data.bytes.back() = ',';  // Or the bracket that closes the object.

  Entry& entry = data.entries.emplace_back();
  entry.begin = placed;
  entry.writer = writer;
  entry.shadowed = is_default_name(patch.text(key));
  entry.key = {placed + 1, key_size};
  entry.json = {placed + key_size + 3, size - key_size - 4};
  const bool is_string = patch.kind(value) == NodeKind::String;
  entry.text = {entry.json.offset + (is_string ? 1 : 0), entry.json.size - (is_string ? 2 : 0)};
}

void append_value(ContextData& data, const Document& patch, NodeId key, NodeId value,
                  Writer writer) {
  if (patch.compact) { return append_compact(data, patch, key, value, writer); }
  EntryWriter entry(data, patch.text(key), writer);
  append_json(data.bytes, patch, key);
  entry.begin_value();
  append_json(data.bytes, patch, value);
  const std::string_view text = patch.text(value);
  entry.end(patch.kind(value) == NodeKind::String ? &text : nullptr);
}

/// Copies entries that follow one another: their bytes do so, too.
void copy_run(ContextData& data, const ContextData& from, std::size_t first, std::size_t end) {
  if (first == end) { return; }
  const std::uint32_t begin = from.entries[first].begin;
  const std::uint32_t behind =
      end == from.entries.size() ? offset_in(from.bytes) : from.entries[end].begin;
  const std::uint32_t shift = offset_in(data.bytes) - begin;  // Modulo 2^32, as the sums are.
  data.bytes.append(from.bytes, begin, behind - begin);
  const auto entries = from.entries.begin();
  const std::size_t copied = data.entries.size();
  data.entries.insert(data.entries.end(), entries + static_cast<std::ptrdiff_t>(first),
                      entries + static_cast<std::ptrdiff_t>(end));
  for (std::size_t i = copied; shift != 0 && i < data.entries.size(); ++i) {
    Entry& copy = data.entries[i];
    copy.begin += shift;
    copy.json.offset += shift;
    copy.text.offset += shift;
    copy.key.offset += shift;
  }
}

/// Makes the arrays that are read: the order by key, unless it is known, and the arguments.
void complete(ContextData& data, const std::vector<std::uint32_t>* sorted = nullptr) {
  const char* const bytes = data.bytes.data();
  data.handed.reserve(data.entries.size());
  for (const Entry& entry : data.entries) {
    if (entry.shadowed) { continue; }
    data.handed.push_back(
        {{bytes + entry.key.offset, entry.key.size}, {bytes + entry.text.offset, entry.text.size}});
  }
  if (sorted != nullptr) {
    data.sorted = *sorted;
    return;
  }
  data.sorted.resize(data.entries.size());
  std::iota(data.sorted.begin(), data.sorted.end(), 0U);
  std::sort(data.sorted.begin(), data.sorted.end(), [&](std::uint32_t a, std::uint32_t b) {
    return data.view(data.entries[a].key) < data.view(data.entries[b].key);
  });
}

/// Appends an object patched into the standing value of its key.
void append_deep(ContextData& data, const ContextData& before, const Entry* standing,
                 const Document& patch, NodeId key, NodeId value, Writer writer) {
  Document old;
  Value target;
  if (standing != nullptr && before.view(standing->json).starts_with('{')) {
    std::vector<Diagnostic> none;
    ReadOptions options{.format = TextFormat::Json, .limits = {}};
    options.limits.depth_max = kContextDepthMax + 1;
    options.limits.name_bytes_max = options.limits.text_bytes_max;
    read_document(before.view(standing->json), options, old, none, DuplicateKeys::LastWins);
    target = {&old, old.roots.empty() ? kNoNode : old.roots.front()};
  }
  EntryWriter entry(data, patch.text(key), writer);
  append_json(data.bytes, patch, key);
  entry.begin_value();
  append_merged(data.bytes, target, {&patch, value});
  entry.end(nullptr);
}

/// C5: the standing value and the new one come from environments that know nothing of each other.
bool conflicts_with(const FlowData& flow, const Writer& earlier, const Writer& later) {
  return earlier.environment != Writer::kRelease && later.environment != Writer::kRelease &&
         earlier.environment != later.environment &&
         !reaches(flow.dependencies, flow.levels, EnvironmentId{later.environment},
                  EnvironmentId{earlier.environment}) &&
         !reaches(flow.dependencies, flow.levels, EnvironmentId{earlier.environment},
                  EnvironmentId{later.environment});
}

constexpr std::uint32_t kNewEntry = 0xFFFFFFFF;

/// A key of a patch, and the entry that it changes.
struct Change {
  std::uint32_t entry = kNewEntry;
  NodeId key = kNoNode;
};

/// Values go where their keys stand; new ones come last, in the order of the patch. Hooks tend to
/// export the same keys in the same order: the entry behind the one before is tried first.
std::vector<Change> find_changes(const ContextData& before, const Document& patch) {
  std::vector<Change> changes;
  changes.reserve(patch[patch.roots[0]].size / 2);
  const Entry* const entries = before.entries.data();
  const Entry* const end = entries + before.entries.size();
  const Entry* likely = end;
  for (NodeId key = patch.first(patch.roots[0]); key != kNoNode;
       key = patch.next(patch.next(key))) {
    const std::string_view name = patch.text(key);
    const bool found = likely != end && before.view(likely->key) == name;
    const Entry* const entry = found ? likely : before.find(name);
    changes.push_back(
        {entry == nullptr ? kNewEntry : static_cast<std::uint32_t>(entry - entries), key});
    likely = entry == nullptr ? end : entry + 1;
  }
  const auto before_it = [](const Change& a, const Change& b) { return a.entry < b.entry; };
  if (!std::is_sorted(changes.begin(), changes.end(), before_it)) {
    std::stable_sort(changes.begin(), changes.end(), before_it);
  }
  return changes;
}

}  // namespace

std::string read_context(std::string_view text, Document& document) {
  if (text.size() > kContextBytesMax) { return "larger than 1 MiB"; }
  if (read_plain_json(text, kContextDepthMax, document)) { return {}; }
  ReadOptions options{.format = TextFormat::Json, .limits = {}};
  options.limits.depth_max = kContextDepthMax;
  options.limits.name_bytes_max = kContextBytesMax;
  std::vector<Diagnostic> problems;
  read_document(text, options, document, problems, DuplicateKeys::LastWins);
  if (!problems.empty()) {
    const Diagnostic& problem = problems.front();
    return problem.code == DiagnosticCode::LimitExceeded
               ? "nested deeper than 64 levels"
               : fmt::format("not valid JSON (line {}, column {})", problem.line, problem.column);
  }
  if (document.roots.size() != 1 || document.kind(document.roots[0]) != NodeKind::Mapping) {
    return "not a JSON object";
  }
  return {};
}

std::shared_ptr<const ContextData> first_context(const Document& document) {
  auto data = std::make_shared<ContextData>();
  if (!document.roots.empty()) {
    for (NodeId key = document.first(document.roots[0]); key != kNoNode;) {
      const NodeId value = document.next(key);
      append_value(*data, document, key, value, {Ticket{}, Writer::kRelease});
      key = document.next(value);
    }
  }
  complete(*data);
  return data;
}

std::shared_ptr<const ContextData> merge_context(const ContextData& before, const Document& patch,
                                                 ContextMerge merge, Writer writer,
                                                 const FlowData& flow,
                                                 std::vector<StoredConflict>& conflicts) {
  const NodeId root = patch.roots[0];
  const bool deep = merge == ContextMerge::Deep;
  auto data = std::make_shared<ContextData>();
  data->entries.reserve(before.entries.size() + patch[root].size / 2);
  data->bytes.reserve(before.bytes.size() + patch.texts.size() + 16);

  const std::vector<Change> changes = find_changes(before, patch);
  const auto write = [&](NodeId key, const Entry* standing) {
    const NodeId value = patch.next(key);
    const NodeKind kind = patch.kind(value);
    if (deep && kind == NodeKind::Mapping) {
      append_deep(*data, before, standing, patch, key, value, writer);
    } else if (!deep || kind != NodeKind::Null) {
      append_value(*data, patch, key, value, writer);
    } else {
      return standing != nullptr;  // Removed.
    }
    return standing != nullptr &&
           data->view(data->entries.back().json) != before.view(standing->json);
  };
  std::size_t copied = 0;
  auto change = changes.begin();
  for (; change != changes.end() && change->entry != kNewEntry; ++change) {
    copy_run(*data, before, copied, change->entry);
    copied = std::size_t{change->entry} + 1;
    const Entry& standing = before.entries[change->entry];
    if (write(change->key, &standing) && conflicts_with(flow, standing.writer, writer)) {
      conflicts.push_back(
          {std::string(before.view(standing.key)), standing.writer.ticket, writer.ticket});
    }
  }
  copy_run(*data, before, copied, before.entries.size());
  const bool none_removed = data->entries.size() == before.entries.size();
  for (; change != changes.end(); ++change) { write(change->key, nullptr); }
  const bool same_keys = none_removed && data->entries.size() == before.entries.size();
  complete(*data, same_keys ? &before.sorted : nullptr);
  return data;
}

void ContextBuilder::add(std::string_view key, std::string_view json, const std::string_view* text,
                         Writer writer) {
  EntryWriter entry(*data_, key, writer);
  append_json_string(data_->bytes, key);
  entry.begin_value();
  data_->bytes += json;
  entry.end(text);
}

std::shared_ptr<const ContextData> ContextBuilder::build() {
  complete(*data_);
  return std::move(data_);
}

}  // namespace promoflow::detail
