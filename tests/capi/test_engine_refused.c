/* SPDX-License-Identifier: Apache-2.0 */
/* Stores and engines with NULL where something must be given, with struct sizes that never were,
   and with numbers and texts that mean nothing: refused, the outputs untouched, destroy() called.
 */
#include "engine.h"

static const promoflow_str kNone = {NULL, 0};
static const promoflow_str kBad = {NULL, 5};

static void refused_stores(void) {
  promoflow_store* store = NULL;
  promoflow_store_options options = {0};
  const promoflow_str nul = {"a\0b", 3};
  promoflow_store_free(NULL);
  REFUSED(promoflow_store_open(kNone, NULL, &store, NULL));
  REFUSED(promoflow_store_open(kBad, NULL, &store, NULL));
  REFUSED(promoflow_store_open(nul, NULL, &store, NULL));
  REFUSED(promoflow_store_open(str("/no/such/directory/x.db"), NULL, &store, NULL));
  REFUSED(promoflow_store_open(str("x.db"), NULL, NULL, NULL));
  REFUSED(promoflow_store_new_memory(NULL, NULL));
  options.access = 3;
  REFUSED(promoflow_store_open(str("x.db"), &options, &store, NULL));
  options.access = 0;
  options.struct_size = 8;
  REFUSED(promoflow_store_open(str("x.db"), &options, &store, NULL));
  options.struct_size = (uint32_t)sizeof(options);
  options.no_check = 2; /* Neither yes nor no. */
  REFUSED(promoflow_store_open(str("x.db"), &options, &store, NULL));
  CHECK(store == NULL);
}

static void refused_filters(const promoflow_store* store) {
  promoflow_store_filter filter = {0};
  struct {
    promoflow_store_filter known;
    char more[8];
  } grown;
  promoflow_buffer* text = NULL;
  filter.status = 7;
  REFUSED(promoflow_store_list(store, &filter, &text, NULL));
  filter.status = 0;
  filter.limit = 10001;
  REFUSED(promoflow_store_list(store, &filter, &text, NULL));
  filter.limit = 0;
  filter.has_since = -1;
  REFUSED(promoflow_store_list(store, &filter, &text, NULL));
  filter.has_since = 0;
  filter.unfinished = 2;
  REFUSED(promoflow_store_list(store, &filter, &text, NULL));
  filter.unfinished = 0;
  filter.product = kBad;
  REFUSED(promoflow_store_list(store, &filter, &text, NULL));
  filter.product = kNone;
  filter.after = kBad;
  REFUSED(promoflow_store_list(store, &filter, &text, NULL));
  REFUSED(promoflow_store_list(NULL, NULL, &text, NULL));
  REFUSED(promoflow_store_list(store, NULL, NULL, NULL));
  memset(&grown, 0, sizeof(grown));
  grown.known.struct_size = sizeof(grown);
  CHECK(promoflow_store_list(store, &grown.known, &text, NULL) == PROMOFLOW_OK);
  promoflow_buffer_free(text);
  grown.more[7] = 1; /* It asks for something that this version does not know. */
  text = NULL;
  REFUSED(promoflow_store_list(store, &grown.known, &text, NULL));
  CHECK(text == NULL);
}

static void refused_questions(const promoflow_store* store) {
  promoflow_buffer* text = NULL;
  promoflow_event event = {0};
  uint64_t number = 77;
  event.kind = PROMOFLOW_EVENT_TERMINATE;
  REFUSED(promoflow_store_trace(store, str("r-1"), 0, 0, &text, &number, NULL));
  REFUSED(promoflow_store_trace(store, str("r-1"), 0, 10001, &text, &number, NULL));
  REFUSED(promoflow_store_trace(store, str("r-1"), 0, 1, NULL, &number, NULL));
  REFUSED(promoflow_store_trace(store, str("r-1"), 0, 1, &text, NULL, NULL));
  CHECK(promoflow_store_trace(store, str("r-1"), 0, 1, &text, &number, NULL) ==
        PROMOFLOW_E_UNKNOWN_RELEASE);
  CHECK(promoflow_store_show(store, str("r-1"), &text, NULL) == PROMOFLOW_E_UNKNOWN_RELEASE);
  CHECK(promoflow_store_verify(store, str("r-1"), &text, NULL) == PROMOFLOW_E_UNKNOWN_RELEASE);
  REFUSED(promoflow_store_show(store, kBad, &text, NULL));
  REFUSED(promoflow_store_show(store, str("r-1"), NULL, NULL));
  REFUSED(promoflow_store_ask(store, str("r-1"), NULL, kNone, &number, NULL));
  REFUSED(promoflow_store_ask(store, str("r-1"), &event, kBad, &number, NULL));
  REFUSED(promoflow_store_ask(store, str("r-1"), &event, kNone, NULL, NULL));
  event.kind = 99;
  CHECK(promoflow_store_ask(store, str("r-1"), &event, kNone, &number, NULL) < 0);
  REFUSED(promoflow_store_request(NULL, 1, 0, &text, NULL));
  REFUSED(promoflow_store_request(store, 1, 0, NULL, NULL));
  REFUSED(promoflow_store_ended_before(store, 0, 1, NULL, NULL));
  REFUSED(promoflow_store_remove(store, kBad, NULL));
  CHECK(text == NULL && number == 77);
}

