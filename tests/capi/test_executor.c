/* SPDX-License-Identifier: Apache-2.0 */
/* Runs with callbacks: answers at once and late, twice and never; a clock that jumps; requests of
   an operator; the journal and the observer; destroy() exactly once, whatever happens. */
#include "check.h"

static const promoflow_str kNone = {NULL, 0};

typedef struct {
  int hooks, promotions, cancels, destroyed, events, records, hook_records;
  int is_deaf;             /* Never answers. */
  int journal_ends_at;     /* 0: never. */
  promoflow_control* stop; /* Terminates at the first promotion. */
  promoflow_reply* late;   /* Kept beyond the run. */
  int is_first;            /* A program of 0.1: it gets events of the size that they had. */
  int queues;              /* Reports queued and started, and who resumed. */
  int queued, started, resumed_by;
  promoflow_control* skip; /* Skips production, and retries nothing, at the first promotion. */
  int64_t now;
  int is_resumed;   /* No start is expected. */
  char lines[8192]; /* The journal. */
} Host;

static void run_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) {
  Host* host = user;
  ++host->hooks;
  CHECK(call->struct_size == sizeof(*call) && call->ticket > 0 && call->attempt > 0);
  CHECK(is(call->release_id, "r-42") && call->argument_count >= 6);
  CHECK(is(call->arguments[5].name, "RELEASE_ID"));
  CHECK((call->environment.data == NULL) == (call->point <= 3));
  CHECK(promoflow_reply_succeeded(reply, str("{\"A\":1}")) == PROMOFLOW_OK);
  CHECK(promoflow_reply_failed(reply, str("twice"), kNone) == PROMOFLOW_OK); /* Dropped. */
  promoflow_reply_free(reply);
}

static void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) {
  Host* host = user;
  ++host->promotions;
  CHECK(call->struct_size == sizeof(*call) && call->argument_count == 6);
  if (host->stop != NULL)
    CHECK(promoflow_control_terminate(host->stop, str("enough"), NULL) == PROMOFLOW_OK);
  if (host->skip != NULL) {
    const promoflow_str dev = str("dev");
    CHECK(promoflow_control_skip(host->skip, str("production"), str("known"), str("ann"), NULL) ==
          PROMOFLOW_OK);
    CHECK(promoflow_control_retry(host->skip, &dev, 1, kNone, NULL) == PROMOFLOW_OK); /* Refused. */
  }
  if (host->is_deaf) {
    promoflow_reply_free(host->late);
    host->late = reply;
    return;
  }
  if (host->queues) {
    CHECK(promoflow_reply_queued(reply) == PROMOFLOW_OK);
    CHECK(promoflow_reply_started(reply) == PROMOFLOW_OK);
    CHECK(promoflow_reply_suspended(reply) == PROMOFLOW_OK);
    CHECK(promoflow_reply_resumed_by(reply, str("ben")) == PROMOFLOW_OK);
    promoflow_reply_succeeded(reply, kNone);
    promoflow_reply_free(reply);
    return;
  }
  CHECK(promoflow_reply_suspended(reply) == PROMOFLOW_OK);
  CHECK(promoflow_reply_resumed(reply) == PROMOFLOW_OK);
  if (is(call->environment, "production")) {
    promoflow_reply_failed(reply, str("degraded"), kNone);
  } else {
    promoflow_reply_succeeded(reply, kNone);
  }
  promoflow_reply_free(reply);
}

static void cancel(promoflow_str release_id, uint64_t ticket, void* user) {
  CHECK(is(release_id, "r-42") && ticket > 0);
  ++((Host*)user)->cancels;
}

static void destroy(void* user) { ++((Host*)user)->destroyed; }

static int64_t now(void* user) { return ((Host*)user)->now; }

static void wait(promoflow_waiting* waiting, int64_t deadline_ms, void* user) {
  if (promoflow_waiting_ready(waiting)) return;
  if (deadline_ms == PROMOFLOW_NO_TIME) {
    promoflow_waiting_for(waiting, 1);
  } else {
    ((Host*)user)->now = deadline_ms;
  }
}

/* Appends the event's line to a journal; full: ends the run. */
static int32_t append(promoflow_str line, Host* host) {
  const size_t size = strlen(host->lines);
  if (size + line.size + 2 > sizeof(host->lines)) return 1;
  memcpy(host->lines + size, line.data, line.size);
  host->lines[size + line.size] = '\n';
  return 0;
}

