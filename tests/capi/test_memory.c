/* SPDX-License-Identifier: Apache-2.0 */
/* [H31] Each call with its n-th allocation failing, for every n, alone and with all behind it: it
   says so, its outputs and what it was called on are as before, nothing is lost; or it does
   without, and gives the same. With no failure it succeeds. */
#include "check.h"

typedef struct {
  promoflow_flow* flow;
  promoflow_builder* builder;
  promoflow_scenario* scenario;
  promoflow_trace* trace;
  promoflow_release* release; /* Made anew for each try: calls may change it. */
  promoflow_command command;  /* Its first hook, when `release` is fresh. */
  promoflow_buffer* before;   /* A snapshot of a fresh release. */
} World;

/* What a call makes; freed by the caller of the call. */
static promoflow_buffer* text;
static promoflow_manifest* manifest;
static promoflow_flow* flow;
static promoflow_scenario* scenario;
static promoflow_trace* trace;
static promoflow_release* release;
static promoflow_builder* builder;
static promoflow_control* control;
static size_t counted;
static const promoflow_argument* view;
static promoflow_flow* few_steps;

#define CALL(name, expression)                                          \
  static promoflow_status name(World* world, promoflow_error** error) { \
    (void)world;                                                        \
    return expression;                                                  \
  }

CALL(read_manifest, promoflow_manifest_read(str(kFlowText), NULL, &manifest, error))
CALL(load_flow, promoflow_flow_load(str(kFlowText), NULL, &flow, error))
CALL(copy_flow, promoflow_flow_copy(world->flow, &flow, error))
CALL(write_flow, promoflow_flow_write(world->flow, PROMOFLOW_TEXT_YAML, &text, error))
CALL(render_flow, promoflow_flow_render(world->flow, NULL, &text, error))
CALL(build_flow, promoflow_builder_build(world->builder, &manifest, error))
CALL(new_builder,
     promoflow_builder_new(str("a name that is not short at all"), str("dev"), &builder, error))
CALL(read_scenario,
     promoflow_scenario_read(str(kScenarioText), world->flow, NULL, &scenario, error))
CALL(simulate, promoflow_simulate(world->flow, world->scenario, 0, &trace, error))
CALL(trace_jsonl, promoflow_trace_jsonl(world->trace, &text, error))
CALL(trace_line, promoflow_trace_record_json(world->trace, 1, &text, error))
CALL(trace_context, promoflow_trace_context_json(world->trace, &text, error))
CALL(trace_render, promoflow_trace_render(world->trace, NULL, &text, error))
CALL(restore,
     promoflow_release_restore(world->flow, promoflow_buffer_text(world->before), &release, error))
CALL(snapshot, promoflow_release_snapshot(world->release, &text, error))
CALL(describe, promoflow_release_describe(world->release, &text, error))
CALL(render_release, promoflow_release_render(world->release, NULL, &text, error))
CALL(arguments_json,
     promoflow_command_arguments_json(world->release, &world->command, &text, error))
CALL(argument_view,
     promoflow_command_argument_view(world->release, &world->command, &view, &counted, error))
CALL(context_json, promoflow_command_context_json(world->release, &world->command, &text, error))
CALL(reissue, promoflow_release_reissue(world->release, error))
CALL(key, promoflow_release_key(world->release, 1, &text, error))
CALL(release_flow, promoflow_release_flow(world->release, &flow, error))
CALL(new_control, promoflow_control_new(&control, error))
CALL(trace_conflicts, promoflow_trace_conflicts(world->trace, NULL, 0, 0, &counted, error))
CALL(trace_shadowed, promoflow_trace_shadowed(world->trace, NULL, 0, 0, &counted, error))

static const char kSteps[] =
    "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: f}, spec: {"
    "triggerEnvironment: dev, hooks: {onStart: h}, steps: [{environment: staging, timeout: 1h30m, "
    "dependsOn: [dev], hooks: {onStart: k}}]}}";

