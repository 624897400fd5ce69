// SPDX-License-Identifier: Apache-2.0
/// @file
/// PromotionContext: the promotion context of one release as it changes (section 4 of
/// docs/semantics.md).
///
/// It owns the current state and, for each key, the writes that may still conflict (C5). A merge
/// has two parts: plan() does all that may fail and leaves everything as it was; commit() cannot
/// fail. States are immutable and shared: a command keeps the one that it was issued with, and a
/// state is freed once nothing needs it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "context/context_data.hpp"
#include "promoflow/flow.hpp"

namespace promoflow::detail {

/// What the records say of one write, in their order (C5, C6).
struct ContextNote {
  std::string key;
  Ticket earlier{};  ///< Of a conflict.
  Ticket later{};    ///< The writer; of a shadowed key, too.
  bool shadowed = false;
};

/// Whether a text is no export at all: empty, or JSON white space only (C1).
bool is_no_export(std::string_view text) noexcept;

class PromotionContext {
 public:
  using State = std::shared_ptr<const ContextData>;

  /// All that a merge needs, made beforehand.
  struct Merge {
    State state;                                  ///< After the merge.
    std::shared_ptr<const std::string> exported;  ///< The export as compact JSON text (S5).
    std::vector<ContextNote> notes;
    // ... and whatever commit() needs for the history of writes.
  };

  /// An empty context. May throw std::bad_alloc, as all but the noexcept functions may.
  PromotionContext();

  /// The context given at start, which must not be blank (C1): keys that are shadowed are appended
  /// to `notes`. Returns an empty text, or the reason why it is refused (C4), nothing changed.
  std::string start(std::string_view text, std::vector<ContextNote>& notes);

  /// Reads an export, which must not be blank, and plans its merge by `writer`. Returns an empty
  /// text, or the reason why it is invalid (C4). Changes nothing but capacities.
  std::string plan(std::string_view text, ContextMerge merge, Writer writer, const FlowData& flow,
                   Merge& out);
  /// Makes the planned state the current one. Nothing may have been committed since plan().
  void commit(Merge& merge) noexcept;

  /// Never null.
  const State& state() const noexcept { return state_; }

 private:
  State state_;
};

}  // namespace promoflow::detail
