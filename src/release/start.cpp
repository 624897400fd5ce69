// SPDX-License-Identifier: Apache-2.0
// Starting a release: its identity, its selection of environments (R16), its first context (C1).
#include "release/start.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/utf8.hpp"
#include "release/message.hpp"

namespace promoflow::detail {

namespace {

struct Choice {
  std::string_view name;
  const std::optional<std::vector<std::string>>* list;
};

/// Marks everything that marked environments depend on. Steps are in any order, so one pass over
/// them is not enough: a stack has those whose dependencies are still to be marked.
void mark_dependencies(const FlowData& flow, std::vector<bool>& marked) {
  std::vector<EntityIndex> open;
  for (EntityIndex e = 0; e < flow.size(); ++e) {
    if (marked[e]) { open.push_back(e); }
  }
  while (!open.empty()) {
    const EntityIndex e = open.back();
    open.pop_back();
    for (const EnvironmentId dependency : flow.dependencies[e]) {
      if (!marked[index(dependency)]) {
        marked[index(dependency)] = true;
        open.push_back(index(dependency));
      }
    }
  }
}

/// The environments that a selection skips, in step order.
Result<std::vector<EntityIndex>> skipped_environments(const FlowData& flow,
                                                      const EnvironmentSelection& selection) {
  const Choice choices[] = {
      {"skip", &selection.skip}, {"until", &selection.until}, {"only", &selection.only}};
  const Choice* chosen = nullptr;
  for (const Choice& choice : choices) {
    if (!*choice.list) { continue; }
    if (chosen != nullptr) {
      return tl::unexpected(Error{
          ErrorCode::InvalidArgument, "selection",
          fmt::format("both '{}' and '{}' are given; give at most one of skip, until and only",
                      chosen->name, choice.name)});
    }
    chosen = &choice;
  }
  std::vector<EntityIndex> skipped;
  if (chosen == nullptr) { return skipped; }
  const std::vector<std::string>& names = **chosen->list;
  if (names.empty()) {
    return tl::unexpected(
        Error{ErrorCode::InvalidArgument, fmt::format("selection.{}", chosen->name),
              "the list is empty; name at least one environment, or leave the list out"});
  }
  std::vector<bool> marked(flow.size(), false);
  for (const std::string& name : names) {
    const std::uint32_t environment = flow.names.find(name);
    if (environment == NameTable::kNone) {
      return tl::unexpected(
          Error{ErrorCode::UnknownEnvironment, fmt::format("selection.{}", chosen->name),
                fmt::format("the flow has no environment '{}'", bounded_text(name))});
    }
    marked[environment] = true;
  }
  if (chosen->list == &selection.until) { mark_dependencies(flow, marked); }
  const bool skips_marked = chosen->list == &selection.skip;
  for (EntityIndex e = 0; e < flow.size(); ++e) {
    if (marked[e] == skips_marked) { skipped.push_back(e); }
  }
  return skipped;
}

}  // namespace

Result<std::unique_ptr<Machine>> start_machine(Flow&& flow, ReleaseInfo&& info, Instant now,
                                               std::string_view context,
                                               const EnvironmentSelection& selection) {
  if (info.id.empty()) {
    return tl::unexpected(Error{ErrorCode::InvalidArgument, "info.id",
                                "the release's id is required; give each release its own"});
  }
  for (std::string* text : {&info.id, &info.url, &info.product, &info.version, &info.commit_sha}) {
    if (!is_utf8(*text)) { *text = to_utf8(*text); }
  }
  auto skipped = skipped_environments(flow.data(), selection);
  if (!skipped) { return tl::unexpected(std::move(skipped.error())); }
  auto machine = std::make_unique<Machine>(flow, std::move(info));
  if (const std::string reason = machine->take_context(context); !reason.empty()) {
    return tl::unexpected(
        Error{ErrorCode::InvalidContext, "context", "the initial promotion context is " + reason});
  }
  machine->start(now, *skipped);
  return machine;
}

}  // namespace promoflow::detail
