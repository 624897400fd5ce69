// SPDX-License-Identifier: Apache-2.0
/// @file
/// Reading what a server has answered: whatever is absent, or of another type, reads as empty.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The member of an object; null where there is none.
inline const nlohmann::json& member(const nlohmann::json& object, std::string_view name) {
  static const nlohmann::json none;
  if (!object.is_object()) { return none; }
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

/// A text member.
inline std::string text_of(const nlohmann::json& object, std::string_view name) {
  const nlohmann::json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
