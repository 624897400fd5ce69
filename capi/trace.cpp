// SPDX-License-Identifier: Apache-2.0
// Simulations and their traces.
#include "capi.hpp"

using namespace promoflow::capi;
using promoflow::EnvironmentId;

namespace {

/// A command of a trace; its reference is the number of its record.
promoflow_command command_at(const promoflow::Record& record, std::size_t index) noexcept {
  const auto given = command_of(record);
  if (!given) { return {}; }
  promoflow_command out = to_c(*given);
  if (const auto* hook = std::get_if<promoflow::RunHook>(&*given)) {
    out.argument_count = hook->arguments.size();
    out.reference = index;
  }
  return out;
}

/// The hook that a command's reference leads to; fails if the command is none of this trace's
/// hooks.
promoflow_status hook_of(promoflow_error** error, const promoflow_trace* trace,
                         const promoflow_command* command,
                         std::optional<promoflow::RunHook>& out) noexcept {
  if (const auto bad = need(error, {{"trace", trace}})) { return bad; }
  promoflow_command given{};
  if (const auto bad = take_struct(error, "command", command, given)) { return bad; }
  if (given.kind == PROMOFLOW_COMMAND_RUN_HOOK && given.reference < trace->trace.size()) {
    const promoflow::Record record = trace->trace[static_cast<std::size_t>(given.reference)];
    if (const auto* hook = std::get_if<promoflow::RunHook>(&record.what)) {
      if (static_cast<std::uint64_t>(hook->ticket) == given.ticket) {
        out.emplace(*hook);
        return PROMOFLOW_OK;
      }
    }
  }
  return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, "command", "is not a hook of this trace");
}

}  // namespace

promoflow_status promoflow_simulate(const promoflow_flow* flow, const promoflow_scenario* scenario,
                                    uint64_t records_max, promoflow_trace** out,
                                    promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {"out", out}})) { return bad; }
    if (scenario != nullptr && !scenario->report.scenario) {
      return fail(error, PROMOFLOW_E_INVALID_SCENARIO, "scenario",
                  "the scenario has errors; see its diagnostics");
    }
    promoflow::SimulationOptions options;
    if (records_max != 0) {
      options.records_max =
          static_cast<std::size_t>(std::min<std::uint64_t>(records_max, SIZE_MAX));
    }
    const promoflow::Scenario none;
    auto trace = promoflow::simulate(
        flow->flow, scenario != nullptr ? *scenario->report.scenario : none, options);
    if (!trace) { return fail(error, trace.error()); }
    *out = new promoflow_trace{std::move(*trace)};
    return PROMOFLOW_OK;
  });
}

void promoflow_trace_free(promoflow_trace* trace) { delete trace; }

promoflow_status promoflow_trace_size(const promoflow_trace* trace, size_t* out) {
  if (const auto bad = need(nullptr, {{"trace", trace}, {"out", out}})) { return bad; }
  *out = trace->trace.size();
  return PROMOFLOW_OK;
}

promoflow_status promoflow_trace_origin(const promoflow_trace* trace, int64_t* out_ms) {
  if (const auto bad = need(nullptr, {{"trace", trace}, {"out_ms", out_ms}})) { return bad; }
  *out_ms = millis(trace->trace.origin());
  return PROMOFLOW_OK;
}

promoflow_status promoflow_trace_record(const promoflow_trace* trace, size_t index,
                                        promoflow_record* out, promoflow_command* command) {
  if (const auto bad = need(nullptr, {{"trace", trace}, {"out", out}})) { return bad; }
  if (command != nullptr && size_to_fill(command) == 0) {
    return invalid_argument(nullptr, "command.struct_size");
  }
  if (index >= trace->trace.size()) { return PROMOFLOW_DONE; }
  const promoflow::Record record = trace->trace[index];
  const auto made = [&] { return to_c(record, trace->trace.flow()); };
  if (const auto bad = fill_struct(out, made)) { return bad; }
  return command == nullptr ? PROMOFLOW_OK
                            : fill_struct(command, [&] { return command_at(record, index); });
}

promoflow_status promoflow_trace_record_environments(const promoflow_trace* trace, size_t index,
                                                     promoflow_str* out, size_t capacity,
                                                     size_t* count) {
  if (const auto bad =
          need(nullptr, {{"trace", trace}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  if (index >= trace->trace.size()) { return PROMOFLOW_DONE; }
  return fill_retried(trace->trace[index], out, capacity, count);
}

promoflow_status promoflow_trace_record_json(const promoflow_trace* trace, size_t index,
                                             promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"trace", trace}, {"out", out}})) { return bad; }
    if (index >= trace->trace.size()) { return PROMOFLOW_DONE; }
    return give_text(error, out, promoflow::to_json(trace->trace[index], trace->trace.origin()));
  });
}

promoflow_status promoflow_trace_jsonl(const promoflow_trace* trace, promoflow_buffer** out,
                                       promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"trace", trace}, {"out", out}})) { return bad; }
    return give_text(error, out, trace->trace.to_jsonl());
  });
}

promoflow_status promoflow_trace_info_of(const promoflow_trace* trace,
                                         promoflow_release_info* out) {
  if (const auto bad = need(nullptr, {{"trace", trace}, {"out", out}})) { return bad; }
  return fill_struct(out, [&] { return to_c(trace->trace.info()); });
}

