// SPDX-License-Identifier: Apache-2.0
// ContextBuilder: what a new state shares with the one before it, and when it starts afresh.
#include "context/context_builder.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "base/exceptions.hpp"
#include "flow/default_names.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Up to so many rows are searched one by one.
constexpr std::uint32_t kRowsUnindexedMax = 16;
/// Bytes of a new block of texts; the greatest counts when a block grows with those before it.
constexpr std::size_t kBlockBytesMin = 128;
constexpr std::size_t kBlockBytesMax = std::size_t{1} << 16;
/// Bytes of texts that a state needs no more, beyond as many as it needs. Past them it starts anew.
constexpr std::size_t kSpareBytesMax = 4096;
/// So many removed rows a state carries along in any case.
constexpr std::size_t kGapsMin = 64;
/// For the memory of a state: a row in a leaf, and the branches above a leaf.
constexpr std::size_t kRowBytes = sizeof(Argument) + sizeof(Entry);
constexpr std::size_t kBranchesBytes = 4 * sizeof(Branch);

}  // namespace

void EntryWriter::add_block(std::size_t bytes) {
  const ContextTexts* const last = texts_->get();
  auto block = std::make_shared<ContextTexts>();
  if (last != nullptr) { block->bytes_before = last->bytes_before + last->capacity; }
  block->capacity = std::max({bytes, std::min(block->bytes_before / 2, kBlockBytesMax),
                              last != nullptr ? kBlockBytesMin : 0});
  block->bytes.reset(new char[block->capacity]);  // Overwritten; libc++ 14 has no better way.
  *own_bytes_ += sizeof(ContextTexts) + block->capacity;
  block->before = std::move(*texts_);
  *texts_ = std::move(block);
  *used_ = 0;
}

void EntryWriter::write(const NewRow& row, Argument& argument, Entry& entry) {
  const std::string_view json = row.member.substr(row.json_offset);
  const bool key_escaped = row.key.size() + 3 != row.json_offset;
  const bool text_escaped = row.text != nullptr && row.text->size() + 2 != json.size();
  const std::size_t bytes = row.member.size() + 1 + (key_escaped ? row.key.size() : 0) +
                            (text_escaped ? row.text->size() : 0);
  // GCOV_EXCL_BR_START: no value grows beyond 4 GiB.
  if (bytes > std::numeric_limits<std::uint32_t>::max()) { throw_out_of_memory(); }
  // GCOV_EXCL_BR_STOP
  reserve(bytes);
  char* const at = (*texts_)->bytes.get() + *used_;
  *used_ += bytes;
  std::memcpy(at, row.member.data(), row.member.size());
  char* end = at + row.member.size();
  *end++ = ',';  // So that members that lie behind one another are copied as one piece.
  const auto place = [&end](std::string_view text) {
    std::copy(text.begin(), text.end(), end);
    const std::string_view copy{end, text.size()};
    end += text.size();
    return copy;
  };
  argument.name = key_escaped ? place(row.key) : std::string_view(at + 1, row.key.size());
  if (row.text == nullptr) {
    argument.value = {at + row.json_offset, json.size()};
  } else if (text_escaped) {
    argument.value = place(*row.text);
  } else {
    argument.value = {at + row.json_offset + 1, row.text->size()};
  }
  entry = {at,
           row.json_offset,
           static_cast<std::uint32_t>(json.size()),
           row.writer.ticket,
           row.writer.environment,
           row.text != nullptr,
           false};
}

ContextBuilder::ContextBuilder(const ContextData& before, std::size_t more)
    : data_(std::make_shared<ContextData>(before)),
      indexed_(before.index ? before.row_count : 0),
      expected_(before.row_count + static_cast<std::uint32_t>(more)) {
  ++data_->serial;
  data_->own_bytes = sizeof(ContextData);
}

Gaps& ContextBuilder::own_gaps() {
  if (!gaps_) {
    gaps_ = data_->gaps ? std::make_shared<Gaps>(*data_->gaps) : std::make_shared<Gaps>();
    data_->gaps = gaps_;
    data_->own_bytes += (gaps_->removed.size() + gaps_->not_handed.size()) * sizeof(std::uint32_t);
  }
  return *gaps_;
}

