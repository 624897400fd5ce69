/* SPDX-License-Identifier: Apache-2.0 */
/* What operators do to a release, and what it says of itself: selections, skips, retries of some
   environments, forced stops, queued commands, soaks, conflicts, reasons to wait. */
#include "check.h"

static const promoflow_str kNone = {NULL, 0};
static const char kSites[] =
    "apiVersion: codefresh.io/v1beta1\n"
    "kind: PromotionFlow\n"
    "metadata: {name: sites, annotations: {promoflow.dev/extensions: \"true\"}}\n"
    "spec:\n"
    "  triggerEnvironment: dev\n"
    "  failurePolicy: continue\n"
    "  hookTimeout: 5m\n"
    "  terminationGracePeriod: 30m\n"
    "  steps:\n"
    "    - {environment: eu, dependsOn: [dev], timeout: 10m, hooks: {onStart: look}}\n"
    "    - {environment: us, dependsOn: [dev], hooks: {onStart: look, onFail: tell}}\n"
    "    - {environment: world, dependsOn: [eu, us], soak: 1h}\n";
enum { DEV = 0, EU = 1, US = 2, WORLD = 3 };

static promoflow_flow* sites(void) {
  promoflow_flow* flow = NULL;
  CHECK(promoflow_flow_load(str(kSites), NULL, &flow, NULL) == PROMOFLOW_OK);
  return flow;
}

static promoflow_status start(const promoflow_selection* selection, promoflow_release** out,
                              promoflow_error** error) {
  promoflow_flow* flow = sites();
  promoflow_release_info info = {0};
  promoflow_status status;
  info.id = str("r-42");
  status = promoflow_release_start_with(flow, &info, 0, kNone, selection, out, error);
  promoflow_flow_free(flow);
  return status;
}

static promoflow_event sized_event(int32_t kind, uint64_t ticket, int64_t at_ms) {
  promoflow_event event = {0};
  event.struct_size = (uint32_t)sizeof(event);
  event.kind = kind;
  event.ticket = ticket;
  event.at_ms = at_ms;
  return event;
}

/* Applies the event by way of a journal's line: both know all of its fields. */
static promoflow_status apply(promoflow_release* release, const promoflow_event* event) {
  promoflow_buffer* line = NULL;
  promoflow_status status;
  CHECK(promoflow_event_json(event, &line, NULL) == PROMOFLOW_OK);
  status = promoflow_release_apply_json(release, promoflow_buffer_text(line), NULL);
  promoflow_buffer_free(line);
  return status;
}

static promoflow_status report(promoflow_release* release, int32_t kind, uint64_t ticket,
                               int64_t at_ms) {
  const promoflow_event event = sized_event(kind, ticket, at_ms);
  return apply(release, &event);
}

static promoflow_state state_of(const promoflow_release* release, uint32_t environment) {
  promoflow_state state = {0};
  CHECK(promoflow_release_environment(release, environment, &state) == PROMOFLOW_OK);
  return state;
}

/* Takes records up to the next of this kind; 0: there is none. */
static int next_of(promoflow_release* release, int32_t kind, promoflow_record* record) {
  record->struct_size = (uint32_t)sizeof(*record);
  while (promoflow_release_next_record(release, record, NULL, NULL) == PROMOFLOW_OK)
    if (record->kind == kind) return 1;
  return 0;
}

/* The line of the record taken last. */
static int line_is(const promoflow_release* release, const char* wanted) {
  promoflow_buffer* line = NULL;
  int same;
  CHECK(promoflow_release_record_json(release, 0, &line, NULL) == PROMOFLOW_OK);
  same = is(promoflow_buffer_text(line), wanted);
  if (!same) printf("%s\n", promoflow_buffer_text(line).data);
  promoflow_buffer_free(line);
  return same;
}

