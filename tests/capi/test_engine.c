/* SPDX-License-Identifier: Apache-2.0 */
/* Engines and stores from C: releases that run to their end, that another engine goes on with, that
   another process asks for something; destroy() exactly once; want of memory. */
#define _XOPEN_SOURCE 700
#include "engine.h"

static const promoflow_str kNone = {NULL, 0};

/* --- what is read ----------------------------------------------------------------------------- */

static int ends_as(promoflow_engine* engine, const char* id, int32_t wanted) {
  int32_t status = 0;
  CHECK(promoflow_engine_wait(engine, str(id), PROMOFLOW_NO_TIME, &status, NULL) == PROMOFLOW_OK);
  return status == wanted;
}

static promoflow_buffer* shown(const promoflow_store* store, const char* id) {
  promoflow_buffer* text = NULL;
  CHECK(promoflow_store_show(store, str(id), &text, NULL) == PROMOFLOW_OK);
  return text;
}

static promoflow_store* new_store(void) {
  promoflow_store* store = NULL;
  CHECK(promoflow_store_new_memory(&store, NULL) == PROMOFLOW_OK);
  return store;
}

/* --- the stories ------------------------------------------------------------------------------ */

static void the_record_of_a_release(const promoflow_store* store) {
  promoflow_buffer* text = NULL;
  promoflow_store_filter filter = {0};
  uint64_t last = 0, end = 0;
  CHECK(promoflow_store_list(store, NULL, &text, NULL) == PROMOFLOW_OK);
  CHECK(has(text, "{\"id\":\"r-1\",\"flow\":\"durable\",\"status\":\"Succeeded\""));
  filter.status = PROMOFLOW_RELEASE_FAILED;
  CHECK(promoflow_store_list(store, &filter, &text, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_buffer_text(text).size == 0);
  promoflow_buffer_free(text);
  CHECK(has(shown(store, "r-1"), "\"environments\":[{\"name\":\"dev\",\"status\":\"Successful\""));
  CHECK(has(shown(store, "r-1"),
            "\"commands\":[{\"ticket\":1,\"hook\":\"announce\",\"point\":\"release.onStart\","
            "\"attempt\":1,\"state\":\"succeeded\",\"message\":\"\",\"log\":null}"));
  CHECK(
      has(shown(store, "r-1"), "\"context\":{\"JIRA\":\"ABC-1\"},\"contextWriters\":{\"JIRA\":1}"));
  CHECK(promoflow_store_start(store, str("r-1"), &text, NULL) == PROMOFLOW_OK);
  CHECK(has(text, "\"executor\":\"host\",\"run\":\"by hand\"}"));
  CHECK(promoflow_store_trace(store, str("r-1"), 0, 2, &text, &last, NULL) == PROMOFLOW_OK);
  CHECK(last == 2 && has(text, "\"event\":"));
  CHECK(promoflow_store_trace(store, str("r-1"), last, 1000, &text, &end, NULL) == PROMOFLOW_OK);
  CHECK(end > last && has(text, "Succeeded"));
  CHECK(promoflow_store_trace(store, str("r-1"), end, 1000, &text, &last, NULL) == PROMOFLOW_OK);
  CHECK(last == end && promoflow_buffer_text(text).size == 0);
  promoflow_buffer_free(text);
  CHECK(promoflow_store_verify(store, str("r-1"), &text, NULL) == PROMOFLOW_OK);
  CHECK(has(text, "{\"fits\":true}"));
  CHECK(promoflow_store_replay(store, str("r-1"), &text, NULL) == PROMOFLOW_OK);
  CHECK(has(text, "{\"fits\":true}"));
}

/* [K4] What an executor need not keep any more. */
static void what_is_settled(const promoflow_store* store) {
  int32_t settled = 7;
  CHECK(promoflow_store_is_settled(store, str("r-1"), 9, &settled, NULL) ==
        PROMOFLOW_E_UNKNOWN_TICKET);
  CHECK(promoflow_store_is_settled(store, str("mars"), 1, &settled, NULL) ==
        PROMOFLOW_E_UNKNOWN_RELEASE);
  CHECK(settled == 7);
  CHECK(promoflow_store_is_settled(store, str("r-1"), 1, &settled, NULL) == PROMOFLOW_OK);
  CHECK(settled == 1);
}

static int lines_of(const promoflow_store* store, const char* id) {
  promoflow_buffer* text = NULL;
  promoflow_str all;
  uint64_t last = 0;
  size_t i;
  int lines = 0;
  CHECK(promoflow_store_trace(store, str(id), 0, 1000, &text, &last, NULL) == PROMOFLOW_OK);
  all = promoflow_buffer_text(text);
  for (i = 0; i < all.size; ++i) lines += all.data[i] == '\n';
  CHECK(lines > 0);
  promoflow_buffer_free(text);
  return lines;
}

static void a_release_runs_to_its_end(void) {
  EngineHost host = {0};
  promoflow_store* store = new_store();
  promoflow_engine* engine = new_engine(store, &host);
  promoflow_buffer* text = NULL;
  CHECK(start_release(engine, "r-1", "by hand") == PROMOFLOW_OK);
  CHECK(ends_as(engine, "r-1", PROMOFLOW_RELEASE_SUCCEEDED));
  CHECK(start_release(engine, "r-1", "") == PROMOFLOW_E_RELEASE_EXISTS);
  the_record_of_a_release(store);
  what_is_settled(store);
  CHECK(promoflow_engine_describe(engine, str("r-1"), &text, NULL) ==
        PROMOFLOW_E_UNKNOWN_RELEASE); /* It has ended, so it is driven no more. */
  CHECK(promoflow_engine_stop(engine) == PROMOFLOW_OK && host.destroyed == 0);
  CHECK(promoflow_engine_stop(engine) == PROMOFLOW_OK);
  CHECK(start_release(engine, "r-2", "") == PROMOFLOW_E_NOT_ALLOWED);
  promoflow_engine_free(engine);
  CHECK(host.destroyed == 1 && host.options_destroyed == 1 && host.troubles == 0);
  CHECK(host.hooks == 1 && host.promotions == 1 && host.cancels == 0);
  CHECK(host.settled == 2 && host.forced == 0); /* [K4] Both outcomes are in the store. */
  CHECK(host.lines == lines_of(store, "r-1"));
  CHECK(strstr(host.last_line, "Succeeded") != NULL);
  promoflow_store_free(store);
}

static void the_engine_outlives_the_handle_of_its_store(void) {
  EngineHost host = {0};
  promoflow_store* store = new_store();
  promoflow_engine* engine = new_engine(store, &host);
  promoflow_store* other = NULL;
  int32_t settled = 7;
  CHECK(promoflow_store_share(store, &other, NULL) == PROMOFLOW_OK);
  promoflow_store_free(store);
  host.is_deaf = 1;
  CHECK(start_release(engine, "r-1", "") == PROMOFLOW_OK);
  CHECK(promoflow_store_is_settled(other, str("r-1"), 1, &settled, NULL) == PROMOFLOW_OK);
  CHECK(settled == 0);
  promoflow_engine_free(engine);
  free_replies(&host);
  promoflow_store_free(other);
}

static void callbacks_must_not_call_the_engine(void) {
  EngineHost host = {0};
  promoflow_store* store = new_store();
  host.engine = new_engine(store, &host);
  CHECK(start_release(host.engine, "r-1", "") == PROMOFLOW_OK);
  CHECK(ends_as(host.engine, "r-1", PROMOFLOW_RELEASE_SUCCEEDED));
  promoflow_engine_free(host.engine);
  CHECK(host.calls_refused == 5);
  promoflow_store_free(store);
}

/* [D6] Requests through the store, and what becomes of them. */
static void another_one_asks(void) {
  EngineHost host = {0};
  promoflow_store* store = new_store();
  promoflow_engine* engine;
  promoflow_event event = {0};
  promoflow_buffer* text = NULL;
  promoflow_error* error = NULL;
  uint64_t request = 0;
  host.is_deaf = 1;
  engine = new_engine(store, &host);
  CHECK(start_release(engine, "r-1", "") == PROMOFLOW_OK);
  event.kind = PROMOFLOW_EVENT_PROMOTION_SUCCEEDED;
  event.ticket = 1; /* It is a hook. */
  CHECK(promoflow_store_ask(store, str("r-1"), &event, str("ann"), &request, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_store_request(store, request, PROMOFLOW_NO_TIME, &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "\"by\":\"ann\""));
  CHECK(has(text, "\"applied\":false,\"message\":\"this is a hook's ticket"));
  event.kind = PROMOFLOW_EVENT_HOOK_SUCCEEDED;
  event.context = str("{\"A\":1}");
  CHECK(promoflow_store_ask(store, str("r-1"), &event, kNone, &request, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_store_request(store, request, PROMOFLOW_NO_TIME, &text, NULL) == PROMOFLOW_OK);
  CHECK(has(text, "\"applied\":true,\"message\":\"\"}"));
  CHECK(ends_as(engine, "r-1", PROMOFLOW_RELEASE_SUCCEEDED));
  CHECK(has(shown(store, "r-1"), "\"context\":{\"A\":1}"));
  promoflow_engine_free(engine);
  free_replies(&host);
  CHECK(promoflow_store_ask(store, str("r-1"), &event, kNone, &request, &error) ==
        PROMOFLOW_E_NOT_OWNER);
  CHECK(error_is(error, PROMOFLOW_E_NOT_OWNER, "nobody drives it"));
  CHECK(promoflow_store_ask(store, str("r-9"), &event, kNone, &request, NULL) ==
        PROMOFLOW_E_UNKNOWN_RELEASE);
  REFUSED(promoflow_store_request(store, 77, 0, &text, NULL));
  promoflow_store_free(store);
}

/* The host answers, and the operator decides, in the process that drives the release. */
static void events_are_applied(void) {
  EngineHost host = {0};
  promoflow_store* store = new_store();
  promoflow_engine* engine;
  promoflow_event event = {0};
  promoflow_buffer* text = NULL;
  int32_t status = 0;
  const promoflow_str staging = str("staging"), mars = str("mars");
  host.is_deaf = 1;
  engine = new_engine(store, &host);
  CHECK(start_release(engine, "r-1", "") == PROMOFLOW_OK);
  CHECK(promoflow_engine_wait(engine, str("r-1"), 0, &status, NULL) == PROMOFLOW_OK);
  CHECK(status == PROMOFLOW_RELEASE_RUNNING);
  CHECK(promoflow_engine_describe(engine, str("r-1"), &text, NULL) == PROMOFLOW_OK);
  CHECK(has(text, "announce"));
  CHECK(has(shown(store, "r-1"), "\"state\":\"running\""));
  CHECK(promoflow_store_remove(store, str("r-1"), NULL) == PROMOFLOW_E_NOT_ALLOWED);
  event.kind = PROMOFLOW_EVENT_HOOK_FAILED;
  event.ticket = 9;
  event.text = str("no");
  CHECK(promoflow_engine_apply(engine, str("r-1"), &event, NULL) == PROMOFLOW_E_UNKNOWN_TICKET);
  event.ticket = 1;
  CHECK(promoflow_engine_apply(engine, str("r-1"), &event, NULL) == PROMOFLOW_OK);
  CHECK(ends_as(engine, "r-1", PROMOFLOW_RELEASE_FAILED));
  CHECK(promoflow_engine_apply(engine, str("r-1"), &event, NULL) == PROMOFLOW_E_UNKNOWN_RELEASE);
  CHECK(promoflow_engine_retry(engine, str("r-1"), &mars, 1, kNone, NULL) ==
        PROMOFLOW_E_UNKNOWN_ENVIRONMENT);
  CHECK(promoflow_engine_retry(engine, str("r-1"), &staging, 1, kNone, NULL) < 0);
  CHECK(promoflow_engine_retry(engine, str("r-1"), NULL, 0, str("ann"), NULL) == PROMOFLOW_OK);
  event.kind = PROMOFLOW_EVENT_TERMINATE;
  event.ticket = 0;
  event.text = str("enough");
  event.struct_size = (uint32_t)sizeof(event); /* `force` came with 0.2. */
  event.force = 1;
  CHECK(promoflow_engine_apply(engine, str("r-1"), &event, NULL) == PROMOFLOW_OK);
  CHECK(ends_as(engine, "r-1", PROMOFLOW_RELEASE_TERMINATED));
  promoflow_engine_free(engine);
  CHECK(host.hooks == 2 && host.cancels == 2); /* One was answered for, one terminated. */
  CHECK(host.forced == 1 && host.cancels_before_force == 1 && host.settled == 2); /* [K5] */
  free_replies(&host);
  CHECK(promoflow_store_ended_before(store, INT64_MAX / 1000000, 10, &text, NULL) == PROMOFLOW_OK);
  CHECK(has(text, "[\"r-1\"]"));
  CHECK(promoflow_store_remove(store, str("r-1"), NULL) == PROMOFLOW_OK);
  CHECK(promoflow_store_remove(store, str("r-1"), NULL) == PROMOFLOW_E_UNKNOWN_RELEASE);
  promoflow_store_free(store);
}

/* [D11] An engine stops and leaves its call running; the next one asks what became of it. */
static void the_next_engine_recovers(int recovery, int32_t wanted) {
  EngineHost first = {0}, second = {0};
  promoflow_store* store = new_store();
  promoflow_engine* engine;
  promoflow_buffer* text = NULL;
  first.is_deaf = 1;
  first.reports = PROMOFLOW_REPORTS_SURVIVES;
  engine = new_engine(store, &first);
  CHECK(start_release(engine, "r-1", "") == PROMOFLOW_OK);
  promoflow_engine_free(engine);
  CHECK(first.hooks == 1 && first.cancels == 0);
  CHECK(promoflow_reply_failed(first.replies[0], str("too late"), kNone) == PROMOFLOW_OK);
  free_replies(&first);

  second.recovery = recovery;
  engine = new_engine(store, &second);
  CHECK(promoflow_engine_resume_all(engine, &text, NULL) == PROMOFLOW_OK);
  CHECK(has(text, "[\"r-1\"]"));
  CHECK(promoflow_engine_resume(engine, str("r-9"), NULL) == PROMOFLOW_E_UNKNOWN_RELEASE);
  if (recovery == PROMOFLOW_RECOVERY_ATTACHED) {
    CHECK(promoflow_engine_resume(engine, str("r-1"), NULL) == PROMOFLOW_OK); /* It is here. */
    CHECK(promoflow_reply_succeeded(second.replies[0], kNone) == PROMOFLOW_OK);
  }
  CHECK(ends_as(engine, "r-1", wanted));
  promoflow_engine_free(engine);
  CHECK(second.recovered == 1);
  CHECK(second.hooks == (recovery == PROMOFLOW_RECOVERY_UNKNOWN));
  free_replies(&second);
  promoflow_store_free(store);
}

/* [D15] What an engine has cancelled still runs when the next one takes over. */
static void the_next_engine_waits_for_what_was_cancelled(void) {
  EngineHost first = {0}, second = {0};
  promoflow_store* store = new_store();
  promoflow_engine* engine;
  promoflow_event end = {0};
  first.is_deaf = first.is_stubborn = 1;
  first.reports =
      PROMOFLOW_REPORTS_STOPPED | PROMOFLOW_REPORTS_STARTED | PROMOFLOW_REPORTS_SURVIVES;
  engine = new_engine(store, &first);
  CHECK(start_release(engine, "r-1", "") == PROMOFLOW_OK);
  end.kind = PROMOFLOW_EVENT_TERMINATE;
  end.text = str("enough");
  CHECK(promoflow_engine_apply(engine, str("r-1"), &end, NULL) == PROMOFLOW_OK);
  promoflow_engine_free(engine);
  CHECK(first.cancels == 1);
  free_replies(&first);
  second.reports = PROMOFLOW_REPORTS_STOPPED | PROMOFLOW_REPORTS_STARTED;
  engine = new_engine(store, &second);
  CHECK(promoflow_engine_resume(engine, str("r-1"), NULL) == PROMOFLOW_OK);
  CHECK(ends_as(engine, "r-1", PROMOFLOW_RELEASE_TERMINATED));
  promoflow_engine_free(engine);
  CHECK(second.recovered_cancelled == 1 && second.cancels == 1 && second.recovered == 0);
  free_replies(&second);
  promoflow_store_free(store);
}

/* [D4] */
static void a_second_engine_is_refused(void) {
  EngineHost first = {0}, second = {0};
  promoflow_store* store = new_store();
  promoflow_engine *owner, *other;
  promoflow_error* error = NULL;
  first.is_deaf = 1;
  owner = new_engine(store, &first);
  other = new_engine(store, &second);
  CHECK(start_release(owner, "r-1", "") == PROMOFLOW_OK);
  CHECK(promoflow_engine_resume(other, str("r-1"), &error) == PROMOFLOW_E_NOT_OWNER);
  CHECK(error_is(error, PROMOFLOW_E_NOT_OWNER, "drives this release since"));
  promoflow_engine_free(owner);
  promoflow_engine_free(other);
  CHECK(first.cancels == 1 && second.hooks == 0);
  free_replies(&first);
  promoflow_store_free(store);
}

/* A file, and what is no store. */
static void stores_in_files(void) {
  char root[] = "/tmp/promoflow-engine-XXXXXX", path[64], command[96];
  EngineHost host = {0};
  promoflow_store *store = NULL, *reader = NULL;
  promoflow_store_options asks = {0};
  promoflow_error* error = NULL;
  promoflow_engine* engine;
  FILE* file;
  CHECK(mkdtemp(root) != NULL);
  sprintf(path, "%s/releases.db", root);
  asks.access = PROMOFLOW_STORE_ASK;
  CHECK(promoflow_store_open(str(path), &asks, &reader, NULL) < 0); /* It does not exist. */
  CHECK(promoflow_store_open(str(path), NULL, &store, NULL) == PROMOFLOW_OK);
  engine = new_engine(store, &host);
  CHECK(start_release(engine, "r-1", "") == PROMOFLOW_OK);
  CHECK(ends_as(engine, "r-1", PROMOFLOW_RELEASE_SUCCEEDED));
  CHECK(promoflow_store_open(str(path), &asks, &reader, NULL) == PROMOFLOW_OK);
  CHECK(has(shown(reader, "r-1"), "\"status\":\"Succeeded\""));
  promoflow_engine_free(engine);
  promoflow_store_free(reader);
  promoflow_store_free(store);
  sprintf(path, "%s/letter.txt", root);
  file = fopen(path, "w");
  CHECK(file != NULL && fputs("Dear Ann, this is a letter.\n", file) >= 0 && fclose(file) == 0);
  CHECK(promoflow_store_open(str(path), NULL, &store, &error) == PROMOFLOW_E_STORE_FOREIGN);
  promoflow_error_free(error);
  CHECK(contains(promoflow_store_sqlite_version(), "3."));
  sprintf(command, "rm -rf '%s'", root);
  CHECK(system(command) == 0);
}

/* Whichever allocation fails: the call says so, nothing leaks, and it can be made again. */
static void want_of_memory(void) {
  EngineHost host = {0};
  promoflow_store* store = new_store();
  promoflow_engine* engine = new_engine(store, &host);
  size_t number;
  int refusals = 0, call;
  CHECK(start_release(engine, "r-1", "") == PROMOFLOW_OK);
  CHECK(ends_as(engine, "r-1", PROMOFLOW_RELEASE_SUCCEEDED));
  promoflow_engine_free(engine);
  for (call = 0; call < 5; ++call) {
    for (number = 0;; ++number) {
      promoflow_buffer* text = NULL;
      promoflow_status status = PROMOFLOW_OK;
      uint64_t last = 0;
      const size_t before = live_blocks();
      int failed;
      fail_at(number);
      switch (call) {
        case 0: status = promoflow_store_list(store, NULL, &text, NULL); break;
        case 1: status = promoflow_store_show(store, str("r-1"), &text, NULL); break;
        case 2: status = promoflow_store_start(store, str("r-1"), &text, NULL); break;
        case 3: status = promoflow_store_trace(store, str("r-1"), 0, 9, &text, &last, NULL); break;
        default: status = promoflow_store_verify(store, str("r-1"), &text, NULL); break;
      }
      failed = has_failed();
      fail_at(SIZE_MAX);
      promoflow_buffer_free(text);
      CHECK(live_blocks() == before);
      if (!failed) {
        CHECK(status == PROMOFLOW_OK);
        break;
      }
      CHECK(status == PROMOFLOW_OK || (status == PROMOFLOW_E_OUT_OF_MEMORY && text == NULL));
      refusals += status == PROMOFLOW_E_OUT_OF_MEMORY;
    }
  }
  CHECK(refusals > 100);
  promoflow_store_free(store);
}

void test_engine(void) {
  a_release_runs_to_its_end();
  the_engine_outlives_the_handle_of_its_store();
  callbacks_must_not_call_the_engine();
  another_one_asks();
  events_are_applied();
  the_next_engine_recovers(PROMOFLOW_RECOVERY_ATTACHED, PROMOFLOW_RELEASE_SUCCEEDED);
  the_next_engine_recovers(PROMOFLOW_RECOVERY_ENDED, PROMOFLOW_RELEASE_SUCCEEDED);
  the_next_engine_recovers(PROMOFLOW_RECOVERY_UNKNOWN, PROMOFLOW_RELEASE_SUCCEEDED);
  the_next_engine_recovers(PROMOFLOW_RECOVERY_LOST, PROMOFLOW_RELEASE_FAILED);
  the_next_engine_recovers(77, PROMOFLOW_RELEASE_FAILED); /* As LOST. */
  the_next_engine_waits_for_what_was_cancelled();
  a_second_engine_is_refused();
  stores_in_files();
  want_of_memory();
  test_engine_refusals();
  test_engine_executors();
}
