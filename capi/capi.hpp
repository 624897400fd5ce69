// SPDX-License-Identifier: Apache-2.0
// What all files of the C ABI share: the handles, the guard, text and structs across the border.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/utf8.hpp"
#include "promoflow.h"
#include "promoflow/executor.hpp"
#include "promoflow/promoflow.hpp"
#include "structs.hpp"

struct promoflow_error {
  promoflow_status code;
  std::string where;
  std::string message;
};

struct promoflow_buffer {
  std::string text;
};

struct promoflow_flow {
  promoflow::Flow flow;
};

struct promoflow_manifest {
  promoflow::ManifestReport report;
};

struct promoflow_scenario {
  explicit promoflow_scenario(promoflow::ScenarioReport&& made);
  promoflow_scenario(const promoflow_scenario&) = delete;
  promoflow_scenario& operator=(const promoflow_scenario&) = delete;

  promoflow::ScenarioReport report;
  /// Names of environments as callers borrow them: of the selection, and of each action.
  std::vector<promoflow_str> selected{};
  std::vector<std::vector<promoflow_str>> retried{};
};

struct promoflow_trace {
  promoflow::Trace trace;
};

namespace promoflow::capi {

/// What the reference of a RUN_HOOK command leads back to. One is kept for each hook that is taken,
/// so it owns nothing.
struct HookInputs {
  Arguments arguments;
  Context context;
};
static_assert(std::is_trivially_destructible_v<HookInputs>);

/// The hooks whose commands a caller may ask about.
struct KeptHooks {
  void clear() noexcept {
    hooks.clear();
    lists.clear();
  }

  std::vector<HookInputs> hooks{};
  /// The arguments of each hook as an array, empty until somebody wants it; of as many hooks as
  /// have one.
  mutable std::vector<std::vector<promoflow_argument>> lists{};
};

}  // namespace promoflow::capi

struct promoflow_release {
  explicit promoflow_release(promoflow::Release&& started)
      : own(std::move(started)), release(*own) {}
  /// A view of a release that the library owns, for callbacks that get a const handle.
  explicit promoflow_release(const promoflow::Release& other)
      : release(const_cast<promoflow::Release&>(other)) {}
  promoflow_release(const promoflow_release&) = delete;
  promoflow_release& operator=(const promoflow_release&) = delete;

  /// Ends the caller's borrowed views: called before each change.
  void change() noexcept {
    if (!has_lent) { return; }
    has_lent = false;
    ++generation;
    taken.hooks.clear();
    outstanding.hooks.clear();
    if (!taken.lists.empty() || !outstanding.lists.empty()) { drop_lists(); }
    last.reset();
  }
  void drop_lists() noexcept;

  std::optional<promoflow::Release> own{};
  promoflow::Release& release;
  promoflow::capi::KeptHooks taken{};        ///< Hooks taken since the last change.
  promoflow::capi::KeptHooks outstanding{};  ///< Of the last outstanding() call.
  std::vector<std::uint32_t> unmet{};        ///< Of the last why_pending() call.
  std::vector<std::uint32_t> causes{};       ///< Likewise.
  std::vector<std::string_view> names{};     ///< Of the Retry that is applied.
  std::optional<promoflow::Record> last{};
  mutable std::vector<promoflow_argument> spare{};  ///< Memory for the next list of arguments.
  std::string turn{};            ///< What the last promoflow_batch_turn_view() gave.
  std::uint32_t generation = 1;  ///< Of the borrowed views: how many times they have ended.
  bool has_lent = false;         ///< Whether views may be in use.
};

