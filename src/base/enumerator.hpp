// SPDX-License-Identifier: Apache-2.0
/// @file
/// Enumerators that a host gives: any number can be made one.
#pragma once

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Whether it is one of an enumeration that counts from 1 to `last`.
template <class Enum>
constexpr bool is_enumerator(Enum given, Enum last) noexcept {
  return given >= Enum{1} && given <= last;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