static promoflow_flow* steps(void) {
  promoflow_flow* made = NULL;
  CHECK(promoflow_flow_load(str(kSteps), NULL, &made, NULL) == PROMOFLOW_OK);
  return made;
}

static promoflow_status explore_steps(int32_t format, promoflow_error** error) {
  const promoflow_str properties = str("properties: [{name: a, never: {release: Failed}}]");
  return promoflow_explore(few_steps, properties, NULL, format, &text, error);
}
CALL(explore_json, explore_steps(PROMOFLOW_EXPLORATION_JSON, error))
CALL(explore_text, explore_steps(PROMOFLOW_EXPLORATION_TEXT, error))
CALL(diff,
     promoflow_diff(few_steps, few_steps, str(NULL), NULL, PROMOFLOW_DIFF_TEXT, &text, NULL, error))

static void run_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) {
  (void)call, (void)user;
  promoflow_reply_succeeded(reply, str(NULL));
  promoflow_reply_free(reply);
}
static void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) {
  (void)call, (void)user;
  promoflow_reply_succeeded(reply, str(NULL));
  promoflow_reply_free(reply);
}
static int32_t journal(const promoflow_event* event, void* user) {
  (void)event, (void)user;
  return 0;
}

static promoflow_status run(World* world, promoflow_error** error) {
  promoflow_release_info info = {0};
  promoflow_run_options options = {0};
  promoflow_executor executor = {0};
  (void)world;
  info.id = str("r-1");
  options.struct_size = (uint32_t)sizeof(options);
  options.journal = journal;
  executor.struct_size = (uint32_t)sizeof(executor);
  executor.run_hook = run_hook;
  executor.promote = promote;
  return promoflow_run(few_steps, &info, &executor, &options, &release, error);
}

static promoflow_status start_with(World* world, promoflow_error** error) {
  promoflow_release_info info = {0};
  promoflow_selection selection = {0};
  const promoflow_str only = str("staging");
  info.id = str("an id that is longer than what fits into a string itself");
  selection.kind = PROMOFLOW_SELECT_ONLY;
  selection.environments = &only;
  selection.environment_count = 1;
  return promoflow_release_start_with(world->flow, &info, 0, str("{}"), &selection, &release,
                                      error);
}

static promoflow_status why_pending(World* world, promoflow_error** error) {
  promoflow_pending pending = {0};
  return promoflow_release_why_pending(world->release, 2, &pending, error);
}

static promoflow_status retry_json(World* world, promoflow_error** error) {
  promoflow_str names[2];
  promoflow_event event = event_of(PROMOFLOW_EVENT_RETRY, 0);
  (void)world;
  names[0] = names[1] = str("staging");
  event.struct_size = (uint32_t)sizeof(event);
  event.environments = names;
  event.environment_count = 2;
  return promoflow_event_json(&event, &text, error);
}

static promoflow_status new_scenario_of_parts(World* world, promoflow_error** error) {
  const promoflow_str only = str("an environment with a long name");
  promoflow_selection selection = {0};
  promoflow_action action = {0};
  (void)world;
  selection.kind = PROMOFLOW_SELECT_ONLY;
  selection.environments = &only;
  selection.environment_count = 1;
  action.kind = PROMOFLOW_EVENT_RETRY;
  action.environments = &only;
  action.environment_count = 1;
  return promoflow_scenario_new_with(NULL, str(""), &selection, NULL, 0, 0, &action, sizeof(action),
                                     1, &scenario, error);
}

static promoflow_status start(World* world, promoflow_error** error) {
  promoflow_release_info info = {0};
  info.id = str("an id that is longer than what fits into a string itself");
  return promoflow_release_start(world->flow, &info, 0, str("{\"A\":[1]}"), &release, error);
}

