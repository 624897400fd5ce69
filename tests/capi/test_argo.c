/* SPDX-License-Identifier: Apache-2.0 */
/* Releases whose hooks are workflows, from C: over HTTP, against the cluster of the tests. */
#define _XOPEN_SOURCE 700
#include <unistd.h>

#include "argo.h"

static const promoflow_str kNone = {NULL, 0};

/* --- the cluster ------------------------------------------------------------------------------ */

static char root[] = "/tmp/promoflow-argo-XXXXXX";
static char kubeconfig[64];

const char* kubeconfig_of(const TestCluster* cluster) {
  FILE* file;
  if (kubeconfig[0] == '\0') {
    CHECK(mkdtemp(root) != NULL);
    sprintf(kubeconfig, "%s/config", root);
  }
  file = fopen(kubeconfig, "w");
  CHECK(file != NULL);
  fprintf(file,
          "current-context: tests\n"
          "contexts: [{name: tests, context: {cluster: c, user: u, namespace: argo}}]\n"
          "clusters: [{name: c, cluster: {server: '%s', insecure-skip-tls-verify: true}}]\n"
          "users: [{name: u, user: {token: secret-of-the-tests}}]\n",
          cluster == NULL ? "http://127.0.0.1:9" : cluster_url(cluster));
  CHECK(fclose(file) == 0);
  return kubeconfig;
}

void remove_kubeconfig(void) {
  CHECK(unlink(kubeconfig) == 0 && rmdir(root) == 0);
  kubeconfig[0] = '\0';
  strcpy(root + strlen(root) - 6, "XXXXXX");
}

promoflow_flow* argo_flow(const char* hook, const char* policy) {
  promoflow_flow* flow = NULL;
  char text[512];
  sprintf(text,
          "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: f}, spec: "
          "{triggerEnvironment: dev, steps: [{environment: staging, dependsOn: [dev], "
          "policy: {%s}, hooks: {onStart: %s}}]}}",
          policy, hook);
  CHECK(promoflow_flow_load(str(text), NULL, &flow, NULL) == PROMOFLOW_OK);
  return flow;
}

/* --- the host --------------------------------------------------------------------------------- */

typedef struct {
  TestCluster* cluster;
  int promotions, destroyed, options_destroyed, asked, notices, is_settled;
  promoflow_control* control; /* Terminates at the first hook, by force or not. */
  int is_forced;
  const promoflow_argo_application* applications;
  uint64_t application_count;
  int named[2]; /* How often each was promoted. */
} Host;

static void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) {
  Host* host = user;
  uint64_t i, k;
  CHECK(is(call->release_id, "r") && is(call->environment, "staging"));
  ++host->promotions;
  for (i = 0; i < call->argument_count; ++i) {
    for (k = 0; k < host->application_count; ++k) {
      if (is(call->arguments[i].name, "APP_NAME") &&
          is(call->arguments[i].value, host->applications[k].name.data))
        ++host->named[k];
    }
  }
  CHECK(promoflow_reply_succeeded(reply, kNone) == PROMOFLOW_OK);
  promoflow_reply_free(reply);
}

static void run_no_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) {
  CHECK(call == NULL || user == NULL); /* Hooks are not its matter. */
  promoflow_reply_free(reply);
}

static void destroy(void* user) { ++((Host*)user)->destroyed; }
static void destroy_options(void* user) { ++((Host*)user)->options_destroyed; }

static int32_t is_settled(promoflow_str release_id, uint64_t ticket, void* user) {
  Host* host = user;
  CHECK(is(release_id, "left") && ticket == 1);
  ++host->asked;
  return host->is_settled;
}

static void notice(promoflow_str message, void* user) {
  CHECK(contains(message, "certificate is not verified") && !contains(message, "secret"));
  ++((Host*)user)->notices;
}

