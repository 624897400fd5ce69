// SPDX-License-Identifier: Apache-2.0
/// @file
/// ContextBuilder: builds a state of the context, from nothing or from the state before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "context/context_data.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A row that is to be written: its texts lie anywhere and are copied.
struct NewRow {
  std::string_view member;        ///< `"key":json`, compact JSON text.
  std::uint32_t json_offset = 0;  ///< Of the value within the member.
  std::string_view key;
  const std::string_view* text = nullptr;  ///< A string's characters; null: it is none.
  Writer writer;
};

/// Writes the texts of rows behind those of the state before.
class EntryWriter {
 public:
  /// `own_bytes`: what new blocks are counted in.
  EntryWriter(std::shared_ptr<const ContextTexts>& texts, std::size_t& used,
              std::size_t& own_bytes) noexcept
      : texts_(&texts), used_(&used), own_bytes_(&own_bytes) {}

  /// Makes room for so many bytes in one block. May throw std::bad_alloc.
  void reserve(std::size_t bytes) {
    if (*texts_ == nullptr || (*texts_)->capacity - *used_ < bytes) { add_block(bytes); }
  }
  /// May throw std::bad_alloc.
  void write(const NewRow& row, Argument& argument, Entry& entry);

 private:
  void add_block(std::size_t bytes);

  std::shared_ptr<const ContextTexts>* texts_;
  std::size_t* used_;
  std::size_t* own_bytes_;
};

/// Only the newest state may have a successor, and what is built from it replaces what was built
/// before: a plan that was given up leaves nothing that a state sees. All but the noexcept
/// functions may throw std::bad_alloc; then the builder is of no more use.
class ContextBuilder {
 public:
  /// A state that follows no other.
  explicit ContextBuilder(std::uint64_t serial = 0) {
    data_->serial = serial;
    data_->own_bytes = sizeof(ContextData);
  }
  /// The state after `before`, to which `more` rows at most will be appended.
  explicit ContextBuilder(const ContextData& before, std::size_t more = 0);
  ContextBuilder(const ContextBuilder&) = delete;
  ContextBuilder& operator=(const ContextBuilder&) = delete;

  /// The state as it is so far.
  const ContextData& data() const noexcept { return *data_; }
  /// Makes room for texts of new rows, so that they lie behind one another.
  void reserve_texts(std::size_t bytes) { writer_.reserve(bytes); }
  /// A new key.
  void append(const NewRow& row);
  /// Another value for the key at this position, which is not removed.
  void replace(std::uint32_t position, const NewRow& row);
  void remove(std::uint32_t position);
  void set_merge_hint(std::uint32_t position) noexcept { data_->merge_hint = position; }
  std::shared_ptr<const ContextData> build();

 private:
  Gaps& own_gaps();
  void index_keys();
  bool has_too_many_gaps() const noexcept;
  bool has_too_much_text() const noexcept;
  std::shared_ptr<const ContextData> compacted() const;

  std::shared_ptr<ContextData> data_ = std::make_shared<ContextData>();
  std::shared_ptr<Gaps> gaps_;    ///< The state's own, if it differs from that of the state before.
  std::uint32_t indexed_ = 0;     ///< So many rows are in the index.
  std::uint32_t expected_ = 0;    ///< So many rows there will be, as far as is known.
  Leaf* changed_leaf_ = nullptr;  ///< The last one in which a row was replaced, the state's own.
  std::uint32_t changed_at_ = 0;  ///< Its number among the leaves.
  EntryWriter writer_{data_->texts, data_->text_used, data_->own_bytes};
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
