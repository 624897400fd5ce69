// SPDX-License-Identifier: Apache-2.0
/// @file
/// Arguments: the argument list of one hook, as views that are put together while reading.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "promoflow/context.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/result.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {
struct DefaultArguments;
struct FailureArguments;
}  // namespace detail

/// The arguments of a hook in their order: the defaults (A1), on failure FAILED_ENVIRONMENTS and
/// ERROR_MESSAGE (A2), the hook's own, the promotion context's keys (A5); on equal names the first
/// stands. Borrowed, like the command that it came with; reading allocates nothing.
class PROMOFLOW_API Arguments {
 public:
  class Iterator;

  Iterator begin() const noexcept PROMOFLOW_LIFETIMEBOUND;
  Iterator end() const noexcept PROMOFLOW_LIFETIMEBOUND;
  /// Number of arguments; looks at the hook's own, so it is not what std::ranges calls the size.
  std::size_t size() const noexcept;
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// One compact JSON object. Errors: OutOfMemory.
  [[nodiscard]] Result<std::string> to_json() const noexcept;

  /// For the library's own modules. `failure` is null except at onFail points.
  Arguments(const detail::DefaultArguments* defaults, const detail::FailureArguments* failure,
            const Hook* hook, Context context) noexcept
      : defaults_(defaults), failure_(failure), hook_(hook), context_(context) {}

 private:
  const detail::DefaultArguments* defaults_;
  const detail::FailureArguments* failure_;
  const Hook* hook_;
  Context context_;
};

/// Walks the arguments in order, as often as wanted. It refers to the Arguments that it came from.
class PROMOFLOW_API Arguments::Iterator {
 public:
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;  ///< Before C++20 a reference was required.
  using value_type = Argument;
  using difference_type = std::ptrdiff_t;
  using pointer = const Argument*;
  using reference = Argument;

  Iterator() noexcept = default;
  reference operator*() const noexcept { return *operator->(); }
  pointer operator->() const noexcept PROMOFLOW_LIFETIMEBOUND {
    return at_ == nullptr ? &assigned_ : at_;
  }
  Iterator& operator++() noexcept {
    if (--left_ != 0) {
      ++at_;
    } else {
      settle();
    }
    return *this;
  }
  Iterator operator++(int) noexcept {
    Iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator& left, const Iterator& right) noexcept {
    return left.left_ == right.left_ &&
           (left.left_ == 0 || (left.group_ == right.group_ && left.index_ == right.index_));
  }

 private:
  friend class Arguments;
  /// The groups in their order (A1, A2, A5).
  enum class Group : unsigned char { Defaults, Failure, Assigned, Context, End };
  void settle() noexcept;
  void run(const Argument* first, std::size_t count) noexcept;

  const Arguments* arguments_ = nullptr;
  const Argument* at_ = nullptr;  ///< In a run of arguments; null: the current one is `assigned_`.
  std::size_t left_ = 0;          ///< Of the run, the current one included; 0 at the end only.
  std::uint32_t index_ = 0;       ///< In its group, of what comes behind the run.
  Group group_ = Group::End;
  Argument assigned_{};
};

inline Arguments::Iterator Arguments::end() const noexcept { return {}; }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

#ifdef __cpp_lib_ranges
template <>
inline constexpr bool std::ranges::enable_view<promoflow::Arguments> = true;
template <>
inline constexpr bool std::ranges::disable_sized_range<promoflow::Arguments> = true;
#endif
