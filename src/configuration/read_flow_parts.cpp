// SPDX-License-Identifier: Apache-2.0
// Where the hooks and the actions of a flow stand in its text, and the names in a flow with errors.
#include "base/name_text.hpp"
#include "configuration/hooks.hpp"
#include "configuration/read.hpp"
#include "manifest/kinds.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

NodePath member(const Document& document, const NodePath& mapping, std::string_view key) {
  const NodeId node = key_of(document, mapping.node, key);
  return node == kNoNode ? NodePath{} : NodePath{document.next(node), &mapping, node};
}

/// The flow has no errors, so its text is what src/manifest read it from: every list is there in
/// the same order.
class FlowLocator {
 public:
  FlowLocator(const Reading& reading, FlowDocument& flow)
      : reading_(reading), document_(reading.checker.document), flow_(flow) {}

  void locate() {
    const NodePath outer = member(reading_.object, "spec");
    NodePath spec = older_layout(document_, outer);
    if (spec.node == kNoNode) { spec = outer; }
    flow_.spec_pointer = reading_.checker.report.pointer(spec);
    add_action(member(spec, "postTrigger"));
    locate_hooks(spec);
    const NodePath steps = member(spec, "steps");
    NodePath step{document_.first(steps.node), &steps};
    for (; step.node != kNoNode; step.node = document_.next(step.node), ++step.index) {
      locate_hooks(step);
      if (const NodePath policy = member(step, "policy"); policy.node != kNoNode) {
        add_action(member(policy, "preAction"));
        add_action(member(policy, "postAction"));
      }
    }
  }

 private:
  NodePath member(const NodePath& mapping, std::string_view key) const {
    return detail::member(document_, mapping, key);
  }

  void add_action(const NodePath& value) {
    if (value.node == kNoNode || document_.kind(value.node) != NodeKind::String) { return; }
    flow_.actions.push_back({std::string(document_.text(value.node)), reading_.places.of(value)});
  }

  /// In the order of HookTable: onStart, onSuccess, onFail, each with its onEnd hooks (M2).
  void locate_hooks(const NodePath& owner) {
    const NodePath hooks = member(owner, "hooks");
    if (hooks.node == kNoNode) { return; }
    const NodePath on_end = member(hooks, "onEnd");
    add_list(member(hooks, "onStart"), false);
    add_list(member(hooks, "onSuccess"), false);
    add_list(on_end, true);
    add_list(member(hooks, "onFail"), false);
    add_list(on_end, true);
  }

  void add_list(const NodePath& list, bool on_end) {
    if (list.node == kNoNode || document_.kind(list.node) == NodeKind::Null) { return; }
    if (document_.kind(list.node) != NodeKind::Sequence) {
      return add(list.node, 0, false, on_end);
    }
    std::uint32_t index = 0;
    for (NodeId hook = document_.first(list.node); hook != kNoNode; hook = document_.next(hook)) {
      add(hook, index++, true, on_end);
    }
  }

  void add(NodeId hook, std::uint32_t index, bool in_list, bool on_end) {
    // The name within an object says more than its brace.
    const NodeId name = document_.find(hook, "name");
    const Node& node = document_[name == kNoNode ? hook : name];
    flow_.hooks.push_back({node.line, node.column, index, in_list, on_end});
  }

  const Reading& reading_;
  const Document& document_;
  FlowDocument& flow_;
};

/// Reads the names in a flow with errors. What is no name was reported when the flow was read.
class BrokenFlowReader {
 public:
  BrokenFlowReader(const Reading& reading, FlowDocument& flow, std::size_t& room)
      : reading_(reading), document_(reading.checker.document), flow_(flow), room_(room) {}

  void read() {
    if (const NodePath outer = member(reading_.object, "spec"); outer.node != kNoNode) {
      const NodePath older = older_layout(document_, outer);
      read_spec(older.node == kNoNode ? outer : older);
    }
  }

 private:
  /// kNoNode: `mapping` is none, or has no such key.
  NodePath member(const NodePath& mapping, std::string_view key) const {
    return detail::member(document_, mapping, key);
  }

  void read_spec(const NodePath& spec) {
    const bool has_trigger = add_environment(member(spec, "triggerEnvironment"));
    add(member(spec, "postTrigger"), flow_.actions);
    read_hooks(spec);
    const NodePath steps = member(spec, "steps");
    if (steps.node == kNoNode || document_.kind(steps.node) != NodeKind::Sequence) { return; }
    flow_.broken.has_all_environments = has_trigger;
    NodePath step{document_.first(steps.node), &steps};
    for (; step.node != kNoNode; step.node = document_.next(step.node), ++step.index) {
      if (!add_environment(member(step, "environment"))) {
        flow_.broken.has_all_environments = false;
      }
      read_hooks(step);
      if (const NodePath policy = member(step, "policy"); policy.node != kNoNode) {
        add(member(policy, "preAction"), flow_.actions);
        add(member(policy, "postAction"), flow_.actions);
      }
    }
  }

  void read_hooks(const NodePath& owner) {
    const NodePath hooks = member(owner, "hooks");
    if (hooks.node == kNoNode) { return; }
    for (const std::string_view point : {"onStart", "onSuccess", "onFail", "onEnd"}) {
      const NodePath list = member(hooks, point);
      if (list.node == kNoNode) { continue; }
      if (document_.kind(list.node) != NodeKind::Sequence) {
        read_hook(list);
        continue;
      }
      NodePath entry{document_.first(list.node), &list};
      for (; entry.node != kNoNode; entry.node = document_.next(entry.node), ++entry.index) {
        read_hook(entry);
      }
    }
  }

  /// A hook is a name, or an object with one, which hook_place() underlines, too.
  void read_hook(const NodePath& hook) {
    const NodeId name = document_.find(hook.node, "name");
    add(hook, flow_.broken.hooks, name == kNoNode ? hook.node : name);
  }

  bool is_name(NodeId node) const {
    return document_.kind(node) == NodeKind::String &&
           document_.text(node).size() <= reading_.checker.limits.name_bytes_max &&
           is_plain_name(document_.text(node));
  }

  void add(const NodePath& value, std::vector<Reference>& names, NodeId at) const {
    if (room_ == 0 || !is_name(at)) { return; }
    --room_;
    names.push_back({std::string(document_.text(at)), reading_.places.of(value, at)});
  }
  void add(const NodePath& value, std::vector<Reference>& names) const {
    if (value.node != kNoNode) { add(value, names, value.node); }
  }

  bool add_environment(const NodePath& name) {
    if (name.node == kNoNode || !is_name(name.node)) { return false; }
    flow_.broken.environments.emplace_back(document_.text(name.node));
    return true;
  }

  const Reading& reading_;
  const Document& document_;
  FlowDocument& flow_;
  std::size_t& room_;
};

}  // namespace

void read_broken_flow(const Reading& reading, FlowDocument& flow, std::size_t& room) {
  BrokenFlowReader(reading, flow, room).read();
}

void locate_flow_parts(const Reading& reading, FlowDocument& flow) {
  FlowLocator(reading, flow).locate();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
