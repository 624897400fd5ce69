/* SPDX-License-Identifier: Apache-2.0 */
/* Every function with NULL where something must be given, with invalid struct sizes, and with
   numbers out of range: refused, the outputs untouched. */
#include "check.h"

static const promoflow_str kBad = {NULL, 5};
static const promoflow_str kNone = {NULL, 0};
static promoflow_buffer* buffer = NULL;
static size_t count = 77;

static void nothing_is_freed(void) {
  promoflow_flow_free(NULL);
  promoflow_manifest_free(NULL);
  promoflow_builder_free(NULL);
  promoflow_release_free(NULL);
  promoflow_scenario_free(NULL);
  promoflow_trace_free(NULL);
  promoflow_reply_free(NULL);
  promoflow_control_free(NULL);
  promoflow_error_free(NULL);
  promoflow_buffer_free(NULL);
  CHECK(promoflow_error_code(NULL) == PROMOFLOW_OK);
  CHECK(promoflow_error_message(NULL).size == 0 && promoflow_error_where(NULL).size == 0);
  CHECK(promoflow_buffer_text(NULL).size == 0);
  CHECK(promoflow_waiting_ready(NULL) == 0 && promoflow_waiting_for(NULL, 1) == 0);
}

static void texts(void) {
  promoflow_manifest* manifest = NULL;
  promoflow_flow* flow = NULL;
  promoflow_scenario* scenario = NULL;
  promoflow_error* error = NULL;
  int64_t ms = 5;
  promoflow_read_options options = {0};
  REFUSED(promoflow_manifest_read(kBad, NULL, &manifest, NULL));
  REFUSED(promoflow_manifest_read(str(kFlowText), NULL, NULL, &error));
  CHECK(is(promoflow_error_where(error), "out"));
  CHECK(promoflow_error_code(error) == PROMOFLOW_E_INVALID_ARGUMENT);
  promoflow_error_free(error);
  options.format = 3;
  REFUSED(promoflow_manifest_read(str(kFlowText), &options, &manifest, NULL));
  options.format = 0;
  options.struct_size = 8;
  REFUSED(promoflow_manifest_read(str(kFlowText), &options, &manifest, NULL));
  REFUSED(promoflow_flow_load(str(kFlowText), &options, &flow, NULL));
  REFUSED(promoflow_scenario_read(str(kScenarioText), NULL, &options, &scenario, NULL));
  REFUSED(promoflow_flow_load(kBad, NULL, &flow, NULL));
  REFUSED(promoflow_flow_load(str(kFlowText), NULL, NULL, NULL));
  REFUSED(promoflow_scenario_read(kBad, NULL, NULL, &scenario, NULL));
  REFUSED(promoflow_scenario_read(str(kScenarioText), NULL, NULL, NULL, NULL));
  REFUSED(promoflow_scenario_new(NULL, kNone, NULL, 0, 1, NULL, 0, 0, &scenario, NULL));
  REFUSED(promoflow_scenario_new(NULL, kNone, NULL, 0, 0, NULL, 0, 1, &scenario, NULL));
  REFUSED(promoflow_scenario_new(NULL, kNone, NULL, 0, 0, NULL, 0, 0, NULL, NULL));
  REFUSED(promoflow_duration_format(1, NULL, NULL));
  REFUSED(promoflow_duration_parse(kBad, &ms, NULL));
  REFUSED(promoflow_duration_parse(str("1h"), NULL, NULL));
  REFUSED(promoflow_duration_parse(str("soon"), &ms, NULL));
  CHECK(manifest == NULL && flow == NULL && scenario == NULL && ms == 5);
  REFUSED(promoflow_manifest_flow(NULL, 0, &flow, NULL));
  REFUSED(promoflow_manifest_diagnostics(NULL, NULL, 0, 0, &count));
  REFUSED(promoflow_manifest_format(NULL, kNone, kNone, 1, &buffer, NULL));
  REFUSED(promoflow_scenario_diagnostics(NULL, NULL, 0, 0, &count));
  REFUSED(promoflow_scenario_format(NULL, kNone, kNone, 1, &buffer, NULL));
  REFUSED(promoflow_scenario_outcomes(NULL, NULL, 0, 0, &count));
  REFUSED(promoflow_scenario_actions(NULL, NULL, 0, 0, &count));
  REFUSED(promoflow_scenario_release(NULL, NULL, NULL));
  REFUSED(promoflow_scenario_selection(NULL, NULL));
  REFUSED(promoflow_format_sarif(NULL, 0, 1, &buffer, NULL));
}

