// SPDX-License-Identifier: Apache-2.0
// What a configuration needs to know of workflow templates (P4, P5, and what P7 starts from). Their
// other fields are Argo's to check.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/position.hpp"
#include "configuration/read.hpp"
#include "manifest/kinds.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kContextName = "PROMOTION_CONTEXT";
constexpr std::string_view kOriginAnnotation = "codefresh.io/workflow-origin";
constexpr std::string_view kExportsAnnotation = "promoflow.dev/exports";
constexpr std::string_view kParameterPrefix = "workflow.parameters.";

bool is_parameter_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool is_parameter_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_parameter_character);
}

/// The name with '_' for each character that Argo refuses.
std::string mended(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 60)) {
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80) { continue; }  // Inside a code point.
    out += is_parameter_character(c) ? c : '_';
  }
  return out;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\n')) {
    text.remove_prefix(1);
  }
  return text;
}

/// Calls `found` for each X of `{{workflow.parameters.X}}`.
template <class Found>
void find_parameters(std::string_view text, const Found& found) {
  for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
    at += 2;
    std::string_view rest = without_blanks(text.substr(at));
    if (!rest.starts_with(kParameterPrefix)) { continue; }
    rest.remove_prefix(kParameterPrefix.size());
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_parameter_character);
    const std::string_view name = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    if (!name.empty() && without_blanks(rest.substr(name.size())).starts_with("}}")) {
      found(name);
    }
  }
}

/// Reads the spec of one template, however deep its steps are nested.
class WorkflowReader {
 public:
  WorkflowReader(const Reading& reading, Workflow& workflow)
      : reading_(reading),
        checker_(reading.checker),
        document_(reading.checker.document),
        workflow_(workflow) {}

  void read_annotations(const NodePath& metadata);
  void read_spec(const NodePath& spec);

 private:
  NodePath member(const NodePath& mapping, std::string_view key) const;
  std::string_view text_of(const NodePath& mapping, std::string_view key) const;
  void walk(const NodePath& value);
  void walk_member(const NodePath& member);
  void read_declared(const NodePath& spec);
  void read_parameters(const NodePath& list, bool outputs);
  void check_name(const NodePath& name, std::unordered_set<std::string_view>& seen);
  void check_output(const NodePath& parameter, const NodePath& name);
  void add_read(std::string_view key, bool required, const NodePath& path);

  const Reading& reading_;
  Checker& checker_;
  const Document& document_;
  Workflow& workflow_;
  std::unordered_set<std::string_view> reads_;
};

NodePath WorkflowReader::member(const NodePath& mapping, std::string_view key) const {
  const NodeId node = key_of(document_, mapping.node, key);
  return node == kNoNode ? NodePath{} : NodePath{document_.next(node), &mapping, node};
}

std::string_view WorkflowReader::text_of(const NodePath& mapping, std::string_view key) const {
  const NodeId node = document_.find(mapping.node, key);
  return node == kNoNode ? std::string_view() : document_.text(node);
}

void WorkflowReader::read_annotations(const NodePath& metadata) {
  const NodePath annotations = member(metadata, "annotations");
  if (annotations.node == kNoNode) { return; }
  workflow_.from_promotion = text_of(annotations, kOriginAnnotation) == "promotion";
  const NodeId exports = document_.find(annotations.node, kExportsAnnotation);
  if (exports != kNoNode && document_.kind(exports) == NodeKind::String) {
    workflow_.exports = split_keys(document_.text(exports));
  }
}

void WorkflowReader::add_read(std::string_view key, bool required, const NodePath& path) {
  if (reads_.insert(key).second) {
    workflow_.reads.push_back({std::string(key), required, reading_.places.of(path)});
  }
}

/// The arguments of the workflow as a whole: what it is handed by name.
void WorkflowReader::read_declared(const NodePath& spec) {
  const NodePath arguments = member(spec, "arguments");
  if (arguments.node == kNoNode) { return; }
  const NodePath list = member(arguments, "parameters");
  if (list.node == kNoNode || document_.kind(list.node) != NodeKind::Sequence) { return; }
  NodePath entry{document_.first(list.node), &list};
  for (; entry.node != kNoNode; entry.node = document_.next(entry.node), ++entry.index) {
    const NodePath name = member(entry, "name");
    if (name.node == kNoNode || document_.text(name.node).empty()) { continue; }
    const auto has = [&](std::string_view field) {
      const NodeId value = document_.find(entry.node, field);
      return value != kNoNode && document_.kind(value) != NodeKind::Null;
    };
    const bool required = !has("value") && !has("default") && !has("valueFrom");
    add_read(document_.text(name.node), required, name);
  }
}