/* [R16] */
static void a_release_promotes_to_what_was_selected(void) {
  promoflow_str names[2];
  promoflow_selection selection = {0};
  promoflow_release* release = NULL;
  promoflow_error* error = NULL;
  names[0] = str("eu");
  names[1] = str("mars");
  selection.kind = PROMOFLOW_SELECT_UNTIL;
  selection.environments = names;
  selection.environment_count = 1;
  CHECK(start(&selection, &release, NULL) == PROMOFLOW_OK);
  CHECK(state_of(release, EU).status == PROMOFLOW_ENVIRONMENT_RUNNING);
  CHECK(state_of(release, US).status == PROMOFLOW_ENVIRONMENT_SKIPPED);
  CHECK(is(state_of(release, WORLD).phase, "Skipped"));
  promoflow_release_free(release);
  selection.kind = PROMOFLOW_SELECT_ONLY;
  CHECK(start(&selection, &release, NULL) == PROMOFLOW_OK);
  CHECK(state_of(release, DEV).status == PROMOFLOW_ENVIRONMENT_SKIPPED);
  promoflow_release_free(release);
  release = NULL;
  selection.environment_count = 2;
  CHECK(start(&selection, &release, &error) == PROMOFLOW_E_UNKNOWN_ENVIRONMENT);
  CHECK(contains(promoflow_error_message(error), "mars"));
  promoflow_error_free(error);
  selection.environment_count = 0;
  REFUSED(start(&selection, &release, NULL)); /* An empty list. */
  selection.environments = NULL;
  REFUSED(start(&selection, &release, NULL));
  selection.environment_count = 1;
  REFUSED(start(&selection, &release, NULL)); /* No list, but a length. */
  selection.kind = 4;
  selection.environments = names;
  REFUSED(start(&selection, &release, NULL));
  selection.kind = PROMOFLOW_SELECT_ALL;
  REFUSED(start(&selection, &release, NULL)); /* All, but a list. */
  selection.environment_count = 0;
  selection.struct_size = 8;
  REFUSED(start(&selection, &release, NULL));
  CHECK(release == NULL);
}

/* [C5] [C6] The hooks of eu and us have the tickets 1 and 2. */
static void conflicts_are_records(promoflow_release* release) {
  promoflow_record record;
  promoflow_context_conflict conflict = {0};
  promoflow_event event = sized_event(PROMOFLOW_EVENT_HOOK_SUCCEEDED, 1, 0);
  size_t count = 0;
  event.context = str("{\"A\":1,\"VERSION\":\"x\"}");
  CHECK(apply(release, &event) == PROMOFLOW_OK);
  CHECK(next_of(release, PROMOFLOW_RECORD_SHADOWED, &record));
  CHECK(is(record.text, "VERSION") && record.ticket == 1);
  event.ticket = 2;
  event.context = str("{\"A\":2}");
  CHECK(apply(release, &event) == PROMOFLOW_OK);
  CHECK(next_of(release, PROMOFLOW_RECORD_CONFLICT, &record));
  CHECK(is(record.text, "A") && record.earlier == 1 && record.ticket == 2);
  CHECK(
      line_is(release, "{\"t\":0,\"event\":\"conflict\",\"key\":\"A\",\"earlier\":1,\"later\":2}"));
  CHECK(promoflow_release_conflicts(release, &conflict, 0, 1, &count, NULL) == PROMOFLOW_OK);
  CHECK(count == 1 && is(conflict.key, "A") && conflict.earlier == 1 && conflict.later == 2);
}

/* [R19] The promotion into eu has ticket 3 and a timeout of ten minutes. */
static void a_queued_command_has_no_timeout(promoflow_release* release) {
  promoflow_command commands[2];
  size_t count = 0;
  CHECK(report(release, PROMOFLOW_EVENT_QUEUED, 3, 1000) == PROMOFLOW_OK);
  CHECK(promoflow_release_outstanding(release, commands, sizeof(commands[0]), 2, &count, NULL) ==
        PROMOFLOW_OK);
  CHECK(count == 2 && commands[0].ticket == 3 && commands[0].queued == 1);
  CHECK(commands[0].expires_ms == PROMOFLOW_NO_TIME && commands[1].queued == 0);
  CHECK(report(release, PROMOFLOW_EVENT_QUEUED, 3, 1000) == PROMOFLOW_E_NOT_ALLOWED);
  CHECK(report(release, PROMOFLOW_EVENT_STARTED, 3, 60000) == PROMOFLOW_OK);
  CHECK(promoflow_release_outstanding(release, commands, sizeof(commands[0]), 2, &count, NULL) ==
        PROMOFLOW_OK);
  CHECK(commands[0].queued == 0 && commands[0].expires_ms == 60000 + 600000);
  CHECK(report(release, PROMOFLOW_EVENT_STARTED, 3, 60000) == PROMOFLOW_E_NOT_ALLOWED);
}