static void observe(const promoflow_release* release, const promoflow_record* record,
                    const promoflow_command* command, void* user) {
  Host* host = user;
  CHECK(release != NULL && command != NULL);
  if (record->kind != PROMOFLOW_RECORD_RUN_HOOK || host->control == NULL) return;
  CHECK(promoflow_control_terminate_with(host->control, str("enough"), host->is_forced, kNone,
                                         NULL) == PROMOFLOW_OK);
}

static promoflow_argo_executor* new_executor(Host* host) {
  promoflow_executor promotions = {0};
  promoflow_argo_options options = {0};
  promoflow_argo_executor* executor = NULL;
  promotions.struct_size = (uint32_t)sizeof(promotions);
  promotions.user = host;
  promotions.run_hook = run_no_hook;
  promotions.promote = promote;
  promotions.destroy = destroy;
  promotions.reports = PROMOFLOW_REPORTS_STOPPED | PROMOFLOW_REPORTS_SURVIVES;
  options.struct_size = (uint32_t)sizeof(options);
  options.kubeconfig = str(kubeconfig_of(host->cluster));
  options.promotions = &promotions;
  options.applications = host->applications;
  options.application_count = host->application_count;
  options.user = host;
  options.is_settled = is_settled;
  options.notice = notice;
  options.destroy = destroy_options;
  CHECK(promoflow_argo_executor_new(&options, &executor, NULL) == PROMOFLOW_OK);
  return executor;
}

static promoflow_executor callbacks_of(const promoflow_argo_executor* executor) {
  promoflow_executor callbacks = {0};
  callbacks.struct_size = (uint32_t)sizeof(callbacks);
  CHECK(promoflow_argo_executor_callbacks(executor, &callbacks, NULL) == PROMOFLOW_OK);
  CHECK(callbacks.reports ==
        (PROMOFLOW_REPORTS_STOPPED | PROMOFLOW_REPORTS_STARTED | PROMOFLOW_REPORTS_SURVIVES));
  return callbacks;
}

/* Runs the release `r` with an executor whose handle is freed before the run: the release's
   message, and its status in *status. */
