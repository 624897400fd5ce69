// SPDX-License-Identifier: Apache-2.0
// What the C interfaces of both libraries share: text and structs across the border. Handles are
// not here: each library defines its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/attributes.hpp"
#include "base/exceptions.hpp"
#include "promoflow.h"
#include "promoflow/diagnostic.hpp"
#include "promoflow/release.hpp"
#include "promoflow/text.hpp"

namespace promoflow::capi {

// --- the guard -----------------------------------------------------------------------------------

/// Runs the body; an exception becomes an error of the calling library.
template <class Failed, class Body>
promoflow_status guarded_by(Failed&& failed, promoflow_error** error, Body&& body) noexcept {
  if (error != nullptr) { *error = nullptr; }
  return detail::catching(
      std::forward<Body>(body),
      [&]() -> promoflow_status { return failed(PROMOFLOW_E_OUT_OF_MEMORY, detail::kNoMemory); },
      [&](const char* why) -> promoflow_status { return failed(PROMOFLOW_E_INTERNAL, why); });
}

// --- parameters ----------------------------------------------------------------------------------

/// A parameter that must not be NULL.
struct RequiredParam {
  RequiredParam(const char* its_name, const void* at) noexcept : name(its_name), pointer(at) {}
  /// A text: data may be NULL where the size is 0, and no text is larger than memory.
  RequiredParam(const char* its_name, promoflow_str text) noexcept
      : name(its_name),
        pointer(text.size == 0             ? its_name
                : text.size <= PTRDIFF_MAX ? text.data
                                           : nullptr) {}
  /// An array.
  RequiredParam(const char* its_name, const void* at, std::uint64_t count) noexcept
      : name(its_name), pointer(count == 0 ? its_name : at) {}