/* [R17] */
static promoflow_pending why(promoflow_release* release, uint32_t environment) {
  promoflow_pending pending = {0};
  CHECK(promoflow_release_why_pending(release, environment, &pending, NULL) == PROMOFLOW_OK);
  return pending;
}

static void a_pending_environment_says_what_it_waits_for(promoflow_release* release) {
  promoflow_pending pending = why(release, WORLD);
  promoflow_error* error = NULL;
  CHECK(pending.struct_size == sizeof(pending) && pending.block == PROMOFLOW_BLOCK_NONE);
  CHECK(pending.unmet_count == 2 && pending.unmet[0] == EU && pending.unmet[1] == US);
  CHECK(pending.cause_count == 2 && pending.causes[0] == EU && pending.causes[1] == US);
  pending = why(release, EU); /* It runs. */
  CHECK(pending.block == PROMOFLOW_BLOCK_NONE && pending.unmet_count == 0);
  REFUSED(promoflow_release_why_pending(release, 4, &pending, &error));
  CHECK(is(promoflow_error_where(error), "environment"));
  promoflow_error_free(error);
  pending.struct_size = 12;
  REFUSED(promoflow_release_why_pending(release, WORLD, &pending, NULL));
}

/* [R12] [R16] Both promotions fail; us is retried, eu is skipped. */
static void some_are_retried_and_one_is_skipped(promoflow_release* release) {
  promoflow_record record;
  promoflow_str names[2], none;
  size_t count = 9;
  promoflow_event event = sized_event(PROMOFLOW_EVENT_PROMOTION_FAILED, 3, 70000);
  event.text = str("eu is down");
  CHECK(apply(release, &event) == PROMOFLOW_OK);
  event.ticket = 4;
  CHECK(apply(release, &event) == PROMOFLOW_OK);
  CHECK(report(release, PROMOFLOW_EVENT_HOOK_SUCCEEDED, 5, 70000) == PROMOFLOW_OK);
  CHECK(why(release, WORLD).block == PROMOFLOW_BLOCK_FINAL);
  event = sized_event(PROMOFLOW_EVENT_RETRY, 0, 80000);
  event.by = str("ann");
  event.environments = &none;
  CHECK(apply(release, &event) == PROMOFLOW_E_NOT_ALLOWED); /* An empty list. */
  names[0] = str("mars");
  names[1] = str("us");
  event.environments = names;
  event.environment_count = 2;
  CHECK(apply(release, &event) == PROMOFLOW_E_UNKNOWN_ENVIRONMENT);
  event.environments = names + 1;
  event.environment_count = 1;
  CHECK(apply(release, &event) == PROMOFLOW_OK);
  CHECK(next_of(release, PROMOFLOW_EVENT_RETRY, &record));
  CHECK(is(record.by, "ann") && record.environment_count == 1);
  CHECK(promoflow_release_record_environments(release, names, 2, &count) == PROMOFLOW_OK);
  CHECK(count == 1 && is(names[0], "us"));
  CHECK(line_is(release,
                "{\"t\":80000,\"event\":\"retry\",\"environments\":[\"us\"],\"by\":\"ann\"}"));
  event = sized_event(PROMOFLOW_EVENT_SKIP, 0, 90000);
  event.environment = str("eu");
  event.text = str("known");
  event.by = str("ben");
  CHECK(apply(release, &event) == PROMOFLOW_OK);
  CHECK(promoflow_release_record_environments(release, names, 2, &count) == PROMOFLOW_DONE);
  CHECK(next_of(release, PROMOFLOW_EVENT_SKIP, &record));
  CHECK(record.environment == EU && is(record.text, "known") && is(record.by, "ben"));
  CHECK(promoflow_release_record_environments(release, names, 2, &count) == PROMOFLOW_OK);
  CHECK(count == 0);
  CHECK(is(state_of(release, EU).message, "known"));
  event.environment = str("mars");
  CHECK(apply(release, &event) == PROMOFLOW_E_UNKNOWN_ENVIRONMENT);
}

