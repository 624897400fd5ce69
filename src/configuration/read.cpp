// SPDX-License-Identifier: Apache-2.0
// Which documents of a file belong to a configuration, and what all of them have in common.
#include "configuration/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <span>

#include "base/position.hpp"
#include "manifest/reader.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// A document costs more than its values, see TextLimits::work_max.
constexpr std::size_t kDocumentWork = 16;
/// Hooks and actions that are read of the flows with errors in a file.
constexpr std::size_t kBrokenNamesMax = 10'000;

constexpr std::string_view kOurGroup = "codefresh.io/";
constexpr std::string_view kExtensionGroup = "promoflow.dev/";

constexpr std::string_view kInitialAnnotation = "promoflow.dev/initial-context";

constexpr std::string_view kProductVersions[] = {"codefresh.io/v1beta1", "codefresh.io/v1beta2"};
constexpr std::string_view kEnvironmentVersions[] = {"promoflow.dev/v1"};

struct KindRow {
  std::string_view name;
  Kind kind;
  std::string_view group;
  std::span<const std::string_view> versions{};  ///< Empty: any, and the fields are not checked.
};

constexpr KindRow kKinds[] = {
    {"Product", Kind::Product, kOurGroup, kProductVersions},
    {"PromotionPolicy", Kind::Policy, kOurGroup, kProductVersions},
    {"PromotionTemplate", Kind::Template, kOurGroup, kProductVersions},
    {"Environment", Kind::Environment, kExtensionGroup, kEnvironmentVersions},
    {"WorkflowTemplate", Kind::Workflow, "argoproj.io/"},
    {"ClusterWorkflowTemplate", Kind::ClusterWorkflow, "argoproj.io/"},
    {"ServiceAccount", Kind::ServiceAccount, "v1"},
    {"Role", Kind::Role, "rbac.authorization.k8s.io/"},
    {"ClusterRole", Kind::ClusterRole, "rbac.authorization.k8s.io/"},
    {"RoleBinding", Kind::RoleBinding, "rbac.authorization.k8s.io/"},
    {"ClusterRoleBinding", Kind::ClusterRoleBinding, "rbac.authorization.k8s.io/"},
};

std::string_view text_of(const Document& document, NodeId object, std::string_view key) {
  const NodeId node = document.find(object, key);
  return node == kNoNode ? std::string_view() : document.text(node);
}

bool is_our_version(std::string_view version) {
  return version.starts_with(kOurGroup) || version.starts_with(kExtensionGroup);
}

/// The row of a kind; null: it is none that is read.
const KindRow* row_of(std::string_view kind, std::string_view version) {
  const auto row = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const KindRow& known) {
    return known.name == kind &&
           (version.starts_with(known.group) ||
            (!known.versions.empty() && (version.empty() || is_our_version(version))));
  });
  return row == std::end(kKinds) ? nullptr : row;
}

/// The kind that is meant by one that is misspelt; empty: none is. Only kinds of the same group are
/// candidates, since other groups have kinds of their own. `version`: null: of any group.
std::string_view kind_meant_by(std::string_view kind, const std::string_view* version) {
  std::string_view meant;
  int least = INT_MAX;
  Suggestions ours(kind);
  for (const KindRow& row : kKinds) {
    const bool is_ours = !row.versions.empty() && version != nullptr && is_our_version(*version);
    if (is_ours) { ours.offer(row.name); }
    if (version != nullptr && !is_ours && !version->starts_with(row.group)) { continue; }
    const int slips = slips_between(kind, row.name).value_or(INT_MAX);
    if (slips < least) {
      least = slips;
      meant = row.name;
    }
  }
  return meant.empty() ? ours.best() : meant;
}

bool is_read(std::string_view kind, const std::string_view* version) {
  return (version != nullptr && row_of(kind, *version) != nullptr) ||
         !kind_meant_by(kind, version).empty();
}

bool is_other_than_known(const Document& document, NodeId object) {
  return is_passed_over(document, object, is_read);
}

