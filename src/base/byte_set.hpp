// SPDX-License-Identifier: Apache-2.0
/// @file
/// ByteSet: a set of bytes, asked by one load. For questions that are put to every byte or value of
/// a text.
#pragma once

#include <array>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class ByteSet {
 public:
  constexpr explicit ByteSet(std::string_view bytes) noexcept {
    for (const char byte : bytes) { holds_[static_cast<unsigned char>(byte)] = true; }
  }
  constexpr bool holds(char byte) const noexcept {
    return holds_[static_cast<unsigned char>(byte)];
  }

 private:
  std::array<bool, 256> holds_{};
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