static int32_t journal(const promoflow_event* event, void* user) {
  Host* host = user;
  promoflow_buffer* line = NULL;
  CHECK((host->events == 0) == (event->kind == PROMOFLOW_EVENT_RELEASE_STARTED) ||
        host->is_resumed);
  CHECK(promoflow_event_json(event, &line, NULL) == PROMOFLOW_OK);
  CHECK(append(promoflow_buffer_text(line), host) == 0);
  promoflow_buffer_free(line);
  CHECK(event->struct_size == (host->is_first ? offsetof(promoflow_event, by) : sizeof(*event)));
  CHECK(event->kind >= PROMOFLOW_EVENT_TICK);
  host->queued += event->kind == PROMOFLOW_EVENT_QUEUED;
  host->started += event->kind == PROMOFLOW_EVENT_STARTED;
  host->resumed_by += event->kind == PROMOFLOW_EVENT_RESUMED && is(event->by, "ben");
  if (event->kind == PROMOFLOW_EVENT_RETRY && event->environment_count == 1)
    CHECK(is(event->environments[0], "production") || is(event->environments[0], "mars") ||
          is(event->environments[0], "dev"));
  return ++host->events == host->journal_ends_at;
}

static void observe(const promoflow_release* release, const promoflow_record* record,
                    const promoflow_command* command, void* user) {
  Host* host = user;
  promoflow_buffer* text = NULL;
  size_t count = 0;
  int32_t status = 0;
  ++host->records;
  CHECK(promoflow_release_status(release, &status) == PROMOFLOW_OK && status > 0);
  CHECK(promoflow_release_record_json(release, 0, &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "\"event\":"));
  promoflow_buffer_free(text);
  if (record->kind == PROMOFLOW_RECORD_RUN_HOOK) {
    ++host->hook_records;
    CHECK(promoflow_command_arguments(release, command, NULL, 0, &count) == PROMOFLOW_OK);
    CHECK(count >= 6 && count == command->argument_count);
  }
}

static const promoflow_executor kCallbacks = {
    .run_hook = run_hook, .promote = promote, .cancel = cancel, .destroy = destroy};

static promoflow_status run(Host* host, promoflow_release** out, promoflow_error** error) {
  promoflow_flow* flow = new_flow();
  promoflow_executor executor = kCallbacks;
  promoflow_release_info info = {0};
  promoflow_clock clock = {0};
  promoflow_run_options options = {0};
  promoflow_status status;
  executor.user = host;
  clock.user = host;
  clock.now = now;
  clock.wait = wait;
  info.id = str("r-42");
  options.struct_size = host->is_first ? 0 : (uint32_t)sizeof(options);
  options.user = host;
  options.clock = &clock;
  options.control = host->stop != NULL ? host->stop : host->skip;
  options.journal = journal;
  options.observe = observe;
  status = promoflow_run(flow, &info, &executor, &options, out, error);
  promoflow_flow_free(flow);
  CHECK(host->destroyed == 1);
  return status;
}

static int32_t status_of(const promoflow_release* release) {
  int32_t status = 0;
  CHECK(promoflow_release_status(release, &status) == PROMOFLOW_OK);
  return status;
}

static void to_the_end_and_again(void) {
  Host host = {0}, again = {0};
  promoflow_release* release = NULL;
  promoflow_executor executor = kCallbacks;
  promoflow_error* error = NULL;
  CHECK(run(&host, &release, NULL) == PROMOFLOW_OK);
  CHECK(status_of(release) == PROMOFLOW_RELEASE_FAILED);
  CHECK(host.hooks == 5 && host.promotions == 3 && host.hook_records == 5);
  CHECK(host.events > 0 && host.records > host.events);
  executor.user = &again;
  CHECK(promoflow_resume(release, &executor, NULL, NULL) == PROMOFLOW_OK); /* It is final. */
  CHECK(again.destroyed == 1 && again.promotions == 0);
  CHECK(promoflow_retry(release, &executor, NULL, NULL) == PROMOFLOW_OK);
  CHECK(again.destroyed == 2 && again.promotions == 1);
  CHECK(status_of(release) == PROMOFLOW_RELEASE_FAILED);
  promoflow_release_free(release);
  REFUSED(promoflow_retry(NULL, &executor, NULL, &error));
  CHECK(again.destroyed == 3);
  promoflow_error_free(error);
}

