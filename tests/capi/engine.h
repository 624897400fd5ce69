/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the engine's C ABI share: a host whose callbacks count and answer as it says.
 */
#ifndef PROMOFLOW_TESTS_CAPI_ENGINE_H
#define PROMOFLOW_TESTS_CAPI_ENGINE_H

#include <promoflow/promoflow_engine.h>

#include "check.h"

#define REPLIES_MAX 16

/* Its members are read while the engine's thread does not run, or has nothing to do. */
typedef struct {
  int hooks, promotions, cancels, destroyed, lines, recovered, recovered_cancelled, troubles;
  int options_destroyed;
  int settled, forced, cancels_before_force;
  int is_deaf;       /* Keeps the replies instead of answering. */
  int is_stubborn;   /* What it cancels does not stop. */
  int recovery;      /* What recover_hook() returns. */
  int calls_refused; /* The engine's functions, called on its thread. */
  uint32_t reports;
  promoflow_engine* engine; /* Called on its own thread, where it is given. */
  promoflow_reply* replies[REPLIES_MAX];
  int reply_count;
  uint64_t last_sequence;
  char last_line[256];
} EngineHost;

promoflow_flow* new_engine_flow(void);
promoflow_executor callbacks_of_host(EngineHost* host);
/* An engine on the store with the host as its one executor, called `host`. */
promoflow_engine* new_engine(const promoflow_store* store, EngineHost* host);
promoflow_status start_release(promoflow_engine* engine, const char* id, const char* run);
/* Whether the buffer's text contains the other one; frees it. */
int has(promoflow_buffer* buffer, const char* wanted);
int error_is(promoflow_error* error, promoflow_status code, const char* words);
void free_replies(EngineHost* host);

void test_engine_refusals(void);
void test_engine_executors(void);

#endif
