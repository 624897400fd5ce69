// SPDX-License-Identifier: Apache-2.0
// What speaks against running a flow on a cluster, found before anything is started.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "argo/applications.hpp"
#include "argo/check.hpp"
#include "argo/connect.hpp"
#include "argo/json_members.hpp"
#include "argo/workflow.hpp"
#include "base/guard.hpp"
#include "base/parse_json.hpp"
#include "base/suggest.hpp"
#include "flow/default_names.hpp"
#include "promoflow/configuration.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/release.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

using Json = nlohmann::ordered_json;

/// What a configuration's check says of templates.
constexpr DiagnosticCode kOfTemplates[] = {
    DiagnosticCode::ContextKeyNeverWritten, DiagnosticCode::ContextKeyMayBeMissing,
    DiagnosticCode::FailureArgumentElsewhere, DiagnosticCode::NotAPromotionWorkflow,
    DiagnosticCode::ContextNotExported};

/// What a host does with a resource.
struct Need {
  enum class When : std::uint8_t { Always, Wished, WithLeases };
  const char* verb;
  const char* resource;
  const char* group;
  When when;
};
constexpr const char* kArgo = "argoproj.io";
constexpr const char* kCoordination = "coordination.k8s.io";
constexpr Need kNeeds[] = {{"create", "workflows", kArgo, Need::When::Always},
                           {"get", "workflows", kArgo, Need::When::Always},
                           {"list", "workflows", kArgo, Need::When::Always},
                           {"watch", "workflows", kArgo, Need::When::Always},
                           {"patch", "workflows", kArgo, Need::When::Always},
                           {"get", "workflowtemplates", kArgo, Need::When::Wished},
                           {"create", "leases", kCoordination, Need::When::WithLeases},
                           {"get", "leases", kCoordination, Need::When::WithLeases},
                           {"update", "leases", kCoordination, Need::When::WithLeases}};

/// Sends one request at a time, and waits for its answer.
class Asker final : private HttpListener {
 public:
  explicit Asker(HttpClient& http) : http_(http) {}
  HttpResponse ask(HttpRequest request) {
    response_.reset();
    http_.start(RequestId{++id_}, std::move(request));
    while (!response_) { http_.wait(std::nullopt, *this); }
    return std::move(*response_);
  }

 private:
  void on_data(RequestId /*request*/, std::string_view /*data*/) override {}
  void on_response(RequestId /*request*/, HttpResponse response) override {
    response_ = std::move(response);
  }

  HttpClient& http_;
  std::uint64_t id_ = 0;
  std::optional<HttpResponse> response_{};
};

/// A workflow beside a promotion. `has_applications`: it runs once for each.
struct Action {
  std::string name;
  WorkflowPart part;
  std::string environment;
  bool has_applications;
};

std::vector<Action> actions_of(const Flow& flow, const std::set<std::string>& skipped,
                               const ArgoApplications& applications) {
  std::vector<Action> actions;
  for (std::uint32_t i = 1; i < flow.environment_count(); ++i) {
    const std::string environment(flow.environment_name(EnvironmentId{i}));
    if (skipped.contains(environment)) { continue; }
    const Policy& policy = flow.step(EnvironmentId{i}).policy;
    const bool has_applications = applications_of(applications, environment) != nullptr;
    const auto add = [&](const std::optional<std::string>& name, WorkflowPart part) {
      const bool is_known = std::any_of(actions.begin(), actions.end(), [&](const Action& one) {
        return one.name == name && one.part == part && one.has_applications == has_applications;
      });
      if (name && !is_known) { actions.push_back({*name, part, environment, has_applications}); }
    };
    add(policy.pre_action, WorkflowPart::PreAction);
    add(policy.post_action, WorkflowPart::PostAction);
  }
  return actions;
}

