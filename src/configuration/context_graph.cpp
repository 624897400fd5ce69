// SPDX-License-Identifier: Apache-2.0
#include "configuration/context_graph.hpp"

#include <algorithm>
#include <utility>

#include "base/guard.hpp"
#include "configuration/check.hpp"
#include "flow/default_names.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

void mark_writers(ConfigurationData& data) {
  std::vector<std::vector<std::uint32_t>> referred_by(data.workflows.size());
  std::vector<std::uint32_t> open;
  const auto mark = [&](std::uint32_t i) {
    if (std::exchange(data.workflows[i].may_write_context, true)) { return; }
    open.push_back(i);
  };
  for (std::uint32_t i = 0; i < data.workflows.size(); ++i) {
    const Workflow& workflow = data.workflows[i];
    if (workflow.writes_context) { mark(i); }
    for (const auto& [name, of_cluster] : workflow.refers_to) {
      const NameIndex& index = of_cluster ? data.cluster_workflow_index : data.workflow_index;
      const auto found = index.find(name);
      if (found == index.end()) {
        mark(i);
      } else {
        referred_by[found->second].push_back(i);
      }
    }
  }
  while (!open.empty()) {
    const std::uint32_t next = open.back();
    open.pop_back();
    for (const std::uint32_t other : referred_by[next]) { mark(other); }
  }
}

ContextGraph::ContextGraph(const ConfigurationData& data, const Flow& flow)
    : data_(data), hooks_(hook_table(flow)) {}

std::uint32_t ContextGraph::intern(std::string_view key) {
  const auto [found, is_new] = index_.try_emplace(key, static_cast<std::uint32_t>(keys_.size()));
  if (is_new) { keys_.push_back(key); }
  return found->second;
}

const HookKeys& ContextGraph::of_template(const std::string& name) {
  const auto [found, is_new] = templates_.try_emplace(name);
  HookKeys& keys = found->second;
  const Workflow* const workflow = is_new ? find_workflow(data_, name) : nullptr;
  if (workflow == nullptr) { return keys; }
  keys.reads_known = true;
  for (const WorkflowRead& read : workflow->reads) {
    keys.reads.push_back({intern(read.key), read.required, false, &read.place});
  }
  if (workflow->exports) {
    keys.exports_known = true;
    for (const std::string& key : *workflow->exports) { keys.exports.push_back(intern(key)); }
  } else {
    keys.exports_known = !workflow->may_write_context;
  }
  return keys;
}

const HookKeys& ContextGraph::keys_of(std::uint32_t hook) {
  const Hook& self = *hooks_[hook].hook;
  const HookKeys& shared = of_template(self.name);
  if (!self.reads && !self.exports) { return shared; }
  own_ = shared;
  if (self.reads) {
    own_.reads_known = true;
    own_reads_.clear();
    for (std::size_t i = 0; i < own_.reads.size(); ++i) {
      own_reads_.emplace(own_.reads[i].key, i);
    }
    for (const std::string& name : *self.reads) {
      const std::uint32_t key = intern(name);
      const auto [same, is_new] = own_reads_.emplace(key, own_.reads.size());
      if (is_new) {
        own_.reads.push_back({key, true, true, nullptr});
      } else {
        own_.reads[same->second].required = true;
        own_.reads[same->second].is_own = true;
      }
    }
  }
  if (self.exports) {
    own_.exports_known = true;
    own_exports_ = {own_.exports.begin(), own_.exports.end()};
    for (const std::string& name : *self.exports) {
      const std::uint32_t key = intern(name);
      if (own_exports_.insert(key).second) { own_.exports.push_back(key); }
    }
  }
  return own_;
}

}  // namespace detail

Result<std::vector<ContextUse>> Configuration::context_uses(const Flow& flow) const noexcept {
  return detail::guarded([&]() -> Result<std::vector<ContextUse>> {
    detail::ContextGraph graph(*data_, flow);
    std::vector<ContextUse> uses;
    for (std::uint32_t i = 0; i < graph.hooks().size(); ++i) {
      const detail::HookRow& row = graph.hooks()[i];
      const detail::HookKeys& keys = graph.keys_of(i);
      if (uses.size() + keys.exports.size() + keys.reads.size() > detail::ContextGraph::kUsesMax) {
        return tl::unexpected(
            Error{ErrorCode::LimitExceeded, "flow", "its hooks have too many context keys"});
      }
      const auto add = [&](std::uint32_t key, bool writes, bool required) {
        uses.push_back({row.hook->name, row.point, EnvironmentId{row.environment}, graph.key(key),
                        writes, required});
      };
      for (const std::uint32_t key : keys.exports) { add(key, true, false); }
      for (const detail::KeyRead& read : keys.reads) {
        // Default arguments do not come from the context.
        if (!detail::is_default_name(graph.key(read.key))) { add(read.key, false, read.required); }
      }
    }
    std::stable_sort(uses.begin(), uses.end(), [](const ContextUse& a, const ContextUse& b) {
      return a.key != b.key ? a.key < b.key : a.writes && !b.writes;
    });
    return uses;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
