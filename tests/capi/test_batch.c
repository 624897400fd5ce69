/* SPDX-License-Identifier: Apache-2.0 */
/* Batches whose answer is borrowed: the same bytes as those of promoflow_batch_turn(). */
#include <promoflow/promoflow_batch.h>

#include "check.h"

enum { kBatchBytes = 72, kSizeAt = 24 };

/* A batch of one event without texts, at time 0: docs/wasm.md has the layout. */
static promoflow_str batch_of(char* out, char kind, char ticket) {
  promoflow_str made;
  memset(out, 0, kBatchBytes);
  out[0] = PROMOFLOW_BATCH_VERSION;
  out[8] = 1;
  out[kSizeAt] = 48;
  out[kSizeAt + 4] = kind;
  out[kSizeAt + 16] = ticket;
  memset(out + kSizeAt + 32, 0xff, 16); /* No text is given. */
  made.data = out;
  made.size = kBatchBytes;
  return made;
}

void test_batch(void) {
  promoflow_flow* flow = new_flow();
  promoflow_release *release = new_release(flow), *same = new_release(flow);
  promoflow_buffer* buffer = NULL;
  promoflow_error* error = NULL;
  promoflow_str view = {NULL, 0}, text, events;
  char batch[kBatchBytes];
  int turn;
  for (turn = 1; turn <= 2; ++turn) { /* The hook succeeds; then its ticket is refused. */
    events = batch_of(batch, PROMOFLOW_EVENT_HOOK_SUCCEEDED, 1);
    CHECK(promoflow_batch_turn(same, events, &buffer, NULL) == PROMOFLOW_OK);
    CHECK(promoflow_batch_turn_view(release, events, &view, NULL) == PROMOFLOW_OK);
    text = promoflow_buffer_text(buffer);
    CHECK(view.size == text.size && memcmp(view.data, text.data, text.size) == 0);
    CHECK(view.size % 8 == 0 && view.size > 32);
    CHECK((view.data[12] != 0) == (turn == 1)); /* Records are of the first turn only. */
    promoflow_buffer_free(buffer);
  }
  events = batch_of(batch, PROMOFLOW_EVENT_HOOK_SUCCEEDED, 1);
  batch[kSizeAt] = 40; /* The event is larger. */
  view.size = 7;
  CHECK(promoflow_batch_turn_view(release, events, &view, &error) == PROMOFLOW_E_INVALID_EVENT);
  CHECK(view.size == 7 && promoflow_error_where(error).size > 0);
  promoflow_error_free(error);
  REFUSED(promoflow_batch_turn_view(release, events, NULL, NULL));
  REFUSED(promoflow_batch_turn_view(NULL, events, &view, NULL));
  events.data = NULL;
  REFUSED(promoflow_batch_turn_view(release, events, &view, NULL));
  REFUSED(promoflow_batch_turn(release, events, &buffer, NULL));
  REFUSED(promoflow_batch_journal(events, &buffer, NULL));
  promoflow_release_free(same);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
}
