// SPDX-License-Identifier: Apache-2.0
// C2, C3, C5, C6: how an export is merged into the next state of the context.
#include <algorithm>
#include <limits>
#include <new>
#include <numeric>

#include "base/json_string.hpp"
#include "context/context_data.hpp"
#include "context/default_names.hpp"
#include "flow/flow_data.hpp"
#include "flow/graph.hpp"

namespace promoflow::detail {

namespace {

using Entry = ContextData::Entry;
using Member = Export::Member;

/// Texts that one state points into at most, and bytes of them that it needs no more, beyond as
/// many as it needs. Then what it needs is copied into a new text.
constexpr std::uint32_t kTextsMax = 7;
constexpr std::size_t kSpareBytesMax = 1024;

/// Makes entries; what stands nowhere yet is put into `texts`.
class EntryMaker {
 public:
  EntryMaker(ContextTexts& texts, Writer writer) : texts_(&texts), writer_(writer) {}

  /// A member of the text.
  Entry of(const Export& exported, const Member& member) {
    const Document& document = exported.document;
    const NodeId value = document.next(member.key);
    const char* const text = texts_->text.data();
    const std::string_view characters = document.text(value);
    return make({text + member.begin, member.end - member.begin}, member.json - member.begin,
                document.text(member.key),
                document.kind(value) == NodeKind::String ? &characters : nullptr);
  }
  /// A key and its value. `text` are the characters of a string, else null.
  Entry of(std::string_view key, std::string_view json, const std::string_view* text) {
    std::string member;
    append_json_string(member, key);
    member += ':';
    const std::size_t value = member.size();
    member += json;
    return make(keep(member), value, key, text);
  }

 private:
  Entry make(std::string_view member, std::size_t value, std::string_view key,
             const std::string_view* text) {
    // Not taken: a value that has grown beyond 4 GiB.
    if (member.size() > std::numeric_limits<std::uint32_t>::max()) { throw std::bad_alloc(); }
    Entry entry{};
    entry.begin = member.data();
    entry.key_size = static_cast<std::uint32_t>(key.size());
    entry.key_at = place(member.substr(0, value - 1), key);
    const std::string_view json = member.substr(value);
    entry.json_at = json.data();
    entry.json_size = static_cast<std::uint32_t>(json.size());
    entry.text_at = text == nullptr ? json.data() : place(json, *text);
    entry.text_size = static_cast<std::uint32_t>(text == nullptr ? json.size() : text->size());
    entry.ticket = writer_.ticket;
    entry.environment = writer_.environment;
    return entry;
  }
  /// Where a string's characters are: within its JSON text, unless that has escapes.
  const char* place(std::string_view json, std::string_view characters) {
    return json.size() == characters.size() + 2 ? json.data() + 1 : keep(characters).data();
  }
  std::string_view keep(std::string_view text) {
    texts_->bytes += text.size();
    return texts_->more.emplace_front(text);
  }

  ContextTexts* texts_;
  Writer writer_;
};

/// A state while it is made: as many entries as were made room for.
class StateMaker {
 public:
  explicit StateMaker(std::size_t entries_max) {
    if (entries_max == 0) { return; }
    data_->rows = std::make_unique_for_overwrite<std::byte[]>(entries_max * kRowBytes);
    void* const rows = data_->rows.get();
    entries_ = static_cast<Entry*>(rows);
    handed_ = reinterpret_cast<Argument*>(entries_ + entries_max);
  }
  /// A copy, with room for some more.
  StateMaker(const ContextData& before, std::size_t more)
      : StateMaker(before.entries.size() + more) {
    std::copy(before.entries.begin(), before.entries.end(), entries_);
    std::copy(before.handed.begin(), before.handed.end(), handed_);
    size_ = ordered_ = before.entries.size();
    handed_size_ = before.handed.size();
    data_->bytes = before.bytes;
  }

