// SPDX-License-Identifier: Apache-2.0
/// @file
/// A cluster in memory, and a Reconciler that speaks to it: each request and each answer can be
/// looked at, changed or lost on its way. Time is a number.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "argo/names.hpp"
#include "argo/reconciler.hpp"
#include "argo/workflow.hpp"

namespace promoflow::test {

using Json = nlohmann::json;
using detail::CallAnswer;
using detail::CallKey;
using detail::HttpRequest;
using detail::HttpResponse;
using detail::Moment;
using detail::RequestId;

inline HookCall hook_call(std::string release = "r", std::uint64_t ticket = 1,
                          std::uint32_t attempt = 1) {
  return {.ticket = Ticket{ticket},
          .release_id = std::move(release),
          .hook = "smoke",
          .point = Point::EnvironmentOnStart,
          .environment = "staging",
          .attempt = attempt,
          .arguments = {{"PRODUCT_NAME", "billing"}, {"PROMOTION_FLOW_NAME", "to-prod"}},
          .context = "{}"};
}

inline HttpResponse status_of(int code, const std::string& reason, const std::string& message) {
  const Json body = {{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", message}};
  return {.status = code, .body = body.dump()};
}

/// What an API server would hold and answer.
class FakeCluster {
 public:
  std::map<std::string, Json> objects{};
  std::vector<std::pair<std::uint64_t, Json>> events{};  ///< Watch events by version.
  std::vector<HttpRequest> requests{};                   ///< All that came, in order.
  std::uint64_t version = 100;
  std::uint64_t oldest = 0;  ///< A new watch from before this is answered with 410.
  std::size_t created = 0;

  Json& object(const std::string& name) { return objects.at(name); }

  /// Changes an object as somebody else would: the controller, or a person.
  void change(const std::string& name, const Json& patch) {
    Json& found = objects.at(name);
    found.merge_patch(patch);
    note("MODIFIED", found);
    drop_unheld(name);
  }
  void phase(const std::string& name, const std::string& phase, const std::string& message = {}) {
    Json status = {{"phase", phase}};
    if (!message.empty()) { status["message"] = message; }
    change(name, {{"status", status}});
  }
  /// As `kubectl delete` does: what a finalizer holds only gets a time.
  void remove(const std::string& name) {
    change(name, {{"metadata", {{"deletionTimestamp", "2026-11-29T09:00:00Z"}}}});
  }
  /// Whatever holds it.
  void vanish(const std::string& name) {
    Json gone = objects.at(name);
    objects.erase(name);
    note("DELETED", gone);
  }

  HttpResponse answer(const HttpRequest& request) {
    requests.push_back(request);
    const std::string path = request.target.substr(0, request.target.find('?'));
    const std::size_t at = path.find("/workflows/");
    const std::string name = at == std::string::npos ? std::string() : path.substr(at + 11);
    if (request.method == "POST") { return create(request.body); }
    if (name.empty()) { return list(); }
    const auto found = objects.find(name);
    if (found == objects.end()) { return status_of(404, "NotFound", "workflows not found"); }
    if (request.method == "PATCH") { return patch(found->first, request); }
    return {.status = 200, .body = found->second.dump()};
  }

  /// The lines of a watch behind `from`.
  std::string lines(std::uint64_t from) const {
    std::string text;
    for (const auto& [at, event] : events) {
      if (at > from) { text += event.dump() + '\n'; }
    }
    return text;
  }

 private:
  static bool is_selected(const Json& object) {
    return !object["metadata"]["labels"].contains("promoflow.dev/settled");
  }
  void note(const std::string& type, Json& object) {
    object["metadata"]["resourceVersion"] = std::to_string(++version);
    const bool is_gone = type != "DELETED" && !is_selected(object);
    events.emplace_back(version, Json{{"type", is_gone ? "DELETED" : type}, {"object", object}});
  }
  void drop_unheld(const std::string& name) {
    const Json& metadata = objects.at(name)["metadata"];
    const bool is_held = metadata.contains("finalizers") && !metadata["finalizers"].empty();
    if (metadata.contains("deletionTimestamp") && !is_held) { vanish(name); }
  }
  HttpResponse create(const std::string& body) {
    Json object = Json::parse(body);
    const std::string name = object["metadata"]["name"];
    if (objects.contains(name)) { return status_of(409, "AlreadyExists", name + " exists"); }
    object["metadata"]["uid"] = "uid-" + std::to_string(++created);
    Json& kept = objects[name] = std::move(object);
    note("ADDED", kept);
    return {.status = 201, .body = kept.dump()};
  }
  HttpResponse list() const {
    Json page = {{"metadata", {{"resourceVersion", std::to_string(version)}}},
                 {"items", Json::array()}};
    for (const auto& [name, object] : objects) {
      if (is_selected(object)) { page["items"].push_back(object); }
    }
    return {.status = 200, .body = page.dump()};
  }
  HttpResponse patch(const std::string& name, const HttpRequest& request) {
    Json& found = objects.at(name);
    if (request.content_type == "application/json-patch+json") {
      try {
        found = found.patch(Json::parse(request.body));
      } catch (const Json::exception&) { return status_of(422, "Invalid", "the test failed"); }
    } else {
      found.merge_patch(Json::parse(request.body));
    }
    note("MODIFIED", found);
    const std::string body = found.dump();
    drop_unheld(name);
    return {.status = 200, .body = body};
  }
};

/// What becomes of a request on its way.
enum class Fate : std::uint8_t {
  Answered,
  Lost,        ///< It does not reach the server.
  AnswerLost,  ///< It does, and its answer does not come back.
  Held,        ///< It stays under way until release().
};

/// A Reconciler, a cluster, and the way between them.
class ArgoBench {
 public:
  explicit ArgoBench(std::uint32_t seed = 1, detail::ApiKind kind = detail::ApiKind::Cluster)
      : reconciler(detail::Api(kind, "argo", "promoflow"), seed) {}

  FakeCluster cluster{};
  detail::Reconciler reconciler;
  Moment now{std::chrono::seconds(1000)};
  std::vector<CallAnswer> answers{};
  std::vector<std::pair<CallKey, Recovery>> findings{};
  std::vector<detail::Orders::Unclaimed> unclaimed{};
  std::vector<std::string> notices{};
  std::function<Fate(const HttpRequest&)> fate{};
  /// What comes instead of the cluster's answer.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> instead{};

  static CallKey key(const HookCall& call) { return {call.release_id, call.ticket}; }
  static std::string name(const HookCall& call) {
    return detail::workflow_name(call.release_id, call.ticket, call.attempt);
  }
  static std::string object(const HookCall& call) {
    return detail::workflow_text({"argo", "promoflow", {}, true}, call);
  }

  void run(const HookCall& call = hook_call()) {
    reconciler.run(now, key(call), name(call), object(call));
    settle();
  }
  void cancel(const HookCall& call = hook_call()) {
    reconciler.cancel(now, key(call));
    settle();
  }

  /// Until nothing is under way but what is held, and the watch has sent all there is.
  void settle() {
    for (int turn = 0; turn < 1000; ++turn) {
      reconciler.tick(now);
      take_orders();
      if (!send_one() && !send_lines()) { return; }
    }
    throw std::runtime_error("the reconciler does not come to rest");
  }
  /// Goes on to the next time at which something is due.
  bool next() {
    const auto due = reconciler.next_tick();
    if (!due) { return false; }
    now = std::max(now, *due);
    settle();
    return true;
  }
  void pass(std::chrono::seconds time) {
    const Moment end = now + time;
    while (reconciler.next_tick() && *reconciler.next_tick() <= end) { next(); }
    now = std::max(now, end);
    settle();
  }
  /// The watch ends: its connection is closed, or torn.
  void end_watch(const HttpResponse& response = {.status = 200}) {
    if (!watch_) { return; }
    const RequestId id = std::exchange(watch_, std::nullopt)->id;
    reconciler.on_response(now, id, response);
    settle();
  }
  void send_raw(std::string_view data) {
    if (watch_) { reconciler.on_data(now, watch_->id, data); }
    settle();
  }
  void release_held() {
    for (auto& [id, request] : std::exchange(held_, {})) {
      reconciler.on_response(now, id, cluster.answer(request));
    }
    settle();
  }
  bool watches() const { return watch_.has_value(); }
  /// While it is deaf, the watch says nothing.
  bool is_deaf = false;

  std::size_t count(const std::string& method, const std::string& part = {}) const {
    return static_cast<std::size_t>(
        std::count_if(cluster.requests.begin(), cluster.requests.end(), [&](const auto& one) {
          return one.method == method && (one.target + one.body).find(part) != std::string::npos;
        }));
  }

 private:
  struct Watch {
    RequestId id{};
    std::uint64_t version = 0;
  };

  void take_orders() {
    detail::Orders orders = reconciler.take_orders();
    const auto append = [](auto& to, auto& from) {
      to.insert(to.end(), std::make_move_iterator(from.begin()),
                std::make_move_iterator(from.end()));
    };
    append(answers, orders.answers);
    append(findings, orders.findings);
    append(unclaimed, orders.unclaimed);
    append(notices, orders.notices);
    for (auto& order : orders.requests) {
      if (auto* const send = std::get_if<detail::Orders::Send>(&order)) {
        queue_.emplace_back(send->id, std::move(send->request));
      } else if (watch_ && watch_->id == std::get<detail::Orders::Drop>(order).id) {
        watch_.reset();
      }
    }
  }
  bool send_one() {
    if (queue_.empty()) { return false; }
    auto [id, request] = std::move(queue_.front());
    queue_.pop_front();
    const Fate what = fate ? fate(request) : Fate::Answered;
    if (what == Fate::Held) {
      held_.emplace_back(id, std::move(request));
      return true;
    }
    if (what == Fate::Lost) {
      reconciler.on_response(now, id, {.problem = "connection refused"});
      return true;
    }
    if (instead) {
      if (std::optional<HttpResponse> other = instead(request)) {
        reconciler.on_response(now, id, *other);
        return true;
      }
    }
    if (request.is_stream) {
      cluster.requests.push_back(request);
      begin_watch(id, request);
      return true;
    }
    const HttpResponse response = cluster.answer(request);
    if (what == Fate::AnswerLost) {
      reconciler.on_response(now, id, {.problem = "timed out"});
    } else {
      reconciler.on_response(now, id, response);
    }
    return true;
  }
  void begin_watch(RequestId id, const HttpRequest& request) {
    const std::string mark = "resourceVersion=";
    const std::uint64_t from =
        std::stoull(request.target.substr(request.target.find(mark) + mark.size()));
    if (from < cluster.oldest) {
      reconciler.on_response(now, id, status_of(410, "Expired", "too old resource version"));
      return;
    }
    watch_ = Watch{id, from};
  }
  bool send_lines() {
    if (!watch_ || is_deaf) { return false; }
    const std::string lines = cluster.lines(watch_->version);
    watch_->version = cluster.version;
    if (lines.empty()) { return false; }
    reconciler.on_data(now, watch_->id, lines);
    return true;
  }

  std::deque<std::pair<RequestId, HttpRequest>> queue_{};
  std::vector<std::pair<RequestId, HttpRequest>> held_{};
  std::optional<Watch> watch_{};
};

/// The workflow of hook_call().
inline const std::string kName = "r-1-1";

inline std::vector<CallAnswer::Kind> kinds(const ArgoBench& bench) {
  std::vector<CallAnswer::Kind> kinds;
  for (const CallAnswer& answer : bench.answers) { kinds.push_back(answer.kind); }
  return kinds;
}

inline bool is_create(const HttpRequest& request) { return request.method == "POST"; }
inline bool is_patch(const HttpRequest& request) { return request.method == "PATCH"; }

/// The fate of the first requests that `which` chooses.
inline auto first(std::size_t count, bool (*which)(const HttpRequest&), Fate what) {
  return [count, which, what](const HttpRequest& request) mutable {
    if (!which(request) || count == 0) { return Fate::Answered; }
    --count;
    return what;
  };
}

inline const Json kSuspended = {
    {"status",
     {{"phase", "Running"}, {"nodes", {{"n", {{"type", "Suspend"}, {"phase", "Running"}}}}}}}};

}  // namespace promoflow::test
