// SPDX-License-Identifier: Apache-2.0
// The steps: their fields, and the graph that they make. FlowBuilder checks the graph; what it says
// is put in its place in the text here.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "manifest/check.hpp"

namespace promoflow::detail {

namespace {

// --- the fields of one step ----------------------------------------------------------------------

struct Step {
  std::optional<std::string_view> environment{};
  NodeId environment_node = kNoNode;
  NodePath depends_on{};
  NodeId hooks_key = kNoNode;
  StepOptions options{};
  bool has_options = false;  ///< `options` may differ from the defaults.
};

constexpr Field<Policy> kPolicyFields[] = {
    {{"action", Expect::Text},
     [](Checker& checker, const NodePath& value, Policy& policy) {
       if (const auto index = checker.word(value, kPolicyActions)) {
         policy.action = static_cast<PolicyAction>(*index + 1);
       }
     }},
    {{"preAction", Expect::Text},
     [](Checker& checker, const NodePath& value, Policy& policy) {
       policy.pre_action = checker.name(value);
     }},
    {{"postAction", Expect::Text},
     [](Checker& checker, const NodePath& value, Policy& policy) {
       policy.post_action = checker.name(value);
     }},
};

void read_environment(Checker& checker, const NodePath& value, Step& step) {
  step.environment_node = value.node;
  const NodeKind kind = checker.document.kind(value.node);
  // A number or a truth value is reported, and still the name that others depend on.
  if (checker.has_type(Expect::Text, value) ||
      (kind != NodeKind::Sequence && kind != NodeKind::Mapping)) {
    step.environment = checker.name(value);
  }
}

void read_depends_on(Checker& checker, const NodePath& value, Step& step) {
  if (checker.document[value.node].size > 0) {
    step.depends_on = value;
  } else {
    checker.report.add(DiagnosticCode::InvalidValue, value, value.node,
                       {"'dependsOn' must name one environment or more",
                        "name the trigger environment if there is no other"});
  }
}

constexpr Field<Step> kStepFields[] = {
    {{"environment", Expect::Anything, Use::Required}, read_environment},
    {{"dependsOn", Expect::Sequence, Use::Required}, read_depends_on},
    {{"policy", Expect::Mapping},
     [](Checker& checker, const NodePath& value, Step& step) {
       step.has_options = true;
       read_object(checker, value, kPolicyFields, step.options.policy);
     }},
    {{"hooks", Expect::Mapping},
     [](Checker& checker, const NodePath& value, Step& step) {
       step.has_options = true;
       step.hooks_key = value.key;
       read_hooks(checker, value, step.options.hooks);
     }},
    {{"timeout", Expect::Anything, Use::Extension},
     [](Checker& checker, const NodePath& value, Step& step) {
       step.has_options = true;
       step.options.timeout = checker.duration(value, false);
     }},
    {{"retry", Expect::Mapping, Use::Extension},
     [](Checker& checker, const NodePath& value, Step& step) {
       step.has_options = true;
       read_retry(checker, value, step.options.retry);
     }},
    {{"soak", Expect::Anything, Use::Extension},
     [](Checker& checker, const NodePath& value, Step& step) {
       step.has_options = true;
       step.options.soak = checker.duration(value, false);
     }},
};

// --- all of them ---------------------------------------------------------------------------------

/// A step that was handed to the builder, and where it stands.
struct Row {
  std::uint32_t index = 0;  ///< Among the manifest's steps.
  NodeId node = kNoNode;
  NodeId environment = kNoNode;
  NodeId depends_on = kNoNode;  ///< kNoNode: missing or malformed, and reported.
};

class Steps {
 public:
  Steps(Checker& checker, const NodePath& spec, const Spec& read)
      : checker_(checker), document_(checker.document), spec_(spec), read_(read) {}

  void add_to_builder(FlowBuilder& builder, std::string_view trigger);
  void place(Diagnostic diagnostic, NodeId name_node);

 private:
  bool is_dependency(NodeId node) const;
  void read_dependencies(const NodePath& depends_on);
  void check_trigger(const NodePath& place, const Step& step, std::string_view trigger);
  NodeId dependency_node(std::size_t row, std::size_t wanted, std::size_t& index);