promoflow_status promoflow_trace_flow(const promoflow_trace* trace, promoflow_flow** out,
                                      promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"trace", trace}, {"out", out}})) { return bad; }
    return give_flow(out, trace->trace.flow());
  });
}

promoflow_status promoflow_trace_state(const promoflow_trace* trace, promoflow_state* out) {
  if (const auto bad = need(nullptr, {{"trace", trace}, {"out", out}})) { return bad; }
  promoflow_state made{};
  made.status = static_cast<std::int32_t>(trace->trace.status());
  made.phase = out_text(to_string(trace->trace.status()));
  made.message = out_text(trace->trace.message());
  return fill_struct(out, [&] { return made; });
}

promoflow_status promoflow_trace_environment(const promoflow_trace* trace, uint32_t environment,
                                             promoflow_state* out) {
  if (const auto bad = need(nullptr, {{"trace", trace}, {"out", out}})) { return bad; }
  if (!is_environment(trace->trace.flow(), environment)) {
    return invalid_argument(nullptr, "environment");
  }
  return fill_struct(out,
                     [&] { return to_c(trace->trace.environment(EnvironmentId{environment})); });
}

promoflow_status promoflow_trace_context(const promoflow_trace* trace, promoflow_context_entry* out,
                                         size_t stride, size_t capacity, size_t* count) {
  if (const auto bad = need(nullptr, {{"trace", trace}})) { return bad; }
  return fill_context(trace->trace.context(), out, stride, capacity, count);
}

promoflow_status promoflow_trace_context_json(const promoflow_trace* trace, promoflow_buffer** out,
                                              promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"trace", trace}, {"out", out}})) { return bad; }
    return give_text(error, out, trace->trace.context().to_json());
  });
}

promoflow_status promoflow_trace_conflicts(const promoflow_trace* trace,
                                           promoflow_context_conflict* out, size_t stride,
                                           size_t capacity, size_t* count,
                                           promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"trace", trace}})) { return bad; }
    return fill_list(error, trace->trace, &promoflow::Trace::context_conflicts, out, stride,
                     capacity, count);
  });
}

promoflow_status promoflow_trace_shadowed(const promoflow_trace* trace, promoflow_shadowed_key* out,
                                          size_t stride, size_t capacity, size_t* count,
                                          promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"trace", trace}})) { return bad; }
    return fill_list(error, trace->trace, &promoflow::Trace::shadowed_keys, out, stride, capacity,
                     count);
  });
}

promoflow_status promoflow_trace_hooks(const promoflow_trace* trace, int32_t point,
                                       uint32_t environment, promoflow_command* out, size_t stride,
                                       size_t capacity, size_t* count) {
  if (const auto bad =
          need(nullptr, {{"trace", trace}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  const std::size_t size = caller_size<promoflow_command>(stride);
  const bool any = environment == PROMOFLOW_NO_ENVIRONMENT;
  if (size == 0 || !is_point(point) ||
      (!any && !is_environment(trace->trace.flow(), environment))) {
    return invalid_argument(nullptr, "point");
  }
  std::size_t found = 0;
  for (std::size_t i = 0; i < trace->trace.size(); ++i) {
    const promoflow::Record record = trace->trace[i];
    const auto* hook = std::get_if<promoflow::RunHook>(&record.what);
    if (hook == nullptr || static_cast<std::int32_t>(hook->point) != point ||
        (!any && hook->environment != EnvironmentId{environment})) {
      continue;
    }
    if (found < capacity) {
      write_struct(element(out, size, found), size, [&] { return command_at(record, i); });
    }
    ++found;
  }
  *count = found;
  return PROMOFLOW_OK;
}

promoflow_status promoflow_trace_arguments(const promoflow_trace* trace,
                                           const promoflow_command* command,
                                           promoflow_argument* out, size_t capacity,
                                           size_t* count) {
  if (const auto bad = need(nullptr, {{"out", out, capacity}, {"count", count}})) { return bad; }
  std::optional<promoflow::RunHook> hook;
  if (const auto bad = hook_of(nullptr, trace, command, hook)) { return bad; }
  return fill_arguments(hook->arguments, out, capacity, count);
}

promoflow_status promoflow_trace_arguments_json(const promoflow_trace* trace,
                                                const promoflow_command* command,
                                                promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    std::optional<promoflow::RunHook> hook;
    if (const auto bad = hook_of(error, trace, command, hook)) { return bad; }
    return give_text(error, out, hook->arguments.to_json());
  });
}

promoflow_status promoflow_trace_command_context(const promoflow_trace* trace,
                                                 const promoflow_command* command,
                                                 promoflow_context_entry* out, size_t stride,
                                                 size_t capacity, size_t* count) {
  std::optional<promoflow::RunHook> hook;
  if (const auto bad = hook_of(nullptr, trace, command, hook)) { return bad; }
  return fill_context(hook->context, out, stride, capacity, count);
}

promoflow_status promoflow_trace_render(const promoflow_trace* trace,
                                        const promoflow_render_options* options,
                                        promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"trace", trace}, {"out", out}})) { return bad; }
    promoflow::RenderOptions given;
    if (const auto bad = from_c(error, options, given)) { return bad; }
    return give_text(error, out, promoflow::render_timeline(trace->trace, given));
  });
}