static promoflow_release* run(Host* host, promoflow_flow* flow, int32_t* status) {
  promoflow_argo_executor* executor = new_executor(host);
  promoflow_executor callbacks = callbacks_of(executor);
  promoflow_release_info info = {0};
  promoflow_run_options options = {0};
  promoflow_release* release = NULL;
  if (host->control == NULL) {
    promoflow_argo_executor_free(executor);
    executor = NULL;
  }
  info.id = str("r");
  options.struct_size = (uint32_t)sizeof(options);
  options.user = host;
  options.observe = observe;
  options.control = host->control;
  CHECK(promoflow_run(flow, &info, &callbacks, &options, &release, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_release_status(release, status) == PROMOFLOW_OK);
  if (executor != NULL) {
    CHECK(promoflow_argo_executor_wait_idle(executor) == PROMOFLOW_OK);
    promoflow_argo_executor_free(executor);
  }
  CHECK(host->destroyed == 1 && host->options_destroyed == 1 && host->notices == 1);
  promoflow_flow_free(flow);
  return release;
}

/* --- the stories ------------------------------------------------------------------------------ */

/* [K1] [K2] [K4] */
static void a_hook_is_a_workflow_and_exports_its_context(void) {
  Host host = {0};
  promoflow_release* release;
  promoflow_context_entry entry = {0};
  size_t count = 0;
  int32_t status = 0;
  host.cluster = cluster_start();
  release = run(&host, argo_flow("notify", ""), &status);
  CHECK(status == PROMOFLOW_RELEASE_SUCCEEDED && host.promotions == 1);
  CHECK(cluster_created(host.cluster) == 1);
  CHECK(cluster_has(host.cluster, "r-1-1", "\"workflowTemplateRef\":{\"name\":\"notify\"}"));
  CHECK(cluster_has(host.cluster, "r-1-1", "\"codefresh.io/env\":\"staging\""));
  CHECK(promoflow_release_context(release, &entry, sizeof(entry), 1, &count) == PROMOFLOW_OK);
  CHECK(count == 1 && is(entry.key, "BY") && is(entry.text, "notify") && entry.writer == 1);
  promoflow_release_free(release);
  cluster_stop(host.cluster);
}

/* [K4] */
static void a_workflow_that_fails_fails_its_environment(void) {
  Host host = {0};
  promoflow_release* release;
  promoflow_state state = {0};
  int32_t status = 0;
  host.cluster = cluster_start();
  release = run(&host, argo_flow("fail-hook", ""), &status);
  CHECK(status == PROMOFLOW_RELEASE_FAILED && host.promotions == 0);
  CHECK(promoflow_release_state(release, &state) == PROMOFLOW_OK);
  CHECK(contains(state.message, "fail-hook is broken"));
  promoflow_release_free(release);
  cluster_stop(host.cluster);
}

/* [K5] Stopped, or terminated by force; then it is let go. */
static void what_is_cancelled_is_stopped(int is_forced) {
  Host host = {0};
  int32_t status = 0;
  host.cluster = cluster_start();
  host.is_forced = is_forced;
  CHECK(promoflow_control_new(&host.control, NULL) == PROMOFLOW_OK);
  promoflow_release_free(run(&host, argo_flow("endless", ""), &status));
  CHECK(status == PROMOFLOW_RELEASE_TERMINATED && host.promotions == 0);
  CHECK(cluster_has(host.cluster, "r-1-1",
                    is_forced ? "\"shutdown\":\"Terminate\"" : "\"shutdown\":\"Stop\""));
  CHECK(cluster_has(host.cluster, "r-1-1", "\"promoflow.dev/settled\":\"true\""));
  CHECK(cluster_has(host.cluster, "r-1-1", "\"finalizers\":[]"));
  promoflow_control_free(host.control);
  cluster_stop(host.cluster);
}

/* [K7] */
static void promotions_are_the_hosts_own_between_two_workflows(void) {
  Host host = {0};
  int32_t status = 0;
  host.cluster = cluster_start();
  promoflow_release_free(
      run(&host, argo_flow("notify", "preAction: before, postAction: behind"), &status));
  CHECK(status == PROMOFLOW_RELEASE_SUCCEEDED && host.promotions == 1);
  CHECK(cluster_created(host.cluster) == 3);
  CHECK(cluster_has(host.cluster, "r-2-1-pre", "\"before\""));
  CHECK(cluster_has(host.cluster, "r-2-1-post", "\"behind\""));
  cluster_stop(host.cluster);
}

/* [K7] */
static void each_application_is_promoted_on_its_own(void) {
  promoflow_argo_application applications[2];
  Host host = {0};
  int32_t status = 0;
  memset(applications, 0, sizeof(applications));
  applications[0].environment = applications[1].environment = str("staging");
  applications[0].name = str("api");
  applications[1].name = str("web");
  applications[1].path = str("apps/web");
  host.applications = applications;
  host.application_count = 2;
  host.cluster = cluster_start();
  promoflow_release_free(run(&host, argo_flow("notify", "postAction: behind"), &status));
  CHECK(status == PROMOFLOW_RELEASE_SUCCEEDED && host.promotions == 2);
  CHECK(host.named[0] == 1 && host.named[1] == 1 && cluster_created(host.cluster) == 3);
  CHECK(cluster_has(host.cluster, "r-2-1--web-post", "{\"name\":\"PATH\",\"value\":\"apps/web\"}"));
  CHECK(cluster_has(host.cluster, "r-2-1--api-post", "\"promoflow.dev/application\":\"api\""));
  cluster_stop(host.cluster);
}

/* [K7] Without an executor for them, promotions fail, and say why. */
static void without_promotions_a_promotion_fails(void) {
  TestCluster* cluster = cluster_start();
  promoflow_flow* flow = argo_flow("notify", "");
  promoflow_argo_options options = {0};
  promoflow_argo_executor* executor = NULL;
  promoflow_executor callbacks;
  promoflow_release_info info = {0};
  promoflow_release* release = NULL;
  promoflow_state state = {0};
  options.kubeconfig = str(kubeconfig_of(cluster));
  CHECK(promoflow_argo_executor_new(&options, &executor, NULL) == PROMOFLOW_OK);
  callbacks = callbacks_of(executor);
  promoflow_argo_executor_free(executor);
  info.id = str("r");
  CHECK(promoflow_run(flow, &info, &callbacks, NULL, &release, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_release_state(release, &state) == PROMOFLOW_OK);
  CHECK(contains(state.message, "nothing promotes") && cluster_created(cluster) == 1);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
  cluster_stop(cluster);
}

/* --- what was left behind --------------------------------------------------------------------- */

static promoflow_status take(const promoflow_answer* answer, void* user) {
  CHECK(answer->kind != PROMOFLOW_ANSWER_FAILED && user != NULL);
  return PROMOFLOW_OK;
}

static void count_destroyed(void* user) { ++*(int*)user; }

/* A loop of one's own: one hook of the release `left`, whose outcome is never said to be stored. */
static void leave_one_behind(Host* host) {
  promoflow_argo_executor* executor = new_executor(host);
  promoflow_executor callbacks = callbacks_of(executor);
  promoflow_reply_target target = {0};
  promoflow_reply* reply = NULL;
  promoflow_hook_call call = {0};
  int replies_destroyed = 0;
  call.struct_size = (uint32_t)sizeof(call);
  call.point = PROMOFLOW_POINT_RELEASE_ON_START;
  call.ticket = 1;
  call.attempt = 1;
  call.release_id = str("left");
  call.hook = str("notify");
  call.context = str("{}");
  target.struct_size = (uint32_t)sizeof(target);
  target.user = &replies_destroyed;
  target.take = take;
  target.destroy = count_destroyed;
  CHECK(promoflow_reply_new(&target, &reply, NULL) == PROMOFLOW_OK);
  callbacks.run_hook(&call, reply, callbacks.user);
  cluster_await(host->cluster, "left-1-1", "uid");
  callbacks.destroy(callbacks.user);
  promoflow_argo_executor_free(executor);
  CHECK(replies_destroyed == 1 && host->destroyed == 1 && host->options_destroyed == 1);
}

/* [K3] [K4] A workflow of a process before this one is let go, once the host says so. */
static void what_was_left_behind_is_let_go(int is_stored) {
  Host first = {0}, second = {0};
  promoflow_argo_executor* executor;
  promoflow_executor callbacks;
  promoflow_flow* flow = argo_flow("notify", "");
  promoflow_release_info info = {0};
  promoflow_release* release = NULL;
  first.cluster = second.cluster = cluster_start();
  second.is_settled = is_stored;
  leave_one_behind(&first);
  CHECK(cluster_has(first.cluster, "left-1-1", "promoflow.dev/outcome"));
  executor = new_executor(&second);
  callbacks = callbacks_of(executor);
  info.id = str("r");
  CHECK(promoflow_run(flow, &info, &callbacks, NULL, &release, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_argo_executor_wait_idle(executor) == PROMOFLOW_OK);
  CHECK(second.asked >= 1);
  CHECK(cluster_has(first.cluster, "left-1-1", "promoflow.dev/outcome") == !is_stored);
  promoflow_argo_executor_free(executor);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
  cluster_stop(first.cluster);
}

void test_argo(void) {
  a_hook_is_a_workflow_and_exports_its_context();
  a_workflow_that_fails_fails_its_environment();
  what_is_cancelled_is_stopped(0);
  what_is_cancelled_is_stopped(1);
  promotions_are_the_hosts_own_between_two_workflows();
  each_application_is_promoted_on_its_own();
  without_promotions_a_promotion_fails();
  what_was_left_behind_is_let_go(1);
  what_was_left_behind_is_let_go(0);
  test_argo_refusals();
#if defined(PROMOFLOW_HAS_ENGINE)
  test_argo_engine();
#endif
  remove_kubeconfig();
}
