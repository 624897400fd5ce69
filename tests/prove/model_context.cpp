// SPDX-License-Identifier: Apache-2.0
// Section 4: what exports make of the promotion context, and which of them conflict.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "model.hpp"

namespace promoflow::prove {

namespace {

using Json = nlohmann::ordered_json;

/// Among how many live writes a conflict is looked for (C5).
constexpr std::size_t kLiveWritesMax = 64;

/// The value of a text. A number is a text that begins with U+0001, so that it keeps its digits.
/// Discarded: it is not JSON.
Json parsed(std::string_view text) {
  static const std::regex kNumber(R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?)");
  std::string marked;
  for (const char* at = text.data(); at != text.data() + text.size();) {
    const char* const end = text.data() + text.size();
    std::cmatch number;
    if (*at == '"') {
      const char* const from = at++;
      while (at != end && *at != '"') { at += *at == '\\' && at + 1 != end ? 2 : 1; }
      at += at != end ? 1 : 0;
      marked.append(from, at);
    } else if (std::regex_search(at, end, number, kNumber,
                                 std::regex_constants::match_continuous)) {
      marked += "\"\\u0001" + number.str() + '"';
      at += number.length();
    } else {
      marked += *at++;
    }
  }
  return Json::parse(marked, nullptr, false);
}

/// The reverse.
std::string text_of(const Json& value) {
  static const std::string kMarked = "\"\\u0001";
  const std::string marked = value.dump();
  std::string text;
  std::size_t at = 0;
  for (std::size_t found = 0; (found = marked.find(kMarked, at)) != std::string::npos;) {
    const std::size_t end = marked.find('"', found + kMarked.size());
    text += marked.substr(at, found - at);
    text += marked.substr(found + kMarked.size(), end - found - kMarked.size());
    at = end + 1;
  }
  return text + marked.substr(at);
}

/// RFC 7396.
Json patched(const Json& target, const Json& patch) {
  if (!patch.is_object()) { return patch; }
  Json result = target.is_object() ? target : Json::object();
  for (const auto& [key, value] : patch.items()) {
    if (value.is_null()) {
      result.erase(key);
    } else {
      result[key] = patched(result.contains(key) ? result[key] : Json(), value);
    }
  }
  return result;
}

std::uint32_t depth_of(const Json& value) {
  if (!value.is_structured()) { return 0; }
  std::uint32_t inner = 0;
  for (const Json& item : value) { inner = std::max(inner, depth_of(item)); }
  return inner + 1;
}

/// As JSON values: the order of members does not count.
bool equal(const Json& left, const Json& right) {
  if (left == right) { return true; }  // Also numbers too large for a double.
  return nlohmann::json::parse(text_of(left)) == nlohmann::json::parse(text_of(right));
}

/// Whether two writes to one key give the same in either order (C5).
bool commute(const Json& left, const Json& right, bool deep) {
  if (!deep || !left.is_object() || !right.is_object()) { return equal(left, right); }
  for (const auto& [key, value] : left.items()) {
    const auto other = right.find(key);
    if (other != right.end() && !commute(value, *other, deep)) { return false; }
  }
  return true;
}

std::size_t compact_size(const std::vector<Entry>& entries) {
  std::size_t bytes = 2;  // The braces.
  for (const Entry& entry : entries) {
    bytes += in_quotes(entry.key).size() + 1 + entry.json.size();
  }
  return bytes + (entries.empty() ? 0 : entries.size() - 1);
}

}  // namespace

bool is_reserved(std::string_view name) {
  static const std::set<std::string_view> kReserved{
      "RELEASE_URL",         "PRODUCT_NAME",        "VERSION",      "COMMIT_SHA", "RELEASE_ID",
      "PROMOTION_FLOW_NAME", "FAILED_ENVIRONMENTS", "ERROR_MESSAGE"};
  return kReserved.contains(name);
}

std::string export_error(std::string_view text) {
  if (text.size() > kContextBytesMax) { return "larger than 1 MiB"; }
  const Json value = parsed(text);
  if (depth_of(value) > kContextDepthMax) { return "nested deeper than 64 levels"; }
  // The words in which the library says what such a text seems to be are no rule.
  return value.is_object() ? "" : check_export(text).value();
}

/// C4, of an export to the present context.
std::string Model::merge_error(std::string_view exported) const {
  const std::string error = export_error(exported);
  if (!error.empty()) { return error; }
  const bool fits = compact_size(merged(exported, tickets)) <= kContextBytesMax;
  return fits ? "" : "the promotion context that results would be larger than 1 MiB";
}

std::string compact(std::string_view json) { return text_of(parsed(json)); }

/// C2: the context with an export merged into it. What is replaced keeps its place.
std::vector<Entry> Model::merged(std::string_view exported, std::uint64_t ticket) const {
  const bool deep = flow_.options().context_merge == ContextMerge::Deep && ticket != 0;
  const Json patch = parsed(exported);
  std::vector<Entry> after;
  for (const Entry& entry : context) {
    const auto given = patch.find(entry.key);
    if (given == patch.end()) {
      after.push_back(entry);
    } else if (!deep || !given->is_null()) {
      const Json value = deep ? patched(parsed(entry.json), *given) : *given;
      after.push_back({entry.key, text_of(value), ticket});
    }
  }
  for (const auto& [key, given] : patch.items()) {
    const bool known = std::any_of(context.begin(), context.end(),
                                   [&, k = key](const Entry& entry) { return entry.key == k; });
    if (known || (deep && given.is_null())) { continue; }
    after.push_back({key, text_of(deep ? patched(Json(), given) : given), ticket});
  }
  return after;
}

/// Merges an export whose line has been added; its notes follow, in the order of its keys.
void Model::merge(Scope writer, std::uint64_t ticket, std::string_view exported) {
  context = merged(exported, ticket);
  const Json patch = parsed(exported);
  for (const auto& [key, value] : patch.items()) {
    if (is_reserved(key)) {  // C6
      add_line("shadowed", "\"key\":" + in_quotes(key) + ",\"ticket\":" + std::to_string(ticket));
    }
    if (const auto earlier = write(writer, ticket, key, text_of(value))) {
      conflicts.push_back({key, *earlier, ticket});
      add_line("conflict", "\"key\":" + in_quotes(key) + ",\"earlier\":" +
                               std::to_string(*earlier) + ",\"later\":" + std::to_string(ticket));
    }
  }
}

/// C5: notes a write; the ticket of the one that it conflicts with, if it does.
std::optional<std::uint64_t> Model::write(Scope writer, std::uint64_t ticket,
                                          const std::string& key, const std::string& json) {
  std::vector<LiveWrite>& live = live_writes_[key];
  std::erase_if(live, [&](const LiveWrite& earlier) {
    return writer == kRelease || earlier.writer == kRelease || earlier.writer == writer ||
           depends(writer, earlier.writer);
  });
  const bool deep = flow_.options().context_merge == ContextMerge::Deep;
  const Json value = parsed(json);
  std::optional<std::uint64_t> found;
  const std::size_t most = std::min(live.size(), kLiveWritesMax);
  for (std::size_t back = 1; back <= most && !found; ++back) {
    const LiveWrite& earlier = live[live.size() - back];
    if (!commute(parsed(earlier.json), value, deep)) { found = earlier.ticket; }
  }
  live.push_back({json, ticket, writer});
  return found;
}

}  // namespace promoflow::prove
