/* SPDX-License-Identifier: Apache-2.0 */
/* Explorations and the difference of two flows: the same JSON as the program's, bounds, properties,
   exports, progress, and what is refused. */
#include "check.h"

static const promoflow_str kNone = {NULL, 0};

static const char kSites[] =
    "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: sites}, spec: {"
    "triggerEnvironment: dev, hooks: {onFail: tell}, steps: ["
    "{environment: eu, dependsOn: [dev], hooks: {onSuccess: note}}, "
    "{environment: us, dependsOn: [dev], hooks: {onSuccess: note}}]}}";
static const char kProperties[] =
    "properties:\n"
    "  - {name: told, after: {release: Failed}, eventually: {hook: tell}}\n"
    "  - {name: us stays, never: {environment: us, status: Failed}}\n";

static promoflow_flow* sites(const char* text) {
  promoflow_flow* flow = NULL;
  CHECK(promoflow_flow_load(str(text), NULL, &flow, NULL) == PROMOFLOW_OK);
  return flow;
}

static promoflow_exploration_options options_of(uint32_t failures_max) {
  promoflow_exploration_options options = {0};
  options.struct_size = (uint32_t)sizeof(options);
  options.failures = PROMOFLOW_FAILURES_LIMITED;
  options.failures_max = failures_max;
  return options;
}

static void outcomes(const promoflow_flow* flow) {
  promoflow_buffer* text = NULL;
  promoflow_error* error = NULL;
  promoflow_exploration_options options = options_of(0);
  CHECK(promoflow_explore(flow, kNone, NULL, PROMOFLOW_EXPLORATION_JSON, &text, &error) ==
        PROMOFLOW_OK);
  CHECK(error == NULL);
  CHECK(contains(promoflow_buffer_text(text),
                 "\"environments\":{\"dev\":\"Successful\","
                 "\"eu\":\"Failed\",\"us\":\"Successful\"}"));
  CHECK(contains(promoflow_buffer_text(text), "\"complete\":true"));
  promoflow_buffer_free(text);
  CHECK(promoflow_explore(flow, kNone, &options, PROMOFLOW_EXPLORATION_JSON, &text, NULL) ==
        PROMOFLOW_OK);
  CHECK(!contains(promoflow_buffer_text(text), "\"release\":\"Failed\""));
  promoflow_buffer_free(text);
  options.failures = PROMOFLOW_FAILURES_ALL;
  options.terminate = 1;
  CHECK(promoflow_explore(flow, kNone, &options, PROMOFLOW_EXPLORATION_TEXT, &text, NULL) ==
        PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "This flow has "));
  CHECK(contains(promoflow_buffer_text(text), "Terminated"));
  promoflow_buffer_free(text);
}

static void properties(const promoflow_flow* flow) {
  promoflow_buffer* text = NULL;
  promoflow_error* error = NULL;
  CHECK(promoflow_explore(flow, str(kProperties), NULL, PROMOFLOW_EXPLORATION_JSON, &text, NULL) ==
        PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "{\"name\":\"told\",\"verdict\":\"holds\""));
  CHECK(contains(promoflow_buffer_text(text), "{\"name\":\"us stays\",\"verdict\":\"violated\""));
  promoflow_buffer_free(text);
  text = NULL;
  CHECK(promoflow_explore(flow, str("properties: [{name: x, never: {promotion: uss}}]"), NULL,
                          PROMOFLOW_EXPLORATION_JSON, &text,
                          &error) == PROMOFLOW_E_INVALID_ARGUMENT);
  CHECK(text == NULL && is(promoflow_error_where(error), "properties"));
  CHECK(contains(promoflow_error_message(error), "did you mean 'us'"));
  promoflow_error_free(error);
  CHECK(contains(promoflow_properties_schema(), "$schema"));
}

static void exports_conflict(const promoflow_flow* flow) {
  promoflow_buffer* text = NULL;
  promoflow_scenario* exports = NULL;
  promoflow_error* error = NULL;
  promoflow_exploration_options options = options_of(1);
  CHECK(promoflow_scenario_read(str("outcomes: [{hook: note, environment: eu, context: {URL: eu}},"
                                    " {hook: note, environment: us, context: {URL: us}}]"),
                                flow, NULL, &exports, NULL) == PROMOFLOW_OK);
  options.exports = exports;
  CHECK(promoflow_explore(flow, kNone, &options, PROMOFLOW_EXPLORATION_JSON, &text, NULL) ==
        PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "\"conflicts\":[{\"key\":\"URL\""));
  promoflow_buffer_free(text);
  promoflow_scenario_free(exports);
  CHECK(promoflow_scenario_read(str("outcomes: 3"), NULL, NULL, &exports, NULL) == PROMOFLOW_OK);
  options.exports = exports;
  CHECK(promoflow_explore(flow, kNone, &options, PROMOFLOW_EXPLORATION_JSON, &text, &error) ==
        PROMOFLOW_E_INVALID_SCENARIO);
  CHECK(is(promoflow_error_where(error), "options.exports"));
  promoflow_error_free(error);
  promoflow_scenario_free(exports);
}

