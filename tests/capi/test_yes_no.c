/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that say yes or no: 1 or 0, and any other one is refused wherever one is taken. */
#include "check.h"

static const promoflow_str kNone = {NULL, 0};
static const int32_t kNeither[] = {-3, -1, 2, 5, INT32_MAX, INT32_MIN};
enum { NEITHER_COUNT = sizeof(kNeither) / sizeof(kNeither[0]) };

/* Fails with INVALID_ARGUMENT, and the error names this one. */
#define REFUSED_FOR(call, name)                    \
  do {                                             \
    promoflow_error* error = NULL;                 \
    REFUSED(call);                                 \
    CHECK(is(promoflow_error_where(error), name)); \
    promoflow_error_free(error);                   \
  } while (0)

static void a_release_ends_by_force_only_if_told(int32_t neither) {
  promoflow_flow* flow = new_flow();
  promoflow_release* release = new_release(flow);
  promoflow_control* control = NULL;
  promoflow_event event = event_of(PROMOFLOW_EVENT_TERMINATE, 0);
  event.struct_size = (uint32_t)sizeof(event);
  event.force = neither;
  REFUSED_FOR(promoflow_release_apply(release, &event, &error), "event.force");
  event.force = 1;
  CHECK(promoflow_release_apply(release, &event, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_control_new(&control, NULL) == PROMOFLOW_OK);
  REFUSED_FOR(promoflow_control_terminate_with(control, str("stop"), neither, kNone, &error),
              "force");
  promoflow_control_free(control);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
}

static void scenarios(int32_t neither) {
  promoflow_outcome outcome = {0};
  promoflow_action action = {0};
  promoflow_scenario* scenario = NULL;
  outcome.struct_size = (uint32_t)sizeof(outcome);
  action.struct_size = (uint32_t)sizeof(action);
  outcome.hook = str("scan");
  outcome.has_suspend = neither;
  REFUSED_FOR(promoflow_scenario_new(NULL, kNone, &outcome, 0, 1, NULL, 0, 0, &scenario, &error),
              "outcomes.has_suspend");
  action.kind = PROMOFLOW_EVENT_TERMINATE;
  action.force = neither;
  REFUSED_FOR(promoflow_scenario_new(NULL, kNone, NULL, 0, 0, &action, sizeof(action), 1, &scenario,
                                     &error),
              "actions.force");
  CHECK(scenario == NULL);
}

static void flows(int32_t neither) {
  promoflow_builder* builder = NULL;
  promoflow_step step = {0};
  promoflow_hook hook = {0};
  promoflow_assigned argument = {0};
  promoflow_render_options options = {0};
  promoflow_buffer* text = NULL;
  promoflow_flow* flow = new_flow();
  const promoflow_str dev = str("dev");
  CHECK(promoflow_builder_new(str("f"), dev, &builder, NULL) == PROMOFLOW_OK);
  step.struct_size = (uint32_t)sizeof(step);
  hook.struct_size = (uint32_t)sizeof(hook);
  argument.struct_size = (uint32_t)sizeof(argument);
  options.struct_size = (uint32_t)sizeof(options);
  step.has_retry_max_duration = neither;
  REFUSED_FOR(promoflow_builder_step(builder, str("a"), &dev, 1, &step, &error),
              "step.has_retry_max_duration");
  hook.name = str("h");
  hook.has_retry_max_duration = neither;
  REFUSED_FOR(
      promoflow_builder_hook(builder, PROMOFLOW_POINT_RELEASE_ON_START, &hook, NULL, 0, 0, &error),
      "hook.has_retry_max_duration");
  hook.has_retry_max_duration = 0;
  argument.name = str("A");
  argument.value = str("1");
  argument.json = neither;
  REFUSED_FOR(promoflow_builder_hook(builder, PROMOFLOW_POINT_RELEASE_ON_START, &hook, &argument, 0,
                                     1, &error),
              "arguments.json");
  options.color = neither;
  REFUSED_FOR(promoflow_flow_render(flow, &options, &text, &error), "options.color");
  options.color = 0;
  options.ascii = neither;
  REFUSED_FOR(promoflow_flow_render(flow, &options, &text, &error), "options.ascii");
  CHECK(text == NULL);
  promoflow_builder_free(builder);
  promoflow_flow_free(flow);
}

static void explorations(int32_t neither) {
  static const char* const kNames[] = {"options.terminate", "options.skip", "options.suspend",
                                       "options.timeouts", "options.all_orders"};
  promoflow_flow* flow = new_flow();
  promoflow_buffer* text = NULL;
  int i;
  for (i = 0; i < 5; ++i) {
    promoflow_exploration_options options = {0};
    int32_t* const flags[] = {&options.terminate, &options.skip, &options.suspend,
                              &options.timeouts, &options.all_orders};
    options.struct_size = (uint32_t)sizeof(options);
    *flags[i] = neither;
    REFUSED_FOR(promoflow_explore(flow, kNone, &options, PROMOFLOW_EXPLORATION_JSON, &text, &error),
                kNames[i]);
    REFUSED(promoflow_diff(flow, flow, kNone, &options, PROMOFLOW_DIFF_JSON, &text, NULL, NULL));
  }
  CHECK(text == NULL);
  promoflow_flow_free(flow);
}

/* Whether there is a command can be asked without taking one. */
static void commands_that_are_left(void) {
  promoflow_flow* flow = new_flow();
  promoflow_release* release = new_release(flow);
  promoflow_command commands[9];
  size_t count = 9;
  CHECK(promoflow_release_take_commands(release, NULL, 0, 0, &count, NULL) == PROMOFLOW_OK);
  CHECK(count == 0);
  CHECK(promoflow_release_take_commands(release, commands, 0, 9, &count, NULL) == PROMOFLOW_OK);
  CHECK(count == 1);
  CHECK(promoflow_release_take_commands(release, commands, 0, 9, &count, NULL) == PROMOFLOW_DONE);
  CHECK(promoflow_release_take_commands(release, NULL, 0, 0, &count, NULL) == PROMOFLOW_DONE);
  CHECK(count == 0);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
}

void test_yes_no(void) {
  int i;
  for (i = 0; i < NEITHER_COUNT; ++i) {
    a_release_ends_by_force_only_if_told(kNeither[i]);
    scenarios(kNeither[i]);
    flows(kNeither[i]);
    explorations(kNeither[i]);
  }
  commands_that_are_left();
}
