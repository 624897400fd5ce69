/* SPDX-License-Identifier: Apache-2.0 */
/* A release's start as the first line of its journal. */
#include "check.h"

/* [H32] The start as a line: made, read, applied to its own release, and refused. */
void test_journal(void) {
  promoflow_flow* flow = new_flow();
  promoflow_release *release = NULL, *recovered = NULL;
  promoflow_release_info info = {0};
  promoflow_selection selection = {0};
  promoflow_str name = str("staging");
  promoflow_buffer *line = NULL, *again = NULL;
  promoflow_event event = {0};
  int32_t status = 0;
  promoflow_error* error = NULL;
  info.id = str("r-42");
  selection.kind = PROMOFLOW_SELECT_UNTIL;
  selection.environments = &name;
  selection.environment_count = 1;
  CHECK(promoflow_start_json(flow, &info, 7, str("{\"A\":1}"), &selection, &line, NULL) ==
        PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(line), "\"until\":[\"staging\"]"));
  CHECK(promoflow_release_start_with(flow, &info, 7, str("{\"A\":1}"), &selection, &release,
                                     NULL) == PROMOFLOW_OK);
  CHECK(promoflow_release_recover(flow, promoflow_buffer_text(line), &recovered, NULL) ==
        PROMOFLOW_OK);
  CHECK(promoflow_release_status(recovered, &status) == PROMOFLOW_OK);
  CHECK(status == PROMOFLOW_RELEASE_RUNNING);
  event.struct_size = sizeof(event);
  event.kind = PROMOFLOW_EVENT_RELEASE_STARTED;
  event.text = promoflow_buffer_text(line);
  CHECK(promoflow_event_json(&event, &again, NULL) == PROMOFLOW_OK);
  CHECK(is(promoflow_buffer_text(again), promoflow_buffer_text(line).data));
  CHECK(promoflow_release_apply(release, &event, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_release_apply_json(release, promoflow_buffer_text(line), NULL) == PROMOFLOW_OK);
  event.text = str("{}");
  CHECK(promoflow_release_apply(release, &event, NULL) == PROMOFLOW_E_INVALID_EVENT);
  CHECK(promoflow_event_json(&event, &again, NULL) == PROMOFLOW_E_INVALID_EVENT);
  promoflow_release_free(recovered);
  recovered = NULL;
  CHECK(promoflow_release_recover(flow, str("{}\n"), &recovered, &error) ==
        PROMOFLOW_E_INVALID_EVENT);
  CHECK(recovered == NULL && is(promoflow_error_where(error), "line 1"));
  promoflow_error_free(error);
  promoflow_buffer_free(again);
  promoflow_buffer_free(line);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
}