static void flows(void) {
  promoflow_flow *flow = new_flow(), *other = NULL;
  promoflow_str text = {NULL, 0};
  uint32_t number = 9;
  uint64_t hash = 9;
  int32_t flag = 9;
  promoflow_step step = {0};
  promoflow_hook hooks[2];
  promoflow_flow_options options = {0};
  promoflow_render_options render = {0};
  REFUSED(promoflow_flow_copy(NULL, &other, NULL));
  REFUSED(promoflow_flow_copy(flow, NULL, NULL));
  REFUSED(promoflow_flow_name(NULL, &text));
  REFUSED(promoflow_flow_name(flow, NULL));
  REFUSED(promoflow_flow_environment_count(NULL, &number));
  REFUSED(promoflow_flow_dependency_count(flow, NULL));
  REFUSED(promoflow_flow_environment_name(flow, 3, &text));
  REFUSED(promoflow_flow_find_environment(flow, kBad, &number));
  REFUSED(promoflow_flow_dependencies(flow, 3, NULL, 0, &count));
  REFUSED(promoflow_flow_dependencies(flow, 1, NULL, 1, &count));
  REFUSED(promoflow_flow_dependents(flow, 1, NULL, 0, NULL));
  REFUSED(promoflow_flow_dependents(NULL, 1, NULL, 0, &count));
  REFUSED(promoflow_flow_depends_on(flow, 1, UINT32_MAX, &flag, NULL));
  REFUSED(promoflow_flow_depends_on(flow, 1, 0, NULL, NULL));
  REFUSED(promoflow_flow_level(flow, 3, &number));
  REFUSED(promoflow_flow_step(flow, 3, &step));
  step.struct_size = (uint32_t)offsetof(promoflow_step, soak_ms) - 1;
  REFUSED(promoflow_flow_step(flow, 1, &step));
  step.struct_size = 100000;
  REFUSED(promoflow_flow_step(flow, 1, &step));
  REFUSED(promoflow_flow_hooks(flow, 0, 0, NULL, 0, 0, &count));
  REFUSED(promoflow_flow_hooks(flow, 7, 0, NULL, 0, 0, &count));
  REFUSED(promoflow_flow_hooks(flow, 4, 9, NULL, 0, 0, &count));
  REFUSED(promoflow_flow_hooks(flow, 4, 1, hooks, 16, 2, &count));
  REFUSED(promoflow_flow_hook_arguments(flow, 4, 1, 9, NULL, 0, 0, &count));
  options.struct_size = 4;
  REFUSED(promoflow_flow_options_of(flow, &options));
  REFUSED(promoflow_flow_annotations(flow, NULL, 1, &count));
  REFUSED(promoflow_flow_fingerprint(NULL, &hash));
  REFUSED(promoflow_flow_equal(flow, NULL, &flag));
  REFUSED(promoflow_flow_write(flow, 3, &buffer, NULL));
  REFUSED(promoflow_flow_write(flow, -1, &buffer, NULL));
  REFUSED(promoflow_flow_render(NULL, NULL, &buffer, NULL));
  render.format = 5;
  REFUSED(promoflow_flow_render(flow, &render, &buffer, NULL));
  CHECK(other == NULL && text.data == NULL && number == 9 && flag == 9 && hash == 9);
  promoflow_flow_free(flow);
}

static void builders(void) {
  promoflow_builder* builder = NULL;
  promoflow_manifest* manifest = NULL;
  promoflow_hook hook = {0};
  promoflow_step step = {0};
  promoflow_flow_options options = {0};
  REFUSED(promoflow_builder_new(kBad, kNone, &builder, NULL));
  REFUSED(promoflow_builder_new(kNone, kNone, NULL, NULL));
  CHECK(promoflow_builder_new(str("f"), str("dev"), &builder, NULL) == PROMOFLOW_OK);
  REFUSED(promoflow_builder_options(builder, NULL, NULL, 0, NULL));
  options.failure_policy = 4;
  REFUSED(promoflow_builder_options(builder, &options, NULL, 0, NULL));
  REFUSED(promoflow_builder_step(builder, str("a"), NULL, 1, NULL, NULL));
  step.policy_action = 4;
  REFUSED(promoflow_builder_step(builder, str("a"), NULL, 0, &step, NULL));
  REFUSED(promoflow_builder_hook(builder, 9, &hook, NULL, 0, 0, NULL));
  REFUSED(promoflow_builder_hook(builder, 1, NULL, NULL, 0, 0, NULL));
  REFUSED(promoflow_builder_hook(builder, 1, &hook, NULL, 0, 2, NULL));
  hook.on_error = 3;
  REFUSED(promoflow_builder_hook(builder, 1, &hook, NULL, 0, 0, NULL));
  hook.on_error = 0;
  CHECK(promoflow_builder_hook(builder, 4, &hook, NULL, 0, 0, NULL) == PROMOFLOW_E_NOT_ALLOWED);
  REFUSED(promoflow_builder_build(builder, NULL, NULL));
  REFUSED(promoflow_builder_build(NULL, &manifest, NULL));
  promoflow_builder_free(builder);
}

