/* SPDX-License-Identifier: Apache-2.0 */
/* Calls in an order that bytes decide (tests/fuzz/capi_calls.c), the bytes those of a generator
   with fixed seeds. In every other round memory runs out for good somewhere on the way. */
#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static uint32_t next(uint32_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state >> 8;
}

void test_random(void) {
  uint8_t data[400];
  uint32_t seed, state, rounds_without = 0;
  size_t i, before = live_blocks();
  for (seed = 1; seed <= 1000; ++seed) {
    state = seed * 2654435761u;
    for (i = 0; i < sizeof(data); ++i) data[i] = (uint8_t)next(&state);
    if (seed % 2 == 0) fail_at(next(&state) % 4000);
    LLVMFuzzerTestOneInput(data, sizeof(data));
    rounds_without += (uint32_t)has_failed();
    fail_at(SIZE_MAX);
    if (live_blocks() != before) {
      printf("seed %u:\n", (unsigned)seed);
      CHECK(live_blocks() == before);
      break;
    }
  }
  CHECK(rounds_without > 100);
}
