// SPDX-License-Identifier: Apache-2.0
// Commands, records, arguments and contexts as structs.
#include <span>
#include <type_traits>

#include "capi.hpp"
#include "context/context_data.hpp"

namespace promoflow::capi {

namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

/// Assigned member by member: to initialise a struct of this size, compilers clear it by an
/// instruction that takes as long as the rest of the call.
promoflow_command empty_command() noexcept {
  constexpr promoflow_str kNoText{nullptr, 0};
  promoflow_command out;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  out.struct_size = 0;
  out.kind = 0;
  out.ticket = 0;
  out.point = 0;
  out.environment = PROMOFLOW_NO_ENVIRONMENT;
  out.attempt = 0;
  out.suspended = 0;
  out.expires_ms = PROMOFLOW_NO_TIME;
  out.environment_name = kNoText;
  out.hook = kNoText;
  out.argument_count = 0;
  out.reference = 0;
  out.policy_pre_action = kNoText;
  out.policy_post_action = kNoText;
  out.policy_action = 0;
  out.queued = 0;
  return out;
}

promoflow_command to_c(const RunHook& hook) noexcept {
  promoflow_command out = empty_command();
  out.kind = PROMOFLOW_COMMAND_RUN_HOOK;
  out.ticket = static_cast<std::uint64_t>(hook.ticket);
  out.point = static_cast<std::int32_t>(hook.point);
  if (hook.environment) {
    out.environment = static_cast<std::uint32_t>(*hook.environment);
    out.environment_name = out_text(hook.environment_name);
  }
  out.attempt = hook.attempt;
  out.hook = out_text(hook.hook);
  return out;
}

promoflow_command to_c(const Promote& promote) noexcept {
  promoflow_command out = empty_command();
  out.kind = PROMOFLOW_COMMAND_PROMOTE;
  out.ticket = static_cast<std::uint64_t>(promote.ticket);
  out.environment = static_cast<std::uint32_t>(promote.environment);
  out.environment_name = out_text(promote.environment_name);
  out.attempt = promote.attempt;
  const Policy& policy = *promote.policy;
  out.policy_action = policy.action ? static_cast<std::int32_t>(*policy.action) : 0;
  out.policy_pre_action = out_text(policy.pre_action);
  out.policy_post_action = out_text(policy.post_action);
  return out;
}

promoflow_command to_c(const Cancel& cancel) noexcept {
  promoflow_command out = empty_command();
  out.kind = PROMOFLOW_COMMAND_CANCEL;
  out.ticket = static_cast<std::uint64_t>(cancel.ticket);
  return out;
}

/// The fields that records and events share.
template <class Out, class What>
void fill_event(Out& out, std::int32_t kind, const What& what) noexcept {
  out.kind = kind;
  if constexpr (requires { what.ticket; }) { out.ticket = static_cast<std::uint64_t>(what.ticket); }
  if constexpr (requires { what.message; }) { out.text = out_text(what.message); }
  if constexpr (requires { what.context; }) { out.context = out_text(what.context); }
  if constexpr (requires { what.by; }) { out.by = given_text(what.by); }
  if constexpr (std::is_same_v<What, Terminate>) {
    out.text = out_text(what.reason);
    out.force = what.force ? 1 : 0;
  }
  if constexpr (std::is_same_v<What, Skip>) { out.text = given_text(what.reason); }
  if constexpr (std::is_same_v<What, Retry>) {
    out.environment_count = what.environments ? what.environments->size() : 0;
  }
}

/// Whether events of this type have this number: the variant's order is that of the numbers.
template <std::size_t kKind, class What>
constexpr bool kIsNumbered =
    std::is_same_v<std::variant_alternative_t<kKind - PROMOFLOW_EVENT_TICK, Event::What>, What>;
static_assert(kIsNumbered<PROMOFLOW_EVENT_TICK, Tick> &&
              kIsNumbered<PROMOFLOW_EVENT_HOOK_SUCCEEDED, HookSucceeded> &&
              kIsNumbered<PROMOFLOW_EVENT_HOOK_FAILED, HookFailed> &&
              kIsNumbered<PROMOFLOW_EVENT_PROMOTION_SUCCEEDED, PromotionSucceeded> &&
              kIsNumbered<PROMOFLOW_EVENT_PROMOTION_FAILED, PromotionFailed> &&
              kIsNumbered<PROMOFLOW_EVENT_SUSPENDED, Suspended> &&
              kIsNumbered<PROMOFLOW_EVENT_RESUMED, Resumed> &&
              kIsNumbered<PROMOFLOW_EVENT_TERMINATE, Terminate> &&
              kIsNumbered<PROMOFLOW_EVENT_RETRY, Retry> &&
              kIsNumbered<PROMOFLOW_EVENT_QUEUED, Queued> &&
              kIsNumbered<PROMOFLOW_EVENT_STARTED, Started> &&
              kIsNumbered<PROMOFLOW_EVENT_SKIP, Skip> &&
              kIsNumbered<PROMOFLOW_EVENT_RELEASE_STARTED, ReleaseStarted>);

}  // namespace