static promoflow_status apply(World* world, promoflow_error** error) {
  promoflow_event event = event_of(PROMOFLOW_EVENT_HOOK_SUCCEEDED, 1);
  event.context =
      str("{\"KEY\":\"a value that is longer than a short string\",\"MORE\":{\"A\":1}}");
  return promoflow_release_apply(world->release, &event, error);
}

static promoflow_status apply_many(World* world, promoflow_error** error) {
  promoflow_event event = event_of(PROMOFLOW_EVENT_HOOK_FAILED, 1);
  size_t applied;
  event.text = str("a message that is longer than what fits into a short string");
  return promoflow_release_apply_many(world->release, &event, 0, 1, NULL, &applied, error);
}

static promoflow_status outstanding(World* world, promoflow_error** error) {
  promoflow_command commands[2];
  size_t count;
  return promoflow_release_outstanding(world->release, commands, 0, 2, &count, error);
}

typedef struct {
  const char* name;
  promoflow_status (*call)(World* world, promoflow_error** error);
} Call;
static const Call kCalls[] = {{"read_manifest", read_manifest},
                              {"load_flow", load_flow},
                              {"copy_flow", copy_flow},
                              {"write_flow", write_flow},
                              {"render_flow", render_flow},
                              {"build_flow", build_flow},
                              {"new_builder", new_builder},
                              {"read_scenario", read_scenario},
                              {"simulate", simulate},
                              {"trace_jsonl", trace_jsonl},
                              {"trace_line", trace_line},
                              {"trace_context", trace_context},
                              {"trace_render", trace_render},
                              {"start", start},
                              {"restore", restore},
                              {"snapshot", snapshot},
                              {"describe", describe},
                              {"render_release", render_release},
                              {"arguments_json", arguments_json},
                              {"argument_view", argument_view},
                              {"context_json", context_json},
                              {"outstanding", outstanding},
                              {"reissue", reissue},
                              {"key", key},
                              {"release_flow", release_flow},
                              {"apply", apply},
                              {"apply_many", apply_many},
                              {"new_control", new_control},
                              {"trace_conflicts", trace_conflicts},
                              {"trace_shadowed", trace_shadowed},
                              {"start_with", start_with},
                              {"why_pending", why_pending},
                              {"retry_json", retry_json},
                              {"new_scenario_of_parts", new_scenario_of_parts},
                              {"explore_json", explore_json},
                              {"explore_text", explore_text},
                              {"diff", diff},
                              {"run", run}};

static int nothing_was_made(void) {
  return text == NULL && manifest == NULL && flow == NULL && scenario == NULL && trace == NULL &&
         release == NULL && builder == NULL && control == NULL;
}

static void free_what_was_made(void) {
  promoflow_buffer_free(text);
  promoflow_manifest_free(manifest);
  promoflow_flow_free(flow);
  promoflow_scenario_free(scenario);
  promoflow_trace_free(trace);
  promoflow_release_free(release);
  promoflow_builder_free(builder);
  promoflow_control_free(control);
  text = NULL;
  manifest = NULL;
  flow = NULL;
  scenario = NULL;
  trace = NULL;
  release = NULL;
  builder = NULL;
  control = NULL;
}

/* There is nothing to allocate for: this trace has neither conflicts nor shadowed keys. */
static int allocates_nothing(const Call* one) {
  return one->call == reissue || one->call == trace_conflicts || one->call == trace_shadowed;
}

/* What the call gives without a failure, or with one that it does without. */
static int is_as_ever(const promoflow_buffer* wanted) {
  const promoflow_str given = promoflow_buffer_text(text), ever = promoflow_buffer_text(wanted);
  return given.size == ever.size && memcmp(given.data, ever.data, ever.size) == 0;
}

