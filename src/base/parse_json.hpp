// SPDX-License-Identifier: Apache-2.0
/// @file
/// The only way in which a text becomes a value of nlohmann's.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Discarded if the text is no JSON. The parser takes a zero byte for the end of the text, and
/// would drop what is behind it; JSON has such a byte nowhere.
template <class Json = nlohmann::json>
Json parse_json(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) { return Json(Json::value_t::discarded); }
  return Json::parse(text, nullptr, false);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
