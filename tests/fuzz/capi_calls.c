/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the C ABI in an order, and with parameters, that bytes decide: no crash, no leak, no
   status that is not documented, an error exactly where one was, outputs set only with success.
   A libFuzzer target as it is; tests/capi/test_random.c feeds it bytes of a generator. */
#include "capi_world.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

/* --- flows --------------------------------------------------------------------------------------
 */

static void read_flow(World* world) {
  WITH_ROOM(promoflow_read_options) options = {{0}, {0}};
  promoflow_manifest* made = NULL;
  promoflow_flow* flow = NULL;
  promoflow_status status;
  options.value.struct_size = any_size(world, sizeof(options.value));
  options.value.format = (int32_t)take(world, 4);
  options.value.depth_max = take(world, 8);
  options.value.nodes_max = take(world, 40);
  options.more[take(world, 32)] = (char)rarely(world);
  status = promoflow_manifest_read(any_text(world), take(world, 2) ? &options.value : NULL, &made,
                                   &world->error);
  HOLDS((made != NULL) == (status == PROMOFLOW_OK));
  if (ok(world, status)) {
    promoflow_manifest_free(world->manifest);
    world->manifest = made;
  }
  status = promoflow_manifest_flow(world->manifest, take(world, 3), &flow, &world->error);
  HOLDS((flow != NULL) == (status == PROMOFLOW_OK));
  if (ok(world, status)) {
    promoflow_flow_free(world->flow); /* What was made of it goes on. */
    world->flow = flow;
  }
}

static void look_at_flow(World* world) {
  promoflow_str text = {NULL, 0};
  uint32_t list[2], number = 0;
  size_t count = 0;
  int32_t flag = 0;
  WITH_ROOM(promoflow_step) step = {{0}, {0}};
  WITH_ROOM(promoflow_hook) hook = {{0}, {0}};
  promoflow_diagnostic diagnostics[2];
  promoflow_buffer* made = NULL;
  const promoflow_flow* flow = rarely(world) ? NULL : world->flow;
  const uint32_t environment = take(world, 6);
  const int32_t point = (int32_t)take(world, 9) - 1;
  plain(promoflow_flow_environment_name(flow, environment, &text));
  plain(promoflow_flow_find_environment(flow, any_text(world), &number));
  plain(promoflow_flow_dependencies(flow, environment, list, take(world, 3), &count));
  plain(promoflow_flow_dependents(flow, environment, NULL, take(world, 2), &count));
  ok(world, promoflow_flow_depends_on(flow, environment, number, &flag, &world->error));
  step.value.struct_size = any_size(world, sizeof(step.value));
  plain(promoflow_flow_step(flow, environment, &step.value));
  plain(promoflow_flow_hooks(flow, point, environment, &hook.value,
                             any_size(world, sizeof(hook.value)), 1, &count));
  plain(
      promoflow_flow_hook_arguments(flow, point, environment, take(world, 3), NULL, 0, 0, &count));
  plain(promoflow_manifest_diagnostics(world->manifest, diagnostics, 0, take(world, 3), &count));
  drop(world, promoflow_flow_write(flow, (int32_t)take(world, 4), &made, &world->error), &made);
  drop(world,
       promoflow_manifest_format(world->manifest, any_text(world), any_text(world),
                                 (int32_t)take(world, 5), &made, &world->error),
       &made);
}

static void build_flow(World* world) {
  WITH_ROOM(promoflow_step) step = {{0}, {0}};
  WITH_ROOM(promoflow_hook) hook = {{0}, {0}};
  promoflow_assigned assigned[2] = {{0}, {0}};
  promoflow_str names[3];
  promoflow_manifest* made = NULL;
  promoflow_status status;
  uint32_t i;
  for (i = 0; i < 3; ++i) names[i] = any_text(world);
  switch (take(world, 4)) {
    case 0:
      promoflow_builder_free(world->builder);
      world->builder = NULL;
      ok(world, promoflow_builder_new(names[0], names[1], &world->builder, &world->error));
      return;
    case 1:
      step.value.struct_size = any_size(world, sizeof(step.value));
      step.value.policy_action = (int32_t)take(world, 5);
      step.value.timeout_ms = (int64_t)take(world, 9) - 1;
      step.value.retry_limit = take(world, 3);
      step.value.retry_factor = take(world, 4) - 1.0;
      if (step.value.struct_size >= sizeof(step.value))
        step.value.soak_ms = (int64_t)take(world, 9) - 1;
      ok(world, promoflow_builder_step(world->builder, names[0], names + 1, take(world, 3),
                                       take(world, 2) ? &step.value : NULL, &world->error));
      return;
    case 2:
      hook.value.struct_size = any_size(world, sizeof(hook.value));
      hook.value.name = names[0];
      hook.value.on_error = (int32_t)take(world, 4);
      assigned[0].name = names[1];
      assigned[0].value = names[2];
      assigned[0].json = (int32_t)take(world, 2);
      ok(world, promoflow_builder_hook(world->builder, (int32_t)take(world, 8), &hook.value,
                                       assigned, 0, take(world, 3), &world->error));
      return;
    default:
      status = promoflow_builder_build(world->builder, &made, &world->error);
      HOLDS((made != NULL) == (status == PROMOFLOW_OK));
      if (!ok(world, status)) return;
      promoflow_manifest_free(world->manifest);
      world->manifest = made;
  }
}