// --- what documents with fields of ours have in common -------------------------------------------

struct Root {
  const KindRow* row = nullptr;
  NodePath metadata{};
  NodePath spec{};
};

constexpr Field<Root> kRootFields[] = {
    {{"apiVersion", Expect::Text, Use::Required},
     [](Checker& checker, const NodePath& value, Root& root) {
       checker.word(value, root.row->versions);
     }},
    {{"kind", Expect::Text, Use::Required}, [](Checker&, const NodePath&, Root&) {}},
    {{"metadata", Expect::Mapping, Use::Required},
     [](Checker&, const NodePath& value, Root& root) { root.metadata = value; }},
    {{"spec", Expect::Mapping},
     [](Checker&, const NodePath& value, Root& root) { root.spec = value; }},
    {{"status", Expect::Anything, Use::PassedOver}, nullptr},
};

/// Reads all files of a configuration.
class FileReader final : public ManifestReader {
 public:
  FileReader(std::uint32_t file, std::string_view text, const ReadOptions& options,
             ConfigurationData& data)
      : ManifestReader(text, options, is_read), file_(file), data_(data) {}

  std::size_t read(Findings& findings) {
    read_all(is_other_than_known);
    std::vector<Diagnostic> problems = report_.finish(text_);
    findings.take(file_, std::move(problems), report_.unlisted());
    return document_.work + report_.work() + documents_ * kDocumentWork;
  }

 private:
  void take_flow(const NodePath& object, std::optional<Flow> flow) override;
  void take_other(const NodePath& object, NodeId kind) override;
  void take_unknown(const NodePath& root) override;
  void check_flow_name(const NodePath&) override {}

  void take_known(const NodePath& object, const KindRow& row);
  template <class Read>
  void read_own(const Reading& reading, const KindRow& row, Named& named, const Read& read);
  void name_of(const Reading& reading, Named& named) const;
  /// Of a kind that is a namespace's or the cluster's, which has none.
  template <class Scoped>
  void scoped_name_of(const Reading& about, Scoped& scoped) const {
    name_of(about, scoped);
    if (scoped.cluster) { scoped.name_space.clear(); }
  }
  Reading reading(Checker& checker, const NodePath& object) const {
    return {checker, Places(file_, static_cast<std::uint32_t>(index_), checker), object};
  }

  std::uint32_t file_;
  ConfigurationData& data_;
  std::size_t documents_ = 0;
  std::size_t broken_room_ = kBrokenNamesMax;
};

/// The name of a document whose fields are not checked; it stays empty if there is none.
void FileReader::name_of(const Reading& reading, Named& named) const {
  const NodePath& object = reading.object;
  named.place = reading.places.of(object);
  const NodeId metadata_key = key_of(document_, object.node, "metadata");
  if (metadata_key == kNoNode) { return; }
  const NodePath metadata{document_.next(metadata_key), &object, metadata_key};
  named.name_space = text_of(document_, metadata.node, "namespace");
  const NodeId key = key_of(document_, metadata.node, "name");
  if (key == kNoNode) { return; }
  const NodePath name{document_.next(key), &metadata, key};
  named.name = document_.text(name.node);
  named.place = reading.places.of(name);
}

void FileReader::take_flow(const NodePath& object, std::optional<Flow> flow) {
  ++documents_;
  Checker checker(document_, report_, options_.limits);
  FlowDocument& document = data_.flow_documents.emplace_back();
  const Reading about = reading(checker, object);
  name_of(about, document);
  if (!flow) { return read_broken_flow(about, document, broken_room_); }
  for (const auto& [key, value] : flow->options().annotations) {
    if (key == kInitialAnnotation) { document.initial = split_keys(value); }
  }
  document.flow = std::move(flow);
  locate_flow_parts(about, document);
}

