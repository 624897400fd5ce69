/* SPDX-License-Identifier: Apache-2.0 */
/* The tests of the C ABI: test_capi [PART]. Prints what failed, and how many passed. */
#include "check.h"

const char kFlowText[] =
    "apiVersion: codefresh.io/v1beta1\n"
    "kind: PromotionFlow\n"
    "metadata:\n"
    "  name: billing\n"
    "  annotations: {promoflow.dev/extensions: \"true\", team: payments}\n"
    "spec:\n"
    "  triggerEnvironment: dev\n"
    "  postTrigger: smoke\n"
    "  failurePolicy: continue\n"
    "  contextMerge: deep\n"
    "  hooks: {onStart: announce, onSuccess: celebrate, onFail: mourn}\n"
    "  steps:\n"
    "    - environment: staging\n"
    "      dependsOn: [dev]\n"
    "      timeout: 30m\n"
    "      retry: {limit: 1, backoff: {duration: 5s, factor: 2, maxDuration: 1m}}\n"
    "      policy: {action: pr, preAction: before, postAction: after}\n"
    "      hooks:\n"
    "        onStart: {name: check, arguments: {SIZE: 3, COLOR: red}, timeout: 10m,\n"
    "                  retry: {limit: 2}, onError: ignore}\n"
    "        onSuccess: [a, b]\n"
    "        onFail: open-ticket\n"
    "    - {environment: production, dependsOn: [staging]}\n";

const char kScenarioText[] =
    "release: {id: r-1, product: billing, version: '1.4'}\n"
    "context: {CHANNEL: '#releases'}\n"
    "outcomes:\n"
    "  - {hook: check, point: environment.onStart, environment: staging, after: 5s,\n"
    "     context: {JIRA: ABC-1}}\n"
    "  - {environment: production, attempt: 1, suspend: 1h, after: 1m, fail: degraded}\n"
    "actions:\n"
    "  - {at: 3h, retry: true}\n"
    "  - {at: 4h, terminate: enough}\n";

promoflow_str str(const char* text) {
  promoflow_str out;
  out.data = text;
  out.size = text == NULL ? 0 : strlen(text);
  return out;
}

int is(promoflow_str text, const char* wanted) {
  return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

int contains(promoflow_str text, const char* wanted) {
  size_t i, size = strlen(wanted);
  for (i = 0; i + size <= text.size; ++i)
    if (memcmp(text.data + i, wanted, size) == 0) return 1;
  return 0;
}

promoflow_flow* new_flow(void) {
  promoflow_flow* flow = NULL;
  promoflow_flow_load(str(kFlowText), NULL, &flow, NULL);
  return flow;
}

promoflow_scenario* new_scenario(void) {
  promoflow_scenario* scenario = NULL;
  promoflow_scenario_read(str(kScenarioText), NULL, NULL, &scenario, NULL);
  return scenario;
}

promoflow_release* new_release(const promoflow_flow* flow) {
  promoflow_release* release = NULL;
  promoflow_release_info info = {0};
  info.id = str("r-42");
  promoflow_release_start(flow, &info, 1000, str("{\"CHANNEL\":\"#releases\"}"), &release, NULL);
  return release;
}

promoflow_trace* new_trace(void) {
  promoflow_flow* flow = new_flow();
  promoflow_scenario* scenario = new_scenario();
  promoflow_trace* trace = NULL;
  promoflow_simulate(flow, scenario, 0, &trace, NULL);
  promoflow_scenario_free(scenario);
  promoflow_flow_free(flow);
  return trace;
}

promoflow_event event_of(int32_t kind, uint64_t ticket) {
  promoflow_event event = {0};
  event.kind = kind;
  event.ticket = ticket;
  event.at_ms = 1000;
  return event;
}

int next_hook(promoflow_release* release, promoflow_command* out) {
  out->struct_size = (uint32_t)sizeof(*out);
  while (promoflow_release_next_command(release, out, NULL) == PROMOFLOW_OK)
    if (out->kind == PROMOFLOW_COMMAND_RUN_HOOK) return 1;
  return 0;
}

typedef struct {
  const char* name;
  void (*run)(void);
} Part;
static const Part kParts[] = {{"nulls", test_nulls},
                              {"values", test_values},
                              {"memory", test_memory},
                              {"random", test_random},
#if defined(PROMOFLOW_HAS_PROCESS)
                              {"process", test_process},
#endif
#if defined(PROMOFLOW_HAS_ENGINE)
                              {"engine", test_engine},
#endif
#if defined(PROMOFLOW_HAS_ARGO)
                              {"argo", test_argo},
#endif
                              {"executor", test_executor},
                              {"journal", test_journal},
                              {"operator", test_operator},
                              {"exploration", test_exploration},
                              {"configuration", test_configuration},
                              {"batch", test_batch},
                              {"batch_memory", test_batch_memory},
                              {"queue", test_queue},
                              {"settled", test_settled},
                              {"selection", test_selection},
                              {"utf8", test_utf8},
                              {"yes_no", test_yes_no}};

int main(int count, char** words) {
  size_t i, before = live_blocks();
  int runs = 0;
  for (i = 0; i < sizeof(kParts) / sizeof(kParts[0]); ++i) {
    if (count > 1 && strcmp(words[1], kParts[i].name) != 0) continue;
    kParts[i].run();
    ++runs;
  }
  CHECK(runs > 0);
  CHECK(live_blocks() == before);
  printf("%lu passed, %lu failed\n", checks_passed(), checks_failed());
  return checks_failed() == 0 ? 0 : 1;
}