static void releases(void) {
  promoflow_flow* flow = new_flow();
  promoflow_release *release = new_release(flow), *other = NULL;
  promoflow_release_info info = {0};
  promoflow_event event = event_of(PROMOFLOW_EVENT_TICK, 0);
  promoflow_command command = {0};
  const promoflow_argument* view = NULL;
  promoflow_record record = {0};
  promoflow_state state = {0};
  int32_t status = 9;
  int64_t ms = 9;
  REFUSED(promoflow_release_start(flow, NULL, 0, kNone, &other, NULL));
  REFUSED(promoflow_release_start(flow, &info, 0, kNone, &other, NULL)); /* No id. */
  REFUSED(promoflow_release_start(NULL, &info, 0, kNone, &other, NULL));
  info.id = kBad;
  REFUSED(promoflow_release_start(flow, &info, 0, kNone, &other, NULL));
  REFUSED(promoflow_release_restore(flow, kBad, &other, NULL));
  REFUSED(promoflow_release_apply(release, NULL, NULL));
  REFUSED(promoflow_release_apply(NULL, &event, NULL));
  event.kind = 14;
  REFUSED(promoflow_release_apply(release, &event, NULL));
  event.kind = 0;
  REFUSED(promoflow_release_apply(release, &event, NULL));
  REFUSED(promoflow_event_json(&event, &buffer, NULL));
  REFUSED(promoflow_event_json(NULL, &buffer, NULL));
  event.struct_size = 12;
  REFUSED(promoflow_release_apply(release, &event, NULL));
  event.struct_size = (uint32_t)sizeof(event);
  event.kind = PROMOFLOW_EVENT_RETRY;
  event.environment_count = 1; /* Of no list. */
  REFUSED(promoflow_release_apply(release, &event, NULL));
  event.environments = &kBad;
  REFUSED(promoflow_release_apply(release, &event, NULL));
  event.environments = NULL;
  event.environment_count = 0;
  event.by = kBad;
  REFUSED(promoflow_release_apply(release, &event, NULL));
  event.by = kNone;
  event.environment = kBad;
  REFUSED(promoflow_event_json(&event, &buffer, NULL));
  event.environment = kNone;
  REFUSED(promoflow_release_apply_many(release, NULL, 0, 1, NULL, &count, NULL));
  REFUSED(promoflow_release_apply_many(release, &event, 0, 1, NULL, NULL, NULL));
  REFUSED(promoflow_release_apply_json(release, kBad, NULL));
  REFUSED(promoflow_release_next_command(release, NULL, NULL));
  command.struct_size = 3;
  REFUSED(promoflow_release_next_command(release, &command, NULL));
  REFUSED(promoflow_release_take_commands(release, NULL, 0, 1, &count, NULL));
  REFUSED(promoflow_release_take_commands(release, &command, 3, 1, &count, NULL));
  REFUSED(promoflow_release_next_record(release, &record, &command, NULL));
  REFUSED(promoflow_release_next_record(release, NULL, NULL, NULL));
  REFUSED(promoflow_release_record_json(release, 0, NULL, NULL));
  REFUSED(promoflow_release_record_environments(release, NULL, 1, &count));
  REFUSED(promoflow_release_record_environments(NULL, NULL, 0, &count));
  REFUSED(promoflow_release_why_pending(release, 0, NULL, NULL));
  REFUSED(promoflow_release_why_pending(NULL, 0, NULL, NULL));
  REFUSED(promoflow_release_reissue(NULL, NULL));
  REFUSED(promoflow_release_next_timer(NULL, &ms));
  REFUSED(promoflow_release_flow(release, NULL, NULL));
  REFUSED(promoflow_release_info_of(release, NULL));
  REFUSED(promoflow_release_status(NULL, &status));
  REFUSED(promoflow_release_state(release, NULL));
  REFUSED(promoflow_release_environment(release, 3, &state));
  REFUSED(promoflow_release_environments(release, NULL, 0, 2, &count));
  REFUSED(promoflow_release_outstanding(release, NULL, 0, 2, &count, NULL));
  command.struct_size = 0;
  REFUSED(promoflow_command_arguments(release, &command, NULL, 0, &count));
  REFUSED(promoflow_command_argument_view(release, &command, &view, NULL, NULL));
  REFUSED(promoflow_command_arguments_json(release, NULL, &buffer, NULL));
  REFUSED(promoflow_command_context_json(release, &command, &buffer, NULL));
  REFUSED(promoflow_command_context(release, &command, NULL, 0, 0, &count));
  REFUSED(promoflow_release_context(NULL, NULL, 0, 0, &count));
  REFUSED(promoflow_release_context_json(release, NULL, NULL));
  REFUSED(promoflow_release_conflicts(release, NULL, 0, 0, NULL, NULL));
  REFUSED(promoflow_release_rejected(release, NULL, 4, 0, &count, NULL));
  REFUSED(promoflow_release_describe(NULL, &buffer, NULL));
  REFUSED(promoflow_release_snapshot(release, NULL, NULL));
  REFUSED(promoflow_release_render(NULL, NULL, &buffer, NULL));
  REFUSED(promoflow_release_key(NULL, 1, &buffer, NULL));
  CHECK(other == NULL && status == 9 && ms == 9);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
}

