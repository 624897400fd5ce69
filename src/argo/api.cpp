// SPDX-License-Identifier: Apache-2.0
#include "argo/api.hpp"

#include <nlohmann/json.hpp>

#include "argo/workflow.hpp"
#include "base/parse_json.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kMergePatch = "application/merge-patch+json";
constexpr std::string_view kJsonPatch = "application/json-patch+json";
constexpr std::size_t kPage = 250;       // Objects of a page: some are 300 kB.
constexpr std::size_t kTextShown = 300;  // Of an answer that is no Status.

HttpRequest with_body(std::string method, std::string target, std::string_view type,
                      std::string body) {
  HttpRequest request{std::move(method), std::move(target)};
  request.content_type = type;
  request.body = std::move(body);
  return request;
}

}  // namespace

std::string url_escaped(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '.' || c == '_' || c == '~') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xFU];
  }
  return out;
}

std::string Api::workflows() const {
  const std::string space = url_escaped(name_space_);
  return kind_ == ApiKind::Cluster ? "/apis/argoproj.io/v1alpha1/namespaces/" + space + "/workflows"
                                   : "/api/v1/workflows/" + space;
}

std::string Api::selection() const {
  std::string selector(kInstanceLabel);
  selector += '=';
  selector += instance_;
  selector += ",!";
  selector += kSettledLabel;
  return (kind_ == ApiKind::Cluster ? "labelSelector=" : "listOptions.labelSelector=") +
         url_escaped(selector);
}

HttpRequest Api::create(std::string_view object) const {
  std::string body(object);
  if (kind_ == ApiKind::ArgoServer) { body = "{\"workflow\":" + body + '}'; }
  return with_body("POST", workflows(), kJson, std::move(body));
}

HttpRequest Api::get(std::string_view name) const {
  return {"GET", workflows() + '/' + url_escaped(name)};
}

HttpRequest Api::list(std::string_view next) const {
  const std::string prefix = kind_ == ApiKind::Cluster ? "" : "listOptions.";
  std::string target = workflows() + '?' + selection();
  target += '&' + prefix + "limit=" + std::to_string(kPage);
  if (!next.empty()) { target += '&' + prefix + "continue=" + url_escaped(next); }
  return {"GET", std::move(target)};
}

HttpRequest Api::watch(std::string_view version, std::chrono::seconds time) const {
  constexpr std::chrono::seconds kSlack{15};  // Then the connection is dead.
  const std::string seconds = std::to_string(time.count());
  HttpRequest request{"GET", {}};
  if (kind_ == ApiKind::Cluster) {
    request.target = workflows() + "?watch=1&allowWatchBookmarks=true&" + selection() +
                     "&resourceVersion=" + url_escaped(version) + "&timeoutSeconds=" + seconds;
  } else {
    request.target = "/api/v1/workflow-events/" + url_escaped(name_space_) + '?' + selection() +
                     "&listOptions.resourceVersion=" + url_escaped(version);
  }
  request.is_stream = true;
  request.time_max = time + kSlack;
  return request;
}

HttpRequest Api::shut_down(std::string_view name, Shutdown how) const {
  const bool gently = how == Shutdown::Stop;
  const std::string target = workflows() + '/' + url_escaped(name);
  if (kind_ == ApiKind::ArgoServer) {
    const Json body = {{"name", name}, {"namespace", name_space_}};
    return with_body("PUT", target + (gently ? "/stop" : "/terminate"), kJson, body.dump());
  }
  const Json body = {{"spec", {{"shutdown", gently ? "Stop" : "Terminate"}}}};
  return with_body("PATCH", target, kMergePatch, body.dump());
}

HttpRequest Api::settle(std::string_view name, std::optional<std::size_t> finalizer) const {
  const std::string target = workflows() + '/' + url_escaped(name);
  if (!finalizer) {
    const Json body = {{"metadata", {{"labels", {{kSettledLabel, "true"}}}}}};
    return with_body("PATCH", target, kMergePatch, body.dump());
  }
  const std::string path = "/metadata/finalizers/" + std::to_string(*finalizer);
  const Json body = {
      {{"op", "test"}, {"path", path}, {"value", kFinalizer}},
      {{"op", "remove"}, {"path", path}},
      {{"op", "add"}, {"path", "/metadata/labels/promoflow.dev~1settled"}, {"value", "true"}}};
  return with_body("PATCH", target, kJsonPatch, body.dump());
}

std::string Api::leases() const {
  return "/apis/coordination.k8s.io/v1/namespaces/" + url_escaped(name_space_) + "/leases";
}

HttpRequest Api::get_lease(std::string_view name) const {
  return {"GET", leases() + '/' + url_escaped(name)};
}

HttpRequest Api::create_lease(std::string object) const {
  return with_body("POST", leases(), kJson, std::move(object));
}

HttpRequest Api::update_lease(std::string_view name, std::string object) const {
  return with_body("PUT", leases() + '/' + url_escaped(name), kJson, std::move(object));
}

bool may_pass(const HttpResponse& response) noexcept {
  return response.status == 0 || response.status == 408 || response.status == 429 ||
         response.status >= 500;
}

std::string refusal(const HttpResponse& response) {
  if (response.status == 0) {
    return response.problem.empty() ? "the server was not reached" : response.problem;
  }
  const auto answer = parse_json(response.body);
  if (answer.is_object()) {
    const auto message = answer.find("message");
    if (message != answer.end() && message->is_string() &&
        !message->get_ref<const std::string&>().empty()) {
      return message->get<std::string>();
    }
  }
  std::string text = "the server answered with status " + std::to_string(response.status);
  if (!response.body.empty()) { text += ": " + response.body.substr(0, kTextShown); }
  return text;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