/* The options are refused, the error names one of them, and both destroy() were called. */
static int refused_for(const promoflow_store* store, promoflow_engine_options* options,
                       const char* where, int executors) {
  EngineHost* const host = options->user;
  promoflow_engine* engine = NULL;
  promoflow_error* error = NULL;
  const int before = host->destroyed, options_before = host->options_destroyed;
  const int is_so =
      promoflow_engine_new(store, options, &engine, &error) == PROMOFLOW_E_INVALID_ARGUMENT &&
      engine == NULL && is(promoflow_error_where(error), where) &&
      host->destroyed == before + executors && host->options_destroyed == options_before + 1;
  if (!is_so) {
    const promoflow_str said = promoflow_error_where(error);
    printf("%.*s, %d, %d\n", (int)said.size, said.data, host->destroyed - before,
           host->options_destroyed - options_before);
  }
  promoflow_error_free(error);
  return is_so;
}

static void count_options(void* user) { ++((EngineHost*)user)->options_destroyed; }

static void refused_options(const promoflow_store* store) {
  EngineHost host = {0};
  promoflow_executor good = callbacks_of_host(&host), bad = callbacks_of_host(&host);
  promoflow_engine_executor executors[2];
  promoflow_engine_options options = {0}, changed;
  promoflow_engine* engine = NULL;
  executors[0].name = executors[1].name = str("host");
  executors[0].callbacks = &good;
  executors[1].callbacks = &bad;
  options.user = &host;
  options.destroy = count_options;
  CHECK(refused_for(store, &options, "options.executors", 0)); /* None. */
  options.executor_count = 2;
  CHECK(refused_for(store, &options, "options.executors", 0));
  options.executors = executors;
  CHECK(refused_for(NULL, &options, "store", 2));
  changed = options;
  changed.lost = 3;
  CHECK(refused_for(store, &changed, "options.lost", 2));
  changed = options;
  changed.releases_max = 1000001;
  CHECK(refused_for(store, &changed, "options.releases_max", 2));
  changed = options;
  changed.heartbeat_ms = 10001;
  CHECK(refused_for(store, &changed, "options.heartbeat_ms", 2));
  changed = options;
  changed.request_interval_ms = -1;
  CHECK(refused_for(store, &changed, "options.request_interval_ms", 2));
  bad.promote = NULL;
  CHECK(refused_for(store, &options, "options.executors", 2));
  bad = good;
  bad.reports = 8;
  CHECK(refused_for(store, &options, "options.executors", 2));
  bad = good;
  bad.struct_size = 8; /* Its destroy() is unknown. */
  CHECK(refused_for(store, &options, "options.executors", 1));
  executors[1].callbacks = NULL;
  CHECK(refused_for(store, &options, "options.executors", 1));
  executors[1].callbacks = &good;
  executors[1].name = kBad;
  CHECK(refused_for(store, &options, "options.executors", 2));
  options.struct_size = 8;
  REFUSED(promoflow_engine_new(store, &options, &engine, NULL));
  REFUSED(promoflow_engine_new(store, NULL, &engine, NULL));
  CHECK(engine == NULL);
}

/* [H31] Whichever allocation fails, destroy() of each executor and of the options is called once.
 */