promoflow_command to_c(const Command& command) noexcept {
  return std::visit([](const auto& one) { return to_c(one); }, command);
}

promoflow_event to_c(const Event& event, std::vector<promoflow_str>& names) {
  promoflow_event out{};
  const auto kind = static_cast<std::int32_t>(event.what.index()) + PROMOFLOW_EVENT_TICK;
  std::visit([&](const auto& what) { fill_event(out, kind, what); }, event.what);
  out.at_ms = millis(event.at);
  if (const auto* skip = std::get_if<Skip>(&event.what)) {
    out.environment = out_text(skip->environment);
  }
  const auto* retry = std::get_if<Retry>(&event.what);
  if (retry != nullptr && retry->environments) {
    static constexpr promoflow_str kNone{nullptr, 0};
    append_names(*retry->environments, names);
    out.environments = names.empty() ? &kNone : names.data();
  }
  return out;
}

promoflow_state to_c(const EnvironmentState& state) noexcept {
  promoflow_state out{};
  out.status = static_cast<std::int32_t>(state.status);
  out.phase = out_text(state.phase);
  out.message = out_text(state.message);
  return out;
}

std::optional<Command> command_of(const Record& record) noexcept {
  if (const auto* hook = std::get_if<RunHook>(&record.what)) { return *hook; }
  if (const auto* promote = std::get_if<Promote>(&record.what)) { return *promote; }
  if (const auto* cancel = std::get_if<Cancel>(&record.what)) { return *cancel; }
  return std::nullopt;
}

promoflow_context_conflict to_c(const ContextConflict& conflict) noexcept {
  promoflow_context_conflict out{};
  out.key = out_text(conflict.key);
  out.earlier = static_cast<std::uint64_t>(conflict.earlier);
  out.later = static_cast<std::uint64_t>(conflict.later);
  return out;
}

promoflow_shadowed_key to_c(const KeyShadowed& shadowed) noexcept {
  promoflow_shadowed_key out{};
  out.key = out_text(shadowed.key);
  out.ticket = static_cast<std::uint64_t>(shadowed.ticket);
  return out;
}

promoflow_rejected_export to_c(const RejectedExport& rejected) noexcept {
  promoflow_rejected_export out{};
  out.ticket = static_cast<std::uint64_t>(rejected.ticket);
  out.reason = out_text(rejected.reason);
  out.text = out_text(rejected.text);
  return out;
}