static void traces(void) {
  promoflow_trace *trace = new_trace(), *other = NULL;
  promoflow_flow* flow = NULL;
  promoflow_record record = {0};
  promoflow_command command = {0};
  promoflow_state state = {0};
  size_t size = 9;
  int64_t ms = 9;
  REFUSED(promoflow_simulate(NULL, NULL, 0, &other, NULL));
  REFUSED(promoflow_trace_size(NULL, &size));
  REFUSED(promoflow_trace_origin(NULL, &ms));
  REFUSED(promoflow_trace_record(trace, 0, NULL, NULL));
  record.struct_size = 1;
  REFUSED(promoflow_trace_record(trace, 0, &record, NULL));
  REFUSED(promoflow_trace_record_json(trace, 0, NULL, NULL));
  REFUSED(promoflow_trace_record_environments(trace, 0, NULL, 1, &count));
  REFUSED(promoflow_trace_conflicts(NULL, NULL, 0, 0, &count, NULL));
  REFUSED(promoflow_trace_shadowed(trace, NULL, 7, 0, &count, NULL));
  REFUSED(promoflow_trace_jsonl(NULL, &buffer, NULL));
  REFUSED(promoflow_trace_flow(NULL, &flow, NULL));
  REFUSED(promoflow_trace_info_of(trace, NULL));
  REFUSED(promoflow_trace_state(trace, NULL));
  REFUSED(promoflow_trace_environment(trace, 3, &state));
  REFUSED(promoflow_trace_context(NULL, NULL, 0, 0, &count));
  REFUSED(promoflow_trace_context_json(NULL, &buffer, NULL));
  REFUSED(promoflow_trace_hooks(trace, 0, 0, NULL, 0, 0, &count));
  REFUSED(promoflow_trace_hooks(trace, 4, 3, NULL, 0, 0, &count));
  REFUSED(promoflow_trace_arguments(trace, &command, NULL, 0, &count));
  command.kind = PROMOFLOW_COMMAND_RUN_HOOK;
  command.reference = UINT64_MAX;
  REFUSED(promoflow_trace_arguments_json(trace, &command, &buffer, NULL));
  REFUSED(promoflow_trace_command_context(trace, &command, NULL, 0, 0, &count));
  REFUSED(promoflow_trace_render(NULL, NULL, &buffer, NULL));
  CHECK(other == NULL && flow == NULL && size == 9 && ms == 9);
  promoflow_trace_free(trace);
}

void test_nulls(void) {
  nothing_is_freed();
  texts();
  flows();
  builders();
  releases();
  traces();
  CHECK(buffer == NULL && count == 77);
}
