/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions answer: the flow of test_capi.c from manifest to trace, handles freed in every
   order, bytes that are no UTF-8, structs of other versions, batches, borrowed views. */
#include "check.h"

static const promoflow_str kNone = {NULL, 0};

static void versions_and_names(void) {
  CHECK(is(promoflow_version(), "0.2.0"));
  CHECK(PROMOFLOW_ABI_FITS(promoflow_abi_version()));
  CHECK(!PROMOFLOW_ABI_FITS(1u << 16 | 2u) && !PROMOFLOW_ABI_FITS(1u) && PROMOFLOW_ABI_FITS(3u));
  CHECK(is(promoflow_status_name(PROMOFLOW_OK), "ok"));
  CHECK(is(promoflow_status_name(PROMOFLOW_E_SETTLED_TICKET), "settled-ticket"));
  CHECK(is(promoflow_point_name(4), "environment.onStart"));
  CHECK(is(promoflow_release_status_name(4), "Succeeded"));
  CHECK(is(promoflow_environment_status_name(4), "Successful"));
  CHECK(is(promoflow_environment_status_name(7), "Skipped"));
  CHECK(is(promoflow_status_name(PROMOFLOW_E_UNKNOWN_ENVIRONMENT), "unknown-environment"));
  CHECK(is(promoflow_block_name(PROMOFLOW_BLOCK_RELEASE_STARTING), "release-starting"));
  CHECK(is(promoflow_block_name(5), "unknown"));
  CHECK(is(promoflow_diagnostic_code_name(1), "syntax"));
  CHECK(is(promoflow_diagnostic_code_name(15), "duplicate-flow"));
  CHECK(is(promoflow_diagnostic_code_name(107), "reserved-argument"));
  CHECK(is(promoflow_diagnostic_code_name(109), "suspicious-name"));
  CHECK(is(promoflow_severity_name(2), "warning"));
  CHECK(is(promoflow_failure_policy_name(1), "failFast"));
  CHECK(is(promoflow_context_merge_name(2), "deep"));
  CHECK(is(promoflow_on_error_name(2), "ignore"));
  CHECK(is(promoflow_policy_action_name(2), "pr"));
  CHECK(is(promoflow_point_name(99), "unknown"));
  CHECK(is(promoflow_text("ab"), "ab") && promoflow_text(NULL).data == NULL);
  CHECK(!promoflow_is_final(3) && promoflow_is_final(4) && !promoflow_is_final(7));
}

