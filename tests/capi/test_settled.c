/* SPDX-License-Identifier: Apache-2.0 */
/* What an executor is told beside its calls: what is settled, and that a release was forced. */
#include "check.h"

static const promoflow_str kNone = {NULL, 0};

typedef struct {
  int hooks, events, destroyed;
  int events_at_first_settled; /* How many were journalled before it. */
  char told[256];              /* What was told, in order. */
  promoflow_control* forces;   /* The second hook does not answer, and is ended by force. */
  promoflow_reply* kept;
} Told;

static void tell(Told* told, const char* what, promoflow_str release_id, uint64_t ticket) {
  CHECK(is(release_id, "r-42"));
  sprintf(told->told + strlen(told->told), "%s %d;", what, (int)ticket);
}

static void run_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) {
  Told* told = user;
  tell(told, "hook", call->release_id, call->ticket);
  if (++told->hooks == 2 && told->forces != NULL) {
    told->kept = reply;
    CHECK(promoflow_control_terminate_with(told->forces, str("enough"), 1, str("ann"), NULL) ==
          PROMOFLOW_OK);
    return;
  }
  CHECK(promoflow_reply_succeeded(reply, kNone) == PROMOFLOW_OK);
  promoflow_reply_free(reply);
}

static void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) {
  tell(user, "promotion", call->release_id, call->ticket);
  CHECK(promoflow_reply_succeeded(reply, kNone) == PROMOFLOW_OK);
  promoflow_reply_free(reply);
}

static void cancel(promoflow_str release_id, uint64_t ticket, void* user) {
  tell(user, "cancel", release_id, ticket);
}

static void settled(promoflow_str release_id, uint64_t ticket, void* user) {
  Told* told = user;
  if (strstr(told->told, "settled") == NULL) told->events_at_first_settled = told->events;
  tell(told, "settled", release_id, ticket);
}

static void force(promoflow_str release_id, void* user) { tell(user, "force", release_id, 0); }

static void destroy(void* user) { ++((Told*)user)->destroyed; }

static int32_t journal(const promoflow_event* event, void* user) {
  (void)event;
  ++((Told*)user)->events;
  return 0;
}

static int32_t run(Told* told, uint32_t struct_size) {
  static const char kFlow[] =
      "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: f}, spec: "
      "{triggerEnvironment: dev, hooks: {onStart: [one, two]}, steps: [{environment: a, dependsOn: "
      "[dev]}]}}";
  promoflow_flow* flow = NULL;
  promoflow_executor executor = {0};
  promoflow_release_info info = {0};
  promoflow_run_options options = {0};
  promoflow_release* release = NULL;
  int32_t status = 0;
  executor.struct_size = struct_size;
  executor.user = told;
  executor.run_hook = run_hook;
  executor.promote = promote;
  executor.cancel = cancel;
  executor.destroy = destroy;
  if (struct_size == sizeof(executor)) {
    executor.settled = settled;
    executor.force = force;
  }
  info.id = str("r-42");
  options.struct_size = (uint32_t)sizeof(options);
  options.user = told;
  options.journal = journal;
  options.control = told->forces;
  CHECK(promoflow_flow_load(str(kFlow), NULL, &flow, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_run(flow, &info, &executor, &options, &release, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_release_status(release, &status) == PROMOFLOW_OK && told->destroyed == 1);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
  return status;
}

/* [K4] Each outcome is applied, and told before the call that follows on it... */
static void outcomes_are_told_once_they_are_applied(void) {
  Told told = {0};
  CHECK(run(&told, sizeof(promoflow_executor)) == PROMOFLOW_RELEASE_SUCCEEDED);
  CHECK(strcmp(told.told, "hook 1;hook 2;settled 1;promotion 3;settled 2;settled 3;") == 0);
  CHECK(told.events_at_first_settled == 2); /* The start, and the outcome of the first hook. */
}

/* [K5] ... and force is told before the cancellations that it is about. */
static void force_is_told_before_what_it_cancels(void) {
  Told told = {0};
  CHECK(promoflow_control_new(&told.forces, NULL) == PROMOFLOW_OK);
  CHECK(run(&told, sizeof(promoflow_executor)) == PROMOFLOW_RELEASE_TERMINATED);
  CHECK(strcmp(told.told, "hook 1;hook 2;settled 1;force 0;cancel 2;settled 2;") == 0);
  promoflow_reply_free(told.kept);
  promoflow_control_free(told.forces);
}

/* A program of an earlier version has not these callbacks. */
static void a_smaller_executor_is_told_nothing(void) {
  Told told = {0};
  CHECK(run(&told, offsetof(promoflow_executor, reports)) == PROMOFLOW_RELEASE_SUCCEEDED);
  CHECK(strcmp(told.told, "hook 1;hook 2;promotion 3;") == 0);
}

void test_settled(void) {
  outcomes_are_told_once_they_are_applied();
  force_is_told_before_what_it_cancels();
  a_smaller_executor_is_told_nothing();
}
