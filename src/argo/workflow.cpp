// SPDX-License-Identifier: Apache-2.0
#include "argo/workflow.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "argo/json_members.hpp"
#include "argo/kept_members.hpp"
#include "argo/names.hpp"
#include "base/parse_json.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::string_view kContextParameter = "PROMOTION_CONTEXT";

// What is read of a Workflow, and of what it comes in: a list, or an event of a watch, which an
// Argo Server wraps. In the place of each a Status may be.
constexpr KeptMember kOfAnnotations[] = {{kReleaseAnnotation}, {kApplicationAnnotation}};
constexpr KeptMember kOfLabels[] = {
    {kTicketLabel}, {kAttemptLabel}, {kInstanceLabel}, {kPartLabel}, {kSettledLabel}};
constexpr KeptMember kOfMetadata[] = {{"name"},
                                      {"resourceVersion"},
                                      {"uid"},
                                      {"deletionTimestamp"},
                                      {"finalizers"},
                                      {"continue"},
                                      {"annotations", kOfAnnotations},
                                      {"labels", kOfLabels}};
constexpr KeptMember kOfSpec[] = {{"suspend"}};
constexpr KeptMember kOfNode[] = {{"type"}, {"phase"}, {"message"}};
constexpr KeptMember kOfNodes[] = {{"", kOfNode}};
constexpr KeptMember kOfParameter[] = {{"name"}, {"value"}};
constexpr KeptMember kOfOutputs[] = {{"parameters", kOfParameter}};
constexpr KeptMember kOfStatus[] = {
    {"phase"}, {"message"}, {"nodes", kOfNodes}, {"outputs", kOfOutputs}};
constexpr KeptMember kOfObject[] = {{"kind"},          {"metadata", kOfMetadata},
                                    {"spec", kOfSpec}, {"status", kOfStatus},
                                    {"message"},       {"reason"},
                                    {"code"},          {"http_code"}};
constexpr KeptMember kOfEvent[] = {{"type"}, {"object", kOfObject}, {"error"}};
constexpr KeptMember kOfAnswer[] = {{"kind"},
                                    {"metadata", kOfMetadata},
                                    {"spec", kOfSpec},
                                    {"status", kOfStatus},
                                    {"items", kOfObject},
                                    {"type"},
                                    {"object", kOfObject},
                                    {"error"},
                                    {"result", kOfEvent}};

/// The label of a part, its point, and the end of its name.
struct PartNames {
  WorkflowPart part;
  std::string_view label;
  std::string_view point;
  std::string_view suffix;
};
constexpr PartNames kParts[] = {
    {WorkflowPart::PreAction, "preAction", "promotion.preAction", "-pre"},
    {WorkflowPart::PostAction, "postAction", "promotion.postAction", "-post"}};

/// None for a hook.
const PartNames* names_of(WorkflowPart part) {
  for (const PartNames& names : kParts) {
    if (names.part == part) { return &names; }
  }
  return nullptr;
}

std::string point_of(const HookCall& call, WorkflowPart part) {
  const PartNames* const names = names_of(part);
  return std::string(names == nullptr ? to_string(call.point) : names->point);
}

bool is_parameter_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::string_view argument(const HookCall& call, std::string_view name) {
  for (const auto& [key, value] : call.arguments) {
    if (key == name) { return value; }
  }
  return {};
}

OrderedJson labels_of(const WorkflowShape& shape, const HookCall& call, const WorkflowRole& role) {
  const std::string release = distinct_label_value(call.release_id);
  OrderedJson labels = {
      {"codefresh.io/product", label_value(argument(call, "PRODUCT_NAME"))},
      {"codefresh.io/env", label_value(call.environment.value_or(""))},
      {"codefresh.io/release", release},
      {"codefresh.io/release-name", release},
      {"codefresh.io/promotion-flow", label_value(argument(call, "PROMOTION_FLOW_NAME"))},
      {"workflows.argoproj.io/workflow-template", label_value(call.hook)},
      {kInstanceLabel, shape.instance},
      {kReleaseLabel, release},
      {kTicketLabel, std::to_string(static_cast<std::uint64_t>(call.ticket))},
      {kAttemptLabel, std::to_string(call.attempt)},
  };
  if (const PartNames* const names = names_of(role.part)) {
    labels[std::string(kPartLabel)] = names->label;
  }
  if (!role.application.empty()) {
    labels[std::string(kApplicationLabel)] = distinct_label_value(role.application);
  }
  return labels;
}

