// SPDX-License-Identifier: Apache-2.0
// Sections 3 and 4: arguments and the promotion context; and what is read of the state (R14).
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "model.hpp"

namespace promoflow::prove {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 8> kDefaults{
    "RELEASE_URL", "PRODUCT_NAME",        "VERSION",      "COMMIT_SHA", "PROMOTION_FLOW_NAME",
    "RELEASE_ID",  "FAILED_ENVIRONMENTS", "ERROR_MESSAGE"};

std::string in_quotes(std::string_view text) { return Json(text).dump(); }

/// A6: a string as it is, any other value as compact JSON text.
std::string handed(const std::string& json) {
  const Json value = Json::parse(json);
  return value.is_string() ? value.get<std::string>() : value.dump();
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

int depth_of(const Json& value) {
  if (!value.is_structured()) { return 0; }
  int inner = 0;
  for (const Json& item : value) { inner = std::max(inner, depth_of(item)); }
  return inner + 1;
}

}  // namespace

std::string flaw_of(std::string_view exported) {
  if (exported == kBadJson || exported == kNotUtf8) { return "not valid JSON (line 1, column 1)"; }
  if (exported.size() > kContextBytesMax) { return "larger than 1 MiB"; }
  const Json value = Json::parse(exported);
  if (depth_of(value) > 64) { return "nested deeper than 64 levels"; }
  return value.is_object() ? "" : "not a JSON object";
}

std::string duration_text(Ms ms) {
  if (ms == 0) { return "0s"; }
  if (ms < 1000) { return std::to_string(ms) + "ms"; }
  std::string text;
  if (const Ms hours = ms / 3600000; hours > 0) { text += std::to_string(hours) + "h"; }
  if (const Ms minutes = ms / 60000 % 60; minutes > 0) { text += std::to_string(minutes) + "m"; }
  const Ms rest = ms % 60000;
  if (rest == 0) { return text; }
  std::string fraction = std::to_string(rest % 1000 + 1000).substr(1);
  while (!fraction.empty() && fraction.back() == '0') { fraction.pop_back(); }
  return text + std::to_string(rest / 1000) + (fraction.empty() ? "" : "." + fraction) + "s";
}

// --- the flow
// ---------------------------------------------------------------------------------------

std::string Model::name(Scope scope) const {
  return std::string(flow_.environment_name(EnvironmentId(scope)));
}

std::span<const Hook> Model::hooks(Scope scope, Phase phase) const {
  const Hooks& all =
      scope == kRelease ? flow_.options().hooks : flow_.step(EnvironmentId(scope)).hooks;
  switch (phase) {
    case Phase::OnStart: return all.on_start;
    case Phase::Promotion: return {};
    case Phase::OnSuccess: return all.on_success;
    case Phase::OnFail: return all.on_fail;
  }
  return {};
}

const Hook* Model::hook_of(const Place& place) const {
  return place.phase == Phase::Promotion ? nullptr : &hooks(place.scope, place.phase)[place.hook];
}

bool Model::depends(Scope scope, Scope on) const {
  std::set<Scope> found{scope};
  for (std::vector<Scope> next{scope}; !next.empty();) {
    const Scope one = next.back();
    next.pop_back();
    for (const EnvironmentId direct : flow_.dependencies(EnvironmentId(one))) {
      if (found.insert(static_cast<Scope>(direct)).second) {
        next.push_back(static_cast<Scope>(direct));
      }
    }
  }
  return scope != on && found.contains(on);
}

// --- arguments
// --------------------------------------------------------------------------------------

std::string Model::arguments(const Place& place) const {
  const Hook& hook = *hook_of(place);
  std::vector<std::pair<std::string, std::string>> all{
      {"RELEASE_URL", info_.url},
      {"PRODUCT_NAME", info_.product},  // A1
      {"VERSION", info_.version},
      {"COMMIT_SHA", info_.commit_sha},
      {"PROMOTION_FLOW_NAME", std::string(flow_.name())},
      {"RELEASE_ID", info_.id}};
  if (place.phase == Phase::OnFail) {  // A2
    std::string failed;
    for (Scope scope = 0; at(scope) < environments.size(); ++scope) {  // A3
      const Standing& environment = standing(scope);
      const bool stopped = environment.status == "Failed" || environment.status == "Terminated";
      if (!stopped || (place.scope != kRelease && place.scope != scope)) { continue; }
      failed += std::string(failed.empty() ? "" : ",") + "{\"Name\":" + in_quotes(name(scope)) +
                ",\"Status\":" + in_quotes(environment.status) +
                ",\"Error-message\":" + in_quotes(environment.message.value_or("")) + "}";
    }
    all.emplace_back("FAILED_ENVIRONMENTS", "[" + failed + "]");
    all.emplace_back("ERROR_MESSAGE", standing(place.scope).message.value_or(""));  // A4
  }
  const auto add = [&](const std::string& key, const std::string& value) {  // A5
    const bool taken =
        std::any_of(all.begin(), all.end(), [&](const auto& item) { return item.first == key; }) ||
        std::find(kDefaults.begin(), kDefaults.end(), key) != kDefaults.end();
    if (!taken) { all.emplace_back(key, value); }
  };
  for (const AssignedArgument& assigned : hook.arguments) { add(assigned.name, assigned.value); }
  for (const Entry& entry : context) { add(entry.key, handed(entry.json)); }
  std::string text;
  for (const auto& [key, value] : all) {
    text += std::string(text.empty() ? "" : ",") + in_quotes(key) + ":" + in_quotes(value);
  }
  return "{" + text + "}";
}

// --- context
// ----------------------------------------------------------------------------------------

void Model::merge(const Issued& command, std::uint64_t ticket, std::string_view exported) {
  const Scope writer = command.place.scope;
  const bool deep = flow_.options().context_merge == ContextMerge::Deep && ticket != 0;
  const Json patch = Json::parse(exported);
  std::vector<Entry> after;
  const auto write = [&](const std::string& key, const Json& value) {
    after.push_back({key, value.dump(), ticket, writer});
  };
  for (const Entry& standing : context) {  // What is replaced keeps its place.
    const auto given = patch.find(standing.key);
    if (given == patch.end()) {
      after.push_back(standing);
      continue;
    }
    const bool removed = deep && given->is_null();
    const Json value = deep ? patched(Json::parse(standing.json), *given) : *given;
    if (!removed) { write(standing.key, value); }
    const Scope other = standing.writer;  // C5
    const bool strangers = other != kRelease && writer != kRelease && other != writer &&
                           !depends(writer, other) && !depends(other, writer);
    if (strangers && (removed || standing.json != value.dump())) {
      conflicts.push_back({standing.key, standing.ticket, ticket});
    }
  }
  for (const auto& [key, given] : patch.items()) {
    const bool known = std::any_of(context.begin(), context.end(),
                                   [&, k = key](const Entry& entry) { return entry.key == k; });
    if (known || (deep && given.is_null())) { continue; }
    write(key, deep ? patched(Json(), given) : given);
  }
  context = after;
}

std::string Model::context_json() const {
  std::string text;
  for (const Entry& entry : context) {
    text += std::string(text.empty() ? "" : ",") + in_quotes(entry.key) + ":" + entry.json;
  }
  return "{" + text + "}";
}

// --- reading
// ----------------------------------------------------------------------------------------

std::string Model::phase(Scope scope) const {
  const Standing& here = standing(scope);
  if (scope == kRelease && is_final()) { return here.status; }
  const bool runs = here.status == "Running" || here.status == "Suspended";
  if (here.failing) {
    const bool cut = scope == kRelease ? terminated_ : here.status == "Terminated";
    return cut ? "FinalizingTermination" : "Finalizing";
  }
  if (runs && here.at && here.at->phase == Phase::OnStart) { return "Initializing"; }
  if (runs && here.at && here.at->phase == Phase::OnSuccess) { return "Finalizing"; }
  return here.status;
}

void Model::become(Scope scope, const std::string& status) {
  standing(scope).status = status;
  say(scope == kRelease ? "\"event\":\"release\",\"status\":\"" + status + "\""
                        : "\"event\":\"environment\",\"environment\":\"" + name(scope) +
                              "\",\"status\":\"" + status + "\"");
}

void Model::say(const std::string& fields) {
  lines_.push_back("{\"t\":" + std::to_string(now) + "," + fields + "}");
}

std::vector<std::string> Model::take_lines() { return std::exchange(lines_, {}); }

std::string Model::digest() const {
  Json all{{"now", now},         {"status", release.status}, {"deadline", deadline_.value_or(-1)},
           {"cut", terminated_}, {"admit", admitting_},      {"tickets", tickets}};
  const auto place = [](const Place& at) {
    return Json{at.scope, static_cast<int>(at.phase), at.hook};
  };
  const auto put = [&](const Standing& here) {
    all["at"].push_back(
        {here.status, here.message.value_or(""), here.failing, here.at ? place(*here.at) : Json()});
  };
  put(release);
  for (const Standing& environment : environments) { put(environment); }
  for (const auto* commands : {&outstanding, &waiting}) {
    for (const auto& [ticket, command] : *commands) {
      all["commands"].push_back({ticket, place(command.place), command.due.value_or(-1),
                                 command.suspended, command.line, retries_.at(command.place)});
    }
  }
  for (const auto& [at, count] : attempts_) {  // Of what may be issued once more.
    const Standing& here = standing(at.scope);
    const bool past = here.status == "Successful" || here.status == "Succeeded" ||
                      (at.phase != Phase::OnFail && (!here.at || at < *here.at));
    if (!past) { all["attempts"].push_back({place(at), count}); }
  }
  for (const Entry& entry : context) {
    all["context"].push_back({entry.key, entry.json, entry.ticket, entry.writer});
  }
  for (const Conflict& conflict : conflicts) {
    all["conflicts"].push_back({conflict.key, conflict.earlier, conflict.later});
  }
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace promoflow::prove
