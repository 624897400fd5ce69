// SPDX-License-Identifier: Apache-2.0
/// @file
/// The promotion context's states: each immutable, each made from the one before it and an export.
/// What does not change is shared: a state's entries point into the texts that wrote them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <span>
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

/// What entries point into: an export, and the texts before it. Never copied or moved.
struct ContextTexts {
  std::string text;                     ///< An object as compact JSON text, or its members.
  std::forward_list<std::string> more;  ///< What entries are that do not stand there.
  std::shared_ptr<const ContextTexts> before;
  std::uint32_t count = 1;  ///< Of texts, with those before.
  std::size_t bytes = 0;    ///< Of all that.
};

/// One state.
struct ContextData {
  /// A key and its value: `"key":json`. What of the two is another text without its escapes stands
  /// elsewhere.
  struct Entry {
    const char* begin;
    const char* key_at;   ///< Within the member where it needs no escapes.
    const char* json_at;  ///< Within the member: the rest of it.
    const char* text_at;  ///< A string's characters, within `json` where they need no escapes.
    std::uint32_t key_size;
    std::uint32_t json_size;
    std::uint32_t text_size;
    std::uint32_t environment;  ///< Of the writer, as is `ticket`.
    Ticket ticket;
    std::uint32_t nth;     ///< In the n-th entry: which one's key is the n-th by order.
    std::uint32_t handed;  ///< Which argument it is, or kShadowed.

    static constexpr std::uint32_t kShadowed = 0xFFFFFFFF;

    std::string_view key() const noexcept { return {key_at, key_size}; }
    std::string_view json() const noexcept { return {json_at, json_size}; }
    std::string_view text() const noexcept { return {text_at, text_size}; }
    std::string_view member() const noexcept { return {begin, member_size()}; }
    std::size_t member_size() const noexcept {
      return static_cast<std::size_t>(json_at - begin) + json_size;
    }
    Writer writer() const noexcept { return {ticket, environment}; }
    bool shadowed() const noexcept { return handed == kShadowed; }
    bool is_string() const noexcept { return text_at != json_at; }
  };
  static_assert(std::is_trivially_copyable_v<Entry> && std::is_trivially_copyable_v<Argument>,
                "so that many are copied as one piece");

  std::span<const Entry> entries;     ///< As their keys first appeared.
  std::span<const Argument> handed;   ///< Those that are handed as arguments (C6, A6), in order.
  std::unique_ptr<std::byte[]> rows;  ///< Where both stand.
  std::shared_ptr<const ContextTexts> texts;
  std::size_t bytes = 0;     ///< Of all members, each with a comma.
  std::uint32_t likely = 0;  ///< Which entry the last export wrote first: the next one may, too.

  const Entry* find(std::string_view key) const noexcept;
  /// Whether no key is there twice.
  bool keys_differ() const noexcept;
  /// Appends `"key":json` and a comma for each entry of which `wanted` says so.
  template <class Wanted>
  void append_members(std::string& out, const Wanted& wanted) const {
    std::string_view run;  // Members of one text stand behind one another, with commas between.
    for (const Entry& entry : entries) {
      if (!wanted(entry)) { continue; }
      if (!run.empty() && run.data() + run.size() + 1 == entry.begin) {
        run = {run.data(), run.size() + 1 + entry.member_size()};
      } else {
        append_run(out, run);
        run = entry.member();
      }
    }
    append_run(out, run);
  }

 private:
  static void append_run(std::string& out, std::string_view run) {
    if (run.empty()) { return; }
    out += run;
    out += ',';
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

/// An export, or the context given at start, as it was read.
struct Export {
  struct Member {
    NodeId key;
    std::uint32_t begin;  ///< Of `"key":json` in the text.
    std::uint32_t json;   ///< Of the value.
    std::uint32_t end;
    std::uint32_t target;  ///< Which entry it changes.

    static constexpr std::uint32_t kNew = 0xFFFFFFFF;
  };
  Document document;
  std::shared_ptr<ContextTexts> texts;  ///< The same as compact JSON text.
  std::vector<Member> members;
};

/// Reads an export (C4). Empty: it is good, and an object; else the reason.
/// May throw std::bad_alloc.
std::string read_export(std::string_view text, Export& exported);

/// The context given at start: taken as it is. Its texts become the state's; empty: no context.
std::shared_ptr<const ContextData> first_context(const Export& given);

/// The state after an export is merged (C2). Conflicts (C5) are appended. The export's texts become
/// the state's, its members are put in the order of what they change. May throw std::bad_alloc.
std::shared_ptr<const ContextData> merge_context(const ContextData& before, Export& exported,
                                                 ContextMerge merge, Writer writer,
                                                 const FlowData& flow,
                                                 std::vector<StoredConflict>& conflicts);

/// A mapping of an export patched into the standing value, as compact JSON text (C2, deep). Another
/// value than an object, or none: as if an empty one stood. May throw std::bad_alloc.
std::string merged_object(std::string_view standing, const Document& patch, NodeId value);

/// A state put together entry by entry, for restoring snapshots. Keys must differ.
class ContextBuilder {
 public:
  /// `json` is compact JSON text; `text` the characters of a string, or null for other values.
  void add(std::string_view key, std::string_view json, const std::string_view* text,
           Writer writer);
  std::shared_ptr<const ContextData> build();

 private:
  std::vector<ContextData::Entry> entries_;
  std::shared_ptr<ContextTexts> texts_ = std::make_shared<ContextTexts>();
};

}  // namespace promoflow::detail