void WorkflowReader::check_name(const NodePath& name, std::unordered_set<std::string_view>& seen) {
  const std::string_view text = document_.text(name.node);
  if (!is_parameter_name(text)) {
    checker_.report.add(
        DiagnosticCode::InvalidParameter, name, name.node,
        {fmt::format("Argo refuses {} as a parameter's name", in_quotes(text)),
         text.empty() ? "write letters, digits, '-' and '_'"
                      : fmt::format("letters, digits, '-' and '_' are allowed: {}", mended(text))});
  } else if (!seen.insert(text).second) {
    checker_.report.add(DiagnosticCode::InvalidParameter, name, name.node,
                        {fmt::format("the parameter {} is there twice", in_quotes(text)),
                         "Argo refuses it: rename one of the two, or remove it"});
  }
}

void WorkflowReader::check_output(const NodePath& parameter, const NodePath& name) {
  const NodePath global = member(parameter, "globalName");
  const std::string_view text = global.node == kNoNode ? "" : document_.text(global.node);
  const bool is_global = text == kContextName;
  workflow_.writes_context = workflow_.writes_context || is_global;
  const bool named = document_.text(name.node) == kContextName;
  if (!named && !is_global) { return; }
  std::string problem;
  std::string hint = fmt::format("add 'globalName: {}'", kContextName);
  NodeId at = name.node;
  if (!named) {
    problem = fmt::format("globalName is {}, and the parameter is not called so", kContextName);
    hint = fmt::format("rename the parameter: 'name: {}'", kContextName);
  } else if (text.empty()) {
    problem = "it has no globalName";
  } else if (!is_global) {
    problem = fmt::format("its globalName is {}", in_quotes(text));
    hint = fmt::format("write 'globalName: {}'", kContextName);
    at = global.node;
  } else if (document_.find(parameter.node, "valueFrom") == kNoNode) {
    problem = "it has no valueFrom";
    hint = "add 'valueFrom: {path: /tmp/promotion-context.txt}', the file that the step writes";
  } else {
    return;
  }
  checker_.report.warn(DiagnosticCode::ContextNotExported, parameter, at,
                       {fmt::format("the output parameter {} does not reach the promotion "
                                    "context: {}",
                                    in_quotes(document_.text(name.node)), problem),
                        std::move(hint)});
}

void WorkflowReader::read_parameters(const NodePath& list, bool outputs) {
  if (list.node == kNoNode || document_.kind(list.node) != NodeKind::Sequence) { return; }
  std::unordered_set<std::string_view> seen;
  NodePath entry{document_.first(list.node), &list};
  for (; entry.node != kNoNode; entry.node = document_.next(entry.node), ++entry.index) {
    const NodePath name = member(entry, "name");
    if (name.node == kNoNode || document_.kind(name.node) != NodeKind::String) { continue; }
    check_name(name, seen);
    if (outputs) { check_output(entry, name); }
  }
}

void WorkflowReader::walk_member(const NodePath& value) {
  const std::string_view key = document_.text(value.key);
  if (document_.kind(value.node) != NodeKind::Mapping) { return; }
  if (key == "arguments" || key == "inputs" || key == "outputs") {
    read_parameters(member(value, "parameters"), key == "outputs");
  } else if (key == "templateRef" || key == "workflowTemplateRef") {
    const std::string_view name = text_of(value, "name");
    if (!name.empty()) {
      workflow_.refers_to.emplace_back(name, text_of(value, "clusterScope") == "true");
    }
  }
}

void WorkflowReader::walk(const NodePath& value) {
  const NodeKind kind = document_.kind(value.node);
  if (kind == NodeKind::String) {
    find_parameters(document_.text(value.node),
                    [&](std::string_view name) { add_read(name, true, value); });
    return;
  }
  if (kind != NodeKind::Mapping && kind != NodeKind::Sequence) { return; }
  NodePath child{document_.first(value.node), &value};
  for (std::size_t index = 0; child.node != kNoNode; ++index) {
    if (kind == NodeKind::Mapping) {
      child.key = child.node;
      child.node = document_.next(child.key);
      walk_member(child);
    } else {
      child.index = index;
    }
    walk(child);
    child.node = document_.next(child.node);
  }
}

