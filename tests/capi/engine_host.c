/* SPDX-License-Identifier: Apache-2.0 */
/* The host of the engine's tests: its callbacks, an engine with them, and what is read of stores.
 */
#include "engine.h"

static const promoflow_str kNone = {NULL, 0};

static const char kEngineFlow[] =
    "apiVersion: codefresh.io/v1beta1\n"
    "kind: PromotionFlow\n"
    "metadata: {name: durable}\n"
    "spec:\n"
    "  triggerEnvironment: dev\n"
    "  hooks: {onStart: announce}\n"
    "  steps: [{environment: staging, dependsOn: [dev]}]\n";

promoflow_flow* new_engine_flow(void) {
  promoflow_flow* flow = NULL;
  CHECK(promoflow_flow_load(str(kEngineFlow), NULL, &flow, NULL) == PROMOFLOW_OK);
  return flow;
}

/* --- the host --------------------------------------------------------------------------------- */

static void keep(EngineHost* host, promoflow_reply* reply) {
  if (host->reply_count < REPLIES_MAX) {
    host->replies[host->reply_count++] = reply;
  } else {
    promoflow_reply_free(reply);
  }
}

void free_replies(EngineHost* host) {
  while (host->reply_count > 0) promoflow_reply_free(host->replies[--host->reply_count]);
}

/* What runs on the engine's thread may not call the engine. */
static void call_the_engine(EngineHost* host) {
  promoflow_buffer* text = NULL;
  int32_t status = 0;
  promoflow_event end = {0};
  promoflow_engine* const engine = host->engine;
  if (engine == NULL) return;
  end.kind = PROMOFLOW_EVENT_TERMINATE;
  host->calls_refused +=
      promoflow_engine_resume(engine, str("r-1"), NULL) == PROMOFLOW_E_NOT_ALLOWED;
  host->calls_refused += promoflow_engine_wait(engine, str("r-1"), PROMOFLOW_NO_TIME, &status,
                                               NULL) == PROMOFLOW_E_NOT_ALLOWED;
  host->calls_refused +=
      promoflow_engine_apply(engine, str("r-1"), &end, NULL) == PROMOFLOW_E_NOT_ALLOWED;
  host->calls_refused +=
      promoflow_engine_describe(engine, str("r-1"), &text, NULL) == PROMOFLOW_E_NOT_ALLOWED;
  host->calls_refused +=
      promoflow_engine_retry(engine, str("r-1"), NULL, 0, kNone, NULL) == PROMOFLOW_E_NOT_ALLOWED;
}

static void run_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) {
  EngineHost* host = user;
  ++host->hooks;
  CHECK(call->struct_size == sizeof(*call) && is(call->hook, "announce") && call->ticket >= 1);
  CHECK(call->argument_count >= 6 && is(call->arguments[5].name, "RELEASE_ID"));
  call_the_engine(host);
  if (host->is_deaf) {
    keep(host, reply);
    return;
  }
  CHECK(promoflow_reply_suspended(reply) == PROMOFLOW_OK);
  CHECK(promoflow_reply_resumed_by(reply, str("ben")) == PROMOFLOW_OK);
  CHECK(promoflow_reply_succeeded(reply, str("{\"JIRA\":\"ABC-1\"}")) == PROMOFLOW_OK);
  promoflow_reply_free(reply);
}

static void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) {
  EngineHost* host = user;
  ++host->promotions;
  CHECK(is(call->environment, "staging") && call->argument_count == 6);
  promoflow_reply_succeeded(reply, kNone);
  promoflow_reply_free(reply);
}

static void cancel(promoflow_str release_id, uint64_t ticket, void* user) {
  EngineHost* host = user;
  int i;
  CHECK(release_id.size > 0 && ticket > 0);
  ++host->cancels;
  if ((host->reports & PROMOFLOW_REPORTS_STOPPED) == 0 || host->is_stubborn) return;
  for (i = 0; i < host->reply_count; ++i)
    CHECK(promoflow_reply_stopped(host->replies[i]) == PROMOFLOW_OK);
}

static promoflow_buffer* reference(promoflow_str release_id, uint64_t ticket, uint32_t attempt,
                                   void* user) {
  promoflow_buffer* text = NULL;
  CHECK(release_id.size > 0 && ticket > 0 && attempt >= 1 && user != NULL);
  CHECK(promoflow_buffer_new(str("place-7"), &text, NULL) == PROMOFLOW_OK);
  return text;
}

/* Another one than that of a promotion. */
static promoflow_buffer* hook_reference(promoflow_str release_id, uint64_t ticket, uint32_t attempt,
                                        void* user) {
  promoflow_buffer* text = NULL;
  CHECK(release_id.size > 0 && ticket > 0 && attempt >= 1 && user != NULL);
  CHECK(promoflow_buffer_new(str("hook-7"), &text, NULL) == PROMOFLOW_OK);
  return text;
}