/// The names of the parameters with which such a workflow is created.
std::set<std::string> parameters_of(const Action& action, const ArgoOptions& options) {
  HookCall call;
  call.hook = action.name;
  call.environment = action.environment;
  for (const std::string_view name : kDefaultNames) { call.arguments.emplace_back(name, ""); }
  if (action.has_applications) { add_application({.name = "one"}, call.arguments); }
  const WorkflowRole role{action.part, {}};
  const auto object = parse_json(workflow_text({"n", options.instance}, call, role));
  std::set<std::string> names;
  for (const auto& parameter : object["spec"]["arguments"]["parameters"]) {
    names.insert(parameter["name"].get<std::string>());
  }
  // What a promotion may say of its commit.
  if (action.part == WorkflowPart::PostAction) {
    names.insert({"COMMIT_AUTHOR", "COMMIT_MESSAGE", "COMMIT_DATE"});
  }
  return names;
}

/// Which hooks a release would run: each name once, with the first place at which it stands.
std::vector<std::pair<std::string, std::string>> hooks_of(const Flow& flow,
                                                          const std::set<std::string>& skipped) {
  std::vector<std::pair<std::string, std::string>> hooks;
  std::set<std::string> names;
  const auto add = [&](Point point, EnvironmentId environment, const std::string& of) {
    for (const Hook& hook : flow.hooks(point, environment)) {
      if (!names.insert(hook.name).second) { continue; }
      hooks.emplace_back(hook.name, std::string(to_string(point)) + of);
    }
  };
  for (const Point point : {Point::ReleaseOnStart, Point::ReleaseOnSuccess, Point::ReleaseOnFail}) {
    add(point, kTriggerEnvironment, "");
  }
  for (std::uint32_t i = 1; i < flow.environment_count(); ++i) {
    const std::string name(flow.environment_name(EnvironmentId{i}));
    if (skipped.contains(name)) { continue; }
    for (const Point point :
         {Point::EnvironmentOnStart, Point::EnvironmentOnSuccess, Point::EnvironmentOnFail}) {
      add(point, EnvironmentId{i}, " of '" + name + "'");
    }
  }
  return hooks;
}

HttpRequest access_review(const Need& need, const std::string& name_space) {
  const Json body = {{"apiVersion", "authorization.k8s.io/v1"},
                     {"kind", "SelfSubjectAccessReview"},
                     {"spec",
                      {{"resourceAttributes",
                        {{"namespace", name_space},
                         {"verb", need.verb},
                         {"group", need.group},
                         {"resource", need.resource}}}}}};
  HttpRequest request{"POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"};
  request.content_type = "application/json";
  request.body = body.dump();
  return request;
}

class ClusterCheck {
 public:
  ClusterCheck(const ArgoOptions& options, Connection& connection)
      : options_(options),
        space_(connection.api.name_space()),
        origin_(connection.origin),
        asker_(*connection.http) {}

  std::vector<ArgoFinding> run(const Flow& flow, const std::set<std::string>& skipped,
                               const std::vector<std::string>& initial_context) {
    check_environments(flow);
    if (!check_rights()) { return std::move(findings_); }
    for (const auto& [hook, place] : hooks_of(flow, skipped)) {
      std::optional<std::string> text =
          read_template(hook, "hook '" + hook + '\'', " (" + place + ')');
      if (text) { templates_.emplace_back(kind_of(hook) + ' ' + hook, std::move(*text)); }
    }
    check_parameters(flow, initial_context);
    for (const Action& action : actions_of(flow, skipped, options_.applications)) {
      check_action(action);
    }
    return std::move(findings_);
  }

 private:
  void add(Severity severity, std::string message, std::string hint = {}) {
    findings_.push_back({severity, std::move(message), std::move(hint)});
  }

