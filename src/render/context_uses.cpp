// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <set>
#include <string>

#include "base/guard.hpp"
#include "promoflow/render.hpp"
#include "render/draw.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

/// The name of a hook, and where it is.
std::string hook_words(const Flow& flow, const ContextUse& use) {
  std::string name(use.hook);
  const std::string_view point = to_string(use.point);
  const bool of_release = point.starts_with("release.");
  name += of_release ? " (" : " (" + std::string(flow.environment_name(use.environment)) + " ";
  return name + std::string(of_release ? point : point.substr(point.find('.') + 1)) + ')';
}

/// `2 hooks and 1 context key: who exports which key to whom`.
std::string summary_of(const Flow& flow, std::span<const ContextUse> uses) {
  std::set<std::string> hooks;
  std::set<std::string_view> keys;
  for (const ContextUse& use : uses) {
    hooks.insert(hook_words(flow, use));
    keys.insert(use.key);
  }
  return fmt::format("{} and {}: who exports which key to whom", counted(hooks.size(), "hook"),
                     counted(keys.size(), "context key"));
}

/// The context's data flow as a graph that can be drawn like any other: from the hooks that export
/// a key to the key, and on to those that read it. A hook that does both is there twice.
Result<Flow> data_flow(const Flow& flow, std::span<const ContextUse> uses) {
  std::map<std::string, std::set<std::string>> nodes[3];  // Writers, keys, readers.
  constexpr const char* kStart = "start of the release";
  for (const ContextUse& use : uses) {
    const std::string hook = hook_words(flow, use) + (use.writes ? "" : " reads");
    const std::string key(use.key);
    if (use.writes) {
      nodes[0][hook].insert(kStart);
      nodes[1][key].insert(hook);
    } else {
      nodes[1].try_emplace(key);
      nodes[2][hook].insert(key);
    }
  }
  FlowBuilder builder(flow.name(), kStart);
  for (const auto& group : nodes) {
    for (const auto& [name, from] : group) {
      std::vector<std::string_view> depends_on(from.begin(), from.end());
      if (depends_on.empty()) { depends_on.emplace_back(kStart); }
      builder.step(name, depends_on);
    }
  }
  Result<FlowReport> built = builder.build();
  if (!built) { return tl::unexpected(std::move(built.error())); }
  if (!built->flow) {
    return tl::unexpected(Error{ErrorCode::InvalidArgument, "uses", built->diagnostics[0].message});
  }
  return std::move(*built->flow);
}

}  // namespace

}  // namespace detail

Result<std::string> render_context_uses(const Flow& flow, std::span<const ContextUse> uses,
                                        const RenderOptions& options) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    if (uses.empty()) {
      return tl::unexpected(Error{ErrorCode::InvalidArgument, "uses",
                                  "no hook of the flow is known to read or export a context key"});
    }
    const Result<Flow> drawn = detail::data_flow(flow, uses);
    if (!drawn) { return tl::unexpected(drawn.error()); }
    const std::string summary = detail::summary_of(flow, uses);
    return detail::draw({.flow = *drawn, .summary = summary}, options);
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