static int32_t stop(const promoflow_exploration_progress* progress, void* user) {
  ++*(int*)user;
  CHECK(progress->struct_size == sizeof(*progress) && progress->states > 0);
  return 0;
}

static void is_stopped(void) {
  char text[2048] =
      "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: wide},"
      " spec: {triggerEnvironment: dev, steps: [";
  char step[64];
  int i, called = 0;
  promoflow_flow* flow = NULL;
  promoflow_buffer* out = NULL;
  promoflow_exploration_options options = options_of(0);
  for (i = 0; i < 10; ++i) {
    snprintf(step, sizeof(step), "%s{environment: e%d, dependsOn: [dev]}", i == 0 ? "" : ", ", i);
    strcat(text, step);
  }
  strcat(text, "]}}");
  flow = sites(text);
  options.failures = PROMOFLOW_FAILURES_ALL;
  options.all_orders = 1;
  options.progress = stop;
  options.user = &called;
  CHECK(promoflow_explore(flow, kNone, &options, PROMOFLOW_EXPLORATION_JSON, &out, NULL) ==
        PROMOFLOW_OK);
  CHECK(called == 1);
  CHECK(contains(promoflow_buffer_text(out), "\"complete\":false,\"bound\":\"it was stopped\""));
  promoflow_buffer_free(out);
  options.progress = NULL;
  options.states_max = 100;
  CHECK(promoflow_explore(flow, kNone, &options, PROMOFLOW_EXPLORATION_JSON, &out, NULL) ==
        PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(out), "\"bound\":\"more than 100 states\""));
  promoflow_buffer_free(out);
  promoflow_flow_free(flow);
}

static void differences(const promoflow_flow* before) {
  promoflow_buffer* text = NULL;
  int32_t equal = 7;
  promoflow_flow* after = new_flow();
  CHECK(promoflow_diff(before, before, kNone, NULL, PROMOFLOW_DIFF_TEXT, &text, &equal, NULL) ==
        PROMOFLOW_OK);
  CHECK(equal == 1 && contains(promoflow_buffer_text(text), "The flows are equal."));
  promoflow_buffer_free(text);
  CHECK(promoflow_diff(before, after, kNone, NULL, PROMOFLOW_DIFF_JSON, &text, &equal, NULL) ==
        PROMOFLOW_OK);
  CHECK(equal == 0 && contains(promoflow_buffer_text(text), "\"kind\":\"environment-added\""));
  promoflow_buffer_free(text);
  CHECK(promoflow_diff(after, before, str(kProperties), NULL, PROMOFLOW_DIFF_MARKDOWN, &text, NULL,
                       NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "### What this does to the promotion flow"));
  CHECK(contains(promoflow_buffer_text(text), "the old flow lacks what it names"));
  promoflow_buffer_free(text);
  promoflow_flow_free(after);
}

static void refusals(const promoflow_flow* flow) {
  promoflow_buffer* text = NULL;
  promoflow_exploration_options options = options_of(1);
  REFUSED(promoflow_explore(flow, kNone, NULL, 0, &text, NULL));
  REFUSED(promoflow_explore(flow, kNone, NULL, 3, &text, NULL));
  REFUSED(promoflow_diff(flow, flow, kNone, NULL, 4, &text, NULL, NULL));
  options.failures = 3;
  REFUSED(promoflow_explore(flow, kNone, &options, 1, &text, NULL));
  options.failures = 0;
  options.struct_size = 5;
  REFUSED(promoflow_explore(flow, kNone, &options, 1, &text, NULL));
  CHECK(text == NULL);
}

void test_exploration(void) {
  promoflow_flow* flow = sites(kSites);
  outcomes(flow);
  properties(flow);
  exports_conflict(flow);
  is_stopped();
  differences(flow);
  refusals(flow);
  promoflow_flow_free(flow);
}
