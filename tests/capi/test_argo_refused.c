/* SPDX-License-Identifier: Apache-2.0 */
/* The executor on clusters with NULL where something must be given, with options that lead nowhere,
   and for want of memory: refused with the option's name, destroy() called exactly once. And the
   check before a start. */
#include "argo.h"

static const promoflow_str kNone = {NULL, 0};
static const promoflow_str kBad = {NULL, 5};

typedef struct {
  int destroyed, promotions_destroyed;
} Counts;

static void destroy(void* user) { ++((Counts*)user)->destroyed; }
static void destroy_promotions(void* user) { ++((Counts*)user)->promotions_destroyed; }
static void run_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) {
  (void)call, (void)user;
  promoflow_reply_free(reply);
}
static void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) {
  (void)call, (void)user;
  promoflow_reply_free(reply);
}
static int64_t next_wake(void* user) { return user == NULL ? 0 : PROMOFLOW_NO_TIME; }
static void wake(int64_t now_ms, void* user) { (void)now_ms, (void)user; }

static promoflow_argo_options options_of(const TestCluster* cluster) {
  promoflow_argo_options options = {0};
  options.struct_size = (uint32_t)sizeof(options);
  options.kubeconfig = str(kubeconfig_of(cluster));
  return options;
}

static promoflow_executor promotions_of(Counts* counts) {
  promoflow_executor promotions = {0};
  promotions.struct_size = (uint32_t)sizeof(promotions);
  promotions.user = counts;
  promotions.run_hook = run_hook;
  promotions.promote = promote;
  promotions.destroy = destroy_promotions;
  return promotions;
}

/* The options are refused, by both functions that take them; the error names this one. */
static int refused_for(promoflow_argo_options options, const char* where, const char* words) {
  Counts counts = {0, 0};
  promoflow_argo_executor* executor = NULL;
  promoflow_error* error = NULL;
  int is_so;
  options.user = &counts;
  options.destroy = destroy;
  is_so =
      promoflow_argo_executor_new(&options, &executor, &error) == PROMOFLOW_E_INVALID_ARGUMENT &&
      executor == NULL && is(promoflow_error_where(error), where) &&
      contains(promoflow_error_message(error), words) && counts.destroyed == 1;
  if (!is_so) {
    const promoflow_str said = promoflow_error_message(error);
    printf("%.*s: %.*s\n", (int)promoflow_error_where(error).size,
           promoflow_error_where(error).data, (int)said.size, said.data);
  }
  promoflow_error_free(error);
  return is_so;
}

/* [K9] A kubeconfig, a context and a server that are not there, and what is no label. */
static void options_that_lead_nowhere(void) {
  static const promoflow_str kBadNames[] = {{NULL, 3}};
  promoflow_argo_options options = options_of(NULL);
  options.kubeconfig = str("/nowhere/config");
  CHECK(refused_for(options, "options.kubeconfig", "/nowhere/config"));
  options.kubeconfig.data = "a\0b";
  options.kubeconfig.size = 3;
  CHECK(refused_for(options, "options.kubeconfig", "NUL"));
  options.kubeconfig = kBad;
  CHECK(refused_for(options, "options.kubeconfig", "NULL"));
  options = options_of(NULL);
  options.context = str("mars");
  CHECK(refused_for(options, "options.context", "mars"));
  options.context = kBad;
  CHECK(refused_for(options, "options.context", "NULL"));
  options.context = kNone;
  options.argo_server = str("mars");
  CHECK(refused_for(options, "options.argo_server", "mars"));
  options.argo_server = kBad;
  CHECK(refused_for(options, "options.argo_server", "NULL"));
  options.argo_server = kNone;
  options.name_space = kBad;
  CHECK(refused_for(options, "options.name_space", "NULL"));
  options.name_space = kNone;
  options.instance = str("two words");
  CHECK(refused_for(options, "options.instance", "label"));
  options.instance = kBad;
  CHECK(refused_for(options, "options.instance", "NULL"));
  options.instance = kNone;
  options.cluster_template_count = 1;
  CHECK(refused_for(options, "options.cluster_templates", "NULL"));
  options.cluster_templates = kBadNames;
  CHECK(refused_for(options, "options.cluster_templates", "NULL"));
}