/* --- releases -----------------------------------------------------------------------------------
 */

static void replace(World* world, promoflow_release* made) {
  promoflow_release_free(world->release);
  world->release = made;
}

static void start(World* world) {
  WITH_ROOM(promoflow_release_info) info = {{0}, {0}};
  WITH_ROOM(promoflow_selection) selection = {{0}, {0}};
  promoflow_release* made = NULL;
  promoflow_status status;
  info.value.struct_size = any_size(world, sizeof(info.value));
  info.value.id = any_text(world);
  info.value.url = any_text(world);
  if (take(world, 3) == 0) {
    selection.value.struct_size = any_size(world, sizeof(selection.value));
    selection.value.kind = (int32_t)take(world, 5);
    selection.value.environments = any_names(world, &selection.value.environment_count);
  }
  status =
      promoflow_release_start_with(world->flow, &info.value, take(world, 100), any_text(world),
                                   take(world, 2) ? &selection.value : NULL, &made, &world->error);
  HOLDS((made != NULL) == (status == PROMOFLOW_OK));
  if (ok(world, status)) replace(world, made);
}

static void apply(World* world) {
  WITH_ROOM(promoflow_event) event = {{0}, {0}};
  event.value = any_event(world);
  event.more[take(world, 32)] = (char)rarely(world);
  ok(world, promoflow_release_apply(world->release, &event.value, &world->error));
}

static void apply_many(World* world) {
  WITH_ROOM(promoflow_event) events[3];
  promoflow_status statuses[3], status;
  size_t applied = 99, i;
  const size_t count = take(world, 4);
  const int goes_on = take(world, 2) == 1;
  memset(events, 0, sizeof(events));
  for (i = 0; i < 3; ++i) events[i].value = any_event(world);
  status = promoflow_release_apply_many(world->release, &events[0].value, sizeof(events[0]), count,
                                        goes_on ? statuses : NULL, &applied, &world->error);
  HOLDS(world->release == NULL || (status == PROMOFLOW_OK ? applied == count : applied < count));
  ok(world, status);
}

static void journal(World* world) {
  WITH_ROOM(promoflow_event) event = {{0}, {0}};
  promoflow_buffer* line = NULL;
  promoflow_str text;
  event.value = any_event(world);
  ok(world, promoflow_event_json(&event.value, &line, &world->error));
  text = line != NULL && !rarely(world) ? promoflow_buffer_text(line) : any_text(world);
  ok(world, promoflow_release_apply_json(world->release, text, &world->error));
  promoflow_buffer_free(line);
}

static void next_command(World* world) {
  WITH_ROOM(promoflow_command) command = {{0}, {0}};
  command.value.struct_size = any_size(world, sizeof(command.value));
  if (ok(world, promoflow_release_next_command(world->release, &command.value, &world->error)))
    world->command = command.value;
}

static void take_commands(World* world) {
  promoflow_command commands[3];
  size_t count = 0;
  if (ok(world, promoflow_release_take_commands(world->release, commands, sizeof(commands[0]),
                                                take(world, 4), &count, &world->error)) &&
      count > 0)
    world->command = commands[take(world, 3) % count];
}

static void next_record(World* world) {
  WITH_ROOM(promoflow_record) record = {{0}, {0}};
  promoflow_buffer* line = NULL;
  record.value.struct_size = any_size(world, sizeof(record.value));
  world->command.struct_size = (uint32_t)sizeof(world->command);
  ok(world, promoflow_release_next_record(world->release, &record.value,
                                          take(world, 4) ? &world->command : NULL, &world->error));
  {
    promoflow_str names[2];
    size_t count = 0;
    plain(promoflow_release_record_environments(world->release, names, take(world, 3), &count));
  }
  drop(world, promoflow_release_record_json(world->release, take(world, 9), &line, &world->error),
       &line);
}

static void why_pending(World* world) {
  WITH_ROOM(promoflow_pending) pending = {{0}, {0}};
  uint64_t i;
  pending.value.struct_size = any_size(world, sizeof(pending.value));
  if (!ok(world, promoflow_release_why_pending(world->release, take(world, 6), &pending.value,
                                               &world->error)))
    return;
  HOLDS(promoflow_block_name(pending.value.block).size > 0);
  for (i = 1; i < pending.value.unmet_count; ++i)
    HOLDS(pending.value.unmet[i - 1] < pending.value.unmet[i]);
  for (i = 1; i < pending.value.cause_count; ++i)
    HOLDS(pending.value.causes[i - 1] < pending.value.causes[i]);
}

