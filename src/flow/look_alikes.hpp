// SPDX-License-Identifier: Apache-2.0
/// @file
/// LookAlikes: finds names that look the same though they are written with other characters.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/name_text.hpp"
#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// First all names are seen, then added. The names must outlive it.
class LookAlikes {
 public:
  void see(std::string_view name) {
    needed_ = needed_ || !std::all_of(name.begin(), name.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  }
  /// Whether a name that was seen has other characters than ASCII; else no two look the same.
  bool needed() const noexcept { return needed_; }

  /// The name that was added and looks like this one; empty: none.
  std::string_view find(std::string_view name) const {
    const auto found = needed_ ? first_.find(look_alike_key(name)) : first_.end();
    return found == first_.end() ? std::string_view() : found->second;
  }

  /// The first name that was added and looks like this one but is another; empty: none.
  std::string_view add(std::string_view name) {
    if (!needed_) { return {}; }
    const std::string_view first = first_.try_emplace(look_alike_key(name), name).first->second;
    return first == name ? std::string_view() : first;
  }

 private:
  bool needed_ = false;
  std::unordered_map<std::string, std::string_view> first_;
};

/// A hook whose name looks like that of an earlier one.
struct LookAlikeHook {
  std::string pointer;
  std::string_view name;
  std::string_view earlier;
};

/// The hooks of the release, and of the steps: `step_options` has the index of each step's options
/// in `distinct`.
std::vector<LookAlikeHook> find_look_alike_hooks(const Hooks& release,
                                                 std::span<const StepOptions> distinct,
                                                 std::span<const std::uint32_t> step_options);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
