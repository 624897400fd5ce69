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

#include "promoflow.h"
#include "promoflow/executor.hpp"
#include "promoflow/promoflow.hpp"
#include "structs.hpp"

/// Const: the error for want of memory, which is nobody's to free.
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
  promoflow::ScenarioReport report;
};

struct promoflow_trace {
  promoflow::Trace trace;
};

namespace promoflow::capi {

/// What a command struct leads back to.
struct Taken {
  Arguments arguments;
  Context context;
};

}  // namespace promoflow::capi

struct promoflow_release {
  explicit promoflow_release(promoflow::Release&& started)
      : own(std::move(started)), release(*own) {}
  /// A look at a release of the library's, for callbacks that are handed a const handle.
  explicit promoflow_release(const promoflow::Release& other)
      : release(const_cast<promoflow::Release&>(other)) {}
  promoflow_release(const promoflow_release&) = delete;
  promoflow_release& operator=(const promoflow_release&) = delete;

  /// The caller's borrowed views end here.
  void change() noexcept {
    ++generation;
    taken.clear();
    outstanding.clear();
    last.reset();
  }

  std::optional<promoflow::Release> own{};
  promoflow::Release& release;
  std::vector<promoflow::capi::Taken> taken{};        ///< Hooks handed out since the last change.
  std::vector<promoflow::capi::Taken> outstanding{};  ///< Those of the last outstanding() call.
  std::optional<promoflow::Record> last{};
  std::uint32_t generation = 1;
};

namespace promoflow::capi {

promoflow_status fail(promoflow_error** error, promoflow_status code, std::string_view where,
                      std::string_view message) noexcept;
promoflow_status fail(promoflow_error** error, const Error& why) noexcept;

/// The only way into the library: nothing is thrown across the border.
template <class Body>
promoflow_status guarded(promoflow_error** error, Body&& body) noexcept {
  const auto failed = [&](promoflow_status code, std::string_view message) noexcept {
    return fail(error, code, {}, message);
  };
  return guarded_by(failed, error, std::forward<Body>(body));
}

// --- parameters ----------------------------------------------------------------------------------

promoflow_status missing(promoflow_error** error, const char* name) noexcept;
promoflow_status meaningless(promoflow_error** error, const char* name) noexcept;

template <std::size_t kCount>
promoflow_status need(promoflow_error** error, const Given (&all)[kCount]) noexcept {
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

/// Reads a struct whose size stands in itself; fails with `name`.
template <class T>
promoflow_status take_struct(promoflow_error** error, const char* name, const T* in,
                             T& out) noexcept {
  if (in == nullptr) { return missing(error, name); }
  std::uint32_t given = 0;
  std::memcpy(&given, in, sizeof(given));
  const std::size_t size = caller_size<T>(given);
  if (size == 0 || !read_struct(in, size, out)) { return meaningless(error, name); }
  return PROMOFLOW_OK;
}

/// Looks at a struct without copying one that has the size of ours; fails with `name`. `copy` need
/// not be initialised.
template <class T>
promoflow_status look_at_struct(promoflow_error** error, const char* name, const T* in, T& copy,
                                const T*& out) noexcept {
  if (in != nullptr && in->struct_size == sizeof(T)) {
    out = in;
    return PROMOFLOW_OK;
  }
  copy = T{};
  out = &copy;
  return take_struct(error, name, in, copy);
}

/// Reads an array of structs, one after another.
template <class T, class Each>
promoflow_status each_struct(promoflow_error** error, const char* name, const T* in,
                             std::size_t stride, std::size_t count, Each each) {
  const std::size_t size = caller_size<T>(stride);
  if (size == 0 || (in == nullptr && count != 0)) { return meaningless(error, name); }
  for (std::size_t i = 0; i < count; ++i) {
    promoflow_status status = PROMOFLOW_OK;
    if (size == sizeof(T)) {
      status = each(i, in[i]);
    } else {
      T one{};
      if (!read_struct(element(in, size, i), size, one)) { return meaningless(error, name); }
      status = each(i, one);
    }
    if (status != PROMOFLOW_OK) { return status; }
  }
  return PROMOFLOW_OK;
}

/// The same for what never grows.
template <class T, class Make>
promoflow_status fill_plain(T* out, std::size_t capacity, std::size_t* count, std::size_t total,
                            Make make) noexcept {
  for (std::size_t i = 0; i < total && i < capacity; ++i) { out[i] = make(i); }
  *count = total;
  return PROMOFLOW_OK;
}

// --- what is handed out --------------------------------------------------------------------------

promoflow_status give_text(promoflow_error** error, promoflow_buffer** out,
                           Result<std::string> text);
promoflow_status give_flow(promoflow_flow** out, const Flow& flow);

promoflow_release_info to_c(const ReleaseInfo& info) noexcept;
promoflow_state to_c(const EnvironmentState& state) noexcept;
/// A command without what leads back to its arguments, and without their number.
promoflow_command to_c(const Command& command) noexcept;
promoflow_record to_c(const Record& record) noexcept;
promoflow_event to_c(const Event& event) noexcept;
/// False: of no kind.
bool from_c(const promoflow_event& in, Event& out) noexcept;
/// Makes room for one more command, so that what is taken from the release can be kept.
void reserve_one(promoflow_release& release);
/// A command with the way back to its arguments; there is room for one more.
promoflow_command keep(promoflow_release& release, const Command& command) noexcept;
/// The command of a record that is one.
std::optional<Command> command_of(const Record& record) noexcept;

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
