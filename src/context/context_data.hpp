// SPDX-License-Identifier: Apache-2.0
/// @file
/// The promotion context's states: each immutable, each made from the one before it and an export.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "document/document.hpp"
#include "promoflow/context.hpp"
#include "promoflow/flow.hpp"

namespace promoflow::detail {

/// Who wrote a key: a hook of the release itself, or of an environment.
struct Writer {
  Ticket ticket;
  std::uint32_t environment;

  static constexpr std::uint32_t kRelease = 0xFFFFFFFF;
};

/// One state. Keys and values lie in one string, entry behind entry: `"key":json,` and then what of
/// the two is another text without its escapes. Further arrays order them. Never copied or moved
/// once it is complete.
struct ContextData {
  struct Span {
    std::uint32_t offset;
    std::uint32_t size;
  };
  struct Entry {
    Span key;   ///< Within its JSON text where it needs no escapes.
    Span json;  ///< The value.
    Span text;  ///< Of a string: its characters, within `json` where it needs no escapes.
    Writer writer;
    std::uint32_t begin;  ///< Of the entry.
    bool shadowed;

    bool is_string() const noexcept { return text.offset != json.offset; }
    /// Where `"key":json` ends; a comma stands there.
    std::uint32_t end() const noexcept { return json.offset + json.size; }
  };
  static_assert(std::is_trivial_v<Entry>, "so that many are copied as one piece");

  std::vector<Entry> entries;         ///< As their keys first appeared.
  std::vector<std::uint32_t> sorted;  ///< Indices into `entries`, by key.
  std::vector<Argument> handed;       ///< Those that are handed as arguments (C6, A6), in order.
  std::string bytes;

  std::string_view view(Span span) const noexcept {
    return {bytes.data() + span.offset, span.size};
  }
  const Entry* find(std::string_view key) const noexcept;
  /// Appends `"key":json` and a comma for each entry of which `wanted` says so.
  template <class Wanted>
  void append_members(std::string& out, const Wanted& wanted) const {
    Span run{};
    for (const Entry& entry : entries) {
      if (!wanted(entry)) { continue; }
      if (entry.begin != run.offset + run.size) {
        out += view(run);
        run.offset = entry.begin;
      }
      run.size = entry.end() + 1 - run.offset;
    }
    out += view(run);
  }
};

/// A conflict as it is kept (C5).
struct StoredConflict {
  std::string key;
  Ticket earlier{};
  Ticket later{};
};

/// An export that was not merged, as it is kept (C1, C4).
struct StoredRejection {
  Ticket ticket{};
  std::string reason;
  std::string text;
};

/// Reads an export or an initial context (C4). Empty: it is good, and `document` has its root;
/// else the reason. May throw std::bad_alloc.
std::string read_context(std::string_view text, Document& document);

/// The context given at start: taken as it is.
std::shared_ptr<const ContextData> first_context(const Document& document);

/// The state after an export is merged (C2). Conflicts (C5) are appended.
/// May throw std::bad_alloc.
std::shared_ptr<const ContextData> merge_context(const ContextData& before, const Document& patch,
                                                 ContextMerge merge, Writer writer,
                                                 const FlowData& flow,
                                                 std::vector<StoredConflict>& conflicts);

/// A state put together entry by entry, for restoring snapshots. Keys must differ.
class ContextBuilder {
 public:
  /// `json` is compact JSON text; `text` the characters of a string, or null for other values.
  void add(std::string_view key, std::string_view json, const std::string_view* text,
           Writer writer);
  std::shared_ptr<const ContextData> build();

 private:
  std::shared_ptr<ContextData> data_ = std::make_shared<ContextData>();
};

}  // namespace promoflow::detail