void FileReader::take_other(const NodePath& object, NodeId kind) {
  if (document_.kind(object.node) != NodeKind::Mapping) { return; }
  const std::string_view name = document_.text(kind);
  const std::string_view version = text_of(document_, object.node, "apiVersion");
  if (const KindRow* row = row_of(name, version)) { return take_known(object, *row); }
  // Passing over a document whose kind is misspelt would hide all of its problems.
  const std::string_view meant = kind_meant_by(name, &version);
  if (!meant.empty()) { report_kind(object, kind, meant); }
}

/// A text of other programs, or a list of objects that is no `List`.
void FileReader::take_unknown(const NodePath& root) {
  if (document_.kind(root.node) == NodeKind::Sequence &&
      holds_objects(document_, root.node, is_read)) {
    report_no_mapping(root);
  }
}

template <class Read>
void FileReader::read_own(const Reading& about, const KindRow& row, Named& named,
                          const Read& read) {
  Root root{&row};
  read_object(about.checker, about.object, kRootFields, root);
  if (root.metadata.node != kNoNode) {
    Metadata metadata;
    read_metadata(about.checker, root.metadata, metadata);
  }
  name_of(about, named);
  if (root.spec.node != kNoNode) { read(root.spec); }
}

void FileReader::take_known(const NodePath& object, const KindRow& row) {
  ++documents_;
  Checker checker(document_, report_, options_.limits);
  checker.cluster_reads = !row.versions.empty();
  checker.extensions_known = knows_extensions(document_, object.node);
  const Reading about = reading(checker, object);
  switch (row.kind) {
    case Kind::Flow: return;
    case Kind::Product: {
      Product& product = data_.products.emplace_back();
      return read_own(about, row, product,
                      [&](const NodePath& spec) { read_product(about, spec, product); });
    }
    case Kind::Policy: {
      PolicyDocument& policy = data_.policies.emplace_back();
      return read_own(about, row, policy,
                      [&](const NodePath& spec) { read_policy(about, spec, policy); });
    }
    case Kind::Template:
      return read_own(about, row, data_.templates.emplace_back(),
                      [&](const NodePath& spec) { read_promotion_template(about, spec); });
    case Kind::Environment: {
      EnvironmentDocument& environment = data_.environments.emplace_back();
      return read_own(about, row, environment,
                      [&](const NodePath& spec) { read_environment(about, spec, environment); });
    }
    case Kind::Workflow:
    case Kind::ClusterWorkflow: {
      Workflow& workflow = data_.workflows.emplace_back();
      workflow.cluster = row.kind == Kind::ClusterWorkflow;
      scoped_name_of(about, workflow);
      return read_workflow(about, workflow);
    }
    case Kind::ServiceAccount: return name_of(about, data_.service_accounts.emplace_back());
    case Kind::Role:
    case Kind::ClusterRole: {
      Role& role = data_.roles.emplace_back();
      role.cluster = row.kind == Kind::ClusterRole;
      scoped_name_of(about, role);
      return read_role(about, role);
    }
    case Kind::RoleBinding:
    case Kind::ClusterRoleBinding: {
      Binding& binding = data_.bindings.emplace_back();
      binding.cluster = row.kind == Kind::ClusterRoleBinding;
      scoped_name_of(about, binding);
      return read_binding(about, binding);
    }
  }
}

}  // namespace

SourcePlace Places::of(const NodePath& path, NodeId at) const {
  const Node& node = checker_.document[at == kNoNode ? path.node : at];
  return {file_, document_, node.line, node.column, checker_.report.pointer(path)};
}

std::vector<std::string> split_keys(std::string_view text) {
  std::vector<std::string> keys;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view key = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t first = key.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) { continue; }
    key = key.substr(first, key.find_last_not_of(" \t\r\n") - first + 1);
    keys.emplace_back(key);
  }
  return keys;
}

std::size_t read_file(std::uint32_t file, std::string_view text, const ReadOptions& options,
                      ConfigurationData& data, Findings& findings) {
  return FileReader(file, text, options, data).read(findings);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
