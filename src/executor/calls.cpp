// SPDX-License-Identifier: Apache-2.0
#include "executor/calls.hpp"

#include <algorithm>
#include <iterator>
#include <new>

#include "base/guard.hpp"
#include "flow/default_names.hpp"
#include "release/machine.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// The place of an outstanding hook in the list of its point, from 1. A hook that was cancelled by
/// the event that issued it has none any more: 1.
std::uint32_t place_of(const Release& release, Ticket ticket) {
  const Commands& commands = release.machine().state().commands;
  const SlotIndex slot = commands.find(static_cast<std::uint64_t>(ticket));
  return slot == kNone32 ? 1 : commands[slot].hook + 1;
}

/// Whether the argument is a key of the promotion context: neither a default nor the hook's own.
bool is_of_context(const Argument& argument, const Hook& hook) {
  return !is_default_name(argument.name) &&
         std::none_of(hook.arguments.begin(), hook.arguments.end(),
                      [&](const AssignedArgument& own) { return own.name == argument.name; });
}

}  // namespace

OpenCall to_open(const Release& release, Ticket ticket, CommandKind kind, CallOwner owner) {
  const Commands& commands = release.machine().state().commands;
  const SlotIndex slot = commands.find(static_cast<std::uint64_t>(ticket));
  const Room room = slot == kNone32 ? Room::Unreported : commands[slot].room;
  return {kind, owner, room == Room::Queued, room == Room::Started};
}

HookCall to_call(const RunHook& command, const Release& release) {
  HookCall call{.ticket = command.ticket,
                .release_id = release.info().id,
                .hook = std::string(command.hook),
                .point = command.point,
                .attempt = command.attempt,
                .context = {},
                .place = place_of(release, command.ticket)};
  if (command.environment) { call.environment = std::string(command.environment_name); }
  const auto hooks =
      release.flow().hooks(command.point, command.environment.value_or(kTriggerEnvironment));
  const Hook& hook = hooks[call.place - 1];
  for (const Argument& argument : command.arguments) {
    call.arguments.emplace_back(argument.name, argument.value);
    if (is_of_context(argument, hook)) { ++call.context_arguments; }
  }
  call.timeout = hook.timeout ? hook.timeout : release.flow().options().hook_timeout;
  call.context = value_or_throw(command.context.to_json());
  return call;
}

PromotionCall to_call(const Promote& command, const Release& release) {
  const ReleaseInfo& info = release.info();
  PromotionCall call{.ticket = command.ticket,
                     .release_id = info.id,
                     .environment = std::string(command.environment_name),
                     .attempt = command.attempt,
                     .policy = *command.policy,
                     .timeout = release.flow().step(command.environment).timeout};
  const std::string_view values[] = {info.url,        info.product,          info.version,
                                     info.commit_sha, release.flow().name(), info.id};
  static_assert(std::size(values) == std::size(kDefaultNames));
  for (std::size_t i = 0; i < std::size(values); ++i) {
    call.arguments.emplace_back(kDefaultNames[i], values[i]);
  }
  return call;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