namespace promoflow::capi {

promoflow_status fail(promoflow_error** error, promoflow_status code, std::string_view where,
                      std::string_view message) noexcept;
promoflow_status fail(promoflow_error** error, const Error& why) noexcept;

/// Wraps the body of every function that may fail: no exception crosses the border.
template <class Body>
promoflow_status guarded(promoflow_error** error, Body&& body) noexcept {
  const auto failed = [&](promoflow_status code, std::string_view message) noexcept {
    return fail(error, code, {}, message);
  };
  return guarded_by(failed, error, std::forward<Body>(body));
}

// --- parameters ----------------------------------------------------------------------------------

promoflow_status missing(promoflow_error** error, const char* name) noexcept;
promoflow_status invalid_argument(promoflow_error** error, const char* name) noexcept;
promoflow_status refuse(promoflow_error** error, const Fault& fault) noexcept;

/// Fails with the name of the first parameter that is missing.
template <std::size_t kCount>
promoflow_status need(promoflow_error** error, const RequiredParam (&all)[kCount]) noexcept {
  const char* const name = first_missing(all);
  return name == nullptr ? PROMOFLOW_OK : missing(error, name);
}

inline std::int64_t millis(Instant at) noexcept { return at.time_since_epoch().count(); }
inline Instant instant(std::int64_t ms) noexcept { return Instant(std::chrono::milliseconds(ms)); }

/// Whether an environment's number is one of this flow.
inline bool is_environment(const Flow& flow, std::uint32_t environment) noexcept {
  return environment < flow.environment_count();
}
inline bool is_point(std::int32_t point) noexcept { return is_within(point, 1, 6); }
inline bool is_environment_point(std::int32_t point) noexcept { return is_within(point, 4, 6); }

// --- structs that grow ---------------------------------------------------------------------------

/// Reads a struct that gives its own size; fails with `name`.
template <class T>
promoflow_status take_struct(promoflow_error** error, const char* name, const T* in,
                             T& out) noexcept {
  if (in == nullptr) { return missing(error, name); }
  std::uint32_t given = 0;
  std::memcpy(&given, in, sizeof(given));
  const std::size_t size = caller_size<T>(given);
  if (size == 0 || !read_struct(in, size, out)) { return invalid_argument(error, name); }
  return PROMOFLOW_OK;
}

/// Calls `use` with a struct that gives its own size: without a copy if it has the library's.
template <class T, class Use>
promoflow_status with_struct(promoflow_error** error, const char* name, const T* in,
                             const Use& use) {
  T copy;  // One call of `use`, so that compilers inline it.
  const T* given = in;
  if (in == nullptr || in->struct_size != sizeof(T)) {
    copy = T{};
    if (const auto bad = take_struct(error, name, in, copy)) { return bad; }
    given = &copy;
  }
  return use(*given);
}

/// Reads an array of structs, one after another.
template <class T, class Each>
promoflow_status each_struct(promoflow_error** error, const char* name, const T* in,
                             std::size_t stride, std::size_t count, Each each) {
  const std::size_t size = caller_size<T>(stride);
  if (size == 0 || (in == nullptr && count != 0)) { return invalid_argument(error, name); }
  for (std::size_t i = 0; i < count; ++i) {
    promoflow_status status = PROMOFLOW_OK;
    if (size == sizeof(T)) {
      status = each(i, in[i]);
    } else {
      T one{};
      if (!read_struct(element(in, size, i), size, one)) { return invalid_argument(error, name); }
      status = each(i, one);
    }
    if (status != PROMOFLOW_OK) { return status; }
  }
  return PROMOFLOW_OK;
}

/// As fill(), for structs that never grow.
template <class T, class Make>
promoflow_status fill_plain(T* out, std::size_t capacity, std::size_t* count, std::size_t total,
                            Make make) noexcept {
  for (std::size_t i = 0; i < total && i < capacity; ++i) { out[i] = make(i); }
  *count = total;
  return PROMOFLOW_OK;
}

/// A text that comes out again.
inline std::string utf8_text(promoflow_str text) { return detail::to_utf8(view(text)); }
inline std::optional<std::string> optional_utf8_text(promoflow_str text) {
  return text.data == nullptr ? std::nullopt : std::optional(utf8_text(text));
}
inline void make_all_utf8(std::optional<std::vector<std::string>>& names) {
  for (std::size_t i = 0; names && i < names->size(); ++i) { detail::make_utf8((*names)[i]); }
}

/// Reads a list of names; fails with `name`.
template <class Text>
promoflow_status read_names(promoflow_error** error, const char* name, const promoflow_str* in,
                            std::uint64_t count, std::vector<Text>& out) {
  return refuse(error, take_names(name, in, count, out));
}

/// Names as callers borrow them.
template <class Names>
void append_names(const Names& names, std::vector<promoflow_str>& out) {
  out.reserve(out.size() + names.size());
  for (const auto& one : names) { out.push_back(out_text(std::string_view(one))); }
}

// --- results -------------------------------------------------------------------------------------

promoflow_status give_text(promoflow_error** error, promoflow_buffer** out,
                           Result<std::string> text);
promoflow_status give_flow(promoflow_flow** out, const Flow& flow);

promoflow_release_info to_c(const ReleaseInfo& info) noexcept;
promoflow_state to_c(const EnvironmentState& state) noexcept;
/// A command without its reference and the number of its arguments.
promoflow_command to_c(const Command& command) noexcept;
promoflow_record to_c(const Record& record, const Flow& flow) noexcept;
/// The environments that a record of a Retry names, as an array; none of another record.
promoflow_status fill_retried(const Record& record, promoflow_str* out, std::size_t capacity,
                              std::size_t* count) noexcept;
/// `names` keeps what the event borrows.
promoflow_event to_c(const Event& event, std::vector<promoflow_str>& names);
promoflow_status from_c(promoflow_error** error, const promoflow_event& in,
                        std::vector<std::string_view>& names, Event& out);
promoflow_context_conflict to_c(const ContextConflict& conflict) noexcept;
promoflow_shadowed_key to_c(const KeyShadowed& shadowed) noexcept;
promoflow_rejected_export to_c(const RejectedExport& rejected) noexcept;
/// `in` may be NULL: all environments.
promoflow_status from_c(promoflow_error** error, const char* name, const promoflow_selection* in,
                        EnvironmentSelection& out);
/// Doubles the room for hooks that are taken. May throw std::bad_alloc.
void grow(std::vector<HookInputs>& list);
/// Reserves room for one more command, so that keep() cannot fail after the command was taken.
inline void reserve_one(promoflow_release& release) {
  release.has_lent = true;
  std::vector<HookInputs>& list = release.taken.hooks;
  if (list.size() == list.capacity()) { grow(list); }
}
/// A command with a reference to its arguments, which the handle keeps. Call reserve_one() before.
promoflow_command keep(promoflow_release& release, const Command& command) noexcept;
/// The command of a record of one; else none.
std::optional<Command> command_of(const Record& record) noexcept;

/// What `list`, a function of a Release or a Trace, gives, as an array of structs.
template <class Of, class Entry, class T>
promoflow_status fill_list(promoflow_error** error, const Of& of,
                           Result<std::vector<Entry>> (Of::*list)() const noexcept, T* out,
                           std::size_t stride, std::size_t capacity, std::size_t* count) {
  if (const auto bad = need(error, {{"out", out, capacity}, {"count", count}})) { return bad; }
  if (caller_size<T>(stride) == 0) { return invalid_argument(error, "stride"); }
  const auto all = (of.*list)();
  if (!all) { return fail(error, all.error()); }
  return fill(out, stride, capacity, count, all->size(),
              [&](std::size_t i) { return to_c((*all)[i]); });
}

promoflow_status fill_arguments(const Arguments& arguments, promoflow_argument* out,
                                std::size_t capacity, std::size_t* count) noexcept;
promoflow_status fill_context(Context context, promoflow_context_entry* out, std::size_t stride,
                              std::size_t capacity, std::size_t* count) noexcept;

promoflow_status from_c(promoflow_error** error, const promoflow_read_options* in,
                        ReadOptions& out) noexcept;
promoflow_status from_c(promoflow_error** error, const promoflow_render_options* in,
                        RenderOptions& out) noexcept;
promoflow_status from_c(promoflow_error** error, const char* name, const promoflow_release_info* in,
                        ReleaseInfo& out);

promoflow_status format_diagnostics_of(promoflow_error** error,
                                       const std::vector<Diagnostic>& diagnostics,
                                       promoflow_str file, promoflow_str text, std::int32_t format,
                                       promoflow_buffer** out) noexcept;
promoflow_status fill_diagnostics(const std::vector<Diagnostic>& diagnostics,
                                  promoflow_diagnostic* out, std::size_t stride,
                                  std::size_t capacity, std::size_t* count) noexcept;

}  // namespace promoflow::capi