void ContextBuilder::append(const NewRow& row) {
  const std::uint32_t position = data_->row_count;
  const std::uint32_t more = expected_ > position ? expected_ - position - 1 : 0;
  Leaf& leaf = data_->rows.leaf_to_append(position, more, data_->serial);
  changed_leaf_ = nullptr;  // It may have been replaced by a larger one.
  Entry& entry = leaf.entries()[position % kLeafRows];
  writer_.write(row, leaf.arguments()[position % kLeafRows], entry);
  entry.shadowed = is_default_name(row.key);
  if (entry.shadowed) { own_gaps().not_handed.push_back(position); }
  data_->bytes += row.member.size() + 1;
  data_->own_bytes += 2 * kRowBytes + (position % kLeafRows == 0 ? kBranchesBytes : 0);
  ++data_->row_count;
}

void ContextBuilder::replace(std::uint32_t position, const NewRow& row) {
  if (changed_leaf_ == nullptr || changed_at_ != position / kLeafRows) {
    changed_leaf_ = &data_->rows.leaf_to_change(position, data_->row_count, data_->serial);
    changed_at_ = position / kLeafRows;
    data_->own_bytes += sizeof(Leaf) + kLeafRows * kRowBytes + kBranchesBytes;
  }
  Argument& argument = changed_leaf_->arguments()[position % kLeafRows];
  Entry& entry = changed_leaf_->entries()[position % kLeafRows];
  const bool shadowed = entry.shadowed;
  data_->bytes -= Row{&argument, &entry}.member_size();
  writer_.write(row, argument, entry);
  entry.shadowed = shadowed;
  data_->bytes += row.member.size();
}

void ContextBuilder::remove(std::uint32_t position) {
  Gaps& gaps = own_gaps();
  const auto add = [position](std::vector<std::uint32_t>& list) {
    const auto place = std::lower_bound(list.begin(), list.end(), position);
    if (place == list.end() || *place != position) { list.insert(place, position); }
  };
  add(gaps.removed);
  add(gaps.not_handed);
  data_->bytes -= data_->rows[position].member_size() + 1;
}

void ContextBuilder::index_keys() {
  ContextData& data = *data_;
  if (data.row_count <= kRowsUnindexedMax) { return; }
  if (!data.index || !data.index->has_room(data.row_count - indexed_)) {
    data.index = std::make_shared<KeyIndex>(data.row_count);
    data.own_bytes += data.row_count * KeyIndex::kBytesOfKeyMax;
    indexed_ = 0;
  }
  for (; indexed_ < data.row_count; ++indexed_) {
    data.index->insert(data.rows[indexed_].key(), indexed_);
  }
}

/// Carrying a removed row along costs 4 bytes in each state, and dropping it once those of all rows
/// (64 bytes each): the costs are even when their number is about the root of 32 times the rows.
bool ContextBuilder::has_too_many_gaps() const noexcept {
  if (!data_->gaps) { return false; }
  const std::size_t removed = data_->gaps->removed.size();
  return removed > kGapsMin && removed * removed > std::size_t{32} * data_->row_count;
}

bool ContextBuilder::has_too_much_text() const noexcept {
  if (!data_->texts) { return false; }
  return data_->texts->bytes_before + data_->text_used > 2 * data_->bytes + kSpareBytesMax;
}

/// The same state with rows and texts that it shares with no other, and no more of them than it
/// needs.
std::shared_ptr<const ContextData> ContextBuilder::compacted() const {
  ContextBuilder fresh(data_->serial);
  fresh.expected_ = static_cast<std::uint32_t>(data_->size());
  fresh.data_->merge_hint = data_->merge_hint;
  std::size_t bytes = data_->bytes;
  data_->each_row([&bytes](const Row& row) {
    bytes += row.key().size() + 3 != row.entry->json_offset ? row.key().size() : 0;
    bytes += row.is_string() && row.text().size() + 2 != row.json().size() ? row.text().size() : 0;
  });
  fresh.reserve_texts(bytes + std::min(bytes / 2, kBlockBytesMax));
  data_->each_row([&fresh](const Row& row) {
    const std::string_view text = row.text();
    fresh.append({row.member(), row.entry->json_offset, row.key(),
                  row.is_string() ? &text : nullptr, row.writer()});
  });
  if (data_->size() == data_->row_count) {  // All rows are where they were.
    fresh.data_->index = data_->index;
  } else {
    fresh.index_keys();
  }
  return std::move(fresh.data_);
}

std::shared_ptr<const ContextData> ContextBuilder::build() {
  index_keys();
  if (has_too_many_gaps() || has_too_much_text()) { return compacted(); }
  return std::move(data_);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