/* [H32] Whatever was stored when the run ended, the journal alone gives the release again. */
static void the_journal_alone_is_enough(void) {
  promoflow_flow* flow = new_flow();
  int events = 1;
  for (;; ++events) {
    Host host = {0}, again = {0};
    promoflow_release* release = NULL;
    promoflow_executor executor = kCallbacks;
    promoflow_clock clock = {0};
    promoflow_run_options options = {0};
    promoflow_status status;
    host.journal_ends_at = events + 1;
    status = run(&host, &release, NULL);
    promoflow_release_free(release);
    release = NULL;
    if (status == PROMOFLOW_OK) break;
    executor.user = clock.user = &again;
    clock.now = now;
    clock.wait = wait;
    options.clock = &clock;
    CHECK(promoflow_release_recover(flow, str(host.lines), &release, NULL) == PROMOFLOW_OK);
    CHECK(promoflow_resume(release, &executor, &options, NULL) == PROMOFLOW_OK);
    CHECK(status_of(release) == PROMOFLOW_RELEASE_FAILED);
    promoflow_release_free(release);
  }
  CHECK(events > 5);
  promoflow_flow_free(flow);
}

static void a_run_without_an_answer_ends_by_its_timers(void) {
  Host host = {0};
  promoflow_release* release = NULL;
  host.is_deaf = host.is_first = 1;
  CHECK(run(&host, &release, NULL) == PROMOFLOW_OK); /* The flow's deadline ends it. */
  CHECK(status_of(release) == PROMOFLOW_RELEASE_TERMINATED && host.cancels == 1);
  CHECK(host.now == 86400000);
  promoflow_release_free(release);
  CHECK(promoflow_reply_succeeded(host.late, kNone) == PROMOFLOW_OK); /* Harmless. */
  promoflow_reply_free(host.late);
}