/* [K7] Whatever is wrong with it, its destroy() is called. */
static void promotions_that_cannot_be_used(void) {
  Counts counts = {0, 0};
  promoflow_argo_options options = options_of(NULL);
  promoflow_executor promotions = promotions_of(&counts);
  options.promotions = &promotions;
  promotions.promote = NULL;
  CHECK(refused_for(options, "options.promotions", "functions"));
  promotions.promote = promote;
  promotions.reports = 64;
  CHECK(refused_for(options, "options.promotions", "reports"));
  promotions.reports = 0;
  promotions.next_wake = next_wake;
  promotions.wake = wake;
  CHECK(refused_for(options, "options.promotions", "thread"));
  promotions.next_wake = NULL;
  promotions.wake = NULL;
  options.context = str("mars"); /* They are not to blame. */
  CHECK(refused_for(options, "options.context", "mars"));
  CHECK(counts.promotions_destroyed == 4);
  promotions.struct_size = 8; /* Its destroy() is unknown. */
  CHECK(refused_for(options, "options.promotions", "size"));
  CHECK(counts.promotions_destroyed == 4);
}

static void nothing_where_something_must_be_given(void) {
  struct {
    promoflow_argo_options known;
    char more[8];
  } grown;
  promoflow_argo_executor* executor = NULL;
  promoflow_argo_findings* findings = NULL;
  promoflow_executor callbacks = {0};
  promoflow_argo_finding finding;
  promoflow_buffer* text = NULL;
  promoflow_flow* flow = argo_flow("notify", "");
  size_t count = 77;
  promoflow_argo_executor_free(NULL);
  promoflow_argo_findings_free(NULL);
  memset(&grown, 0, sizeof(grown));
  grown.known = options_of(NULL);
  REFUSED(promoflow_argo_executor_new(&grown.known, NULL, NULL));
  grown.known.struct_size = 8;
  REFUSED(promoflow_argo_executor_new(&grown.known, &executor, NULL));
  REFUSED(promoflow_argo_check(flow, &grown.known, NULL, NULL, 0, &findings, NULL));
  grown.known.struct_size = (uint32_t)sizeof(grown);
  grown.more[0] = 1; /* Something that this version does not know. */
  REFUSED(promoflow_argo_executor_new(&grown.known, &executor, NULL));
  grown.more[0] = 0;
  CHECK(promoflow_argo_executor_new(&grown.known, &executor, NULL) == PROMOFLOW_OK);
  REFUSED(promoflow_argo_executor_callbacks(NULL, &callbacks, NULL));
  REFUSED(promoflow_argo_executor_callbacks(executor, NULL, NULL));
  callbacks.struct_size = 8;
  REFUSED(promoflow_argo_executor_callbacks(executor, &callbacks, NULL));
  REFUSED(promoflow_argo_executor_wait_idle(NULL));
  CHECK(promoflow_argo_executor_wait_idle(executor) == PROMOFLOW_OK);
  promoflow_argo_executor_free(executor);

  REFUSED(promoflow_argo_check(NULL, &grown.known, NULL, NULL, 0, &findings, NULL));
  REFUSED(promoflow_argo_check(flow, &grown.known, NULL, NULL, 1, &findings, NULL));
  REFUSED(promoflow_argo_check(flow, &grown.known, NULL, &kBad, 1, &findings, NULL));
  REFUSED(promoflow_argo_check(flow, &grown.known, NULL, NULL, 0, NULL, NULL));
  REFUSED(promoflow_argo_findings_list(NULL, NULL, 0, 0, &count));
  CHECK(findings == NULL && count == 77);
  /* Nothing listens there: a finding. */
  CHECK(promoflow_argo_check(flow, &grown.known, NULL, NULL, 0, &findings, NULL) == PROMOFLOW_OK);
  REFUSED(promoflow_argo_findings_list(findings, NULL, 0, 0, NULL));
  REFUSED(promoflow_argo_findings_list(findings, NULL, 0, 1, &count));
  REFUSED(promoflow_argo_findings_list(findings, &finding, 8, 1, &count));
  CHECK(promoflow_argo_findings_list(findings, &finding, sizeof(finding), 1, &count) ==
        PROMOFLOW_OK);
  CHECK(count == 1 && contains(finding.message, "not reached"));
  promoflow_argo_findings_free(findings);
  promoflow_flow_free(flow);

  REFUSED(promoflow_argo_host_manifests(kBad, str("n"), &text, NULL));
  REFUSED(promoflow_argo_host_manifests(str("n"), kBad, &text, NULL));
  REFUSED(promoflow_argo_host_manifests(str("n"), str("n"), NULL, NULL));
  CHECK(text == NULL);
}

