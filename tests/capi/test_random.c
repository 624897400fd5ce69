/* SPDX-License-Identifier: Apache-2.0 */
/* Calls in an order that bytes decide: no crash, no leak, no status that is not of the list. The
   function has the shape that libFuzzer wants; the test feeds it bytes of a generator with fixed
   seeds. */
#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

typedef struct {
  const uint8_t* data;
  size_t size;
} Bytes;

static uint32_t take(Bytes* bytes, uint32_t bound) {
  uint32_t value = 0;
  if (bytes->size > 0) {
    value = *bytes->data++;
    --bytes->size;
  }
  return value % bound;
}

static const char* const kTexts[] = {"",         "staging",    "{\"A\":1}", "[1]",
                                     "\xff\xfe", "{\"B\":{}}", "not json",  "r-42"};
static promoflow_str any_text(Bytes* bytes) { return str(kTexts[take(bytes, 8)]); }

static void known(promoflow_status status) {
  if (status != PROMOFLOW_OK && status != PROMOFLOW_DONE)
    CHECK(status < 0 && !is(promoflow_status_name(status), "unknown"));
  CHECK(status != PROMOFLOW_E_INTERNAL);
}

static promoflow_event any_event(Bytes* bytes) {
  promoflow_event event = event_of((int32_t)take(bytes, 11), take(bytes, 12));
  event.at_ms = 1000 + 60000 * (int64_t)take(bytes, 200);
  event.text = any_text(bytes);
  if (take(bytes, 2)) event.context = any_text(bytes);
  return event;
}

static void look(promoflow_release* release, const promoflow_command* command, Bytes* bytes) {
  promoflow_argument arguments[4];
  promoflow_context_entry entries[2];
  promoflow_command commands[3];
  promoflow_state state = {0};
  promoflow_buffer* text = NULL;
  size_t count = 0;
  switch (take(bytes, 7)) {
    case 0: known(promoflow_command_arguments(release, command, arguments, 4, &count)); break;
    case 1: known(promoflow_command_arguments_json(release, command, &text, NULL)); break;
    case 2: known(promoflow_command_context(release, command, entries, 0, 2, &count)); break;
    case 3: known(promoflow_release_outstanding(release, commands, 0, 3, &count, NULL)); break;
    case 4: known(promoflow_release_environment(release, take(bytes, 5), &state)); break;
    case 5: known(promoflow_release_context_json(release, &text, NULL)); break;
    default: known(promoflow_release_describe(release, &text, NULL));
  }
  promoflow_buffer_free(text);
}

/* Puts a release in the place of another by way of a snapshot. */
static promoflow_release* through_snapshot(promoflow_flow* flow, promoflow_release* release) {
  promoflow_buffer* text = NULL;
  promoflow_release* restored = NULL;
  CHECK(promoflow_release_snapshot(release, &text, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_release_restore(flow, promoflow_buffer_text(text), &restored, NULL) ==
        PROMOFLOW_OK);
  promoflow_buffer_free(text);
  promoflow_release_free(release);
  return restored;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes bytes;
  promoflow_flow* flow = new_flow();
  promoflow_release* release = new_release(flow);
  promoflow_command command = {0}, batch[4];
  promoflow_record record = {0};
  promoflow_event events[3];
  promoflow_status statuses[3];
  promoflow_buffer* text = NULL;
  size_t count = 0, i;
  bytes.data = data;
  bytes.size = size;
  while (bytes.size > 0) {
    switch (take(&bytes, 9)) {
      case 0:
      case 1:
      case 2: {
        promoflow_event event = any_event(&bytes);
        if (take(&bytes, 4) != 0 && command.ticket != 0) event.ticket = command.ticket;
        known(promoflow_release_apply(release, &event, NULL));
        break;
      }
      case 3: known(promoflow_release_next_command(release, &command, NULL)); break;
      case 4: known(promoflow_release_take_commands(release, batch, 0, 4, &count, NULL)); break;
      case 5:
        known(promoflow_release_next_record(release, &record, &command, NULL));
        known(promoflow_release_record_json(release, 0, &text, NULL));
        promoflow_buffer_free(text);
        text = NULL;
        break;
      case 6:
        for (i = 0; i < 3; ++i) events[i] = any_event(&bytes);
        known(promoflow_release_apply_many(release, events, 0, 3, take(&bytes, 2) ? statuses : NULL,
                                           &count, NULL));
        break;
      case 7:
        if (take(&bytes, 4) == 0)
          release = through_snapshot(flow, release);
        else
          known(promoflow_release_reissue(release, NULL));
        break;
      default: look(release, &command, &bytes);
    }
  }
  promoflow_flow_free(flow);
  promoflow_release_free(release);
  return 0;
}

void test_random(void) {
  uint8_t data[300];
  uint32_t seed, state;
  size_t i, before = live_blocks();
  for (seed = 1; seed <= 1000; ++seed) {
    state = seed * 2654435761u;
    for (i = 0; i < sizeof(data); ++i) {
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
      data[i] = (uint8_t)(state >> 8);
    }
    LLVMFuzzerTestOneInput(data, sizeof(data));
    if (live_blocks() != before) {
      printf("seed %u:\n", (unsigned)seed);
      CHECK(live_blocks() == before);
      break;
    }
  }
}