static void stopped(void) {
  Host host = {0};
  promoflow_release* release = NULL;
  promoflow_error* error = NULL;
  promoflow_state state = {0};
  CHECK(promoflow_control_new(&host.stop, NULL) == PROMOFLOW_OK);
  host.is_deaf = 1;
  CHECK(run(&host, &release, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_release_state(release, &state) == PROMOFLOW_OK && is(state.message, "enough"));
  CHECK(host.now == 0 && state.status == PROMOFLOW_RELEASE_TERMINATED);
  promoflow_control_free(host.stop);
  promoflow_reply_free(host.late);
  promoflow_release_free(release);
  release = NULL;
  memset(&host, 0, sizeof(host));
  host.journal_ends_at = 2;
  REFUSED(run(&host, &release, &error));
  CHECK(release == NULL && contains(promoflow_error_where(error), "journal"));
  promoflow_error_free(error);
}

/* [R16] [R19] */
static void commands_are_queued_and_one_environment_is_skipped(void) {
  Host host = {0};
  promoflow_release* release = NULL;
  promoflow_state state = {0};
  host.queues = 1;
  CHECK(promoflow_control_new(&host.skip, NULL) == PROMOFLOW_OK);
  CHECK(run(&host, &release, NULL) == PROMOFLOW_OK);
  CHECK(status_of(release) == PROMOFLOW_RELEASE_SUCCEEDED);
  CHECK(host.promotions == 2 && host.queued == 2 && host.started == 2 && host.resumed_by == 2);
  CHECK(promoflow_release_environment(release, 2, &state) == PROMOFLOW_OK);
  CHECK(state.status == PROMOFLOW_ENVIRONMENT_SKIPPED && is(state.message, "known"));
  promoflow_control_free(host.skip);
  promoflow_release_free(release);
}

/* [R6] [R12] [R16] */
static void a_run_is_selected_retried_and_forced(void) {
  Host host = {0};
  promoflow_flow* flow = new_flow();
  promoflow_executor executor = kCallbacks;
  promoflow_release_info info = {0};
  promoflow_selection selection = {0};
  promoflow_run_options options = {0};
  promoflow_release* release = NULL;
  promoflow_control* control = NULL;
  promoflow_str production = str("production"), mars = str("mars");
  info.id = str("r-42");
  executor.user = &host;
  selection.kind = PROMOFLOW_SELECT_ONLY;
  selection.environments = &production;
  selection.environment_count = 1;
  options.struct_size = (uint32_t)sizeof(options);
  options.selection = &selection;
  options.user = &host;
  options.journal = journal;
  CHECK(promoflow_run(flow, &info, &executor, &options, &release, NULL) == PROMOFLOW_OK);
  CHECK(status_of(release) == PROMOFLOW_RELEASE_FAILED && host.promotions == 1);
  CHECK(promoflow_retry_with(release, &mars, 1, kNone, &executor, &options, NULL) ==
        PROMOFLOW_E_UNKNOWN_ENVIRONMENT);
  CHECK(promoflow_retry_with(release, &mars, 0, kNone, &executor, &options, NULL) ==
        PROMOFLOW_E_NOT_ALLOWED); /* An empty list. */
  CHECK(promoflow_control_new(&control, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_control_terminate_with(control, str("now"), 1, str("cleo"), NULL) ==
        PROMOFLOW_OK); /* Kept for the next run. */
  options.control = control;
  CHECK(promoflow_retry_with(release, &production, 1, str("ann"), &executor, &options, NULL) ==
        PROMOFLOW_OK);
  CHECK(status_of(release) == PROMOFLOW_RELEASE_TERMINATED && host.cancels <= 1);
  CHECK(host.destroyed == 4);
  promoflow_control_free(control);
  promoflow_release_free(release);
  release = NULL;
  selection.kind = 9;
  REFUSED(promoflow_run(flow, &info, &executor, &options, &release, NULL));
  CHECK(host.destroyed == 5 && release == NULL);
  promoflow_flow_free(flow);
}

static void refused(void) {
  Host host = {0};
  promoflow_executor executor = kCallbacks;
  promoflow_release_info info = {0};
  promoflow_release* release = NULL;
  promoflow_flow* flow = new_flow();
  promoflow_run_options options = {0};
  promoflow_clock clock = {0};
  executor.user = &host;
  REFUSED(promoflow_run(flow, &info, NULL, NULL, &release, NULL));
  REFUSED(promoflow_run(NULL, &info, &executor, NULL, &release, NULL));
  REFUSED(promoflow_run(flow, NULL, &executor, NULL, &release, NULL));
  REFUSED(promoflow_run(flow, &info, &executor, NULL, &release, NULL)); /* No id. */
  REFUSED(promoflow_run(flow, &info, &executor, NULL, NULL, NULL));
  CHECK(host.destroyed == 4);
  options.clock = &clock;
  REFUSED(promoflow_run(flow, &info, &executor, &options, &release, NULL));
  executor.promote = NULL;
  REFUSED(promoflow_run(flow, &info, &executor, NULL, &release, NULL));
  executor = kCallbacks;
  executor.user = &host;
  executor.next_wake = now; /* Without wake(). */
  REFUSED(promoflow_run(flow, &info, &executor, NULL, &release, NULL));
  CHECK(host.destroyed == 7 && release == NULL);
  executor = kCallbacks;
  executor.user = &host;
  executor.struct_size = (uint32_t)sizeof(executor);
  executor.reports = 4; /* Of a later version. */
  REFUSED(promoflow_run(flow, &info, &executor, NULL, &release, NULL));
  CHECK(host.destroyed == 8 && release == NULL);
  executor.struct_size = 8;
  REFUSED(promoflow_run(flow, &info, &executor, NULL, &release, NULL));
  CHECK(host.destroyed == 8);
  REFUSED(promoflow_reply_succeeded(NULL, kNone));
  REFUSED(promoflow_reply_failed(NULL, kNone, kNone));
  REFUSED(promoflow_reply_suspended(NULL));
  REFUSED(promoflow_reply_resumed(NULL));
  REFUSED(promoflow_reply_resumed_by(NULL, kNone));
  REFUSED(promoflow_reply_queued(NULL));
  REFUSED(promoflow_reply_started(NULL));
  REFUSED(promoflow_reply_stopped(NULL));
  REFUSED(promoflow_control_terminate_with(NULL, kNone, 1, kNone, NULL));
  REFUSED(promoflow_control_retry(NULL, NULL, 0, kNone, NULL));
  REFUSED(promoflow_control_skip(NULL, kNone, kNone, kNone, NULL));
  REFUSED(promoflow_control_new(NULL, NULL));
  REFUSED(promoflow_control_terminate(NULL, kNone, NULL));
  REFUSED(promoflow_run_scripted(flow, &info, NULL, NULL, &release, NULL));
  promoflow_flow_free(flow);
}

/* --- [H16] no overlap ------------------------------------------------------------------------- */

typedef struct {
  promoflow_reply* first; /* Of the promotion that is cancelled. */
  promoflow_control* control;
  int stopped, second_began_after_it;
  int answers_instead; /* Reports the end by an answer. */
  int64_t now;
} Slow;

static void slow_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) {
  (void)call;
  (void)user;
  promoflow_reply_succeeded(reply, kNone);
  promoflow_reply_free(reply);
}

static void slow_promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) {
  Slow* slow = user;
  (void)call;
  if (slow->first == NULL) {
    slow->first = reply;
    CHECK(promoflow_control_terminate_with(slow->control, str("now"), 1, kNone, NULL) ==
          PROMOFLOW_OK);
    return;
  }
  slow->second_began_after_it = slow->stopped;
  promoflow_reply_succeeded(reply, kNone);
  promoflow_reply_free(reply);
}