/* [R18] The promotions into us and world have the tickets 6 and 7 now. */
static void an_environment_soaks(promoflow_release* release) {
  promoflow_record record;
  int64_t timer = 0;
  int32_t status = 0;
  CHECK(report(release, PROMOFLOW_EVENT_PROMOTION_SUCCEEDED, 6, 100000) == PROMOFLOW_OK);
  CHECK(report(release, PROMOFLOW_EVENT_PROMOTION_SUCCEEDED, 7, 200000) == PROMOFLOW_OK);
  CHECK(is(state_of(release, WORLD).phase, "Soaking"));
  CHECK(promoflow_release_next_timer(release, &timer) == PROMOFLOW_OK && timer == 200000 + 3600000);
  CHECK(report(release, PROMOFLOW_EVENT_TICK, 0, timer) == PROMOFLOW_OK);
  CHECK(next_of(release, PROMOFLOW_RECORD_SOAKED, &record) && record.ticket == 7);
  CHECK(promoflow_release_status(release, &status) == PROMOFLOW_OK);
  CHECK(status == PROMOFLOW_RELEASE_SUCCEEDED);
}

static void a_release_of_several_sites(void) {
  promoflow_release* release = NULL;
  CHECK(start(NULL, &release, NULL) == PROMOFLOW_OK);
  conflicts_are_records(release);
  a_queued_command_has_no_timeout(release);
  a_pending_environment_says_what_it_waits_for(release);
  some_are_retried_and_one_is_skipped(release);
  an_environment_soaks(release);
  promoflow_release_free(release);
}

/* [R6] [R11] */
static void an_operator_stops_a_release(void) {
  promoflow_release* release = NULL;
  promoflow_record record;
  int32_t status = 0;
  promoflow_event event;
  CHECK(start(NULL, &release, NULL) == PROMOFLOW_OK);
  CHECK(report(release, PROMOFLOW_EVENT_SUSPENDED, 1, 10) == PROMOFLOW_OK);
  event = sized_event(PROMOFLOW_EVENT_RESUMED, 1, 20);
  event.by = str("cleo");
  CHECK(apply(release, &event) == PROMOFLOW_OK);
  CHECK(next_of(release, PROMOFLOW_EVENT_RESUMED, &record) && is(record.by, "cleo"));
  event = sized_event(PROMOFLOW_EVENT_TERMINATE, 0, 30);
  event.text = str("stop");
  CHECK(apply(release, &event) == PROMOFLOW_OK);
  CHECK(next_of(release, PROMOFLOW_EVENT_TERMINATE, &record));
  CHECK(record.force == 0 && record.by.data == NULL);
  CHECK(apply(release, &event) == PROMOFLOW_E_NOT_ALLOWED); /* Delivered twice. */
  CHECK(why(release, WORLD).block == PROMOFLOW_BLOCK_TERMINATION);
  event.force = 1;
  event.by = str("cleo");
  CHECK(apply(release, &event) == PROMOFLOW_OK);
  CHECK(next_of(release, PROMOFLOW_EVENT_TERMINATE, &record));
  CHECK(record.force == 1 && is(record.by, "cleo"));
  CHECK(line_is(release,
                "{\"t\":30,\"event\":\"terminate\",\"reason\":\"stop\",\"force\":true,"
                "\"by\":\"cleo\"}"));
  CHECK(promoflow_release_status(release, &status) == PROMOFLOW_OK);
  CHECK(status == PROMOFLOW_RELEASE_TERMINATED);
  promoflow_release_free(release);
}

