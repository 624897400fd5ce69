// SPDX-License-Identifier: Apache-2.0
// C1 to C6: what may be exported, and how it is merged into the next state of the context.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
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

/// Appends the text of a string value: within its JSON text if it stands there unescaped.
ContextData::Span append_text(ContextData& data, ContextData::Span json, std::string_view text) {
  if (json.size == text.size() + 2) {
    return {json.offset + 1, static_cast<std::uint32_t>(text.size())};
  }
  const std::uint32_t offset = offset_in(data.bytes);
  data.bytes += text;
  return {offset, static_cast<std::uint32_t>(text.size())};
}

/// Appends an entry that has its key and value written.
void append_entry(ContextData& data, std::string_view key, std::uint32_t json_offset,
                  const std::string_view* text, Writer writer) {
  Entry entry;
  entry.json = {json_offset, offset_in(data.bytes) - json_offset};
  entry.text = text == nullptr ? entry.json : append_text(data, entry.json, *text);
  entry.key = {offset_in(data.bytes), static_cast<std::uint32_t>(key.size())};
  data.bytes += key;
  entry.writer = writer;
  entry.shadowed = is_default_name(key);
  data.entries.push_back(entry);
}

void append_value(ContextData& data, const Document& patch, NodeId key, NodeId value,
                  Writer writer) {
  const std::uint32_t offset = offset_in(data.bytes);
  append_json(data.bytes, patch, value);
  const std::string_view text = patch.text(value);
  append_entry(data, patch.text(key), offset,
               patch.kind(value) == NodeKind::String ? &text : nullptr, writer);
}

/// Copies entries that follow one another: their bytes do so, too.
void copy_run(ContextData& data, const ContextData& from, std::size_t first, std::size_t end) {
  if (first == end) { return; }
  const std::uint32_t begin = from.entries[first].json.offset;
  const ContextData::Span last = from.entries[end - 1].key;
  const std::uint32_t shift = offset_in(data.bytes) - begin;  // Modulo 2^32, as the sums are.
  data.bytes.append(from.bytes, begin, last.offset + last.size - begin);
  for (std::size_t i = first; i < end; ++i) {
    Entry& copy = data.entries.emplace_back(from.entries[i]);
    copy.json.offset += shift;
    copy.text.offset += shift;
    copy.key.offset += shift;
  }
}

/// Makes the arrays that are read: the order by key, unless it is known, and the arguments.
void complete(ContextData& data, const std::vector<std::uint32_t>* sorted = nullptr) {
  data.names.reserve(data.entries.size());
  data.texts.reserve(data.entries.size());
  for (const Entry& entry : data.entries) {
    if (!entry.shadowed) {
      data.names.push_back(data.view(entry.key));
      data.texts.push_back(data.view(entry.text));
    }
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
  const std::uint32_t offset = offset_in(data.bytes);
  append_merged(data.bytes, target, {&patch, value});
  append_entry(data, patch.text(key), offset, nullptr, writer);
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
      append_value(*data, document, key, value, Writer{});
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

  // Which key of the patch stands for which entry: values first go where their keys stand.
  std::vector<NodeId> change_of(before.entries.size(), kNoNode);
  for (NodeId key = patch.first(root); key != kNoNode; key = patch.next(patch.next(key))) {
    if (const Entry* entry = before.find(patch.text(key))) {
      change_of[static_cast<std::size_t>(entry - before.entries.data())] = key;
    }
  }
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
  for (std::size_t i = 0; i < before.entries.size(); ++i) {
    if (change_of[i] == kNoNode) { continue; }
    copy_run(*data, before, copied, i);
    copied = i + 1;
    const Entry& standing = before.entries[i];
    if (write(change_of[i], &standing) && conflicts_with(flow, standing.writer, writer)) {
      conflicts.push_back(
          {std::string(before.view(standing.key)), standing.writer.ticket, writer.ticket});
    }
  }
  copy_run(*data, before, copied, before.entries.size());
  const bool none_removed = data->entries.size() == before.entries.size();
  for (NodeId key = patch.first(root); key != kNoNode; key = patch.next(patch.next(key))) {
    if (before.find(patch.text(key)) == nullptr) { write(key, nullptr); }
  }
  const bool same_keys = none_removed && data->entries.size() == before.entries.size();
  complete(*data, same_keys ? &before.sorted : nullptr);
  return data;
}

void ContextBuilder::add(std::string_view key, std::string_view json, const std::string_view* text,
                         Writer writer) {
  const std::uint32_t offset = offset_in(data_->bytes);
  data_->bytes += json;
  append_entry(*data_, key, offset, text, writer);
}

std::shared_ptr<const ContextData> ContextBuilder::build() {
  complete(*data_);
  return std::move(data_);
}

}  // namespace promoflow::detail
