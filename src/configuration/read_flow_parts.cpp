// SPDX-License-Identifier: Apache-2.0
// Where the hooks and the actions of a flow stand in its text. The flow has no errors, so its text
// is what src/manifest read it from: every list is there in the same order.
#include "configuration/hooks.hpp"
#include "configuration/read.hpp"
#include "manifest/kinds.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

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
    const NodeId node = key_of(document_, mapping.node, key);
    return node == kNoNode ? NodePath{} : NodePath{document_.next(node), &mapping, node};
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

}  // namespace

void locate_flow_parts(const Reading& reading, FlowDocument& flow) {
  FlowLocator(reading, flow).locate();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