static void slow_cancel(promoflow_str release_id, uint64_t ticket, void* user) {
  (void)release_id;
  (void)ticket;
  (void)user;
}

/* Nothing is due: the retried promotion waits for the first one. So that one stops now. */
static void slow_wait(promoflow_waiting* waiting, int64_t deadline_ms, void* user) {
  Slow* slow = user;
  (void)deadline_ms;
  if (promoflow_waiting_ready(waiting)) return;
  slow->stopped = 1;
  CHECK((slow->answers_instead ? promoflow_reply_failed(slow->first, str("killed"), kNone)
                               : promoflow_reply_stopped(slow->first)) == PROMOFLOW_OK);
  CHECK(promoflow_waiting_ready(waiting));
}

static int64_t slow_now(void* user) { return ((Slow*)user)->now; }

static void nothing_overlaps(int answers_instead) {
  Slow slow = {0};
  promoflow_flow* flow = new_flow();
  promoflow_executor executor = {0};
  promoflow_release_info info = {0};
  promoflow_clock clock = {0};
  promoflow_run_options options = {0};
  promoflow_release* release = NULL;
  slow.answers_instead = answers_instead;
  CHECK(promoflow_control_new(&slow.control, NULL) == PROMOFLOW_OK);
  executor.struct_size = (uint32_t)sizeof(executor);
  executor.user = &slow;
  executor.run_hook = slow_hook;
  executor.promote = slow_promote;
  executor.cancel = slow_cancel;
  executor.reports = PROMOFLOW_REPORTS_STOPPED;
  clock.user = &slow;
  clock.now = slow_now;
  clock.wait = slow_wait;
  options.clock = &clock;
  options.control = slow.control;
  info.id = str("r-42");
  CHECK(promoflow_run(flow, &info, &executor, &options, &release, NULL) == PROMOFLOW_OK);
  CHECK(status_of(release) == PROMOFLOW_RELEASE_TERMINATED && slow.first != NULL);
  CHECK(promoflow_retry(release, &executor, &options, NULL) == PROMOFLOW_OK);
  CHECK(status_of(release) == PROMOFLOW_RELEASE_SUCCEEDED);
  CHECK(slow.stopped && slow.second_began_after_it);
  promoflow_reply_free(slow.first);
  promoflow_control_free(slow.control);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
}

static void scripted(void) {
  Host host = {0};
  promoflow_flow* flow = new_flow();
  promoflow_scenario* scenario = new_scenario();
  promoflow_release_info info = {0};
  promoflow_clock clock = {0};
  promoflow_run_options options = {0};
  promoflow_release* release = NULL;
  clock.user = &host;
  clock.now = now;
  clock.wait = wait;
  options.clock = &clock;
  info.id = str("r-42");
  CHECK(promoflow_run_scripted(flow, &info, scenario, &options, &release, NULL) == PROMOFLOW_OK);
  CHECK(status_of(release) == PROMOFLOW_RELEASE_FAILED && host.now == 5000 + 3660000);
  promoflow_release_free(release);
  promoflow_scenario_free(scenario);
  promoflow_flow_free(flow);
}

void test_executor(void) {
  to_the_end_and_again();
  the_journal_alone_is_enough();
  a_run_without_an_answer_ends_by_its_timers();
  commands_are_queued_and_one_environment_is_skipped();
  nothing_overlaps(0);
  nothing_overlaps(1);
  a_run_is_selected_retried_and_forced();
  stopped();
  refused();
  scripted();
}
