// SPDX-License-Identifier: Apache-2.0
/// @file
/// Context: the promotion context of a release, one JSON object with the provenance of each key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>  // Declares what makes a class a view.
#include <string>
#include <string_view>
#include <version>

#include "promoflow/event.hpp"
#include "promoflow/index_iterator.hpp"
#include "promoflow/result.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {
struct ContextData;
}

/// Bounds of an export, of the context given at start, and of the context that results from a merge
/// (bytes of compact JSON) (C4).
inline constexpr std::size_t kContextBytesMax = std::size_t{1} << 20;
inline constexpr std::uint32_t kContextDepthMax = 64;

/// One argument of a hook: always a string (A1, A6).
struct Argument {
  std::string_view name;
  std::string_view value;
};

/// One key of the context. The views live as long as the Context that they came from.
struct ContextEntry {
  std::string_view key;
  std::string_view json;  ///< The value as compact JSON text.
  std::string_view text;  ///< As arguments hand it: a string as it is, else the JSON text (A6).
  Ticket writer{};        ///< The hook that wrote it last; 0: given at start (C5).
  bool shadowed = false;  ///< Named as a default argument, so never handed as one (C6).
};

/// A look at one state of the context. Borrowed: it lives until the next call that changes the
/// release (or as long as the trace) that it came from. Copying it copies a pointer; reading
/// allocates nothing and is thread-safe.
class PROMOFLOW_API Context {
 public:
  Context() noexcept;  ///< An empty one.
  std::size_t size() const noexcept;
  /// The entries in the order in which their keys first appeared; `index` < size().
  ContextEntry operator[](std::size_t index) const noexcept;
  /// Random access. Iterators outlive the Context that they came from.
  IndexIterator<Context> begin() const noexcept { return {*this, 0}; }
  IndexIterator<Context> end() const noexcept { return {*this, size()}; }
  [[nodiscard]] std::optional<ContextEntry> find(std::string_view key) const noexcept;
  /// The whole object as compact JSON text. Errors: OutOfMemory.
  [[nodiscard]] Result<std::string> to_json() const noexcept;

  /// For the library's own modules.
  explicit Context(const detail::ContextData* data) noexcept : data_(data) {}
  const detail::ContextData& data() const noexcept { return *data_; }

 private:
  const detail::ContextData* data_;
};

/// Two hooks wrote values of one key whose order matters, and neither write supersedes the other:
/// which value remains depends on which hook ended last (C5). Also a record, behind the success of
/// the later hook.
struct ContextConflict {
  std::string_view key;
  Ticket earlier{};
  Ticket later{};  ///< Its value remains.
};

/// Why a text cannot be exported, or given at start (C4): what it seems to be instead of a JSON
/// object, where it goes wrong and how it begins, safe to print on one line. Empty: it can, or is
/// no export at all (C1). An executor asks, to keep what its programs wrote; the release finds the
/// same when it applies HookSucceeded. Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> check_export(std::string_view text) noexcept;

/// An export that was not merged: its hook failed, or it broke C4. A release keeps the latest 256,
/// of 16 MiB in all.
struct RejectedExport {
  Ticket ticket{};
  std::string_view reason;  ///< C4's reason, or empty when the hook itself failed.
  std::string_view text;    ///< What was sent, to the byte.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

#ifdef __cpp_lib_ranges
template <>
inline constexpr bool std::ranges::enable_view<promoflow::Context> = true;
template <>
inline constexpr bool std::ranges::enable_borrowed_range<promoflow::Context> = true;
#endif
