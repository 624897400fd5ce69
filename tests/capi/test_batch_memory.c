/* SPDX-License-Identifier: Apache-2.0 */
/* [H31] Batches with their n-th allocation failing, for every n: an error changes nothing; else
   each event says whether it was applied, and no record is lost, though some may come with a later
   turn.
 */
#include <promoflow/promoflow_batch.h>

#include "check.h"

enum { HEADER = 32, EVENT = 48, RESULT = 16, RECORDS_MAX = 65536, EVENTS = 3 };

/* What a host knows of a release after some turns. */
typedef struct {
  promoflow_release* release;
  char records[RECORDS_MAX];
  size_t size;
  uint32_t applied; /* Of kEvents. */
} Host;

/* How often a disturbed turn changed nothing, did not apply all events, had not all records. */
static int unchanged, unapplied, left;

typedef promoflow_status Turn(promoflow_release* release, promoflow_str events, promoflow_str* out,
                              promoflow_buffer** owner, promoflow_error** error);

static promoflow_status owned(promoflow_release* release, promoflow_str events, promoflow_str* out,
                              promoflow_buffer** owner, promoflow_error** error) {
  const promoflow_status status = promoflow_batch_turn(release, events, owner, error);
  if (status == PROMOFLOW_OK) *out = promoflow_buffer_text(*owner);
  return status;
}

static promoflow_status borrowed(promoflow_release* release, promoflow_str events,
                                 promoflow_str* out, promoflow_buffer** owner,
                                 promoflow_error** error) {
  (void)owner;
  return promoflow_batch_turn_view(release, events, out, error);
}

static void put(char* at, uint64_t number, int bytes) {
  while (bytes-- > 0) {
    *at++ = (char)(number & 0xff);
    number >>= 8;
  }
}

static uint64_t number_at(promoflow_str text, size_t at, size_t bytes) {
  uint64_t number = 0;
  while (bytes-- > 0) number = number << 8 | (unsigned char)text.data[at + bytes];
  return number;
}

/* The hook exports a context; then a ticket that nobody knows, which is refused with texts; then
   the end, for a reason, by somebody. Those from `first` on. */
static promoflow_str batch_from(uint32_t first, char* out) {
  static const char kExport[] = "{\"KEY\":\"a value that is longer than a short string\"}";
  static const char kReason[] = "a reason that is longer than a short string";
  static const int32_t kKinds[] = {PROMOFLOW_EVENT_HOOK_SUCCEEDED,
                                   PROMOFLOW_EVENT_PROMOTION_SUCCEEDED, PROMOFLOW_EVENT_TERMINATE};
  static const uint64_t kTickets[] = {1, 99, 0};
  promoflow_str made;
  uint32_t i;
  char* at = out + 24;
  memset(out, 0, 24);
  put(out, PROMOFLOW_BATCH_VERSION, 4);
  put(out + 4, PROMOFLOW_BATCH_ARGUMENTS | PROMOFLOW_BATCH_CONTEXT | PROMOFLOW_BATCH_LINES, 4);
  put(out + 8, EVENTS - first, 4);
  for (i = first; i < EVENTS; ++i) {
    const char* text = i == 0 ? kExport : i == 2 ? kReason : "";
    const size_t length = strlen(text), size = (EVENT + length + 7) / 8 * 8;
    memset(at, 0, size);
    put(at, size, 4);
    put(at + 4, (uint64_t)kKinds[i], 4);
    put(at + 8, 1000, 8);
    put(at + 16, kTickets[i], 8);
    memset(at + 32, 0xff, 16);
    if (length != 0) put(at + 32 + (i == 0 ? 4 : 0), length, 4);
    memcpy(at + EVENT, text, length);
    at += size;
  }
  made.data = out;
  made.size = (size_t)(at - out);
  return made;
}