static void outstanding(World* world) {
  promoflow_command commands[3];
  size_t count = 0;
  const size_t capacity = take(world, 4);
  if (ok(world, promoflow_release_outstanding(world->release, commands, 0, capacity, &count,
                                              &world->error)) &&
      count > 0 && capacity > 0)
    world->command = commands[0];
}

static void look_at_release(World* world) {
  promoflow_argument arguments[4];
  const promoflow_argument* view = NULL;
  promoflow_context_entry entries[2];
  WITH_ROOM(promoflow_state) state = {{0}, {0}};
  promoflow_context_conflict conflict;
  promoflow_rejected_export rejected;
  promoflow_buffer* text = NULL;
  const promoflow_release* release = world->release;
  const promoflow_command* command = &world->command; /* Of this state, an earlier one or none. */
  size_t count = 0, capacity = take(world, 5);
  int64_t at = 0;
  if (plain(promoflow_command_arguments(release, command, arguments, capacity, &count)))
    HOLDS(count == command->argument_count && count >= 6);
  if (ok(world, promoflow_command_argument_view(release, command, &view, &count, &world->error)))
    HOLDS(count == command->argument_count && view[count - 1].name.data != NULL);
  plain(promoflow_command_context(release, command, entries, 0, 2, &count));
  plain(
      promoflow_release_context(release, entries, any_size(world, sizeof(entries[0])), 1, &count));
  plain(promoflow_release_next_timer(release, &at));
  state.value.struct_size = any_size(world, sizeof(state.value));
  plain(promoflow_release_environment(release, take(world, 6), &state.value));
  plain(promoflow_release_state(release, &state.value));
  ok(world, promoflow_release_conflicts(release, &conflict, 0, 1, &count, &world->error));
  ok(world, promoflow_release_rejected(release, &rejected, 0, 1, &count, &world->error));
  drop(world, promoflow_command_arguments_json(release, command, &text, &world->error), &text);
  drop(world, promoflow_command_context_json(release, command, &text, &world->error), &text);
  drop(world, promoflow_release_context_json(release, &text, &world->error), &text);
  drop(world, promoflow_release_describe(release, &text, &world->error), &text);
}

static void snapshot(World* world) {
  promoflow_release* made = NULL;
  promoflow_buffer* text = NULL;
  promoflow_status status;
  if (take(world, 2) &&
      ok(world, promoflow_release_snapshot(world->release, &text, &world->error))) {
    promoflow_buffer_free(world->text);
    world->text = text;
  }
  status = promoflow_release_restore(world->flow, promoflow_buffer_text(world->text), &made,
                                     &world->error);
  HOLDS((made != NULL) == (status == PROMOFLOW_OK));
  if (ok(world, status)) replace(world, made);
}

static void reissue(World* world) {
  ok(world, promoflow_release_reissue(world->release, &world->error));
}

/* --- scenarios, traces, pictures ----------------------------------------------------------------
 */

static void simulate(World* world) {
  promoflow_scenario* scenario = NULL;
  promoflow_trace* trace = NULL;
  promoflow_outcome outcomes[2];
  promoflow_action action = {0};
  promoflow_selection selection = {0};
  size_t count = 0;
  if (take(world, 2)) {
    ok(world,
       promoflow_scenario_read(any_text(world), world->flow, NULL, &scenario, &world->error));
  } else {
    memset(outcomes, 0, sizeof(outcomes));
    outcomes[0].hook = any_text(world);
    outcomes[0].environment = any_text(world);
    outcomes[0].context = any_text(world);
    outcomes[0].after_ms = (int64_t)take(world, 50) - 1;
    outcomes[0].place = take(world, 3);
    outcomes[0].fail_in_soak = any_text(world);
    action.kind = (int32_t)take(world, 14);
    action.reason = any_text(world);
    action.by = any_text(world);
    action.environment = any_text(world);
    action.environments = any_names(world, &action.environment_count);
    action.force = (int32_t)take(world, 2);
    selection.struct_size = (uint32_t)sizeof(selection);
    selection.kind = (int32_t)take(world, 4);
    if (selection.kind != PROMOFLOW_SELECT_ALL)
      selection.environments = any_names(world, &selection.environment_count);
    ok(world, promoflow_scenario_new_with(
                  NULL, any_text(world), take(world, 2) ? &selection : NULL, outcomes,
                  take(world, 2) ? sizeof(outcomes[0]) : 0, take(world, 2), &action,
                  take(world, 2) ? sizeof(action) : 0, take(world, 2), &scenario, &world->error));
  }
  if (scenario != NULL) {
    promoflow_scenario_free(world->scenario);
    world->scenario = scenario;
  }
  plain(promoflow_scenario_outcomes(world->scenario, outcomes, sizeof(outcomes[0]), 2, &count));
  plain(promoflow_scenario_actions(world->scenario, &action, sizeof(action), 1, &count));
  plain(promoflow_scenario_selection(world->scenario, &selection));
  if (ok(world, promoflow_simulate(world->flow, world->scenario, take(world, 200), &trace,
                                   &world->error))) {
    promoflow_trace_free(world->trace);
    world->trace = trace;
  }
}

