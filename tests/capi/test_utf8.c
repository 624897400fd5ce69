/* SPDX-License-Identifier: Apache-2.0 */
/* [H31] Bytes that are not UTF-8: U+FFFD stands for each wherever a text comes out, also in errors.
 */
#include "check.h"

static const promoflow_str kNone = {NULL, 0};
static const promoflow_str kBytes = {"a\xff\xc0z", 4};

/* No byte is in it that is never in UTF-8. */
static int is_clean(promoflow_str text) {
  size_t i;
  for (i = 0; i < text.size; ++i) {
    const unsigned char byte = (unsigned char)text.data[i];
    if (byte == 0xc0 || byte == 0xff) return 0;
  }
  return 1;
}

static int is_replaced(promoflow_str text) {
  return is_clean(text) && contains(text, "\xef\xbf\xbd");
}

/* Fails, and quotes the bytes. */
#define QUOTED(call)                                     \
  do {                                                   \
    promoflow_error* error = NULL;                       \
    CHECK((call) < 0);                                   \
    CHECK(is_replaced(promoflow_error_message(error)) || \
          is_replaced(promoflow_error_where(error)));    \
    CHECK(is_clean(promoflow_error_message(error)));     \
    CHECK(is_clean(promoflow_error_where(error)));       \
    promoflow_error_free(error);                         \
  } while (0)

static void errors(const promoflow_flow* flow) {
  promoflow_release* release = new_release(flow);
  promoflow_queue* queue = NULL;
  int32_t status = 0;
  promoflow_configuration* configuration = NULL;
  promoflow_buffer* text = NULL;
  promoflow_event event = event_of(PROMOFLOW_EVENT_SKIP, 0);
  promoflow_file file;
  int64_t ms;
  file.name = str("flow.yaml");
  file.text = str(kFlowText);
  CHECK(promoflow_queue_new(PROMOFLOW_QUEUE_MODE_QUEUE, 9, &queue, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_configuration_read(&file, 1, &configuration, NULL) == PROMOFLOW_OK);
  event.struct_size = (uint32_t)sizeof(event);
  event.environment = kBytes;
  QUOTED(promoflow_release_apply(release, &event, &error));
  QUOTED(promoflow_duration_parse(kBytes, &ms, &error));
  QUOTED(promoflow_queue_apply(queue, PROMOFLOW_QUEUE_BEGAN, kBytes, kBytes, &error));
  CHECK(promoflow_queue_apply(queue, PROMOFLOW_QUEUE_REQUESTED, kBytes, kNone, NULL) ==
        PROMOFLOW_OK);
  CHECK(promoflow_queue_status(queue, kBytes, &status, NULL) == PROMOFLOW_OK);
  QUOTED(promoflow_configuration_resolve(configuration, kBytes, kBytes, kBytes, 1, &text, &error));
  promoflow_configuration_free(configuration);
  promoflow_queue_free(queue);
  promoflow_release_free(release);
}

static void scenarios(void) {
  promoflow_scenario* scenario = NULL;
  promoflow_release_info info = {0};
  promoflow_selection selection = {0};
  promoflow_outcome outcome = {0};
  promoflow_action action = {0};
  promoflow_str context;
  size_t count;
  info.id = info.url = info.product = info.version = info.commit_sha = kBytes;
  selection.kind = PROMOFLOW_SELECT_SKIP;
  selection.environments = &kBytes;
  selection.environment_count = 1;
  outcome.struct_size = (uint32_t)sizeof(outcome);
  outcome.hook = outcome.environment = outcome.fail = outcome.fail_in_soak = kBytes;
  action.struct_size = (uint32_t)sizeof(action);
  action.kind = PROMOFLOW_EVENT_RETRY;
  action.by = kBytes;
  action.environments = &kBytes;
  action.environment_count = 1;
  CHECK(promoflow_scenario_new_with(&info, kNone, &selection, &outcome, sizeof(outcome), 1, &action,
                                    sizeof(action), 1, &scenario, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_scenario_release(scenario, &info, &context) == PROMOFLOW_OK);
  CHECK(is_replaced(info.id) && is_replaced(info.url) && is_replaced(info.product));
  CHECK(is_replaced(info.version) && is_replaced(info.commit_sha));
  CHECK(promoflow_scenario_outcomes(scenario, &outcome, sizeof(outcome), 1, &count) == 0);
  CHECK(is_replaced(outcome.hook) && is_replaced(outcome.environment));
  CHECK(is_replaced(outcome.fail) && is_replaced(outcome.fail_in_soak));
  CHECK(promoflow_scenario_actions(scenario, &action, sizeof(action), 1, &count) == 0);
  CHECK(is_replaced(action.by) && is_replaced(action.environments[0]));
  CHECK(promoflow_scenario_selection(scenario, &selection) == PROMOFLOW_OK);
  CHECK(is_replaced(selection.environments[0]));
  promoflow_scenario_free(scenario);
}

static void other_actions(void) {
  static const int32_t kKinds[] = {PROMOFLOW_EVENT_TERMINATE, PROMOFLOW_EVENT_SKIP};
  promoflow_scenario* scenario;
  size_t i, count;
  for (i = 0; i < 2; ++i) {
    promoflow_action action = {0};
    action.struct_size = (uint32_t)sizeof(action);
    action.kind = kKinds[i];
    action.reason = action.environment = kBytes;
    CHECK(promoflow_scenario_new(NULL, kNone, NULL, 0, 0, &action, sizeof(action), 1, &scenario,
                                 NULL) == PROMOFLOW_OK);
    CHECK(promoflow_scenario_actions(scenario, &action, sizeof(action), 1, &count) == 0);
    CHECK(is_replaced(action.reason) && (i == 0 || is_replaced(action.environment)));
    promoflow_scenario_free(scenario);
  }
}

void test_utf8(void) {
  promoflow_flow* flow = new_flow();
  errors(flow);
  scenarios();
  other_actions();
  promoflow_flow_free(flow);
}