static void settled(promoflow_str release_id, uint64_t ticket, void* user) {
  CHECK(release_id.size > 0 && ticket > 0);
  ++((EngineHost*)user)->settled;
}

static void force(promoflow_str release_id, void* user) {
  EngineHost* host = user;
  CHECK(release_id.size > 0);
  host->cancels_before_force = host->cancels;
  ++host->forced;
}

static int32_t recover_hook(const promoflow_hook_call* call, promoflow_str found_by,
                            promoflow_reply* reply, void* user) {
  EngineHost* host = user;
  ++host->recovered;
  CHECK(is(call->hook, "announce") && is(found_by, "hook-7"));
  if (host->recovery == PROMOFLOW_RECOVERY_ENDED) promoflow_reply_succeeded(reply, kNone);
  keep(host, reply);
  return host->recovery;
}

static int32_t recover_cancelled(promoflow_str release_id, uint64_t ticket, promoflow_str found_by,
                                 promoflow_reply* reply, void* user) {
  EngineHost* host = user;
  ++host->recovered_cancelled;
  CHECK(release_id.size > 0 && ticket == 1 && is(found_by, "hook-7"));
  keep(host, reply);
  return 1;
}

static void destroy(void* user) { ++((EngineHost*)user)->destroyed; }
static void destroy_options(void* user) { ++((EngineHost*)user)->options_destroyed; }

static void observe(const promoflow_engine_record* record, void* user) {
  EngineHost* host = user;
  ++host->lines;
  CHECK(record->struct_size == sizeof(*record) && record->release.size > 0);
  CHECK(record->sequence >= host->last_sequence);
  CHECK(record->line.size > 2 && record->line.data[0] == '{');
  host->last_sequence = record->sequence;
  sprintf(host->last_line, "%.*s", (int)(record->line.size < 255 ? record->line.size : 255),
          record->line.data);
}

static void store_trouble(const promoflow_error* error, void* user) {
  (void)error;
  ++((EngineHost*)user)->troubles;
}

promoflow_executor callbacks_of_host(EngineHost* host) {
  promoflow_executor callbacks = {0};
  callbacks.user = host;
  callbacks.struct_size = sizeof(callbacks);
  callbacks.run_hook = run_hook;
  callbacks.promote = promote;
  callbacks.cancel = cancel;
  callbacks.destroy = destroy;
  callbacks.reports = host->reports;
  callbacks.reference = reference;
  callbacks.recover_hook = recover_hook;
  callbacks.recover_cancelled = recover_cancelled;
  callbacks.settled = settled;
  callbacks.force = force;
  callbacks.hook_reference = hook_reference;
  return callbacks;
}

promoflow_engine* new_engine(const promoflow_store* store, EngineHost* host) {
  const promoflow_executor callbacks = callbacks_of_host(host);
  promoflow_engine_executor executor;
  promoflow_engine_options options = {0};
  promoflow_engine* engine = NULL;
  executor.name = str("host");
  executor.callbacks = &callbacks;
  options.executors = &executor;
  options.executor_count = 1;
  options.request_interval_ms = 1;
  options.user = host;
  options.observe = observe;
  options.store_trouble = store_trouble;
  options.destroy = destroy_options;
  CHECK(promoflow_engine_new(store, &options, &engine, NULL) == PROMOFLOW_OK);
  return engine;
}

promoflow_status start_release(promoflow_engine* engine, const char* id, const char* run) {
  promoflow_flow* flow = new_engine_flow();
  promoflow_release_info info = {0};
  promoflow_engine_start_options options = {0};
  promoflow_status status;
  info.id = str(id);
  info.product = str("billing");
  options.run = str(run);
  status = promoflow_engine_start(engine, flow, &info, &options, NULL);
  promoflow_flow_free(flow); /* The engine keeps what it needs. */
  return status;
}

int has(promoflow_buffer* buffer, const char* wanted) {
  const promoflow_str text = promoflow_buffer_text(buffer);
  const int found = contains(text, wanted);
  if (!found) printf("no %s in: %.*s\n", wanted, (int)text.size, text.data);
  promoflow_buffer_free(buffer);
  return found;
}

int error_is(promoflow_error* error, promoflow_status code, const char* words) {
  const int is_so =
      promoflow_error_code(error) == code && contains(promoflow_error_message(error), words);
  if (!is_so) {
    const promoflow_str said = promoflow_error_message(error);
    printf("%d: %.*s\n", (int)promoflow_error_code(error), (int)said.size, said.data);
  }
  promoflow_error_free(error);
  return is_so;
}