static void manifests(void) {
  promoflow_manifest* manifest = NULL;
  promoflow_flow* flow = NULL;
  promoflow_diagnostic found = {0};
  promoflow_buffer* text = NULL;
  promoflow_error* error = NULL;
  promoflow_sarif_input input = {0};
  promoflow_str bad = str("kind: PromotionFlow\nspec: \xff\n");
  size_t count = 0;
  CHECK(promoflow_manifest_read(bad, NULL, &manifest, &error) == PROMOFLOW_OK && error == NULL);
  CHECK(promoflow_manifest_flow(manifest, 0, &flow, NULL) == PROMOFLOW_DONE && flow == NULL);
  CHECK(promoflow_manifest_diagnostics(manifest, &found, 0, 1, &count) == PROMOFLOW_OK);
  CHECK(count >= 1 && found.code == 1 && found.severity == 1 && found.line == 2);
  CHECK(found.struct_size == sizeof(found) && found.message.size > 0);
  CHECK(promoflow_manifest_format(manifest, str("f.yaml"), bad, 1, &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "f.yaml:2:"));
  promoflow_buffer_free(text);
  REFUSED(promoflow_manifest_format(manifest, str("f.yaml"), bad, 4, &text, NULL));
  input.file = str("f.yaml");
  REFUSED(promoflow_format_sarif(&input, 0, 1, &text, NULL));
  input.manifest = manifest;
  CHECK(promoflow_format_sarif(&input, 0, 1, &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "\"2.1.0\""));
  promoflow_buffer_free(text);
  CHECK(promoflow_flow_load(bad, NULL, &flow, &error) == PROMOFLOW_E_INVALID_MANIFEST);
  CHECK(promoflow_error_code(error) == PROMOFLOW_E_INVALID_MANIFEST);
  CHECK(promoflow_error_message(error).size > 0);
  promoflow_error_free(error);
  promoflow_manifest_free(manifest);
  CHECK(promoflow_manifest_read(str(kFlowText), NULL, &manifest, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_manifest_flow(manifest, 0, &flow, NULL) == PROMOFLOW_OK);
  promoflow_manifest_free(manifest); /* The flow stays. */
  CHECK(promoflow_flow_name(flow, &found.hint) == PROMOFLOW_OK && is(found.hint, "billing"));
  promoflow_flow_free(flow);
  CHECK(contains(promoflow_manifest_schema(), "$schema"));
  CHECK(contains(promoflow_scenario_schema(), "$schema"));
}

static void flow_queries(promoflow_flow* flow) {
  promoflow_str name;
  uint32_t number = 0, list[4] = {9, 9, 9, 9};
  size_t count = 0;
  int32_t flag = 0;
  promoflow_step step = {0};
  promoflow_hook hook = {0};
  promoflow_assigned assigned[2];
  promoflow_flow_options options = {0};
  promoflow_argument notes[2];
  CHECK(promoflow_flow_environment_count(flow, &number) == PROMOFLOW_OK && number == 3);
  CHECK(promoflow_flow_dependency_count(flow, &number) == PROMOFLOW_OK && number == 2);
  CHECK(promoflow_flow_environment_name(flow, 2, &name) == PROMOFLOW_OK);
  CHECK(is(name, "production"));
  CHECK(promoflow_flow_find_environment(flow, str("staging"), &number) == PROMOFLOW_OK);
  CHECK(number == 1);
  CHECK(promoflow_flow_find_environment(flow, str("st\xff"), &number) == PROMOFLOW_DONE);
  CHECK(promoflow_flow_dependencies(flow, 2, list, 4, &count) == PROMOFLOW_OK);
  CHECK(count == 1 && list[0] == 1 && list[1] == 9);
  CHECK(promoflow_flow_dependents(flow, 0, NULL, 0, &count) == PROMOFLOW_OK && count == 1);
  CHECK(promoflow_flow_depends_on(flow, 2, 0, &flag, NULL) == PROMOFLOW_OK && flag == 1);
  CHECK(promoflow_flow_level(flow, 2, &number) == PROMOFLOW_OK && number == 2);
  CHECK(promoflow_flow_step(flow, 1, &step) == PROMOFLOW_OK);
  CHECK(step.policy_action == PROMOFLOW_POLICY_PR && is(step.policy_pre_action, "before"));
  CHECK(step.timeout_ms == 1800000 && step.retry_limit == 1 && step.retry_factor == 2);
  CHECK(step.has_retry_max_duration && step.retry_max_duration_ms == 60000);
  CHECK(promoflow_flow_hooks(flow, 4, 1, &hook, 0, 1, &count) == PROMOFLOW_OK && count == 1);
  CHECK(is(hook.name, "check") && hook.argument_count == 2 && hook.timeout_ms == 600000);
  CHECK(hook.on_error == PROMOFLOW_ON_ERROR_IGNORE && hook.retry_limit == 2);
  CHECK(promoflow_flow_hook_arguments(flow, 4, 1, 0, assigned, 0, 2, &count) == PROMOFLOW_OK);
  CHECK(count == 2 && assigned[0].json && is(assigned[1].value, "red") && !assigned[1].json);
  CHECK(promoflow_flow_options_of(flow, &options) == PROMOFLOW_OK);
  CHECK(options.failure_policy == PROMOFLOW_CONTINUE && is(options.post_trigger, "smoke"));
  CHECK(options.context_merge == PROMOFLOW_MERGE_DEEP && options.promotion_timeout_minutes == 1440);
  CHECK(promoflow_flow_annotations(flow, notes, 2, &count) == PROMOFLOW_OK && count == 2);
  CHECK(is(notes[1].name, "team") && is(notes[1].value, "payments"));
}

/* The flow of test_capi.c, in code. */
static promoflow_manifest* build(void) {
  promoflow_builder* builder = NULL;
  promoflow_manifest* manifest = NULL;
  promoflow_flow_options options = {0};
  promoflow_argument notes[2];
  promoflow_assigned assigned[2] = {{0}, {0}};
  promoflow_step step = {0};
  promoflow_hook hook = {0};
  promoflow_str dev = str("dev"), staging = str("staging");
  const char* release_hooks[] = {"announce", "celebrate", "mourn"};
  int32_t i;
  promoflow_builder_new(str("billing"), dev, &builder, NULL);
  for (i = 0; i < 3; ++i) {
    hook.name = str(release_hooks[i]);
    CHECK(promoflow_builder_hook(builder, i + 1, &hook, NULL, 0, 0, NULL) == PROMOFLOW_OK);
  }
  options.failure_policy = PROMOFLOW_CONTINUE;
  options.context_merge = PROMOFLOW_MERGE_DEEP;
  options.post_trigger = str("smoke");
  notes[0].name = str("promoflow.dev/extensions");
  notes[0].value = str("true");
  notes[1].name = str("team");
  notes[1].value = str("payments");
  CHECK(promoflow_builder_options(builder, &options, notes, 2, NULL) == PROMOFLOW_OK);
  step.policy_action = PROMOFLOW_POLICY_PR;
  step.policy_pre_action = str("before");
  step.policy_post_action = str("after");
  step.timeout_ms = 1800000;
  step.retry_limit = 1;
  step.retry_duration_ms = 5000;
  step.retry_factor = 2;
  step.retry_max_duration_ms = 60000;
  step.has_retry_max_duration = 1;
  CHECK(promoflow_builder_step(builder, staging, &dev, 1, &step, NULL) == PROMOFLOW_OK);
  hook.name = str("check");
  hook.timeout_ms = 600000;
  hook.retry_limit = 2;
  hook.on_error = PROMOFLOW_ON_ERROR_IGNORE;
  assigned[0].name = str("SIZE");
  assigned[0].value = str("3");
  assigned[0].json = 1;
  assigned[1].name = str("COLOR");
  assigned[1].value = str("red");
  CHECK(promoflow_builder_hook(builder, 4, &hook, assigned, 0, 2, NULL) == PROMOFLOW_OK);
  memset(&hook, 0, sizeof(hook));
  hook.name = str("a");
  CHECK(promoflow_builder_hook(builder, 5, &hook, NULL, 0, 0, NULL) == PROMOFLOW_OK);
  hook.name = str("b");
  CHECK(promoflow_builder_hook(builder, 5, &hook, NULL, 0, 0, NULL) == PROMOFLOW_OK);
  hook.name = str("open-ticket");
  CHECK(promoflow_builder_hook(builder, 6, &hook, NULL, 0, 0, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_builder_step(builder, str("production"), &staging, 1, NULL, NULL) ==
        PROMOFLOW_OK);
  CHECK(promoflow_builder_build(builder, &manifest, NULL) == PROMOFLOW_OK);
  promoflow_builder_free(builder);
  return manifest;
}

static void flows(void) {
  promoflow_flow *flow = new_flow(), *copy = NULL, *built = NULL, *again = NULL;
  promoflow_manifest* manifest = build();
  promoflow_buffer* text = NULL;
  uint64_t left = 0, right = 1;
  int32_t equal = 0;
  CHECK(promoflow_flow_copy(flow, &copy, NULL) == PROMOFLOW_OK);
  promoflow_flow_free(flow); /* The copy stays. */
  flow_queries(copy);
  CHECK(promoflow_manifest_flow(manifest, 0, &built, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_flow_equal(copy, built, &equal) == PROMOFLOW_OK && equal == 1);
  CHECK(promoflow_flow_fingerprint(copy, &left) == PROMOFLOW_OK);
  CHECK(promoflow_flow_fingerprint(built, &right) == PROMOFLOW_OK && left == right);
  CHECK(promoflow_flow_write(built, PROMOFLOW_TEXT_JSON, &text, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_flow_load(promoflow_buffer_text(text), NULL, &again, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_flow_equal(copy, again, &equal) == PROMOFLOW_OK && equal == 1);
  promoflow_buffer_free(text);
  CHECK(promoflow_flow_render(copy, NULL, &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "staging"));
  promoflow_buffer_free(text);
  CHECK(promoflow_duration_format(90000, &text, NULL) == PROMOFLOW_OK);
  CHECK(strcmp(promoflow_buffer_text(text).data, "1m30s") == 0); /* NUL follows. */
  promoflow_buffer_free(text);
  promoflow_flow_free(again);
  promoflow_flow_free(built);
  promoflow_flow_free(copy);
  promoflow_manifest_free(manifest);
}

/* Versions of the caller that are older or newer than the library. */
static void struct_sizes(void) {
  struct {
    promoflow_event event;
    char more[8];
  } newer;
  struct {
    promoflow_state state;
    char more[8];
  } wide;
  promoflow_flow* flow = new_flow();
  promoflow_release* release = new_release(flow);
  memset(&newer, 0, sizeof(newer));
  memset(&wide, 1, sizeof(wide));
  newer.event = event_of(PROMOFLOW_EVENT_TICK, 0);
  newer.event.struct_size = (uint32_t)sizeof(newer);
  CHECK(promoflow_release_apply(release, &newer.event, NULL) == PROMOFLOW_OK);
  newer.more[3] = 1; /* Asks for what this library does not know. */
  REFUSED(promoflow_release_apply(release, &newer.event, NULL));
  wide.state.struct_size = (uint32_t)sizeof(wide);
  CHECK(promoflow_release_state(release, &wide.state) == PROMOFLOW_OK);
  CHECK(wide.state.struct_size == sizeof(wide) && wide.more[0] == 0 && wide.more[7] == 0);
  CHECK(wide.state.status == PROMOFLOW_RELEASE_RUNNING && is(wide.state.phase, "Initializing"));
  promoflow_release_free(release);
  promoflow_flow_free(flow);
}

static void commands_and_arguments(void) {
  promoflow_flow* flow = new_flow();
  promoflow_release* release = new_release(flow);
  promoflow_command command, again[2];
  promoflow_argument arguments[16];
  const promoflow_argument *view = NULL, *same = NULL;
  promoflow_buffer* text = NULL;
  promoflow_event done;
  size_t count = 0;
  int64_t timer = 0;
  promoflow_flow_free(flow); /* The release keeps it. */
  CHECK(next_hook(release, &command) && is(command.hook, "announce"));
  CHECK(command.ticket == 1 && command.point == 1 && command.attempt == 1);
  CHECK(command.environment == PROMOFLOW_NO_ENVIRONMENT && command.argument_count == 7);
  CHECK(promoflow_command_arguments(release, &command, arguments, 16, &count) == PROMOFLOW_OK);
  CHECK(count == 7 && is(arguments[5].name, "RELEASE_ID") && is(arguments[5].value, "r-42"));
  CHECK(is(arguments[6].name, "CHANNEL") && is(arguments[6].value, "#releases"));
  CHECK(promoflow_command_arguments(release, &command, arguments, 2, &count) == PROMOFLOW_OK);
  CHECK(count == 7);
  CHECK(promoflow_command_argument_view(release, &command, &view, &count, NULL) == PROMOFLOW_OK);
  CHECK(count == 7 && is(view[5].value, "r-42") && is(view[6].name, "CHANNEL"));
  CHECK(promoflow_command_argument_view(release, &command, &same, &count, NULL) == PROMOFLOW_OK);
  CHECK(same == view && count == 7);
  CHECK(promoflow_command_arguments_json(release, &command, &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "\"RELEASE_ID\":\"r-42\""));
  promoflow_buffer_free(text);
  CHECK(promoflow_command_context_json(release, &command, &text, NULL) == PROMOFLOW_OK);
  CHECK(is(promoflow_buffer_text(text), "{\"CHANNEL\":\"#releases\"}"));
  promoflow_buffer_free(text);
  CHECK(promoflow_release_outstanding(release, again, 0, 2, &count, NULL) == PROMOFLOW_OK);
  CHECK(count == 1 && again[0].ticket == 1);
  CHECK(again[0].expires_ms == PROMOFLOW_NO_TIME && again[0].queued == 0); /* [R8] */
  CHECK(promoflow_command_arguments(release, &again[0], arguments, 16, &count) == PROMOFLOW_OK);
  CHECK(promoflow_command_argument_view(release, &again[0], &same, &count, NULL) == PROMOFLOW_OK);
  CHECK(same != view && count == 7 && is(same[5].value, "r-42") && is(view[5].value, "r-42"));
  CHECK(promoflow_release_key(release, 1, &text, NULL) == PROMOFLOW_OK);
  CHECK(is(promoflow_buffer_text(text), "r-42/1"));
  promoflow_buffer_free(text);
  CHECK(promoflow_release_next_timer(release, &timer) == PROMOFLOW_OK && timer == 86401000);
  done = event_of(PROMOFLOW_EVENT_HOOK_SUCCEEDED, 1);
  done.context = str("{\"A\":1}");
  CHECK(promoflow_release_apply(release, &done, NULL) == PROMOFLOW_OK);
  REFUSED(promoflow_command_arguments(release, &command, arguments, 16, &count)); /* Stale. */
  REFUSED(promoflow_command_arguments(release, &again[0], arguments, 16, &count));
  REFUSED(promoflow_command_argument_view(release, &command, &view, &count, NULL));
  REFUSED(promoflow_command_argument_view(release, &again[0], &view, &count, NULL));
  CHECK(promoflow_release_apply(release, &done, NULL) == PROMOFLOW_E_SETTLED_TICKET);
  CHECK(promoflow_release_next_command(release, &command, NULL) == PROMOFLOW_OK);
  CHECK(command.kind == PROMOFLOW_COMMAND_PROMOTE && is(command.environment_name, "dev"));
  CHECK(command.policy_action == PROMOFLOW_POLICY_NONE && is(command.policy_post_action, "smoke"));
  CHECK(command.policy_pre_action.data == NULL);
  CHECK(promoflow_release_next_command(release, &command, NULL) == PROMOFLOW_DONE);
  CHECK(promoflow_release_reissue(release, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_release_take_commands(release, again, 0, 2, &count, NULL) == PROMOFLOW_OK);
  CHECK(count == 1 && again[0].ticket == 2);
  CHECK(promoflow_release_take_commands(release, again, 0, 2, &count, NULL) == PROMOFLOW_DONE);
  promoflow_release_free(release);
}

static void batches_and_journal(void) {
  promoflow_flow* flow = new_flow();
  promoflow_release *release = new_release(flow), *replayed = new_release(flow), *restored = NULL;
  promoflow_event events[3];
  promoflow_status statuses[3];
  promoflow_state states[3];
  promoflow_context_entry entry = {0};
  promoflow_rejected_export rejected = {0};
  promoflow_buffer *text = NULL, *other = NULL;
  promoflow_error* error = NULL;
  size_t applied = 9, count = 0, i;
  events[0] = event_of(PROMOFLOW_EVENT_HOOK_SUCCEEDED, 1);
  events[0].context = str("{\"CHANNEL\":\"x\"}");
  events[1] = event_of(PROMOFLOW_EVENT_HOOK_FAILED, 1);
  events[1].text = str("bad byte \xff"); /* Becomes U+FFFD, or is refused as here. */
  events[2] = event_of(PROMOFLOW_EVENT_PROMOTION_FAILED, 2);
  events[2].text = str("no \xff");
  for (i = 0; i < 3; ++i) {
    promoflow_status status;
    CHECK(promoflow_event_json(&events[i], &text, NULL) == PROMOFLOW_OK);
    status = promoflow_release_apply_json(replayed, promoflow_buffer_text(text), NULL);
    CHECK(status == (i == 1 ? PROMOFLOW_E_SETTLED_TICKET : PROMOFLOW_OK));
    promoflow_buffer_free(text);
  }
  CHECK(promoflow_release_apply_json(replayed, str("{}"), NULL) == PROMOFLOW_E_INVALID_EVENT);
  CHECK(promoflow_release_apply_many(release, events, sizeof(events[0]), 3, statuses, &applied,
                                     &error) == PROMOFLOW_OK);
  CHECK(applied == 3 && error == NULL && statuses[0] == PROMOFLOW_OK);
  CHECK(statuses[1] == PROMOFLOW_E_SETTLED_TICKET && statuses[2] == PROMOFLOW_OK);
  CHECK(promoflow_release_apply_many(release, events, sizeof(events[0]), 3, NULL, &applied,
                                     &error) == PROMOFLOW_E_SETTLED_TICKET);
  CHECK(applied == 0 && promoflow_error_code(error) == PROMOFLOW_E_SETTLED_TICKET);
  promoflow_error_free(error);
  CHECK(promoflow_release_environments(release, states, 0, 3, &count) == PROMOFLOW_OK);
  CHECK(count == 3 && states[0].status == PROMOFLOW_ENVIRONMENT_FAILED);
  CHECK(is(states[0].message, "no \xef\xbf\xbd"));
  CHECK(promoflow_release_context(release, &entry, 0, 1, &count) == PROMOFLOW_OK && count == 1);
  CHECK(is(entry.key, "CHANNEL") && is(entry.json, "\"x\"") && entry.writer == 1);
  CHECK(promoflow_release_rejected(release, &rejected, 0, 1, &count, NULL) == PROMOFLOW_OK);
  CHECK(count == 0);
  CHECK(promoflow_release_snapshot(release, &text, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_release_snapshot(replayed, &other, NULL) == PROMOFLOW_OK);
  CHECK(strcmp(promoflow_buffer_text(text).data, promoflow_buffer_text(other).data) == 0);
  CHECK(promoflow_release_restore(flow, promoflow_buffer_text(text), &restored, NULL) ==
        PROMOFLOW_OK);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
  promoflow_buffer_free(text);
  promoflow_buffer_free(other);
  CHECK(promoflow_release_describe(restored, &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "r-42"));
  promoflow_buffer_free(text);
  promoflow_release_free(restored);
  promoflow_release_free(replayed);
}

static void records(void) {
  promoflow_flow* flow = new_flow();
  promoflow_release* release = new_release(flow);
  promoflow_record record = {0};
  promoflow_command command = {0};
  promoflow_argument arguments[16];
  promoflow_buffer* text = NULL;
  size_t count = 0;
  CHECK(promoflow_release_record_json(release, 0, &text, NULL) == PROMOFLOW_DONE);
  CHECK(promoflow_release_next_record(release, &record, &command, NULL) == PROMOFLOW_OK);
  CHECK(record.kind == PROMOFLOW_RECORD_RELEASE && record.status == 1 && command.kind == 0);
  CHECK(promoflow_release_record_json(release, 1000, &text, NULL) == PROMOFLOW_OK);
  CHECK(is(promoflow_buffer_text(text), "{\"t\":0,\"event\":\"release\",\"status\":\"Running\"}"));
  promoflow_buffer_free(text);
  CHECK(promoflow_release_next_record(release, &record, &command, NULL) == PROMOFLOW_OK);
  CHECK(record.kind == PROMOFLOW_RECORD_RUN_HOOK && record.ticket == 1 && record.at_ms == 1000);
  CHECK(promoflow_command_arguments(release, &command, arguments, 16, &count) == PROMOFLOW_OK);
  CHECK(promoflow_release_next_record(release, &record, NULL, NULL) == PROMOFLOW_DONE);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
}

static void traces(void) {
  promoflow_trace* trace = new_trace();
  promoflow_command hooks[4];
  promoflow_argument arguments[16];
  promoflow_release_info info = {0};
  promoflow_state state = {0};
  promoflow_record record = {0};
  promoflow_buffer* text = NULL;
  size_t count = 0, size = 0;
  CHECK(promoflow_trace_size(trace, &size) == PROMOFLOW_OK && size > 10);
  CHECK(promoflow_trace_info_of(trace, &info) == PROMOFLOW_OK && is(info.id, "r-1"));
  CHECK(promoflow_trace_hooks(trace, 4, PROMOFLOW_NO_ENVIRONMENT, hooks, 0, 4, &count) ==
        PROMOFLOW_OK);
  CHECK(count == 1 && is(hooks[0].hook, "check") && is(hooks[0].environment_name, "staging"));
  CHECK(promoflow_trace_arguments(trace, hooks, arguments, 16, &count) == PROMOFLOW_OK);
  CHECK(count == 9 && is(arguments[6].name, "SIZE") && is(arguments[6].value, "3"));
  CHECK(is(arguments[8].name, "CHANNEL"));
  CHECK(promoflow_trace_state(trace, &state) == PROMOFLOW_OK);
  CHECK(state.status == PROMOFLOW_RELEASE_SUCCEEDED);
  CHECK(promoflow_trace_record(trace, size, &record, NULL) == PROMOFLOW_DONE);
  CHECK(promoflow_trace_record(trace, size - 1, &record, NULL) == PROMOFLOW_OK);
  CHECK(record.kind == PROMOFLOW_RECORD_REFUSED && is(record.text, "terminate"));
  CHECK(record.status == PROMOFLOW_E_NOT_ALLOWED);
  CHECK(promoflow_trace_jsonl(trace, &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "\"JIRA\":\"ABC-1\""));
  promoflow_trace_free(trace);
  promoflow_buffer_free(text); /* After its trace. */
}

static void scenarios(void) {
  promoflow_scenario *scenario = new_scenario(), *made = NULL, *wrong = NULL;
  promoflow_release_info info = {0};
  promoflow_str context;
  promoflow_outcome outcomes[2];
  promoflow_action actions[2];
  promoflow_flow* flow = new_flow();
  promoflow_trace *left = NULL, *right = NULL;
  promoflow_buffer *a = NULL, *b = NULL;
  size_t outcome_count = 0, action_count = 0;
  CHECK(promoflow_scenario_release(scenario, &info, &context) == PROMOFLOW_OK);
  CHECK(is(info.id, "r-1") && is(info.version, "1.4") && contains(context, "CHANNEL"));
  CHECK(promoflow_scenario_outcomes(scenario, outcomes, sizeof(outcomes[0]), 2, &outcome_count) ==
        PROMOFLOW_OK);
  CHECK(outcome_count == 2 && outcomes[1].has_suspend && is(outcomes[1].fail, "degraded"));
  CHECK(promoflow_scenario_actions(scenario, actions, sizeof(actions[0]), 2, &action_count) ==
        PROMOFLOW_OK);
  CHECK(action_count == 2 && actions[0].kind == PROMOFLOW_EVENT_RETRY);
  CHECK(promoflow_scenario_new(&info, context, outcomes, sizeof(outcomes[0]), 2, actions,
                               sizeof(actions[0]), 2, &made, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_simulate(flow, scenario, 0, &left, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_simulate(flow, made, 0, &right, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_trace_jsonl(left, &a, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_trace_jsonl(right, &b, NULL) == PROMOFLOW_OK);
  CHECK(strcmp(promoflow_buffer_text(a).data, promoflow_buffer_text(b).data) == 0);
  promoflow_trace_free(left);
  left = NULL;
  CHECK(promoflow_simulate(flow, made, 3, &left, NULL) == PROMOFLOW_E_LIMIT_EXCEEDED);
  CHECK(promoflow_scenario_read(str("nonsense: 1"), NULL, NULL, &wrong, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_simulate(flow, wrong, 0, &left, NULL) == PROMOFLOW_E_INVALID_SCENARIO);
  CHECK(promoflow_scenario_release(wrong, &info, &context) == PROMOFLOW_E_INVALID_SCENARIO);
  CHECK(left == NULL && kNone.data == NULL);
  promoflow_buffer_free(a);
  promoflow_buffer_free(b);
  promoflow_trace_free(right);
  promoflow_flow_free(flow);
  promoflow_scenario_free(wrong);
  promoflow_scenario_free(made);
  promoflow_scenario_free(scenario);
}

static void made_by_the_caller(void) {
  promoflow_error* error = NULL;
  promoflow_buffer* buffer = NULL;
  CHECK(promoflow_error_new(PROMOFLOW_E_NOT_ALLOWED, str("gate"), str("no \xff key"), &error) ==
        PROMOFLOW_OK);
  CHECK(promoflow_error_code(error) == PROMOFLOW_E_NOT_ALLOWED);
  CHECK(is(promoflow_error_where(error), "gate"));
  CHECK(is(promoflow_error_message(error), "no \xef\xbf\xbd key"));
  promoflow_error_free(error);
  error = NULL;
  REFUSED(promoflow_error_new(PROMOFLOW_OK, str(""), str(""), &error));
  REFUSED(promoflow_error_new(PROMOFLOW_DONE, str(""), str(""), &error));
  CHECK(error == NULL);
  CHECK(promoflow_error_new(PROMOFLOW_E_OUT_OF_MEMORY, str("a"), str("b"), &error) == PROMOFLOW_OK);
  CHECK(promoflow_error_code(error) == PROMOFLOW_E_OUT_OF_MEMORY);
  promoflow_error_free(error);
  fail_at(0);
  CHECK(promoflow_error_new(PROMOFLOW_E_INTERNAL, str("where"),
                            str("a message that is longer than a short string"),
                            &error) == PROMOFLOW_E_OUT_OF_MEMORY);
  fail_at(SIZE_MAX);
  CHECK(promoflow_error_code(error) == PROMOFLOW_E_OUT_OF_MEMORY);
  promoflow_error_free(error);
  CHECK(promoflow_buffer_new(str("text"), &buffer, NULL) == PROMOFLOW_OK);
  CHECK(is(promoflow_buffer_text(buffer), "text"));
  promoflow_buffer_free(buffer);
}

void test_values(void) {
  made_by_the_caller();
  versions_and_names();
  manifests();
  flows();
  struct_sizes();
  commands_and_arguments();
  batches_and_journal();
  records();
  traces();
  scenarios();
}