  /// Applications of environments that the flow does not have: others may share the file.
  void check_environments(const Flow& flow) {
    for (const auto& [name, applications] : options_.applications) {
      Suggestions suggestions(name);
      bool is_known = false;
      for (std::uint32_t i = 1; i < flow.environment_count(); ++i) {
        const std::string_view one = flow.environment_name(EnvironmentId{i});
        is_known = is_known || one == name;
        suggestions.offer(one);
      }
      if (is_known) { continue; }
      add(Severity::Warning,
          "there are applications of '" + name + "', which the flow does not promote into",
          suggestions.hint());
    }
  }

  /// False: the server cannot be asked.
  bool check_rights() {
    std::string missing;
    for (const Need& need : kNeeds) {
      if (need.when == Need::When::WithLeases && !options_.lease) { continue; }
      const HttpResponse response = asker_.ask(access_review(need, space_));
      if (response.status == 0 || response.status == kUnauthorized) {
        add(Severity::Error,
            (response.status == 0 ? "the cluster is not reached: "
                                  : "the cluster refuses the credentials: ") +
                refusal(response),
            "they are from " + origin_);
        return false;
      }
      const auto answer = parse_json(response.body);
      if (response.status >= 300 || !answer.is_object()) {
        add(Severity::Warning,
            "the cluster does not say what this host may do: " + refusal(response));
        return true;
      }
      const bool is_allowed =
          answer.value(nlohmann::json::json_pointer("/status/allowed"), nlohmann::json()) == true;
      if (is_allowed || need.when == Need::When::Wished) { continue; }
      missing += (missing.empty() ? "" : ", ") + std::string(need.verb) + ' ' + need.resource +
                 '.' + need.group;
    }
    if (!missing.empty()) {
      add(Severity::Error, "this host may not " + missing + " in namespace " + space_,
          "'promoflow manifests host --namespace " + space_ + "' prints a role to apply");
    }
    return true;
  }