/* The n-th allocation of the call fails; 0: there is no n-th. */
static int fails_once(World* world, const Call* one, size_t number, void (*fail)(size_t),
                      const promoflow_buffer* wanted) {
  promoflow_error* error = NULL;
  promoflow_buffer* after = NULL;
  promoflow_status status;
  int failed;
  world->release = new_release(world->flow);
  CHECK(next_hook(world->release, &world->command));
  fail(number);
  status = one->call(world, &error);
  failed = has_failed();
  fail_at(SIZE_MAX);
  if (failed && (status != PROMOFLOW_OK || fail == fail_at)) {
    if (status != PROMOFLOW_E_OUT_OF_MEMORY) printf("%s, %lu:\n", one->name, (unsigned long)number);
    CHECK(status == PROMOFLOW_E_OUT_OF_MEMORY);
    CHECK(promoflow_error_code(error) == PROMOFLOW_E_OUT_OF_MEMORY);
    CHECK(nothing_was_made());
    promoflow_error_free(error);
    /* Room that a handle keeps for the next time is no leak: it goes with the handle. */
    CHECK(promoflow_release_snapshot(world->release, &after, NULL) == PROMOFLOW_OK);
    CHECK(is(promoflow_buffer_text(after), promoflow_buffer_text(world->before).data));
    promoflow_buffer_free(after);
    CHECK(one->call(world, NULL) == PROMOFLOW_OK); /* It still works. */
  } else {
    CHECK(status == PROMOFLOW_OK && error == NULL);
    if (!is_as_ever(wanted)) printf("%s, %lu:\n", one->name, (unsigned long)number);
    CHECK(is_as_ever(wanted));
  }
  free_what_was_made();
  promoflow_release_free(world->release);
  return failed;
}

/* The text that the call makes, if it makes one. */
static promoflow_buffer* what_it_gives(World* world, const Call* one) {
  promoflow_buffer* made;
  world->release = new_release(world->flow);
  CHECK(next_hook(world->release, &world->command));
  CHECK(one->call(world, NULL) == PROMOFLOW_OK);
  made = text;
  text = NULL;
  free_what_was_made();
  promoflow_release_free(world->release);
  return made;
}

void test_memory(void) {
  World world = {0};
  promoflow_hook hook = {0};
  promoflow_str dev = str("dev");
  promoflow_buffer* wanted;
  size_t i, number, blocks;
  few_steps = steps();
  world.flow = new_flow();
  world.scenario = new_scenario();
  world.trace = new_trace();
  promoflow_builder_new(str("billing"), dev, &world.builder, NULL);
  promoflow_builder_step(world.builder, str("staging"), &dev, 1, NULL, NULL);
  hook.name = str("a hook whose name is longer than a short string");
  promoflow_builder_hook(world.builder, PROMOFLOW_POINT_ENVIRONMENT_ON_FAIL, &hook, NULL, 0, 0,
                         NULL);
  world.release = new_release(world.flow);
  CHECK(next_hook(world.release, &world.command));
  CHECK(promoflow_release_snapshot(world.release, &world.before, NULL) == PROMOFLOW_OK);
  promoflow_release_free(world.release);
  for (i = 0; i < sizeof(kCalls) / sizeof(kCalls[0]); ++i) {
    blocks = live_blocks();
    wanted = what_it_gives(&world, &kCalls[i]);
    for (number = 0; fails_once(&world, &kCalls[i], number, fail_once_at, wanted); ++number) {}
    for (number = 0; fails_once(&world, &kCalls[i], number, fail_at, wanted); ++number) {}
    promoflow_buffer_free(wanted);
    if (live_blocks() != blocks) printf("%s:\n", kCalls[i].name);
    CHECK(live_blocks() == blocks);
    CHECK(number > 0 || allocates_nothing(&kCalls[i]));
  }
  promoflow_flow_free(few_steps);
  promoflow_buffer_free(world.before);
  promoflow_trace_free(world.trace);
  promoflow_scenario_free(world.scenario);
  promoflow_builder_free(world.builder);
  promoflow_flow_free(world.flow);
}
