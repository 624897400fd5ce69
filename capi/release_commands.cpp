// SPDX-License-Identifier: Apache-2.0
// What callers take and read from a release: commands, records, arguments, context.
#include "capi.hpp"
#include "release/machine.hpp"

namespace promoflow::capi {

namespace {

/// A command's reference: 32 bits of the release's generation, then the index of its inputs. The
/// top bit of the index says in which list: of outstanding commands, or of those that were taken.
constexpr std::uint32_t kOutstandingBit = 0x80000000U;

std::uint64_t reference(const promoflow_release& release, std::size_t index) noexcept {
  return std::uint64_t{release.generation} << 32 | index;
}

}  // namespace

void grow(std::vector<HookInputs>& list) {
  constexpr std::size_t kFirst = 16;
  list.reserve(std::max(kFirst, list.size() * 2));
}

promoflow_command keep(promoflow_release& release, const Command& command) noexcept {
  promoflow_command out = to_c(command);
  if (const auto* hook = std::get_if<RunHook>(&command)) {
    out.argument_count = hook->arguments.size();
    out.reference = reference(release, release.taken.hooks.size());
    release.taken.hooks.push_back({hook->arguments, hook->context});
  }
  return out;
}

}  // namespace promoflow::capi

using namespace promoflow::capi;

void promoflow_release::drop_lists() noexcept {
  if (!taken.lists.empty()) { taken.lists.front().swap(spare); }
  taken.lists.clear();
  outstanding.lists.clear();
}

namespace {

/// The hooks among which a command with that reference is.
const KeptHooks& kept_with(const promoflow_release& release, std::uint64_t reference) noexcept {
  return (reference & kOutstandingBit) != 0 ? release.outstanding : release.taken;
}

/// The inputs of a command; null: another kind of command, or the release has changed since.
const HookInputs* find(const promoflow_release& release,
                       const promoflow_command& command) noexcept {
  if (command.kind != PROMOFLOW_COMMAND_RUN_HOOK || command.reference >> 32 != release.generation) {
    return nullptr;
  }
  const std::vector<HookInputs>& hooks = kept_with(release, command.reference).hooks;
  const std::size_t index = static_cast<std::uint32_t>(command.reference) & ~kOutstandingBit;
  return index < hooks.size() ? &hooks[index] : nullptr;
}

/// Whether a command waits to be taken.
bool has_command(const promoflow::Release& release) noexcept {
  return release.machine().state().records.has_command();
}

promoflow_status find(promoflow_error** error, const promoflow_release* release,
                      const promoflow_command* command, const HookInputs*& out) noexcept {
  if (const auto bad = need(error, {{"release", release}})) { return bad; }
  return with_struct(
      error, "command", command, [&](const promoflow_command& given) -> promoflow_status {
        out = find(*release, given);
        if (out != nullptr) { return PROMOFLOW_OK; }
        return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, "command",
                    "is not a hook that was taken from this release since it last changed");
      });
}

}  // namespace

promoflow_status promoflow_release_next_command(promoflow_release* release, promoflow_command* out,
                                                promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"out", out}})) { return bad; }
    const std::size_t size = size_to_fill(out);
    if (size == 0) { return invalid_argument(error, "out.struct_size"); }
    reserve_one(*release);
    const auto command = release->release.next_command();
    if (!command) { return PROMOFLOW_DONE; }
    write_struct(out, size, [&] { return keep(*release, *command); });
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_release_take_commands(promoflow_release* release, promoflow_command* out,
                                                 size_t stride, size_t capacity, size_t* count,
                                                 promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"release", release}, {"out", out, capacity}, {"count", count}})) {
      return bad;
    }
    const std::size_t size = caller_size<promoflow_command>(stride);
    if (size == 0) { return invalid_argument(error, "stride"); }
    *count = 0;
    while (*count < capacity) {
      reserve_one(*release);
      const auto command = release->release.next_command();
      if (!command) { break; }
      write_struct(element(out, size, *count), size, [&] { return keep(*release, *command); });
      ++*count;
    }
    const bool is_done = *count == 0 && (capacity != 0 || !has_command(release->release));
    return is_done ? PROMOFLOW_DONE : PROMOFLOW_OK;
  });
}

promoflow_status promoflow_release_next_record(promoflow_release* release, promoflow_record* out,
                                               promoflow_command* command,
                                               promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"out", out}})) { return bad; }
    const std::size_t size = size_to_fill(out);
    if (size == 0) { return invalid_argument(error, "out.struct_size"); }
    const std::size_t command_size = command == nullptr ? 1 : size_to_fill(command);
    if (command_size == 0) { return invalid_argument(error, "command.struct_size"); }
    reserve_one(*release);
    const auto record = release->release.next_record();
    if (!record) { return PROMOFLOW_DONE; }
    write_struct(out, size, [&] { return to_c(*record, release->release.flow()); });
    if (command != nullptr) {
      const auto given = command_of(*record);
      write_struct(command, command_size,
                   [&] { return given ? keep(*release, *given) : promoflow_command{}; });
    }
    release->last.emplace(*record);
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_release_record_json(const promoflow_release* release, int64_t origin_ms,
                                               promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"out", out}})) { return bad; }
    if (!release->last) { return PROMOFLOW_DONE; }
    return give_text(error, out, promoflow::to_json(*release->last, instant(origin_ms)));
  });
}

