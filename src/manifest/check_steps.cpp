// SPDX-License-Identifier: Apache-2.0
// The fields of steps, and the graph that they form. FlowBuilder checks the graph; its diagnostics
// are mapped to positions in the text here.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/guard.hpp"
#include "base/name_text.hpp"
#include "base/text_index.hpp"
#include "manifest/check.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// See TextLimits::work_max.
constexpr std::size_t kOptionsWork = 16;

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
  // A number or a boolean is reported, and still used as a name: other steps may depend on it.
  if (checker.has_type(Expect::Text, value) ||
      (kind != NodeKind::Sequence && kind != NodeKind::Mapping)) {
    step.environment = checker.graph_name(value);
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

/// A step that was added to the builder, and its nodes.
struct Row {
  std::uint32_t index = 0;  ///< Index among the manifest's steps.
  NodeId node = kNoNode;
  NodeId environment = kNoNode;
  NodeId depends_on = kNoNode;  ///< kNoNode: missing or malformed, and reported.
};

class Steps {
 public:
  Steps(Checker& checker, const NodePath& spec, const Spec& read)
      : checker_(checker), document_(checker.document), spec_(spec), read_(read) {}

  void add_to_builder(FlowBuilder& builder, std::string_view trigger);
  void report(Diagnostic diagnostic, const NodePath& name_path);

 private:
  bool is_dependency(NodeId node) const;
  void read_dependencies(const NodePath& depends_on);
  void check_trigger(const NodePath& object, const Step& step, std::string_view trigger);
  NodeId dependency_node(std::size_t row, std::size_t wanted, std::size_t& index);

  Checker& checker_;
  const Document& document_;
  const NodePath& spec_;
  const Spec& read_;
  std::vector<Row> rows_;
  std::vector<std::string_view> dependencies_;  ///< Names that the step being read depends on.
  /// Cache of dependency_node(): the dependencies of the step that it was last called for. The
  /// builder reports step by step, but not always in the order of a step's dependencies.
  struct Entry {
    NodeId node;
    std::uint32_t index;  ///< Index in the manifest's `dependsOn`.
  };
  struct {
    std::size_t row = SIZE_MAX;
    std::vector<Entry> entries{};
  } cache_;
};

bool Steps::is_dependency(NodeId node) const {
  return document_.kind(node) == NodeKind::String &&
         document_[node].size <= checker_.limits.name_bytes_max &&
         (is_plain_name(document_.text(node)) || !visible_name(document_.text(node)).empty());
}

void Steps::read_dependencies(const NodePath& depends_on) {
  dependencies_.clear();
  NodePath entry{document_.first(depends_on.node), &depends_on};
  for (; entry.node != kNoNode; entry.node = document_.next(entry.node)) {
    if (checker_.has_type(Expect::Text, entry, "")) {
      const std::optional<std::string_view> name = checker_.graph_name(entry);
      if (name) { dependencies_.push_back(*name); }
    }
    ++entry.index;
  }
}

void Steps::check_trigger(const NodePath& object, const Step& step, std::string_view trigger) {
  if (step.hooks_key != kNoNode && step.environment == trigger) {
    checker_.report.add(DiagnosticCode::HookOnTriggerEnvironment,
                        {document_.next(step.hooks_key), &object, step.hooks_key}, step.hooks_key,
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
    if (step.has_options && !checker_.spend(kOptionsWork, entry)) { continue; }
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

/// The node of the `wanted`-th dependency that was added to the builder, and its index in the
/// manifest, which counts malformed ones, too.
NodeId Steps::dependency_node(std::size_t row, std::size_t wanted, std::size_t& index) {
  if (cache_.row != row) {
    cache_.row = row;
    cache_.entries.clear();
    std::uint32_t position = 0;
    for (NodeId node = document_.first(rows_[row].depends_on); node != kNoNode;
         node = document_.next(node), ++position) {
      if (is_dependency(node)) { cache_.entries.push_back({node, position}); }
    }
  }
  if (wanted >= cache_.entries.size()) { return kNoNode; }
  index = cache_.entries[wanted].index;
  return cache_.entries[wanted].node;
}

/// Removes a slash and a number from the front of a pointer, and returns the number.
std::optional<std::size_t> take_index(std::string_view& pointer) {
  std::size_t value = 0;
  const char* begin = pointer.data() + 1;
  const auto [end, error] = std::from_chars(begin, pointer.data() + pointer.size(), value);
  if (error != std::errc{}) { return std::nullopt; }
  pointer.remove_prefix(static_cast<std::size_t>(end - pointer.data()));
  return value;
}

/// Follows a pointer as far as the document has nodes, and cuts the rest off `pointer`.
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

/// Reports a diagnostic of the builder at its node. The builder counts only the steps and
/// dependencies that were added to it, and knows neither lines nor the older layout. Most problems
/// of options never get here: they are found when the options are read, and so are reserved
/// arguments, each at its key.
void Steps::report(Diagnostic diagnostic, const NodePath& name_path) {
  if (diagnostic.code == DiagnosticCode::ReservedArgument) { return; }
  constexpr std::string_view kStepsPrefix = "/spec/steps/";
  std::string_view rest = diagnostic.pointer;
  NodeId node = kNoNode;
  std::string pointer = diagnostic.pointer;
  if (rest == "/metadata/name") {
    node = name_path.node;
    pointer = checker_.report.pointer(name_path);
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
      std::string path(rest);
      node = follow(document_, row.node, path);
      pointer += path;
    }
  } else if (rest != "/spec/steps" || diagnostic.code == DiagnosticCode::LimitExceeded) {
    std::string path(rest.substr(std::string_view("/spec").size()));
    node = follow(document_, spec_.node, path);
    pointer = checker_.report.pointer(spec_) + path;
  }
  // A problem without a node was already reported when the field was read.
  if (node != kNoNode) {
    checker_.report.add(diagnostic.code, std::move(pointer), node,
                        {std::move(diagnostic.message), std::move(diagnostic.hint)},
                        diagnostic.severity);
  }
}

/// Guesses the trigger environment if its name is missing: the name that most steps depend on and
/// that no step defines. Otherwise one mistake would cause an error for each step that depends on
/// it.
std::string_view guess_trigger(const Document& document, NodeId steps) {
  struct Wanted {
    std::string_view name;
    std::size_t times = 0;
  };
  std::vector<Wanted> wanted;
  TextIndex index;
  const auto name_of = [&](std::uint32_t i) { return wanted[i].name; };
  const auto find = [&](std::string_view name) -> Wanted& {
    std::uint32_t& slot = index.slot(name, name_of);
    if (slot == TextIndex::kNone) {
      index.set(slot, static_cast<std::uint32_t>(wanted.size()));
      wanted.push_back({name});
      return wanted.back();
    }
    return wanted[slot];
  };
  for (NodeId step = document.first(steps); step != kNoNode; step = document.next(step)) {
    const NodeId depends_on = document.find(step, "dependsOn");
    for (NodeId node = depends_on == kNoNode ? kNoNode : document.first(depends_on);
         node != kNoNode; node = document.next(node)) {
      if (document.kind(node) == NodeKind::String) { ++find(document.text(node)).times; }
    }
  }
  for (NodeId step = document.first(steps); step != kNoNode; step = document.next(step)) {
    const NodeId name = document.find(step, "environment");
    if (name != kNoNode) { find(document.text(name)).times = 0; }
  }
  const auto is_preferred = [](const Wanted& a, const Wanted& b) {
    return a.times != b.times ? a.times > b.times : a.name < b.name;
  };
  const auto most = std::min_element(wanted.begin(), wanted.end(), is_preferred);
  return most == wanted.end() || most->times == 0 ? std::string_view("dev") : most->name;
}

}  // namespace

std::optional<Flow> build_flow(Checker& checker, const NodePath& spec,
                               std::optional<std::string_view> name, const NodePath& name_path,
                               Spec& read) {
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
  builder.diagnostics_max(checker.limits.diagnostics_max);
  FlowReport built = value_or_throw(builder.build());
  if (built.unlisted > 0) {
    checker.report.count_unlisted(built.unlisted, built.diagnostics.back().severity);
    built.diagnostics.pop_back();
  }
  for (Diagnostic& diagnostic : built.diagnostics) {
    steps.report(std::move(diagnostic), name ? name_path : NodePath{});
  }
  return std::move(built.flow);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
