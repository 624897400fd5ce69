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

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"
#include "context/context_data.hpp"
#include "context/live_writes.hpp"
#include "document/document.hpp"
#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What the records say of one write, in their order (C5, C6).
struct ContextNote {
  std::string key;
  Ticket earlier{};  ///< Of a conflict.
  Ticket later{};    ///< The writer; of a shadowed key, too.
  bool shadowed = false;
};

/// The states that a snapshot is to hold: the current one, and those that commands refer to.
class SavedStates {
 public:
  /// `states`: of the outstanding commands, in any order, also more than once. May throw
  /// std::bad_alloc.
  SavedStates(const ContextData* current, std::vector<const ContextData*> states);

  /// From the oldest to the current one, each once.
  const std::vector<const ContextData*>& list() const noexcept { return list_; }
  /// The number by which a command in the snapshot refers to a state, which must be among them.
  std::size_t index_of(const ContextData* state) const noexcept;

 private:
  std::vector<const ContextData*> list_;
};

/// What a snapshot's numbers are checked against.
struct ContextBounds {
  std::uint32_t environments = 0;  ///< Of the flow.
  std::uint64_t last_ticket = 0;
};

class PromotionContext {
 public:
  using State = std::shared_ptr<const ContextData>;

  /// All that a merge needs, made beforehand. Only the latest plan can be committed.
  struct Merge {
    State state;                                  ///< After the merge.
    std::shared_ptr<const std::string> exported;  ///< The export as compact JSON text (S5).
    std::vector<ContextNote> notes;
    LiveWrites::Changes writes;
  };

  /// The state without keys, which all releases share.
  static State empty_state() noexcept;

  /// An empty context. All but the noexcept functions may throw std::bad_alloc.
  PromotionContext() noexcept;

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

  /// Writes one JSON value for a snapshot (R15): the states, each as what differs from the one
  /// before it, and the live writes that the current state does not show.
  void save(JsonWriter& json, const SavedStates& states) const;
  /// Reads what save() wrote, or a version 1 snapshot's array of states, the current one first.
  /// `states` are then those that commands refer to, by index. Returns an empty text, or what is
  /// wrong with it, nothing changed.
  std::string restore(const Document& document, NodeId value, const ContextBounds& bounds,
                      std::vector<State>& states);

 private:
  State state_;
  LiveWrites writes_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
