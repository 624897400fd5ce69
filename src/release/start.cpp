// SPDX-License-Identifier: Apache-2.0
// Starting a release: its identity, its selection of environments (R16), its first context (C1).
#include "release/start.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/utf8.hpp"
#include "context/export.hpp"
#include "release/message.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

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

Machine::Machine(const FlowData& flow, ReleaseInfo&& info)
    : data_(&flow),
      info_(std::move(info)),
      defaults_({info_.url, info_.product, info_.version, info_.commit_sha, data_->name, info_.id}),
      state_(*data_) {}

Machine::Machine(const FlowData& flow, ReleaseInfo&& info, ReleaseState&& state)
    : data_(&flow),
      info_(std::move(info)),
      defaults_({info_.url, info_.product, info_.version, info_.commit_sha, data_->name, info_.id}),
      state_(std::move(state)) {}

std::string Machine::take_context(std::string_view text) {
  if (is_no_export(text)) { return {}; }
  return state_.context.start(text, start_notes_);
}

void Machine::start(Instant at, std::span<const EntityIndex> skipped) {
  state_.commands.expect_timers(*data_);
  std::vector<Text> shadowed;
  for (const ContextNote& note : start_notes_) {
    shadowed.push_back(std::make_shared<const std::string>(note.key));
  }
  std::size_t ready = data_->dependents_of(index(kTriggerEnvironment)).size();
  for (const EntityIndex environment : skipped) {
    ready += data_->dependents_of(environment).size();
  }
  Effects effects;
  effects.notes = shadowed.size();
  effects.ready = ready;
  effects.commands = 1 + ready;
  effects.statuses = 3 + skipped.size();
  effects.inputs = 1;
  Effects room = effects;
  // What successes need while little has ended yet: then few releases make room for commands again.
  room.commands += 2 + ready / 64;
  make_room_for(room);
  expect(effects);

  begin_changes(millis(at));
  state_.inputs.set_current(state_.context.state());
  arm_deadline(flow_limit());
  set_status(ReleaseStatus::Running);
  for (Text& key : shadowed) { emit(RecordKind::Shadowed, 0, state_.records.keep(std::move(key))); }
  for (const EntityIndex environment : skipped) { skip_environment(environment); }
  state_.entities.drop_skipped_ready();
  enter(release_index(), next_of(release_index(), Input::Begin));
  start_notes_.clear();
}

Result<std::unique_ptr<Machine>> start_machine(const FlowData& flow, ReleaseInfo&& info,
                                               Instant now, std::string_view context,
                                               const EnvironmentSelection& selection) {
  if (info.id.empty()) {
    return tl::unexpected(Error{ErrorCode::InvalidArgument, "info.id",
                                "the release's id is required; give each release its own"});
  }
  for (std::string* text : {&info.id, &info.url, &info.product, &info.version, &info.commit_sha}) {
    make_utf8(*text);
  }
  auto skipped = skipped_environments(flow, selection);
  if (!skipped) { return tl::unexpected(std::move(skipped.error())); }
  auto machine = std::make_unique<Machine>(flow, std::move(info));
  if (const std::string reason = machine->take_context(context); !reason.empty()) {
    return tl::unexpected(
        Error{ErrorCode::InvalidContext, "context", "the initial promotion context is " + reason});
  }
  machine->start(now, *skipped);
  return machine;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
