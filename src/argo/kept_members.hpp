// SPDX-License-Identifier: Apache-2.0
/// @file
/// JSON text with only what somebody reads: objects of a cluster are large, and little of each is
/// looked at. To find where a value ends costs a tenth of reading it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A member that is kept. Names are compared as they are written: one with escapes is none of
/// these.
struct KeptMember {
  std::string_view name;                  ///< Empty: any name.
  std::span<const KeptMember> members{};  ///< Of its value; empty: all of it is kept.
};

/// The text of an object, with those of its members that are kept; of an array, with those of each
/// of its objects. What is not kept is not checked. A text in which the end of a value is not found
/// stays as it is: whoever parses it says what is wrong.
std::string kept_members(std::string_view text, std::span<const KeptMember> members);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