/// Adds the arguments, those that the release gives first, then those of this executor. Returns the
/// names that Argo refuses.
std::vector<std::string> add_parameters(const HookCall& call, const WorkflowRole& role,
                                        OrderedJson& parameters) {
  std::vector<std::string> omitted;
  std::set<std::string, std::less<>> names;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!is_parameter_name(name)) {
      omitted.push_back(name);
    } else if (names.insert(name).second) {
      parameters.push_back({{"name", name}, {"value", value}});
    }
  };
  for (const auto& [name, value] : call.arguments) { add(name, value); }
  const std::string ticket = std::to_string(static_cast<std::uint64_t>(call.ticket));
  add("PROMOFLOW_ENVIRONMENT", call.environment.value_or(""));
  add("PROMOFLOW_HOOK", call.hook);
  add("PROMOFLOW_POINT", point_of(call, role.part));
  add("PROMOFLOW_TICKET", ticket);
  add("PROMOFLOW_ATTEMPT", std::to_string(call.attempt));
  add("PROMOFLOW_IDEMPOTENCY_KEY",
      call.release_id + '/' + ticket +
          (role.application.empty() ? std::string() : '/' + role.application));
  return omitted;
}

bool is_of_cluster(const WorkflowShape& shape, const std::string& hook) {
  return std::any_of(shape.cluster_templates.begin(), shape.cluster_templates.end(),
                     [&](const std::string& name) { return name == "*" || name == hook; });
}

template <class Number>
Number number_of(const std::string& text) {
  Number number = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && at == text.data() + text.size() ? number : 0;
}

/// A node that waits for a person, or for its time.
bool is_waiting_node(const Json& node) {
  return text_of(node, "type") == "Suspend" && text_of(node, "phase") == "Running";
}

/// The message of a node that failed: of a pod, if one did; they say more than what contains them.
std::string node_message(const Json& nodes) {
  std::string message;
  if (!nodes.is_object()) { return message; }
  for (const auto& [id, node] : nodes.items()) {
    const std::string phase = text_of(node, "phase");
    if (phase != "Failed" && phase != "Error") { continue; }
    std::string text = text_of(node, "message");
    if (text.empty()) { continue; }
    if (text_of(node, "type") == "Pod") { return text; }
    if (message.empty()) { message = std::move(text); }
  }
  return message;
}

std::optional<std::string> exported_context(const Json& status) {
  for (const Json& parameter : member(member(status, "outputs"), "parameters")) {
    if (text_of(parameter, "name") != kContextParameter) { continue; }
    const Json& value = member(parameter, "value");
    if (value.is_string()) { return value.get<std::string>(); }
    if (!value.is_null()) { return value.dump(); }
  }
  return std::nullopt;
}

void read_status(const Json& object, WorkflowView& view) {
  const Json& status = member(object, "status");
  view.phase = text_of(status, "phase");
  view.message = text_of(status, "message");
  const Json& nodes = member(status, "nodes");
  view.is_suspended = member(member(object, "spec"), "suspend") == true;
  if (nodes.is_object() && !view.is_suspended) {
    view.is_suspended = std::any_of(nodes.begin(), nodes.end(), is_waiting_node);
  }
  view.is_suspended = view.is_suspended && !view.is_over();
  if (!view.is_over()) { return; }
  view.context = exported_context(status);
  if (view.has_succeeded()) { return; }
  if (view.message.empty()) { view.message = node_message(nodes); }
  if (view.message.empty()) { view.message = "the workflow ended as " + view.phase; }
}

}  // namespace