void WorkflowReader::read_spec(const NodePath& spec) {
  if (const NodePath account = member(spec, "serviceAccountName"); account.node != kNoNode) {
    workflow_.service_account = document_.text(account.node);
    workflow_.service_account_place = reading_.places.of(account);
  }
  read_declared(spec);
  walk(spec);
}

// --- roles and bindings --------------------------------------------------------------------------

/// The strings of a list below a mapping.
std::vector<std::string> texts_of(const Document& document, NodeId mapping, std::string_view key) {
  std::vector<std::string> texts;
  const NodeId list = document.find(mapping, key);
  if (list == kNoNode || document.kind(list) != NodeKind::Sequence) { return texts; }
  for (NodeId entry = document.first(list); entry != kNoNode; entry = document.next(entry)) {
    texts.emplace_back(document.text(entry));
  }
  return texts;
}

std::string_view member_text(const Document& document, NodeId mapping, std::string_view key) {
  const NodeId node = document.find(mapping, key);
  return node == kNoNode ? std::string_view() : document.text(node);
}

/// Takes a prefix from the front of a name.
bool take_prefix(std::string_view& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) { return false; }
  name.remove_prefix(prefix.size());
  return true;
}

/// The service accounts that a binding's subject names: by themselves, by the name of their users,
/// or by a group that the cluster puts them in. None: it names others.
std::optional<Subject> read_subject(const Document& document, NodeId subject) {
  const std::string_view kind = member_text(document, subject, "kind");
  std::string_view name = member_text(document, subject, "name");
  if (kind == "ServiceAccount") {
    if (name.empty()) { return std::nullopt; }
    return Subject{std::string(name), std::string(member_text(document, subject, "namespace"))};
  }
  if (kind == "User" && take_prefix(name, "system:serviceaccount:")) {
    const std::size_t colon = name.find(':');
    if (colon == 0 || colon >= name.size() - 1) { return std::nullopt; }
    return Subject{std::string(name.substr(colon + 1)), std::string(name.substr(0, colon))};
  }
  if (kind != "Group") { return std::nullopt; }
  if (name == "system:serviceaccounts" || name == "system:authenticated") { return Subject{}; }
  if (take_prefix(name, "system:serviceaccounts:") && !name.empty()) {
    return Subject{{}, std::string(name)};
  }
  return std::nullopt;
}

}  // namespace

void read_workflow(const Reading& reading, Workflow& workflow) {
  const Document& document = reading.checker.document;
  WorkflowReader reader(reading, workflow);
  const auto read = [&](std::string_view name, auto function) {
    const NodeId key = key_of(document, reading.object.node, name);
    if (key != kNoNode) { (reader.*function)({document.next(key), &reading.object, key}); }
  };
  read("metadata", &WorkflowReader::read_annotations);
  read("spec", &WorkflowReader::read_spec);
}

void read_role(const Reading& reading, Role& role) {
  const Document& document = reading.checker.document;
  const NodeId aggregation = document.find(reading.object.node, "aggregationRule");
  role.is_aggregated =
      role.cluster && aggregation != kNoNode && document.kind(aggregation) == NodeKind::Mapping;
  const NodeId key = key_of(document, reading.object.node, "rules");
  if (key == kNoNode || document.kind(document.next(key)) != NodeKind::Sequence) { return; }
  const NodePath rules{document.next(key), &reading.object, key};
  NodePath entry{document.first(rules.node), &rules};
  for (; entry.node != kNoNode; entry.node = document.next(entry.node), ++entry.index) {
    role.rules.push_back({texts_of(document, entry.node, "apiGroups"),
                          texts_of(document, entry.node, "resources"),
                          texts_of(document, entry.node, "resourceNames"),
                          texts_of(document, entry.node, "verbs"), reading.places.of(entry)});
  }
}

void read_binding(const Reading& reading, Binding& binding) {
  const Document& document = reading.checker.document;
  const NodeId object = reading.object.node;
  if (const NodeId role = document.find(object, "roleRef"); role != kNoNode) {
    binding.to_cluster_role = member_text(document, role, "kind") == "ClusterRole";
    binding.role = member_text(document, role, "name");
  }
  const NodeId subjects = document.find(object, "subjects");
  if (subjects == kNoNode || document.kind(subjects) != NodeKind::Sequence) { return; }
  for (NodeId subject = document.first(subjects); subject != kNoNode;
       subject = document.next(subject)) {
    if (const auto accounts = read_subject(document, subject)) {
      binding.subjects.push_back(*accounts);
    }
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