  void append(Entry entry) {
    data_->bytes += entry.member_size() + 1;
    if (is_default_name(entry.key())) {
      entry.handed = Entry::kShadowed;
    } else {
      hand(entry);
    }
    entries_[size_++] = entry;
  }
  /// Another value for a key; none: its entry is removed in the end.
  void replace(std::size_t index, Entry entry) {
    Entry& standing = entries_[index];
    data_->bytes += entry.member_size();
    data_->bytes -= standing.member_size();
    entry.nth = standing.nth;
    entry.handed = standing.handed;
    if (!entry.shadowed()) { handed_[entry.handed] = {entry.key(), entry.text()}; }
    removes_ |= entry.json_at == nullptr;
    standing = entry;
  }
  /// The state, which points into these texts.
  std::shared_ptr<const ContextData> make(std::shared_ptr<const ContextTexts> texts,
                                          std::uint32_t likely = 0) {
    if (removes_) { remove(); }
    if (ordered_ != size_) { order(); }
    const std::size_t bytes_max = 2 * data_->bytes + kSpareBytesMax;
    if (texts && (texts->count > kTextsMax || texts->bytes > bytes_max)) { texts = flatten(); }
    data_->entries = {entries_, size_};
    data_->handed = {handed_, handed_size_};
    data_->texts = std::move(texts);
    data_->likely = likely;
    return std::move(data_);
  }

 private:
  static constexpr std::size_t kRowBytes = sizeof(Entry) + sizeof(Argument);
  static_assert(alignof(Argument) <= alignof(Entry));

  void hand(Entry& entry) {
    entry.handed = static_cast<std::uint32_t>(handed_size_);
    handed_[handed_size_++] = {entry.key(), entry.text()};
  }

  void remove() {
    const auto end = std::remove_if(entries_, entries_ + size_,
                                    [](const Entry& entry) { return entry.json_at == nullptr; });
    data_->bytes -= static_cast<std::size_t>(entries_ + size_ - end);  // Their commas.
    size_ = static_cast<std::size_t>(end - entries_);
    ordered_ = handed_size_ = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (!entries_[i].shadowed()) { hand(entries_[i]); }
    }
  }

  /// By key: those that are not ordered yet are put among the others.
  void order() {
    std::vector<std::uint32_t> order(size_);
    const auto added = order.begin() + static_cast<std::ptrdiff_t>(ordered_);
    std::transform(entries_, entries_ + ordered_, order.begin(),
                   [](const Entry& entry) { return entry.nth; });
    std::iota(added, order.end(), static_cast<std::uint32_t>(ordered_));
    const auto before_it = [this](std::uint32_t a, std::uint32_t b) {
      return entries_[a].key() < entries_[b].key();
    };
    std::sort(added, order.end(), before_it);
    std::inplace_merge(order.begin(), added, order.end(), before_it);
    for (std::size_t i = 0; i < size_; ++i) { entries_[i].nth = order[i]; }
  }

  /// Copies all that is still needed of the texts into one.
  std::shared_ptr<const ContextTexts> flatten() {
    auto texts = std::make_shared<ContextTexts>();
    std::string& copied = texts->text;
    std::size_t bytes = data_->bytes;
    for (std::size_t i = 0; i < size_; ++i) {
      bytes += entries_[i].key_size + std::size_t{entries_[i].text_size};
    }
    copied.reserve(bytes);  // So that what was copied stays where it is.
    const auto copy = [&copied](std::string_view text) {
      const std::size_t offset = copied.size();
      copied += text;
      return copied.data() + offset;
    };
    for (std::size_t i = 0; i < size_; ++i) {
      Entry& entry = entries_[i];
      const bool has_key = entry.key_at == entry.begin + 1;
      const bool has_text = !entry.is_string() || entry.text_at == entry.json_at + 1;
      const char* const begin = copy(entry.member());
      copied += ',';
      entry.key_at = has_key ? begin + 1 : copy(entry.key());
      entry.text_at = has_text ? begin + (entry.text_at - entry.begin) : copy(entry.text());
      entry.json_at = begin + (entry.json_at - entry.begin);
      entry.begin = begin;
      if (!entry.shadowed()) { handed_[entry.handed] = {entry.key(), entry.text()}; }
    }
    texts->bytes = copied.size();
    return texts;
  }