static void look_at_trace(World* world) {
  promoflow_record record = {0};
  promoflow_command hooks[2];
  promoflow_argument arguments[3];
  promoflow_context_conflict conflict;
  promoflow_shadowed_key shadowed;
  promoflow_str name;
  promoflow_buffer* text = NULL;
  size_t count = 0;
  plain(promoflow_trace_record_environments(world->trace, take(world, 60), &name, 1, &count));
  ok(world, promoflow_trace_conflicts(world->trace, &conflict, 0, 1, &count, &world->error));
  ok(world,
     promoflow_trace_shadowed(world->trace, &shadowed, 0, take(world, 2), &count, &world->error));
  plain(promoflow_trace_record(world->trace, take(world, 60), &record, &world->traced));
  plain(promoflow_trace_arguments(world->trace, &world->traced, arguments, 3, &count));
  plain(promoflow_trace_arguments(world->trace, &world->command, arguments, 3, &count));
  plain(promoflow_command_arguments(world->release, &world->traced, arguments, 3, &count));
  plain(promoflow_trace_hooks(world->trace, (int32_t)take(world, 8), take(world, 5), hooks, 0,
                              take(world, 3), &count));
  drop(world, promoflow_trace_record_json(world->trace, take(world, 60), &text, &world->error),
       &text);
  drop(world, promoflow_trace_jsonl(world->trace, &text, &world->error), &text);
}

static void draw(World* world) {
  WITH_ROOM(promoflow_render_options) options = {{0}, {0}};
  promoflow_buffer* text = NULL;
  options.value.struct_size = any_size(world, sizeof(options.value));
  options.value.format = (int32_t)take(world, 6);
  options.value.width = take(world, 250);
  options.value.ascii = (int32_t)take(world, 2);
  drop(world, promoflow_flow_render(world->flow, &options.value, &text, &world->error), &text);
  drop(world, promoflow_release_render(world->release, &options.value, &text, &world->error),
       &text);
  drop(world, promoflow_trace_render(world->trace, &options.value, &text, &world->error), &text);
}

/* Handles go in any order, and everything else goes on without them. */
static void free_one(World* world) {
  switch (take(world, 12)) {
    case 0:
      promoflow_flow_free(world->flow);
      world->flow = NULL;
      return;
    case 1:
      promoflow_manifest_free(world->manifest);
      world->manifest = NULL;
      return;
    case 2:
      promoflow_builder_free(world->builder);
      world->builder = NULL;
      return;
    case 3:
      promoflow_release_free(world->release);
      world->release = NULL;
      return;
    case 4:
      promoflow_scenario_free(world->scenario);
      world->scenario = NULL;
      return;
    case 5:
      promoflow_trace_free(world->trace);
      world->trace = NULL;
      return;
    default:
      if (world->flow == NULL)
        ok(world, promoflow_flow_load(promoflow_text(kFlow), NULL, &world->flow, &world->error));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static void (*const kCalls[])(World*) = {
      apply,           apply,    apply,         apply,         apply_many,   journal,
      next_command,    reissue,  next_command,  take_commands, next_record,  outstanding,
      look_at_release, snapshot, start,         read_flow,     look_at_flow, build_flow,
      build_flow,      simulate, look_at_trace, draw,          free_one,     why_pending};
  promoflow_release_info info = {0};
  World world = {0};
  world.data = data;
  world.size = size;
  info.id = promoflow_text("r-42");
  ok(&world, promoflow_flow_load(promoflow_text(kFlow), NULL, &world.flow, &world.error));
  ok(&world,
     promoflow_scenario_read(promoflow_text(kScenario), NULL, NULL, &world.scenario, &world.error));
  ok(&world, promoflow_release_start(world.flow, &info, 0, promoflow_text(NULL), &world.release,
                                     &world.error));
  while (world.size > 0) kCalls[take(&world, sizeof(kCalls) / sizeof(kCalls[0]))](&world);
  promoflow_flow_free(world.flow);
  promoflow_trace_free(world.trace);
  promoflow_release_free(world.release);
  promoflow_builder_free(world.builder);
  promoflow_manifest_free(world.manifest);
  promoflow_scenario_free(world.scenario);
  promoflow_buffer_free(world.text);
  return 0;
}