  const char* name;
  const void* pointer;
};

/// The name of the first parameter that is missing; NULL: none is. Without a loop, so that
/// compilers can inline all of it.
template <std::size_t kCount>
const char* first_missing(const RequiredParam (&all)[kCount]) noexcept {
  const char* name = nullptr;
  [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    static_cast<void>(
        ((all[kIndex].pointer != nullptr || (name = all[kIndex].name) == nullptr) && ...));
  }
  (std::make_index_sequence<kCount>());
  return name;
}

inline std::string_view view(promoflow_str text) noexcept {
  return text.size == 0 ? std::string_view() : std::string_view(text.data, text.size);
}
inline std::optional<std::string_view> optional_view(promoflow_str text) noexcept {
  return text.data == nullptr ? std::nullopt : std::optional(view(text));
}
inline std::optional<std::string> optional_text(promoflow_str text) {
  return text.data == nullptr ? std::nullopt : std::optional(std::string(view(text)));
}

/// A text that is given, though it may be empty: data is never NULL.
inline promoflow_str out_text(std::string_view text) noexcept {
  return {text.data() == nullptr ? "" : text.data(), text.size()};
}
template <class Text>
promoflow_str out_text(const std::optional<Text>& text) noexcept {
  return text ? out_text(std::string_view(*text)) : promoflow_str{nullptr, 0};
}

/// A text that counts as not given when it is empty: data is NULL then.
inline promoflow_str given_text(std::string_view text) noexcept {
  return text.empty() ? promoflow_str{nullptr, 0} : out_text(text);
}

inline bool is_within(std::int32_t number, std::int32_t first, std::int32_t last) noexcept {
  return number >= first && number <= last;
}
/// Whether a number says yes or no: no other one is taken for either.
inline bool is_yes_or_no(std::int32_t number) noexcept { return is_within(number, 0, 1); }

/// A number that says yes or no, and the name of its parameter or field.
struct Flag {
  std::int32_t number;
  const char* name;
};
/// The name of the first that says neither; null: there is none.
inline const char* first_unclear(std::initializer_list<Flag> flags) noexcept {
  for (const Flag& flag : flags) {
    if (!is_yes_or_no(flag.number)) { return flag.name; }
  }
  return nullptr;
}

// --- structs that grow ---------------------------------------------------------------------------

/// Size of a struct in the version that introduced it: what a caller's size of 0 means. A struct
/// that grows gets a line here. (One that grows twice needs its size in between, too.)
template <class T>
inline constexpr std::size_t kFirstSize = sizeof(T);
template <>
inline constexpr std::size_t kFirstSize<promoflow_flow_options> = offsetof(promoflow_flow_options,
                                                                           hook_timeout_ms);
template <>
inline constexpr std::size_t kFirstSize<promoflow_step> = offsetof(promoflow_step, soak_ms);
template <>
inline constexpr std::size_t kFirstSize<promoflow_event> = offsetof(promoflow_event, by);
template <>
inline constexpr std::size_t kFirstSize<promoflow_record> = offsetof(promoflow_record, by);
template <>
inline constexpr std::size_t kFirstSize<promoflow_outcome> = offsetof(promoflow_outcome,
                                                                      fail_in_soak);
template <>
inline constexpr std::size_t kFirstSize<promoflow_action> = offsetof(promoflow_action, by);
template <>
inline constexpr std::size_t kFirstSize<promoflow_hook_call> = offsetof(promoflow_hook_call,
                                                                        context_argument_count);
template <>
inline constexpr std::size_t kFirstSize<promoflow_promotion_call> =
    offsetof(promoflow_promotion_call, timeout_ms);
template <>
inline constexpr std::size_t kFirstSize<promoflow_executor> = offsetof(promoflow_executor, reports);
template <>
inline constexpr std::size_t kFirstSize<promoflow_run_options> = offsetof(promoflow_run_options,
                                                                          selection);

/// A larger size is an uninitialised struct_size: no struct will ever be that large.
inline constexpr std::size_t kStructBytesMax = 4096;

/// The caller's size of a struct; 0: it is invalid.
template <class T>
std::size_t caller_size(std::size_t given) noexcept {
  if (given == 0) { return kFirstSize<T>; }
  return given < kFirstSize<T> || given > kStructBytesMax ? 0 : given;
}

/// How much of a caller's struct both sides know: whole versions only, never half a field.
template <class T>
constexpr std::size_t common_size(std::size_t caller) noexcept {
  return caller < sizeof(T) ? kFirstSize<T> : sizeof(T);
}

/// Reads a struct of `size` bytes; false: a byte beyond the common part is not zero, so the caller
/// asks for something that this version does not know.
template <class T>
bool read_struct(const void* in, std::size_t size, T& out) noexcept {
  if (size == sizeof(T)) {  // Known to the compiler: a few moves instead of a call.
    std::memcpy(&out, in, sizeof(T));
    return true;
  }
  std::memcpy(&out, in, common_size<T>(size));
  const char* const bytes = static_cast<const char*>(in);
  for (std::size_t i = common_size<T>(size); i < size; ++i) {
    if (bytes[i] != 0) { return false; }
  }
  return true;
}

/// Writes a struct into the caller's one, which is of another size; what lies beyond the common
/// part becomes zero.
template <class T>
PROMOFLOW_COLD void write_common_part(T* out, std::size_t size, T made) noexcept {
  made.struct_size = static_cast<std::uint32_t>(size);
  const std::size_t common = common_size<T>(size);
  std::memcpy(static_cast<void*>(out), &made, common);
  if (size > common) { std::memset(reinterpret_cast<char*>(out) + common, 0, size - common); }
}

/// Writes what make() returns into the caller's struct of `size` bytes. A struct of the library's
/// own size is constructed in place: copying it would cost more than all the rest.
template <class T, class Make>
void write_struct(T* out, std::size_t size, Make make) noexcept {
  if (size == sizeof(T)) {
    ::new (static_cast<void*>(out)) T(make());
    out->struct_size = static_cast<std::uint32_t>(size);
    return;
  }
  write_common_part(out, size, make());
}

/// The element of the caller's array at `index`.
template <class T>
T* element(T* array, std::size_t size, std::size_t index) noexcept {
  using Byte = std::conditional_t<std::is_const_v<T>, const char, char>;
  return reinterpret_cast<T*>(reinterpret_cast<Byte*>(array) + index * size);
}

/// The size that a struct of the caller's gives of itself; 0: it is invalid.
template <class T>
std::size_t size_to_fill(const T* out) noexcept {
  std::uint32_t given = 0;
  std::memcpy(&given, out, sizeof(given));
  return caller_size<T>(given);
}

/// Fills one struct of the caller's.
template <class T, class Make>
promoflow_status fill_struct(T* out, Make make) noexcept {
  const std::size_t size = size_to_fill(out);
  if (size == 0) { return PROMOFLOW_E_INVALID_ARGUMENT; }
  write_struct(out, size, make);
  return PROMOFLOW_OK;
}

/// Fills the caller's array with make(i) for each of `total`, up to its capacity.
template <class T, class Make>
promoflow_status fill(T* out, std::size_t stride, std::size_t capacity, std::size_t* count,
                      std::size_t total, Make make) noexcept {
  const std::size_t size = caller_size<T>(stride);
  if (size == 0) { return PROMOFLOW_E_INVALID_ARGUMENT; }
  for (std::size_t i = 0; i < total && i < capacity; ++i) {
    write_struct(element(out, size, i), size, [&] { return make(i); });
  }
  *count = total;
  return PROMOFLOW_OK;
}

// --- names ---------------------------------------------------------------------------------------

/// What is wrong with a parameter; without a name: nothing is.
struct Fault {
  const char* name = nullptr;
  bool is_missing = false;
};

/// Reads a list of names, for the parameter `name`. `Text` is std::string or std::string_view.
template <class Text>
Fault take_names(const char* name, const promoflow_str* in, std::uint64_t count,
                 std::vector<Text>& out) {
  if (first_missing({{name, in, count}}) != nullptr) { return {name, true}; }
  for (std::uint64_t i = 0; i < count; ++i) {
    if (first_missing({{name, in[i]}}) != nullptr) { return {name, true}; }
    out.emplace_back(view(in[i]));
  }
  return {};
}

/// Reads a selection, for the parameter `name`. `in` may be NULL: all environments.
inline Fault take_selection(const char* name, const promoflow_selection* in,
                            EnvironmentSelection& out) {
  if (in == nullptr) { return {}; }
  promoflow_selection given{};
  const std::size_t size = size_to_fill(in);
  if (size == 0 || !read_struct(in, size, given)) { return {name}; }
  if (!is_within(given.kind, PROMOFLOW_SELECT_ALL, PROMOFLOW_SELECT_ONLY)) {
    return {"selection.kind"};
  }
  std::vector<std::string> names;
  const Fault bad =
      take_names("selection.environments", given.environments, given.environment_count, names);
  if (bad.name != nullptr) { return bad; }
  switch (given.kind) {
    case PROMOFLOW_SELECT_SKIP: out.skip = std::move(names); break;
    case PROMOFLOW_SELECT_UNTIL: out.until = std::move(names); break;
    case PROMOFLOW_SELECT_ONLY: out.only = std::move(names); break;
    default:  // PROMOFLOW_SELECT_ALL.
      if (!names.empty()) { return {"selection.environment_count"}; }
  }
  return {};
}

// --- reading texts -------------------------------------------------------------------------------

/// False: the format is invalid. Zero leaves a bound as it is.
inline bool read_options(const promoflow_read_options& given, ReadOptions& out) noexcept {
  if (!is_within(given.format, PROMOFLOW_TEXT_AUTO, PROMOFLOW_TEXT_JSON)) { return false; }
  out.format = static_cast<TextFormat>(given.format);
  const auto bound = [](std::uint64_t number, std::size_t& limit) {
    if (number != 0) {
      limit = static_cast<std::size_t>(std::min<std::uint64_t>(number, SIZE_MAX));
    }
  };
  bound(given.text_bytes_max, out.limits.text_bytes_max);
  bound(given.nodes_max, out.limits.nodes_max);
  bound(given.name_bytes_max, out.limits.name_bytes_max);
  bound(given.diagnostics_max, out.limits.diagnostics_max);
  bound(given.value_bytes_max, out.limits.value_bytes_max);
  bound(given.work_max, out.limits.work_max);
  if (given.depth_max != 0) { out.limits.depth_max = given.depth_max; }
  return true;
}

/// The diagnostic as a struct that borrows its texts.
inline promoflow_diagnostic to_c(const Diagnostic& diagnostic) noexcept {
  promoflow_diagnostic out{};
  out.code = static_cast<std::int32_t>(diagnostic.code);
  out.severity = static_cast<std::int32_t>(diagnostic.severity);
  out.document = diagnostic.document;
  out.line = diagnostic.line;
  out.column = diagnostic.column;
  out.length = diagnostic.length;
  out.pointer = out_text(diagnostic.pointer);
  out.message = out_text(diagnostic.message);
  out.hint = out_text(diagnostic.hint);
  return out;
}

}  // namespace promoflow::capi