std::string suffix_of(const WorkflowRole& role) {
  const PartNames* const names = names_of(role.part);
  if (names == nullptr) { return {}; }
  std::string suffix;
  // No other name has `--` at this place: see workflow_name().
  if (!role.application.empty()) { suffix = "--" + application_part(role.application); }
  return suffix.append(names->suffix);
}

std::string workflow_text(const WorkflowShape& shape, const HookCall& call,
                          const WorkflowRole& role) {
  OrderedJson parameters = OrderedJson::array();
  const std::vector<std::string> omitted = add_parameters(call, role, parameters);
  OrderedJson annotations = {{kReleaseAnnotation, call.release_id}};
  if (!role.application.empty()) {
    annotations[std::string(kApplicationAnnotation)] = role.application;
  }
  if (!omitted.empty()) {
    annotations[std::string(kOmittedAnnotation)] =
        OrderedJson(omitted).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  }
  OrderedJson metadata = {
      {"name", workflow_name(call.release_id, call.ticket, call.attempt, suffix_of(role))},
      {"namespace", shape.name_space},
      {"labels", labels_of(shape, call, role)},
      {"annotations", std::move(annotations)}};
  if (shape.has_finalizer) { metadata["finalizers"] = OrderedJson::array({kFinalizer}); }
  OrderedJson reference = {{"name", call.hook}};
  if (is_of_cluster(shape, call.hook)) { reference["clusterScope"] = true; }
  const OrderedJson object = {{"apiVersion", "argoproj.io/v1alpha1"},
                              {"kind", "Workflow"},
                              {"metadata", std::move(metadata)},
                              {"spec",
                               {{"workflowTemplateRef", std::move(reference)},
                                {"arguments", {{"parameters", std::move(parameters)}}}}}};
  return object.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::optional<WorkflowView> read_workflow(const Json& object) {
  const Json& metadata = member(object, "metadata");
  WorkflowView view;
  view.name = text_of(metadata, "name");
  view.resource_version = text_of(metadata, "resourceVersion");
  const std::string kind = text_of(object, "kind");  // The items of a list have none.
  if (view.name.empty() || view.resource_version.empty() || (!kind.empty() && kind != "Workflow")) {
    return std::nullopt;
  }
  view.uid = text_of(metadata, "uid");
  const Json& annotations = member(metadata, "annotations");
  view.release_id = text_of(annotations, kReleaseAnnotation);
  view.role.application = text_of(annotations, kApplicationAnnotation);
  const Json& labels = member(metadata, "labels");
  view.ticket = number_of<std::uint64_t>(text_of(labels, kTicketLabel));
  view.attempt = number_of<std::uint32_t>(text_of(labels, kAttemptLabel));
  view.instance = text_of(labels, kInstanceLabel);
  const std::string part = text_of(labels, kPartLabel);
  for (const PartNames& names : kParts) {
    if (names.label == part) { view.role.part = names.part; }
  }
  view.is_settled = !member(labels, kSettledLabel).is_null();
  view.is_deleted = !member(metadata, "deletionTimestamp").is_null();
  const Json& finalizers = member(metadata, "finalizers");
  for (std::size_t i = 0; finalizers.is_array() && i < finalizers.size(); ++i) {
    if (finalizers[i] == kFinalizer) { view.finalizer = i; }
  }
  read_status(object, view);
  return view;
}

std::optional<WorkflowView> read_workflow_text(std::string_view text) {
  const Json object = parse_answer(text);
  if (object.is_discarded()) { return std::nullopt; }
  return read_workflow(object);
}

Json parse_answer(std::string_view text) { return parse_json(kept_members(text, kOfAnswer)); }

bool is_older(std::string_view left, std::string_view right) noexcept {
  std::uint64_t numbers[2] = {0, 0};
  const std::string_view texts[2] = {left, right};
  for (int i = 0; i < 2; ++i) {
    const char* const end = texts[i].data() + texts[i].size();
    const auto [at, error] = std::from_chars(texts[i].data(), end, numbers[i]);
    if (error != std::errc() || at != end) { return false; }
  }
  return numbers[0] < numbers[1];
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