promoflow_status promoflow_release_record_environments(const promoflow_release* release,
                                                       promoflow_str* out, size_t capacity,
                                                       size_t* count) {
  if (const auto bad =
          need(nullptr, {{"release", release}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  return release->last ? fill_retried(*release->last, out, capacity, count) : PROMOFLOW_DONE;
}

promoflow_status promoflow_release_outstanding(promoflow_release* release, promoflow_command* out,
                                               size_t stride, size_t capacity, size_t* count,
                                               promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"release", release}, {"out", out, capacity}, {"count", count}})) {
      return bad;
    }
    if (caller_size<promoflow_command>(stride) == 0) { return invalid_argument(error, "stride"); }
    const auto all = release->release.outstanding();
    if (!all) { return fail(error, all.error()); }
    release->has_lent = true;
    release->outstanding.clear();
    std::vector<HookInputs>& kept = release->outstanding.hooks;
    kept.reserve(std::min(capacity, all->size()));
    return fill(out, stride, capacity, count, all->size(), [&](std::size_t i) {
      const promoflow::OutstandingCommand& one = (*all)[i];
      promoflow_command made = to_c(one.command);
      made.suspended = one.suspended ? 1 : 0;
      made.queued = one.queued ? 1 : 0;
      if (one.expires) { made.expires_ms = millis(*one.expires); }
      if (const auto* hook = std::get_if<promoflow::RunHook>(&one.command)) {
        made.argument_count = hook->arguments.size();
        made.reference = reference(*release, kOutstandingBit | kept.size());
        kept.push_back({hook->arguments, hook->context});
      }
      return made;
    });
  });
}

promoflow_status promoflow_command_arguments(const promoflow_release* release,
                                             const promoflow_command* command,
                                             promoflow_argument* out, size_t capacity,
                                             size_t* count) {
  if (const auto bad = need(nullptr, {{"out", out, capacity}, {"count", count}})) { return bad; }
  const HookInputs* taken = nullptr;
  if (const auto bad = find(nullptr, release, command, taken)) { return bad; }
  return fill_arguments(taken->arguments, out, capacity, count);
}

promoflow_status promoflow_command_argument_view(const promoflow_release* release,
                                                 const promoflow_command* command,
                                                 const promoflow_argument** out, size_t* count,
                                                 promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"out", out}, {"count", count}})) { return bad; }
    const HookInputs* taken = nullptr;
    if (const auto bad = find(error, release, command, taken)) { return bad; }
    const KeptHooks& kept = kept_with(*release, command->reference);
    if (kept.lists.size() < kept.hooks.size()) { kept.lists.resize(kept.hooks.size()); }
    auto& list = kept.lists[static_cast<std::size_t>(taken - kept.hooks.data())];
    if (list.empty()) {  // No hook has no arguments, so it was not wanted before.
      release->spare.resize(taken->arguments.size());
      list.swap(release->spare);
      static_cast<void>(fill_arguments(taken->arguments, list.data(), list.size(), count));
    }
    *out = list.data();
    *count = list.size();
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_command_arguments_json(const promoflow_release* release,
                                                  const promoflow_command* command,
                                                  promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    const HookInputs* taken = nullptr;
    if (const auto bad = find(error, release, command, taken)) { return bad; }
    return give_text(error, out, taken->arguments.to_json());
  });
}

promoflow_status promoflow_command_context_json(const promoflow_release* release,
                                                const promoflow_command* command,
                                                promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    const HookInputs* taken = nullptr;
    if (const auto bad = find(error, release, command, taken)) { return bad; }
    return give_text(error, out, taken->context.to_json());
  });
}

promoflow_status promoflow_command_context(const promoflow_release* release,
                                           const promoflow_command* command,
                                           promoflow_context_entry* out, size_t stride,
                                           size_t capacity, size_t* count) {
  const HookInputs* taken = nullptr;
  if (const auto bad = find(nullptr, release, command, taken)) { return bad; }
  return fill_context(taken->context, out, stride, capacity, count);
}

promoflow_status promoflow_release_context(const promoflow_release* release,
                                           promoflow_context_entry* out, size_t stride,
                                           size_t capacity, size_t* count) {
  if (const auto bad = need(nullptr, {{"release", release}})) { return bad; }
  return fill_context(release->release.context(), out, stride, capacity, count);
}

promoflow_status promoflow_release_context_json(const promoflow_release* release,
                                                promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"out", out}})) { return bad; }
    return give_text(error, out, release->release.context().to_json());
  });
}

promoflow_status promoflow_release_conflicts(const promoflow_release* release,
                                             promoflow_context_conflict* out, size_t stride,
                                             size_t capacity, size_t* count,
                                             promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}})) { return bad; }
    return fill_list(error, release->release, &promoflow::Release::context_conflicts, out, stride,
                     capacity, count);
  });
}

promoflow_status promoflow_release_rejected(const promoflow_release* release,
                                            promoflow_rejected_export* out, size_t stride,
                                            size_t capacity, size_t* count,
                                            promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}})) { return bad; }
    return fill_list(error, release->release, &promoflow::Release::rejected_exports, out, stride,
                     capacity, count);
  });
}