  Checker& checker_;
  const Document& document_;
  const NodePath& spec_;
  const Spec& read_;
  std::vector<Row> rows_;
  std::vector<std::string_view> dependencies_;  ///< Of the step being read.
  /// The dependencies of the step that dependency_node() was asked for last: the builder speaks of
  /// one step after another, but not always of its dependencies in order.
  struct Entry {
    NodeId node;
    std::uint32_t index;  ///< Among the manifest's.
  };
  struct {
    std::size_t row = SIZE_MAX;
    std::vector<Entry> entries{};
  } looked_up_;
};

bool Steps::is_dependency(NodeId node) const {
  return document_.kind(node) == NodeKind::String && is_plain_name(document_.text(node)) &&
         document_[node].size <= checker_.limits.name_bytes_max;
}

void Steps::read_dependencies(const NodePath& depends_on) {
  dependencies_.clear();
  NodePath entry{document_.first(depends_on.node), &depends_on};
  for (; entry.node != kNoNode; entry.node = document_.next(entry.node)) {
    if (is_dependency(entry.node)) {
      dependencies_.push_back(document_.text(entry.node));
    } else if (checker_.has_type(Expect::Text, entry, "")) {
      checker_.name(entry);
    }
    ++entry.index;
  }
}

void Steps::check_trigger(const NodePath& place, const Step& step, std::string_view trigger) {
  if (step.hooks_key != kNoNode && step.environment == trigger) {
    checker_.report.add(DiagnosticCode::HookOnTriggerEnvironment,
                        {document_.next(step.hooks_key), &place, step.hooks_key}, step.hooks_key,
                        {fmt::format("the trigger environment '{}' carries no hooks", trigger),
                         "use the hooks of the release: spec.hooks"});
  }
}

void Steps::add_to_builder(FlowBuilder& builder, std::string_view trigger) {
  static const StepOptions kDefaults{};
  rows_.reserve(document_[read_.steps.node].size);
  NodePath entry{document_.first(read_.steps.node), &read_.steps};
  Step step;
  for (; entry.node != kNoNode; entry.node = document_.next(entry.node), ++entry.index) {
    if (!checker_.has_type(Expect::Mapping, entry)) { continue; }
    if (step.has_options) { step.options = StepOptions{}; }
    step.environment.reset();
    step.environment_node = step.hooks_key = kNoNode;
    step.depends_on = {};
    step.has_options = false;
    read_object(checker_, entry, kStepFields, step);
    dependencies_.clear();
    if (step.depends_on.node != kNoNode) { read_dependencies(step.depends_on); }
    check_trigger(entry, step, trigger);
    if (step.environment) {
      rows_.push_back({static_cast<std::uint32_t>(entry.index), entry.node, step.environment_node,
                       dependencies_.empty() ? kNoNode : step.depends_on.node});
      builder.step(*step.environment, dependencies_, step.has_options ? step.options : kDefaults);
    }
  }
}

/// The `wanted`th dependency that was handed over, and its index in the manifest.
NodeId Steps::dependency_node(std::size_t row, std::size_t wanted, std::size_t& index) {
  if (looked_up_.row != row) {
    looked_up_.row = row;
    looked_up_.entries.clear();
    std::uint32_t place = 0;
    for (NodeId node = document_.first(rows_[row].depends_on); node != kNoNode;
         node = document_.next(node), ++place) {
      if (is_dependency(node)) { looked_up_.entries.push_back({node, place}); }
    }
  }
  if (wanted >= looked_up_.entries.size()) { return kNoNode; }
  index = looked_up_.entries[wanted].index;
  return looked_up_.entries[wanted].node;
}

/// Takes a number and the slash before it from the front of a pointer.
std::optional<std::size_t> take_index(std::string_view& pointer) {
  std::size_t value = 0;
  const char* begin = pointer.data() + 1;
  const auto [end, error] = std::from_chars(begin, pointer.data() + pointer.size(), value);
  if (error != std::errc{}) { return std::nullopt; }
  pointer.remove_prefix(static_cast<std::size_t>(end - pointer.data()));
  return value;
}

/// Follows a pointer as far as the document goes; `pointer` becomes the way that was gone.
NodeId follow(const Document& document, NodeId node, std::string& pointer) {
  std::string_view rest = pointer;
  while (!rest.empty()) {
    const std::string_view step = rest.substr(1, rest.find('/', 1) - 1);
    NodeId next = kNoNode;
    if (document.kind(node) == NodeKind::Mapping) {
      next = document.find(node, step);
    } else if (document.kind(node) == NodeKind::Sequence) {
      std::string_view index = rest;
      next = document.first(node);
      for (std::size_t i = take_index(index).value_or(SIZE_MAX); i > 0 && next != kNoNode; --i) {
        next = document.next(next);
      }
    }
    if (next == kNoNode) { break; }
    node = next;
    rest.remove_prefix(step.size() + 1);
  }
  pointer.resize(pointer.size() - rest.size());
  return node;
}

/// The builder counts only what it was given, and knows neither lines nor the older layout. What
/// it says of options has been reported when they were read, but for what has a limit only there;
/// reserved arguments, too, as the place of each is known there.
void Steps::place(Diagnostic diagnostic, NodeId name_node) {
  if (diagnostic.code == DiagnosticCode::ReservedArgument) { return; }
  constexpr std::string_view kStepsPrefix = "/spec/steps/";
  std::string_view rest = diagnostic.pointer;
  NodeId node = kNoNode;
  std::string pointer = diagnostic.pointer;
  if (rest == "/metadata/name") {
    node = name_node;
  } else if (rest == "/spec/triggerEnvironment") {
    node = read_.trigger_node;
    pointer = checker_.report.pointer(spec_) + "/triggerEnvironment";
  } else if (rest.starts_with(kStepsPrefix)) {
    rest.remove_prefix(kStepsPrefix.size() - 1);
    const std::optional<std::size_t> step = take_index(rest);
    if (!step || *step >= rows_.size()) { return; }
    const Row& row = rows_[*step];
    pointer = fmt::format("{}/{}", checker_.report.pointer(read_.steps), row.index);
    if (rest == "/environment") {
      node = row.environment;
      pointer += rest;
    } else if (rest.starts_with("/dependsOn/") && row.depends_on != kNoNode) {
      rest.remove_prefix(std::string_view("/dependsOn").size());
      std::size_t index = 0;
      node = dependency_node(*step, take_index(rest).value_or(0), index);
      pointer += fmt::format("/dependsOn/{}", index);
    } else if (rest != "/dependsOn") {
      std::string way(rest);
      node = follow(document_, row.node, way);
      pointer += way;
    }
  } else if (rest != "/spec/steps" || diagnostic.code == DiagnosticCode::LimitExceeded) {
    std::string way(rest.substr(std::string_view("/spec").size()));
    node = follow(document_, spec_.node, way);
    pointer = checker_.report.pointer(spec_) + way;
  }
  // What has no node was reported already, when the field was read.
  if (node != kNoNode) {
    checker_.report.add(diagnostic.code, std::move(pointer), node,
                        {std::move(diagnostic.message), std::move(diagnostic.hint)},
                        diagnostic.severity);
  }
}

/// When the trigger environment's name is missing: the name that most steps depend on and that no
/// step defines. So one mistake does not make every step's dependency another one.
std::string_view guess_trigger(const Document& document, NodeId steps) {
  std::map<std::string_view, std::size_t> wanted;
  for (NodeId step = document.first(steps); step != kNoNode; step = document.next(step)) {
    const NodeId depends_on = document.find(step, "dependsOn");
    for (NodeId node = depends_on == kNoNode ? kNoNode : document.first(depends_on);
         node != kNoNode; node = document.next(node)) {
      if (document.kind(node) == NodeKind::String) { ++wanted[document.text(node)]; }
    }
  }
  for (NodeId step = document.first(steps); step != kNoNode; step = document.next(step)) {
    if (const NodeId name = document.find(step, "environment"); name != kNoNode) {
      wanted.erase(document.text(name));
    }
  }
  const auto most =
      std::max_element(wanted.begin(), wanted.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == wanted.end() ? std::string_view("dev") : most->first;
}

}  // namespace

std::optional<Flow> build_flow(Checker& checker, const NodePath& spec,
                               std::optional<std::string_view> name, NodeId name_node, Spec& read) {
  std::string_view trigger;
  if (read.trigger) {
    trigger = *read.trigger;
  } else if (read.steps.node != kNoNode) {
    trigger = guess_trigger(checker.document, read.steps.node);
    read.trigger_node = kNoNode;
  }
  FlowBuilder builder(name.value_or("nameless"), trigger);
  Steps steps(checker, spec, read);
  if (read.steps.node != kNoNode) { steps.add_to_builder(builder, trigger); }
  builder.options(std::move(read.options));
  Result<FlowReport> built = builder.build();
  if (!built) { throw std::bad_alloc(); }
  for (Diagnostic& diagnostic : built->diagnostics) {
    steps.place(std::move(diagnostic), name ? name_node : kNoNode);
  }
  return std::move(built->flow);
}

}  // namespace promoflow::detail
