// SPDX-License-Identifier: Apache-2.0
#include "store/start_json.hpp"

#include <nlohmann/json.hpp>

#include "base/parse_json.hpp"
#include "store/sqlite.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

using Json = nlohmann::ordered_json;

Json to_json_value(const EnvironmentSelection& selection) {
  Json value = Json::object();
  if (selection.skip) { value["skip"] = *selection.skip; }
  if (selection.until) { value["until"] = *selection.until; }
  if (selection.only) { value["only"] = *selection.only; }
  return value;
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

namespace detail {

std::string selection_to_json(const EnvironmentSelection& selection) {
  return dump(to_json_value(selection));
}

EnvironmentSelection selection_from_json(std::string_view text) {
  const Json value = parse_json<Json>(text);
  EnvironmentSelection selection;
  const auto read = [&](const char* name, std::optional<std::vector<std::string>>& names) {
    const auto member = value.find(name);
    if (member == value.end()) { return; }
    names.emplace();
    for (const Json& item : *member) {
      if (!item.is_string()) { break; }
      names->push_back(item.get<std::string>());
    }
  };
  if (!value.is_object()) {
    throw StoreFault(
        {ErrorCode::StoreDamaged, "start.selection", "the selection is no JSON object"});
  }
  read("skip", selection.skip);
  read("until", selection.until);
  read("only", selection.only);
  return selection;
}

}  // namespace detail

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