/* [R7] [R8] [R18] */
static void a_flow_says_how_long_things_may_take(void) {
  promoflow_flow* flow = sites();
  promoflow_builder* builder = NULL;
  promoflow_manifest* manifest = NULL;
  promoflow_flow* built = NULL;
  promoflow_flow_options options = {0};
  promoflow_step step = {0};
  promoflow_str dev = str("dev");
  options.struct_size = (uint32_t)sizeof(options);
  step.struct_size = (uint32_t)sizeof(step);
  CHECK(promoflow_flow_options_of(flow, &options) == PROMOFLOW_OK);
  CHECK(options.hook_timeout_ms == 300000 && options.termination_grace_period_ms == 1800000);
  CHECK(promoflow_flow_step(flow, WORLD, &step) == PROMOFLOW_OK && step.soak_ms == 3600000);
  CHECK(promoflow_builder_new(str("built"), dev, &builder, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_builder_options(builder, &options, NULL, 0, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_builder_step(builder, str("a"), &dev, 1, &step, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_builder_build(builder, &manifest, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_manifest_flow(manifest, 0, &built, NULL) == PROMOFLOW_OK);
  memset(&options, 0, sizeof(options));
  memset(&step, 0, sizeof(step));
  options.struct_size = (uint32_t)sizeof(options);
  step.struct_size = (uint32_t)sizeof(step);
  CHECK(promoflow_flow_options_of(built, &options) == PROMOFLOW_OK);
  CHECK(options.hook_timeout_ms == 300000 && options.termination_grace_period_ms == 1800000);
  CHECK(promoflow_flow_step(built, 1, &step) == PROMOFLOW_OK && step.soak_ms == 3600000);
  promoflow_flow_free(built);
  promoflow_flow_free(flow);
  promoflow_manifest_free(manifest);
  promoflow_builder_free(builder);
}

/* A program that was built with the header of 0.1 has smaller structs: nothing behind them is
   touched, and what it cannot know is not asked of it. */
static void programs_of_the_first_version_go_on(void) {
  promoflow_release* release = NULL;
  struct {
    promoflow_event event;
    char behind[8];
  } first;
  struct {
    promoflow_record record;
    char behind[8];
  } taken;
  const size_t record_size = offsetof(promoflow_record, by);
  size_t i;
  CHECK(start(NULL, &release, NULL) == PROMOFLOW_OK);
  memset(&taken, 7, sizeof(taken));
  taken.record.struct_size = 0;
  CHECK(promoflow_release_next_record(release, &taken.record, NULL, NULL) == PROMOFLOW_OK);
  CHECK(taken.record.struct_size == record_size && taken.record.kind == PROMOFLOW_RECORD_RELEASE);
  for (i = record_size; i < sizeof(taken); ++i) CHECK(((const char*)&taken)[i] == 7);
  memset(&first, 7, sizeof(first)); /* A `by` of nonsense, which is not read. */
  memset(&first, 0, offsetof(promoflow_event, by));
  first.event.kind = PROMOFLOW_EVENT_TERMINATE;
  CHECK(promoflow_release_apply(release, &first.event, NULL) == PROMOFLOW_OK);
  CHECK(next_of(release, PROMOFLOW_EVENT_TERMINATE, &taken.record));
  CHECK(taken.record.by.data == NULL && taken.record.force == 0);
  /* Half a field is no version: what is behind the last whole one must be zero. */
  first.event.struct_size = (uint32_t)offsetof(promoflow_event, by) + 4;
  REFUSED(promoflow_release_apply(release, &first.event, NULL));
  memset(&first.event.by, 0, sizeof(first.event.by));
  first.event.kind = PROMOFLOW_EVENT_TICK;
  CHECK(promoflow_release_apply(release, &first.event, NULL) == PROMOFLOW_OK);
  promoflow_release_free(release);
}

/* [S1] [S2] What a scenario says comes out as it went in, and is simulated. */
static void a_scenario_has_all_that_operators_do(void) {
  promoflow_flow* flow = sites();
  promoflow_scenario *made = NULL, *again = NULL;
  promoflow_outcome outcomes[2], outcomes_read[2];
  promoflow_action actions[4], actions_read[4];
  promoflow_selection selection = {0}, selection_read = {0};
  promoflow_str dev = str("dev"), us = str("us"), context;
  promoflow_release_info info = {0};
  promoflow_trace *first = NULL, *second = NULL;
  promoflow_buffer *a = NULL, *b = NULL;
  promoflow_record record = {0};
  promoflow_shadowed_key shadowed = {0};
  promoflow_context_conflict conflict = {0};
  size_t count = 0, i;
  memset(outcomes, 0, sizeof(outcomes));
  memset(actions, 0, sizeof(actions));
  outcomes[0].hook = str("look");
  outcomes[0].place = 1;
  outcomes[0].context = str("{\"RELEASE_ID\":1}");
  outcomes[1].environment = str("world");
  outcomes[1].fail_in_soak = str("error rate 4 %");
  outcomes[1].fail_in_soak_after_ms = 600000;
  actions[0].kind = PROMOFLOW_EVENT_RETRY;
  actions[0].at_ms = 1;
  actions[0].environments = &us;
  actions[0].environment_count = 1;
  actions[0].by = str("ann");
  actions[1].kind = PROMOFLOW_EVENT_SKIP;
  actions[1].at_ms = 1200000;
  actions[1].environment = str("world");
  actions[1].reason = str("known");
  actions[2].kind = PROMOFLOW_EVENT_RETRY;
  actions[2].at_ms = 1300000;
  actions[3].kind = PROMOFLOW_EVENT_TERMINATE;
  actions[3].at_ms = 1400000;
  actions[3].reason = str("now");
  actions[3].force = 1;
  selection.kind = PROMOFLOW_SELECT_SKIP;
  selection.environments = &dev;
  selection.environment_count = 1;
  CHECK(promoflow_scenario_new_with(NULL, kNone, &selection, outcomes, sizeof(outcomes[0]), 2,
                                    actions, sizeof(actions[0]), 4, &made, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_scenario_release(made, &info, &context) == PROMOFLOW_OK);
  CHECK(promoflow_scenario_outcomes(made, outcomes_read, sizeof(outcomes[0]), 2, &count) ==
        PROMOFLOW_OK);
  CHECK(count == 2 && outcomes_read[0].place == 1 && outcomes_read[0].fail_in_soak.data == NULL);
  CHECK(is(outcomes_read[1].fail_in_soak, "error rate 4 %"));
  CHECK(promoflow_scenario_actions(made, actions_read, sizeof(actions[0]), 4, &count) ==
        PROMOFLOW_OK);
  CHECK(count == 4 && actions_read[0].environment_count == 1 && is(actions_read[0].by, "ann"));
  CHECK(is(actions_read[0].environments[0], "us") && actions_read[2].environments == NULL);
  CHECK(is(actions_read[1].environment, "world") && actions_read[3].force == 1);
  CHECK(promoflow_scenario_selection(made, &selection_read) == PROMOFLOW_OK);
  CHECK(selection_read.kind == PROMOFLOW_SELECT_SKIP && selection_read.environment_count == 1);
  CHECK(promoflow_scenario_new_with(&info, context, &selection_read, outcomes_read,
                                    sizeof(outcomes[0]), 2, actions_read, sizeof(actions[0]), 4,
                                    &again, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_simulate(flow, made, 0, &first, NULL) == PROMOFLOW_OK);
  promoflow_scenario_free(made);
  CHECK(promoflow_simulate(flow, again, 0, &second, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_trace_jsonl(first, &a, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_trace_jsonl(second, &b, NULL) == PROMOFLOW_OK);
  CHECK(strcmp(promoflow_buffer_text(a).data, promoflow_buffer_text(b).data) == 0);
  CHECK(contains(promoflow_buffer_text(a), "\"message\":\"error rate 4 %\""));
  CHECK(contains(promoflow_buffer_text(a), "\"event\":\"skip\",\"environment\":\"world\""));
  record.struct_size = (uint32_t)sizeof(record);
  for (i = 0; promoflow_trace_record(first, i, &record, NULL) == PROMOFLOW_OK; ++i)
    if (record.kind == PROMOFLOW_RECORD_REFUSED && record.at_ms == 1) break;
  CHECK(is(record.text, "retry") && is(record.by, "ann")); /* Us had not failed. */
  CHECK(promoflow_trace_record_environments(first, 0, &us, 1, &count) == PROMOFLOW_OK);
  CHECK(count == 0);
  CHECK(promoflow_trace_record_environments(first, 9999, &us, 1, &count) == PROMOFLOW_DONE);
  CHECK(promoflow_trace_shadowed(first, &shadowed, 0, 1, &count, NULL) == PROMOFLOW_OK);
  CHECK(count == 2 && is(shadowed.key, "RELEASE_ID") && shadowed.ticket == 1);
  CHECK(promoflow_trace_conflicts(first, &conflict, 0, 1, &count, NULL) == PROMOFLOW_OK);
  CHECK(count == 0);
  promoflow_buffer_free(a);
  promoflow_buffer_free(b);
  promoflow_trace_free(first);
  promoflow_trace_free(second);
  promoflow_scenario_free(again);
  promoflow_flow_free(flow);
}

void test_operator(void) {
  a_release_promotes_to_what_was_selected();
  a_release_of_several_sites();
  an_operator_stops_a_release();
  a_flow_says_how_long_things_may_take();
  programs_of_the_first_version_go_on();
  a_scenario_has_all_that_operators_do();
}