/* [K8] */
static void check_finds(TestCluster* cluster, const char* hook, size_t wanted, const char* message,
                        const char* hint) {
  const promoflow_argo_options options = options_of(cluster);
  const promoflow_str staging = str("staging");
  promoflow_flow* flow = argo_flow(hook, "");
  promoflow_selection selection = {0};
  promoflow_argo_findings* findings = NULL;
  promoflow_argo_finding found[4] = {{0}};
  size_t count = 0;
  CHECK(promoflow_argo_check(flow, &options, NULL, NULL, 0, &findings, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_argo_findings_list(findings, found, sizeof(found[0]), 4, &count) == PROMOFLOW_OK);
  CHECK(count == wanted);
  if (wanted > 0) {
    CHECK(found[0].severity == PROMOFLOW_SEVERITY_ERROR && contains(found[0].message, message));
    CHECK(contains(found[0].hint, hint));
  }
  promoflow_argo_findings_free(findings);
  /* What is skipped needs no template. */
  findings = NULL;
  selection.struct_size = (uint32_t)sizeof(selection);
  selection.kind = PROMOFLOW_SELECT_SKIP;
  selection.environments = &staging;
  selection.environment_count = 1;
  CHECK(promoflow_argo_check(flow, &options, &selection, NULL, 0, &findings, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_argo_findings_list(findings, NULL, 0, 0, &count) == PROMOFLOW_OK);
  CHECK(count == (wanted > 0 && strcmp(hook, "missing") != 0 ? wanted : 0));
  promoflow_argo_findings_free(findings);
  promoflow_flow_free(flow);
  CHECK(cluster_created(cluster) == 0);
}

/* [K8] Templates that are missing and rights that a host has not, before anything is started. */
static void the_check_before_a_start(void) {
  TestCluster* cluster = cluster_start();
  promoflow_buffer* text = NULL;
  promoflow_error* error = NULL;
  check_finds(cluster, "notify", 0, "", "");
  check_finds(cluster, "missing", 1, "there is no WorkflowTemplate 'missing' in namespace argo",
              "kubectl apply");
  cluster_allow(cluster, 0);
  check_finds(cluster, "notify", 1, "may not create workflows.argoproj.io", "manifests host");
  cluster_stop(cluster);
  CHECK(promoflow_argo_host_manifests(str("host"), str("billing"), &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "namespace: \"billing\""));
  promoflow_buffer_free(text);
  text = NULL;
  REFUSED(promoflow_argo_host_manifests(str("host"), str("Bill ing"), &text, &error));
  CHECK(text == NULL && is(promoflow_error_where(error), "name_space"));
  promoflow_error_free(error);
}

/* Whichever allocation fails: the call says so, nothing leaks, and it can be made again. */
static void want_of_memory(void) {
  size_t number;
  int refusals = 0;
  for (number = 0;; ++number) {
    Counts counts = {0, 0};
    promoflow_argo_options options = options_of(NULL);
    promoflow_executor promotions = promotions_of(&counts);
    promoflow_argo_executor* executor = NULL;
    promoflow_status status;
    const size_t before = live_blocks();
    int failed;
    options.promotions = &promotions;
    options.user = &counts;
    options.destroy = destroy;
    fail_at(number);
    status = promoflow_argo_executor_new(&options, &executor, NULL);
    failed = has_failed();
    fail_at(SIZE_MAX);
    promoflow_argo_executor_free(executor);
    CHECK(live_blocks() == before);
    CHECK(counts.destroyed == 1 && counts.promotions_destroyed == 1);
    if (!failed) {
      CHECK(status == PROMOFLOW_OK);
      break;
    }
    CHECK(status == PROMOFLOW_E_OUT_OF_MEMORY && executor == NULL);
    refusals += status == PROMOFLOW_E_OUT_OF_MEMORY;
  }
  CHECK(refusals > 20);
}

void test_argo_refusals(void) {
  options_that_lead_nowhere();
  promotions_that_cannot_be_used();
  nothing_where_something_must_be_given();
  the_check_before_a_start();
  want_of_memory();
}
