// SPDX-License-Identifier: Apache-2.0
// Section 3, the arguments; and what is read of the state (R14, R17).
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <utility>

#include "model.hpp"

namespace promoflow::prove {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kFailedEnvironmentsBytesMax = 49'152;

/// A6: a string as it is, any other value as compact JSON text.
std::string argument_text(const std::string& json) {
  return json.starts_with('"') ? Json::parse(json).get<std::string>() : json;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) { return std::string(text); }
  if (bytes == 0) { return ""; }
  std::size_t end = bytes - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) { --end; }
  return std::string(text.substr(0, end)) + "...";
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

std::vector<Scope> Model::scopes() const {
  std::vector<Scope> all(environments.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

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

/// A3.
std::string Model::failed_environments(const Place& place) const {
  std::string text;
  for (const std::size_t bytes :
       {std::size_t{SIZE_MAX}, std::size_t{2048}, std::size_t{1024}, std::size_t{512},
        std::size_t{256}, std::size_t{128}, std::size_t{64}, std::size_t{0}}) {
    text.clear();
    for (const Scope scope : scopes()) {
      const ScopeState& environment = state_of(scope);
      const bool stopped = environment.status == "Failed" || environment.status == "Terminated";
      if (!stopped || (place.scope != kRelease && place.scope != scope)) { continue; }
      text += std::string(text.empty() ? "" : ",") + "{\"Name\":" + in_quotes(name(scope)) +
              ",\"Status\":" + in_quotes(environment.status) + ",\"Error-message\":" +
              in_quotes(shortened(environment.message.value_or(""), bytes)) + "}";
    }
    text = "[" + text + "]";
    if (text.size() <= kFailedEnvironmentsBytesMax) { break; }
  }
  return text;
}

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
    all.emplace_back("FAILED_ENVIRONMENTS", failed_environments(place));
    all.emplace_back("ERROR_MESSAGE", state_of(place.scope).message.value_or(""));  // A4
  }
  const auto add = [&](const std::string& key, const std::string& value) {  // A5
    const bool taken =
        std::any_of(all.begin(), all.end(), [&](const auto& item) { return item.first == key; });
    if (!taken && !is_reserved(key)) { all.emplace_back(key, value); }
  };
  for (const AssignedArgument& assigned : hook.arguments) { add(assigned.name, assigned.value); }
  for (const Entry& entry : context) { add(entry.key, argument_text(entry.json)); }
  std::string text;
  for (const auto& [key, value] : all) {
    text += std::string(text.empty() ? "" : ",") + in_quotes(key) + ":" + in_quotes(value);
  }
  return "{" + text + "}";
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

/// R14.
std::string Model::phase(Scope scope) const {
  const ScopeState& here = state_of(scope);
  if (scope == kRelease && is_final()) { return here.status; }
  if (here.runs_on_fail) {
    const bool stopped = scope == kRelease ? terminated_ : here.status == "Terminated";
    return stopped ? "FinalizingTermination" : "Finalizing";
  }
  const bool runs = here.status == "Running" || here.status == "Suspended";
  if (!runs || !here.reached) { return here.status; }
  if (here.soak) { return "Soaking"; }
  switch (here.reached->phase) {
    case Phase::OnStart: return "Initializing";
    case Phase::OnSuccess: return "Finalizing";
    case Phase::Promotion:
    case Phase::OnFail: break;
  }
  return here.status;
}

/// R17.
PendingReason Model::why_pending(Scope scope) const {
  PendingReason reason;
  if (state_of(scope).status != "Pending") { return reason; }
  if (is_final()) {
    reason.block = AdmissionBlock::Final;
  } else if (release.status == "Terminating") {
    reason.block = AdmissionBlock::Termination;
  } else if (release.runs_on_fail) {  // Also when release.onStart has failed.
    reason.block = AdmissionBlock::Failure;
  } else if (!opened_) {
    reason.block = AdmissionBlock::ReleaseStarting;
  } else if (!admits()) {
    reason.block = AdmissionBlock::Failure;
  }
  const auto unmet = [&](Scope of) {
    std::vector<Scope> found;
    for (const EnvironmentId on : flow_.dependencies(EnvironmentId(of))) {
      if (!is_met(on)) { found.push_back(static_cast<Scope>(on)); }
    }
    return found;
  };
  std::set<Scope> causes, seen;
  std::vector<Scope> next = unmet(scope);
  for (const Scope one : std::set<Scope>(next.begin(), next.end())) {
    reason.unmet.push_back(EnvironmentId(one));
  }
  while (!next.empty()) {
    const Scope one = next.back();
    next.pop_back();
    if (!seen.insert(one).second) { continue; }
    const std::vector<Scope> further =
        state_of(one).status == "Pending" ? unmet(one) : std::vector<Scope>();
    if (further.empty()) { causes.insert(one); }
    next.insert(next.end(), further.begin(), further.end());
  }
  for (const Scope one : causes) { reason.causes.push_back(EnvironmentId(one)); }
  return reason;
}

void Model::set_status(Scope scope, const std::string& status) {
  state_of(scope).status = status;
  const std::string field = "\"status\":" + in_quotes(status);
  if (scope == kRelease) {
    add_line("release", field);
  } else {
    add_line("environment", "\"environment\":" + in_quotes(name(scope)) + "," + field);
  }
}

void Model::add_line(const std::string& event, const std::string& fields) {
  lines_.push_back("{\"t\":" + std::to_string(now) + ",\"event\":\"" + event + "\"" +
                   (fields.empty() ? "" : "," + fields) + "}");
}

std::vector<std::string> Model::take_lines() { return std::exchange(lines_, {}); }

std::string Model::digest() const {
  Json all{{"now", now},
           {"flow deadline", flow_deadline_.value_or(-1)},
           {"end deadline", end_deadline_.value_or(-1)},
           {"opened", opened_},
           {"terminated", terminated_},
           {"tickets", tickets}};
  const auto place = [](const Place& at) {
    return Json{at.scope, static_cast<int>(at.phase), at.hook};
  };
  const auto retries = [&](const Place& at) {
    const auto found = retries_.find(at);
    return found == retries_.end() ? 0 : found->second;
  };
  const auto put = [&](const ScopeState& here) {
    Json state{here.status, here.message.value_or(""), here.runs_on_fail};
    if (here.reached) { state.push_back(place(*here.reached)); }
    if (here.soak) {
      state.push_back({here.soak->ticket, here.soak->due.value_or(-1)});
      if (here.soak->due) { state.push_back(retries(*here.reached)); }
    }
    all["scopes"].push_back(state);
  };
  put(release);
  for (const ScopeState& environment : environments) { put(environment); }
  for (const auto* commands : {&outstanding, &waiting}) {
    for (const auto& [ticket, command] : *commands) {
      all["commands"].push_back({ticket, place(command.place), command.due.value_or(-1),
                                 command.suspended, command.queued, command.started, command.line,
                                 retries(command.place)});
    }
  }
  for (const auto& [at, count] : attempts_) {  // Of what may be issued once more.
    const ScopeState& here = state_of(at.scope);
    const bool done =
        here.status == "Successful" || here.status == "Skipped" || here.status == "Succeeded";
    const bool past = at.phase != Phase::OnFail && (!here.reached || at < *here.reached);
    if (!done && !past) { all["attempts"].push_back({place(at), count}); }
  }
  for (const Entry& entry : context) {
    all["context"].push_back({entry.key, entry.json, entry.ticket});
  }
  for (const auto& [key, writes] : live_writes_) {
    for (const LiveWrite& one : writes) {
      all["live writes"].push_back({key, one.json, one.ticket, one.writer});
    }
  }
  for (const Conflict& conflict : conflicts) {
    all["conflicts"].push_back({conflict.key, conflict.earlier, conflict.later});
  }
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace promoflow::prove