/* Reads an answer. Whether it says that all records were taken. */
static int read_answer(Host* host, promoflow_str answer) {
  static const int32_t kWanted[] = {PROMOFLOW_OK, PROMOFLOW_E_UNKNOWN_TICKET, PROMOFLOW_OK};
  uint64_t results = number_at(answer, 8, 4), records = number_at(answer, 12, 4);
  const int is_due = (int64_t)number_at(answer, 16, 8) <= 1000 && number_at(answer, 23, 1) != 0x80;
  int has_memory = 1;
  size_t at = HEADER;
  CHECK(number_at(answer, 0, 4) == PROMOFLOW_BATCH_VERSION);
  for (; results > 0; --results) {
    const int32_t status = (int32_t)number_at(answer, at + 4, 4);
    if (status == PROMOFLOW_E_OUT_OF_MEMORY) has_memory = 0; /* And none behind it is applied. */
    CHECK(!has_memory ? status == PROMOFLOW_E_OUT_OF_MEMORY : status == kWanted[host->applied]);
    if (has_memory) ++host->applied;
    at += number_at(answer, at, 4);
  }
  CHECK(host->size + answer.size - at <= RECORDS_MAX);
  memcpy(host->records + host->size, answer.data + at, answer.size - at);
  host->size += answer.size - at;
  for (; records > 0; --records) at += number_at(answer, at, 4);
  CHECK(at == answer.size);
  unapplied += !has_memory;
  left += is_due;
  if (is_due) CHECK(number_at(answer, 28, 4) == 0); /* Final is only what has no records left. */
  return !is_due;
}

static promoflow_str snapshot_of(const promoflow_release* release, promoflow_buffer** owner) {
  CHECK(promoflow_release_snapshot(release, owner, NULL) == PROMOFLOW_OK);
  return promoflow_buffer_text(*owner);
}

/* One turn, whose n-th allocation fails. */
static int turn(Host* host, Turn* how, void (*fail)(size_t), size_t number, int* is_done) {
  static char batch[1024];
  const promoflow_str events = batch_from(host->applied, batch);
  promoflow_str answer = {NULL, 0}, before, after;
  promoflow_buffer *owner = NULL, *owners[2];
  promoflow_error* error = NULL;
  promoflow_status status;
  int failed;
  before = snapshot_of(host->release, &owners[0]);
  fail(number);
  status = how(host->release, events, &answer, &owner, &error);
  failed = has_failed();
  fail_at(SIZE_MAX);
  if (status == PROMOFLOW_OK) {
    *is_done = read_answer(host, answer);
  } else {
    after = snapshot_of(host->release, &owners[1]);
    CHECK(failed && status == PROMOFLOW_E_OUT_OF_MEMORY);
    CHECK(promoflow_error_code(error) == status && owner == NULL && answer.data == NULL);
    CHECK(after.size == before.size && memcmp(after.data, before.data, after.size) == 0);
    promoflow_buffer_free(owners[1]);
    *is_done = 0;
    ++unchanged;
  }
  promoflow_error_free(error);
  promoflow_buffer_free(owner);
  promoflow_buffer_free(owners[0]);
  return failed;
}

/* Turns until the host has all; the first of them is disturbed. Whether it was. */
static int runs(const promoflow_flow* flow, Host* host, Turn* how, void (*fail)(size_t),
                size_t number) {
  int is_done = 0, failed, turns;
  host->release = new_release(flow);
  host->size = 0;
  host->applied = 0;
  failed = turn(host, how, fail, number, &is_done);
  for (turns = 0; turns < 3 && (!is_done || host->applied < EVENTS); ++turns)
    turn(host, how, fail_at, SIZE_MAX, &is_done);
  CHECK(is_done && host->applied == EVENTS);
  promoflow_release_free(host->release);
  return failed;
}

void test_batch_memory(void) {
  static Turn* const kTurns[] = {owned, borrowed};
  static void (*const kFails[])(size_t) = {fail_at, fail_once_at};
  static Host whole, host;
  promoflow_flow* flow = new_flow();
  size_t i, number, blocks = live_blocks();
  runs(flow, &whole, owned, fail_at, SIZE_MAX);
  CHECK(whole.size > 1000);
  for (i = 0; i < 4; ++i) {
    for (number = 0; runs(flow, &host, kTurns[i / 2], kFails[i % 2], number); ++number) {
      CHECK(host.size == whole.size && memcmp(host.records, whole.records, whole.size) == 0);
    }
    CHECK(number > 10);
  }
  CHECK(unchanged > 0 && unapplied > 0 && left > 0);
  CHECK(live_blocks() == blocks);
  promoflow_flow_free(flow);
}