static void engines_without_memory(const promoflow_store* store, void (*fail)(size_t)) {
  int is_made = 0;
  size_t number;
  for (number = 0; !is_made; ++number) {
    EngineHost host = {0};
    promoflow_executor callbacks = callbacks_of_host(&host);
    promoflow_engine_executor executors[2];
    promoflow_engine_options options = {0};
    promoflow_engine* engine = NULL;
    promoflow_error* error = NULL;
    promoflow_status status;
    executors[0].name = str("a name that is too long for a string itself");
    executors[1].name = str("host");
    executors[0].callbacks = executors[1].callbacks = &callbacks;
    options.executors = executors;
    options.executor_count = 2;
    options.user = &host;
    options.destroy = count_options;
    fail(number);
    status = promoflow_engine_new(store, &options, &engine, &error);
    is_made = !has_failed();
    fail_at(SIZE_MAX);
    CHECK(status == PROMOFLOW_OK || (!is_made && status == PROMOFLOW_E_OUT_OF_MEMORY));
    CHECK(promoflow_error_code(error) == status && (engine != NULL) == (status == 0));
    promoflow_error_free(error);
    promoflow_engine_free(engine);
    CHECK(host.destroyed == 2 && host.options_destroyed == 1);
  }
  CHECK(number > 5);
}

static void refused_calls(promoflow_engine* engine) {
  promoflow_flow* flow = new_engine_flow();
  promoflow_release_info info = {0};
  promoflow_engine_start_options options = {0};
  promoflow_selection selection = {0};
  promoflow_event event = {0};
  promoflow_buffer* text = NULL;
  int32_t status = 77;
  promoflow_engine_free(NULL);
  REFUSED(promoflow_engine_stop(NULL));
  info.id = str("r-1");
  REFUSED(promoflow_engine_start(NULL, flow, &info, NULL, NULL));
  REFUSED(promoflow_engine_start(engine, NULL, &info, NULL, NULL));
  REFUSED(promoflow_engine_start(engine, flow, NULL, NULL, NULL));
  options.executor = str("somebody");
  REFUSED(promoflow_engine_start(engine, flow, &info, &options, NULL));
  options.executor = kNone;
  options.run = kBad;
  REFUSED(promoflow_engine_start(engine, flow, &info, &options, NULL));
  options.run = kNone;
  options.selection = &selection;
  selection.kind = 9;
  REFUSED(promoflow_engine_start(engine, flow, &info, &options, NULL));
  options.selection = NULL;
  options.context = str("[1]");
  CHECK(promoflow_engine_start(engine, flow, &info, &options, NULL) == PROMOFLOW_E_INVALID_CONTEXT);
  info.version = kBad;
  REFUSED(promoflow_engine_start(engine, flow, &info, NULL, NULL));
  info.version = kNone;
  info.id = kNone;
  CHECK(promoflow_engine_start(engine, flow, &info, NULL, NULL) < 0);
  REFUSED(promoflow_engine_resume(engine, kBad, NULL));
  REFUSED(promoflow_engine_resume_all(engine, NULL, NULL));
  REFUSED(promoflow_engine_retry(engine, str("r-1"), NULL, 1, kNone, NULL));
  REFUSED(promoflow_engine_retry(engine, str("r-1"), NULL, 0, kBad, NULL));
  REFUSED(promoflow_engine_apply(engine, str("r-1"), NULL, NULL));
  event.kind = 99;
  CHECK(promoflow_engine_apply(engine, str("r-1"), &event, NULL) < 0);
  REFUSED(promoflow_engine_wait(engine, str("r-1"), 0, NULL, NULL));
  CHECK(promoflow_engine_wait(engine, str("r-1"), 0, &status, NULL) == PROMOFLOW_E_UNKNOWN_RELEASE);
  REFUSED(promoflow_engine_describe(engine, str("r-1"), NULL, NULL));
  CHECK(status == 77 && text == NULL);
  promoflow_flow_free(flow);
}

void test_engine_refusals(void) {
  EngineHost host = {0};
  promoflow_store* store = NULL;
  promoflow_engine* engine;
  CHECK(promoflow_store_new_memory(&store, NULL) == PROMOFLOW_OK);
  refused_stores();
  refused_filters(store);
  refused_questions(store);
  refused_options(store);
  engines_without_memory(store, fail_at);
  engines_without_memory(store, fail_once_at);
  engine = new_engine(store, &host);
  refused_calls(engine);
  promoflow_engine_free(engine);
  CHECK(host.hooks == 0 && host.destroyed == 1);
  promoflow_store_free(store);
}