  std::shared_ptr<ContextData> data_ = std::make_shared<ContextData>();
  Entry* entries_ = nullptr;
  Argument* handed_ = nullptr;
  std::size_t size_ = 0;
  std::size_t handed_size_ = 0;
  std::size_t ordered_ = 0;  ///< So many of the entries' keys are in order.
  bool removes_ = false;
};

/// C5: the standing value and the new one come from environments neither of which depends on the
/// other. That the earlier one does on the later need not be asked: it would not have begun.
bool conflicts_with(const FlowData& flow, const Writer& earlier, const Writer& later) {
  return earlier.environment != Writer::kRelease && later.environment != Writer::kRelease &&
         earlier.environment != later.environment &&
         !reaches(flow.dependencies, flow.levels, EnvironmentId{later.environment},
                  EnvironmentId{earlier.environment});
}

/// Values go where their keys stand; new ones come last, in the order of the export. Hooks tend to
/// export the same keys in the same order: the entry behind the one before is tried first, and to
/// begin with that which the last export wrote first.
void find_targets(const ContextData& before, Export& exported) {
  const Entry* const entries = before.entries.data();
  const Entry* const end = entries + before.entries.size();
  const Entry* likely = entries + std::min<std::size_t>(before.likely, before.entries.size());
  for (Member& member : exported.members) {
    const std::string_view key = exported.document.text(member.key);
    const Entry* const entry = likely != end && likely->key() == key ? likely : before.find(key);
    member.target = entry == nullptr ? Member::kNew : static_cast<std::uint32_t>(entry - entries);
    likely = entry == nullptr ? end : entry + 1;
  }
  const auto before_it = [](const Member& a, const Member& b) { return a.target < b.target; };
  if (!std::is_sorted(exported.members.begin(), exported.members.end(), before_it)) {
    std::stable_sort(exported.members.begin(), exported.members.end(), before_it);
  }
}

}  // namespace

std::shared_ptr<const ContextData> first_context(const Export& given) {
  StateMaker state(given.members.size());
  if (given.members.empty()) { return state.make(nullptr); }
  EntryMaker maker(*given.texts, {Ticket{}, Writer::kRelease});
  for (const Member& member : given.members) { state.append(maker.of(given, member)); }
  return state.make(given.texts);
}

std::shared_ptr<const ContextData> merge_context(const ContextData& before, Export& exported,
                                                 ContextMerge merge, Writer writer,
                                                 const FlowData& flow,
                                                 std::vector<StoredConflict>& conflicts) {
  const Document& patch = exported.document;
  ContextTexts& texts = *exported.texts;
  if (before.texts) {
    texts.before = before.texts;
    texts.count += before.texts->count;
    texts.bytes += before.texts->bytes;
  }
  EntryMaker maker(texts, writer);
  const auto make = [&](const Member& member, const Entry* standing) {
    const NodeId value = patch.next(member.key);
    const NodeKind kind = patch.kind(value);
    if (merge == ContextMerge::Deep && kind == NodeKind::Null) { return Entry{}; }  // Removed.
    if (merge == ContextMerge::Deep && kind == NodeKind::Mapping) {
      return maker.of(patch.text(member.key),
                      merged_object(standing == nullptr ? "" : standing->json(), patch, value),
                      nullptr);
    }
    return maker.of(exported, member);
  };

  find_targets(before, exported);
  StateMaker state(before, exported.members.size());
  for (const Member& member : exported.members) {
    const bool is_new = member.target == Member::kNew;
    const Entry* const standing = is_new ? nullptr : &before.entries[member.target];
    const Entry entry = make(member, standing);
    if (is_new) {
      if (entry.json_at != nullptr) { state.append(entry); }
      continue;
    }
    if (entry.json() != standing->json() && conflicts_with(flow, standing->writer(), writer)) {
      conflicts.push_back({std::string(standing->key()), standing->ticket, writer.ticket});
    }
    state.replace(member.target, entry);
  }
  return state.make(exported.texts,
                    exported.members.empty() ? before.likely : exported.members.front().target);
}

void ContextBuilder::add(std::string_view key, std::string_view json, const std::string_view* text,
                         Writer writer) {
  entries_.push_back(EntryMaker(*texts_, writer).of(key, json, text));
}

std::shared_ptr<const ContextData> ContextBuilder::build() {
  StateMaker state(entries_.size());
  for (const ContextData::Entry& entry : entries_) { state.append(entry); }
  return state.make(std::move(texts_));
}

}  // namespace promoflow::detail
