// SPDX-License-Identifier: Apache-2.0
// PromotionContext: how an export is merged (C2), noted (C5, C6) and bounded (C4).
#include "context/promotion_context.hpp"

#include <algorithm>
#include <utility>

#include "base/json_string.hpp"
#include "context/context_builder.hpp"
#include "context/export.hpp"
#include "context/merge_patch.hpp"
#include "flow/default_names.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using Member = Export::Member;

NewRow row_of(const Export& exported, const Member& member, Writer writer,
              std::string_view& characters) {
  const NodeId value = exported.document.next(member.key);
  const bool is_string = exported.document.kind(value) == NodeKind::String;
  characters = exported.document.text(value);
  return {exported.member_text(member), member.json - member.begin, exported.key(member),
          is_string ? &characters : nullptr, writer};
}

/// Finds the rows of an export's keys. Hooks tend to export the same keys in the same order: the
/// row behind the one before is tried first, and to begin with that which the last export wrote
/// first.
class RowFinder {
 public:
  explicit RowFinder(const ContextData& state) : state_(&state), merge_hint_(state.merge_hint) {}

  std::uint32_t find(std::string_view key) {
    std::uint32_t position = merge_hint_;
    if (position >= state_->row_count || state_->rows[position].key() != key ||
        state_->is_removed(position)) {
      position = state_->find(key);
    }
    merge_hint_ = position == ContextData::kNoRow ? position : position + 1;
    return position;
  }

 private:
  const ContextData* state_;
  std::uint32_t merge_hint_;
};

/// One merge, member by member.
class Merger {
 public:
  Merger(const ContextData& before, const Export& exported, ContextMerge merge, Writer writer,
         const FlowData& flow, const LiveWrites& writes, PromotionContext::Merge& out)
      : before_(&before),
        exported_(&exported),
        merge_(merge),
        writer_(writer),
        dependencies_(flow, writer.environment),
        writes_(&writes),
        out_(&out),
        finder_(before),
        builder_(before, exported.members.size()) {
    builder_.reserve_texts(exported.text->size());
  }

  void run() {
    for (const Member& member : exported_->members) {
      const std::uint32_t position = finder_.find(exported_->key(member));
      const bool has_row = position != ContextData::kNoRow;
      const Row row = has_row ? before_->rows[position] : Row{};
      if (&member == &exported_->members.front()) {
        builder_.set_merge_hint(has_row ? position : before_->row_count);
      }
      const bool becomes_value = write_row(member, position, has_row ? &row : nullptr);
      note(member, has_row ? &row : nullptr, becomes_value);
    }
  }
  std::size_t json_size() const noexcept { return builder_.data().json_size(); }
  PromotionContext::State build() { return builder_.build(); }

 private:
  /// Whether what was written is the key's value from now on: not if it was removed, or merged.
  bool write_row(const Member& member, std::uint32_t position, const Row* row) {
    const JsonValue value{&exported_->document, exported_->document.next(member.key)};
    if (merge_ == ContextMerge::Deep && value.kind() == NodeKind::Null) {
      if (row != nullptr) { builder_.remove(position); }
      return false;
    }
    std::string_view characters;
    NewRow written = row_of(*exported_, member, writer_, characters);
    bool becomes_value = true;
    if (merge_ == ContextMerge::Deep && value.is_object()) {
      merged_.clear();
      append_json_string(merged_, written.key);
      merged_ += ':';
      merged_ += merged_object(row == nullptr ? std::string_view() : row->json(), value);
      becomes_value = merged_ == written.member;
      written.member = merged_;
    }
    if (row == nullptr) {
      builder_.append(written);
    } else {
      builder_.replace(position, written);
    }
    return becomes_value;
  }

  void note(const Member& member, const Row* row, bool becomes_value) {
    const std::string_view key = exported_->key(member);
    const bool shadowed = row != nullptr ? row->shadowed() : is_default_name(key);
    if (shadowed) { out_->notes.push_back({std::string(key), {}, writer_.ticket, true}); }
    const Ticket earlier =
        writes_->plan({key, exported_->json(member), row, becomes_value, writer_, merge_},
                      dependencies_, out_->writes);
    if (earlier != Ticket{}) {
      out_->notes.push_back({std::string(key), earlier, writer_.ticket, false});
    }
  }

  const ContextData* before_;
  const Export* exported_;
  ContextMerge merge_;
  Writer writer_;
  Dependencies dependencies_;
  const LiveWrites* writes_;
  PromotionContext::Merge* out_;
  RowFinder finder_;
  ContextBuilder builder_;
  std::string merged_;  ///< The member that is being written, where a value is merged.
};

}  // namespace

PromotionContext::State PromotionContext::empty_state() noexcept {
  /// Never destroyed, for a static release may still have it at the end of the program.
  union Lasting {
    constexpr Lasting() noexcept : state() {}
    Lasting(const Lasting&) = delete;
    Lasting& operator=(const Lasting&) = delete;
    ~Lasting() {}  // NOLINT(modernize-use-equals-default): that would be deleted.

    ContextData state;
  };
  static constinit const Lasting kEmpty;
  return {std::shared_ptr<const ContextData>(), &kEmpty.state};  // No count: nothing to free.
}

PromotionContext::PromotionContext() noexcept : state_(empty_state()) {}

std::string PromotionContext::start(std::string_view text, std::vector<ContextNote>& notes) {
  Export given;
  std::string reason = read_export(text, given);
  if (!reason.empty()) { return reason; }
  ContextBuilder builder(*state_, given.members.size());
  builder.reserve_texts(given.text->size());
  std::vector<ContextNote> shadowed;
  for (const Member& member : given.members) {
    std::string_view characters;
    builder.append(row_of(given, member, {}, characters));
    const std::string_view key = given.key(member);
    if (is_default_name(key)) { shadowed.push_back({std::string(key), {}, {}, true}); }
  }
  State state = builder.build();
  notes.insert(notes.end(), std::make_move_iterator(shadowed.begin()),
               std::make_move_iterator(shadowed.end()));
  state_ = std::move(state);
  return {};
}

std::string PromotionContext::plan(std::string_view text, ContextMerge merge, Writer writer,
                                   const FlowData& flow, Merge& out) {
  Export exported;
  std::string reason = read_export(text, exported);
  if (!reason.empty()) { return reason; }
  out = {};
  if (exported.members.empty()) {
    out.state = state_;
  } else {
    Merger merger(*state_, exported, merge, writer, flow, writes_, out);
    merger.run();
    if (merger.json_size() > kContextBytesMax) {
      out = {};
      return "the promotion context that results would be larger than 1 MiB";
    }
    out.state = merger.build();
  }
  out.exported = std::move(exported.text);
  return {};
}

void PromotionContext::commit(Merge& merge) noexcept {
  state_ = std::move(merge.state);
  writes_.commit(merge.writes);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