  bool is_of_cluster(const std::string& hook) const {
    const auto& names = options_.cluster_templates;
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return name == "*" || name == hook; });
  }

  std::string kind_of(const std::string& name) const {
    return is_of_cluster(name) ? "ClusterWorkflowTemplate" : "WorkflowTemplate";
  }

  HttpRequest get_template(const std::string& name, bool of_cluster) const {
    const std::string base = "/apis/argoproj.io/v1alpha1/";
    return {"GET", of_cluster ? base + "clusterworkflowtemplates/" + url_escaped(name)
                              : base + "namespaces/" + url_escaped(space_) + "/workflowtemplates/" +
                                    url_escaped(name)};
  }

  /// None: it cannot be read, which is found. `who` and `place` say who needs it, and where.
  std::optional<std::string> read_template(const std::string& name, const std::string& who,
                                           const std::string& place) {
    const bool of_cluster = is_of_cluster(name);
    const std::string kind = kind_of(name);
    HttpResponse response = asker_.ask(get_template(name, of_cluster));
    const std::string where = of_cluster ? "" : " in namespace " + space_;
    if (response.status == 200) { return std::move(response.body); }
    if (response.status == kNotFound) {
      std::string hint = "apply it: kubectl apply" +
                         (of_cluster ? std::string() : " --namespace " + space_) + " --filename " +
                         name + ".yaml";
      if (!of_cluster && asker_.ask(get_template(name, true)).status == 200) {
        hint = "there is a ClusterWorkflowTemplate of that name: say --cluster-templates " + name;
      }
      add(Severity::Error, who + place + ": there is no " + kind + " '" + name + "'" + where,
          std::move(hint));
    } else if (response.status == kForbidden) {
      add(Severity::Warning,
          who + ": whether its " + kind + " is there cannot be seen: " + refusal(response),
          "'promoflow manifests host --namespace " + space_ + "' prints a role to apply");
    } else {
      add(Severity::Error, who + ": its " + kind + " cannot be read: " + refusal(response));
    }
    return std::nullopt;
  }

  /// No configuration knows with which parameters it is created.
  void check_action(const Action& action) {
    const std::string who =
        (action.part == WorkflowPart::PreAction ? "preAction '" : "postAction '") + action.name +
        '\'';
    const std::string place = " (of '" + action.environment + "')";
    const std::optional<std::string> text = read_template(action.name, who, place);
    if (!text) { return; }
    const std::string whose = who + place + ": its " + kind_of(action.name);
    const auto object = parse_json(*text);
    const auto& annotations = member(member(object, "metadata"), "annotations");
    if (text_of(annotations, "codefresh.io/workflow-origin") != "promotion") {
      add(Severity::Warning, whose + " is not marked as a promotion's",
          "add to metadata: annotations: {codefresh.io/workflow-origin: promotion}");
    }
    const std::set<std::string> given = parameters_of(action, options_);
    for (const auto& one : member(member(member(object, "spec"), "arguments"), "parameters")) {
      const std::string name = text_of(one, "name");
      const auto has = [&one](std::string_view what) { return !member(one, what).is_null(); };
      const bool has_value = has("value") || has("default") || has("valueFrom");
      if (name.empty() || has_value || given.contains(name)) { continue; }
      std::string message = whose;
      message.append(" needs the parameter '").append(name).append("', which no promotion gives");
      add(Severity::Error, std::move(message),
          "give it a value in the template: a workflow beside a promotion has no context");
    }
  }

  /// The flow and its templates together are a configuration, and checked as one.
  void check_parameters(const Flow& flow, const std::vector<std::string>& initial_context) {
    const Result<std::string> manifest = write_manifest(flow);
    if (!manifest) { return; }
    std::vector<DiagnosticSource> files;
    files.push_back({.file = "the flow", .text = *manifest});
    for (const auto& [name, text] : templates_) { files.push_back({.file = name, .text = text}); }
    ConfigurationOptions options;
    options.initial_context = initial_context;
    const auto report = read_configuration(files, options);
    if (!report) { return; }
    for (const ConfigurationDiagnostic& diagnostic : report->diagnostics) {
      const Diagnostic& problem = diagnostic.problem;
      // What is wrong with the flow alone was told when it was read.
      if (std::find(std::begin(kOfTemplates), std::end(kOfTemplates), problem.code) !=
          std::end(kOfTemplates)) {
        add(problem.severity, problem.message, problem.hint);
      }
    }
  }

  const ArgoOptions& options_;
  const std::string space_;
  const std::string origin_;
  Asker asker_;
  std::vector<std::pair<std::string, std::string>> templates_{};  ///< Names and texts.
  std::vector<ArgoFinding> findings_{};
};

}  // namespace

std::vector<ArgoFinding> check_cluster(const Flow& flow, const ArgoOptions& options,
                                       Connection& connection, const std::set<std::string>& skipped,
                                       const std::vector<std::string>& initial_context) {
  return ClusterCheck(options, connection).run(flow, skipped, initial_context);
}

}  // namespace detail

Result<std::vector<ArgoFinding>> check_argo(const Flow& flow, const ArgoOptions& options,
                                            const EnvironmentSelection& selection,
                                            const std::vector<std::string>& context_keys) noexcept {
  return detail::guarded([&]() -> Result<std::vector<ArgoFinding>> {
    Result<detail::Connection> connection = detail::connect(options);
    if (!connection) { return tl::unexpected(std::move(connection.error())); }
    if (!connection->api.keeps_outcomes()) { return std::vector<ArgoFinding>(); }
    // The machine knows what a selection skips. One that it refuses is refused by run(), too.
    std::set<std::string> skipped;
    const auto release = Release::start(flow, {.id = "check"}, Instant{}, {}, selection);
    for (std::uint32_t i = 0; release && i < flow.environment_count(); ++i) {
      const EnvironmentId environment{i};
      if (release->environment(environment).status == EnvironmentStatus::Skipped) {
        skipped.emplace(flow.environment_name(environment));
      }
    }
    return detail::check_cluster(flow, options, *connection, skipped, context_keys);
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