promoflow_record to_c(const Record& record, const Flow& flow) noexcept {
  promoflow_record out{};
  out.at_ms = millis(record.at);
  out.environment = PROMOFLOW_NO_ENVIRONMENT;
  const auto command = [&](std::int32_t kind, const auto& what) {
    out.kind = kind;
    const promoflow_command fields = to_c(what);
    out.ticket = fields.ticket;
    out.environment = fields.environment;
  };
  const auto event = [&](std::int32_t kind) {
    return [&out, kind](const auto& what) { fill_event(out, kind, what); };
  };
  std::visit(
      Overloaded{
          [&](const ReleaseChanged& what) {
            out.kind = PROMOFLOW_RECORD_RELEASE;
            out.status = static_cast<std::int32_t>(what.status);
          },
          [&](const EnvironmentChanged& what) {
            out.kind = PROMOFLOW_RECORD_ENVIRONMENT;
            out.status = static_cast<std::int32_t>(what.status);
            out.environment = static_cast<std::uint32_t>(what.environment);
          },
          [&](const RunHook& what) { command(PROMOFLOW_RECORD_RUN_HOOK, what); },
          [&](const Promote& what) { command(PROMOFLOW_RECORD_PROMOTE, what); },
          [&](const Cancel& what) { command(PROMOFLOW_RECORD_CANCEL, what); },
          [&](const HookSucceeded& what) { event(PROMOFLOW_EVENT_HOOK_SUCCEEDED)(what); },
          [&](const HookFailed& what) { event(PROMOFLOW_EVENT_HOOK_FAILED)(what); },
          [&](const PromotionSucceeded& what) { event(PROMOFLOW_EVENT_PROMOTION_SUCCEEDED)(what); },
          [&](const PromotionFailed& what) { event(PROMOFLOW_EVENT_PROMOTION_FAILED)(what); },
          [&](const Suspended& what) { event(PROMOFLOW_EVENT_SUSPENDED)(what); },
          [&](const Resumed& what) { event(PROMOFLOW_EVENT_RESUMED)(what); },
          [&](const Terminate& what) { event(PROMOFLOW_EVENT_TERMINATE)(what); },
          [&](const Retry& what) { event(PROMOFLOW_EVENT_RETRY)(what); },
          [&](const Refused& what) {
            out.kind = PROMOFLOW_RECORD_REFUSED;
            out.text = out_text(what.action);
            out.status = static_cast<std::int32_t>(what.error);
            out.by = given_text(what.by);
          },
          [&](const Queued& what) { event(PROMOFLOW_EVENT_QUEUED)(what); },
          [&](const Started& what) { event(PROMOFLOW_EVENT_STARTED)(what); },
          [&](const Skip& what) {
            event(PROMOFLOW_EVENT_SKIP)(what);
            if (const auto found = flow.find_environment(what.environment)) {
              out.environment = static_cast<std::uint32_t>(*found);
            }
          },
          [&](const Soaked& what) {
            out.kind = PROMOFLOW_RECORD_SOAKED;
            out.ticket = static_cast<std::uint64_t>(what.ticket);
          },
          [&](const ContextConflict& what) {
            out.kind = PROMOFLOW_RECORD_CONFLICT;
            out.text = out_text(what.key);
            out.ticket = static_cast<std::uint64_t>(what.later);
            out.earlier = static_cast<std::uint64_t>(what.earlier);
          },
          [&](const KeyShadowed& what) {
            out.kind = PROMOFLOW_RECORD_SHADOWED;
            out.text = out_text(what.key);
            out.ticket = static_cast<std::uint64_t>(what.ticket);
          },
      },
      record.what);
  return out;
}

promoflow_status fill_retried(const Record& record, promoflow_str* out, std::size_t capacity,
                              std::size_t* count) noexcept {
  std::span<const std::string_view> names;
  const auto* retry = std::get_if<Retry>(&record.what);
  if (retry != nullptr && retry->environments) { names = *retry->environments; }
  return fill_plain(out, capacity, count, names.size(),
                    [&](std::size_t i) { return out_text(names[i]); });
}

promoflow_status fill_arguments(const Arguments& arguments, promoflow_argument* out,
                                std::size_t capacity, std::size_t* count) noexcept {
  std::size_t written = 0;
  for (const Argument& argument : arguments) {
    if (written < capacity) { out[written] = {out_text(argument.name), out_text(argument.value)}; }
    ++written;
  }
  *count = written;
  return PROMOFLOW_OK;
}

promoflow_status fill_context(Context context, promoflow_context_entry* out, std::size_t stride,
                              std::size_t capacity, std::size_t* count) noexcept {
  if (const auto bad = need(nullptr, {{"out", out, capacity}, {"count", count}})) { return bad; }
  // Not by Context's own functions: each call of them costs as much as an entry does here.
  const detail::ContextData& data = context.data();
  return fill(out, stride, capacity, count, data.size(), [&](std::size_t i) {
    const detail::Row row = data[i];
    return promoflow_context_entry{sizeof(promoflow_context_entry),
                                   row.shadowed() ? 1 : 0,
                                   static_cast<std::uint64_t>(row.writer().ticket),
                                   out_text(row.key()),
                                   out_text(row.json()),
                                   out_text(row.text())};
  });
}

}  // namespace promoflow::capi
