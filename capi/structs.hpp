// SPDX-License-Identifier: Apache-2.0
// What the C interfaces of both libraries share: text and structs across the border. No handles:
// what a library keeps behind one is its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "promoflow.h"
#include "promoflow/diagnostic.hpp"
#include "promoflow/text.hpp"

namespace promoflow::capi {

// --- the guard -----------------------------------------------------------------------------------

/// Runs the body; what it throws becomes an error of the library that it is in.
template <class Failed, class Body>
promoflow_status guarded_by(Failed&& failed, promoflow_error** error, Body&& body) noexcept {
  if (error != nullptr) { *error = nullptr; }
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    return failed(PROMOFLOW_E_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& why) {
    return failed(PROMOFLOW_E_INTERNAL, why.what());
  } catch (...) { return failed(PROMOFLOW_E_INTERNAL, "an unknown exception"); }
}

// --- parameters ----------------------------------------------------------------------------------

/// A parameter that must be there.
struct Given {
  Given(const char* given, const void* at) noexcept : name(given), pointer(at) {}
  /// A text: data may be NULL where the size is 0, and no text is larger than memory.
  Given(const char* given, promoflow_str text) noexcept
      : name(given),
        pointer(text.size == 0             ? given
                : text.size <= PTRDIFF_MAX ? text.data
                                           : nullptr) {}
  /// An array.
  Given(const char* given, const void* at, std::size_t count) noexcept
      : name(given), pointer(count == 0 ? given : at) {}

  const char* name;
  const void* pointer;
};

/// The name of the first that is not there; NULL: all are. Without a loop: compilers then see
/// through all of it.
template <std::size_t kCount>
const char* first_missing(const Given (&all)[kCount]) noexcept {
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

/// A text that is given, if an empty one: never a NULL pointer.
inline promoflow_str out_text(std::string_view text) noexcept {
  return {text.data() == nullptr ? "" : text.data(), text.size()};
}
template <class Text>
promoflow_str out_text(const std::optional<Text>& text) noexcept {
  return text ? out_text(std::string_view(*text)) : promoflow_str{nullptr, 0};
}

inline bool is_within(std::int32_t number, std::int32_t first, std::int32_t last) noexcept {
  return number >= first && number <= last;
}

// --- structs that grow ---------------------------------------------------------------------------

/// Size of a struct in version 0.1. When one grows, its old size stands here in its own line.
template <class T>
inline constexpr std::size_t kSizeOf01 = sizeof(T);

/// No struct will ever be larger: what says so was never set.
inline constexpr std::size_t kStructBytesMax = 4096;

/// The caller's size of a struct; 0: it is none that ever was.
template <class T>
std::size_t caller_size(std::size_t given) noexcept {
  if (given == 0) { return kSizeOf01<T>; }
  return given < kSizeOf01<T> || given > kStructBytesMax ? 0 : given;
}

/// Reads a struct of `size` bytes; false: it asks for something that this version does not know.
template <class T>
bool read_struct(const void* in, std::size_t size, T& out) noexcept {
  if (size == sizeof(T)) {  // Known to the compiler: a few moves instead of a call.
    std::memcpy(&out, in, sizeof(T));
    return true;
  }
  std::memcpy(&out, in, std::min(size, sizeof(T)));
  const char* const bytes = static_cast<const char*>(in);
  for (std::size_t i = sizeof(T); i < size; ++i) {
    if (bytes[i] != 0) { return false; }
  }
  return true;
}

/// Puts what make() returns into the caller's struct of `size` bytes; what this version does not
/// know is zero. One of our own size is made in its place: to copy what was just written costs more
/// than all the rest.
template <class T, class Make>
void put_made(T* out, std::size_t size, Make make) noexcept {
  if (size == sizeof(T)) {
    ::new (static_cast<void*>(out)) T(make());
    out->struct_size = static_cast<std::uint32_t>(size);
    return;
  }
  T made = make();
  made.struct_size = static_cast<std::uint32_t>(size);
  std::memcpy(static_cast<void*>(out), &made, std::min(size, sizeof(T)));
  if (size > sizeof(T)) {
    std::memset(reinterpret_cast<char*>(out) + sizeof(T), 0, size - sizeof(T));
  }
}

/// The element of the caller's array at `index`.
template <class T>
T* element(T* array, std::size_t size, std::size_t index) noexcept {
  using Byte = std::conditional_t<std::is_const_v<T>, const char, char>;
  return reinterpret_cast<T*>(reinterpret_cast<Byte*>(array) + index * size);
}

/// The size that stands in a struct to be filled; 0: it is none that ever was.
template <class T>
std::size_t size_to_fill(const T* out) noexcept {
  std::uint32_t given = 0;
  std::memcpy(&given, out, sizeof(given));
  return caller_size<T>(given);
}

/// Fills one struct of the caller's.
template <class T, class Make>
promoflow_status put_struct(T* out, Make make) noexcept {
  const std::size_t size = size_to_fill(out);
  if (size == 0) { return PROMOFLOW_E_INVALID_ARGUMENT; }
  put_made(out, size, make);
  return PROMOFLOW_OK;
}

/// Fills the caller's array with make(i) for each of `total`, as far as it reaches.
template <class T, class Make>
promoflow_status fill(T* out, std::size_t stride, std::size_t capacity, std::size_t* count,
                      std::size_t total, Make make) noexcept {
  const std::size_t size = caller_size<T>(stride);
  if (size == 0) { return PROMOFLOW_E_INVALID_ARGUMENT; }
  for (std::size_t i = 0; i < total && i < capacity; ++i) {
    put_made(element(out, size, i), size, [&] { return make(i); });
  }
  *count = total;
  return PROMOFLOW_OK;
}

// --- what is read and found in texts -------------------------------------------------------------

/// False: of a format that means nothing. Zero leaves a bound as it is.
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
  if (given.depth_max != 0) { out.limits.depth_max = given.depth_max; }
  return true;
}

/// Borrows from the diagnostic.
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
