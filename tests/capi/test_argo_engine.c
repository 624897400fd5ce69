/* SPDX-License-Identifier: Apache-2.0 */
/* An engine whose hooks are workflows: they outlive it, and the next engine finds them by name. */
#include <promoflow/promoflow_engine.h>

#include "argo.h"

static const promoflow_str kNone = {NULL, 0};

/* Whether a store says that the outcome is stored. */
static int32_t is_settled(promoflow_str release_id, uint64_t ticket, void* user) {
  int32_t settled = 0;
  return promoflow_store_is_settled(user, release_id, ticket, &settled, NULL) == PROMOFLOW_OK &&
         settled;
}

static void free_store(void* user) { promoflow_store_free(user); }

static promoflow_engine* new_engine(TestCluster* cluster, const promoflow_store* store) {
  promoflow_argo_options options = {0};
  promoflow_argo_executor* executor = NULL;
  promoflow_executor callbacks = {0};
  promoflow_engine_executor named;
  promoflow_engine_options engine_options = {0};
  promoflow_engine* engine = NULL;
  promoflow_store* shared = NULL;
  CHECK(promoflow_store_share(store, &shared, NULL) == PROMOFLOW_OK);
  options.kubeconfig = str(kubeconfig_of(cluster));
  options.user = shared;
  options.is_settled = is_settled;
  options.destroy = free_store;
  CHECK(promoflow_argo_executor_new(&options, &executor, NULL) == PROMOFLOW_OK);
  callbacks.struct_size = (uint32_t)sizeof(callbacks);
  CHECK(promoflow_argo_executor_callbacks(executor, &callbacks, NULL) == PROMOFLOW_OK);
  promoflow_argo_executor_free(executor);
  named.name = str("argo");
  named.callbacks = &callbacks;
  engine_options.executors = &named;
  engine_options.executor_count = 1;
  CHECK(promoflow_engine_new(store, &engine_options, &engine, NULL) == PROMOFLOW_OK);
  return engine;
}

static int ends_as(promoflow_engine* engine, int32_t wanted) {
  int32_t status = 0;
  CHECK(promoflow_engine_wait(engine, str("r"), PROMOFLOW_NO_TIME, &status, NULL) == PROMOFLOW_OK);
  return status == wanted;
}

/* [K2] [K5] [K6] [D11] */
static void a_workflow_outlives_the_engine(void) {
  TestCluster* cluster = cluster_start();
  promoflow_store* store = NULL;
  promoflow_flow* flow = argo_flow("endless", "");
  promoflow_release_info info = {0};
  promoflow_event terminate = {0};
  promoflow_engine* engine;
  promoflow_buffer* resumed = NULL;
  int32_t settled = 7;
  CHECK(promoflow_store_new_memory(&store, NULL) == PROMOFLOW_OK);
  engine = new_engine(cluster, store);
  info.id = str("r");
  CHECK(promoflow_engine_start(engine, flow, &info, NULL, NULL) == PROMOFLOW_OK);
  cluster_await(cluster, "r-1-1", "uid");
  CHECK(promoflow_store_is_settled(store, str("r"), 1, &settled, NULL) == PROMOFLOW_OK);
  CHECK(settled == 0);
  promoflow_engine_free(engine);
  CHECK(!cluster_has(cluster, "r-1-1", "shutdown"));

  engine = new_engine(cluster, store);
  CHECK(promoflow_engine_resume_all(engine, &resumed, NULL) == PROMOFLOW_OK);
  CHECK(is(promoflow_buffer_text(resumed), "[\"r\"]"));
  promoflow_buffer_free(resumed);
  terminate.struct_size = (uint32_t)sizeof(terminate);
  terminate.kind = PROMOFLOW_EVENT_TERMINATE;
  terminate.text = str("enough");
  CHECK(promoflow_engine_apply(engine, str("r"), &terminate, NULL) == PROMOFLOW_OK);
  CHECK(ends_as(engine, PROMOFLOW_RELEASE_TERMINATED));
  cluster_await(cluster, "r-1-1", "\"shutdown\":\"Stop\"");
  promoflow_engine_free(engine);
  CHECK(cluster_created(cluster) == 1); /* None was created twice. */
  promoflow_flow_free(flow);
  promoflow_store_free(store);
  cluster_stop(cluster);
}

/* [K4] Also of a retry, which is another workflow. */
static void the_store_says_what_is_settled(void) {
  TestCluster* cluster = cluster_start();
  promoflow_store* store = NULL;
  promoflow_flow* flow = argo_flow("fail-hook", "");
  promoflow_release_info info = {0};
  promoflow_engine* engine;
  int32_t settled = 0;
  CHECK(promoflow_store_new_memory(&store, NULL) == PROMOFLOW_OK);
  engine = new_engine(cluster, store);
  info.id = str("r");
  CHECK(promoflow_engine_start(engine, flow, &info, NULL, NULL) == PROMOFLOW_OK);
  CHECK(ends_as(engine, PROMOFLOW_RELEASE_FAILED));
  CHECK(promoflow_store_is_settled(store, str("r"), 1, &settled, NULL) == PROMOFLOW_OK);
  CHECK(settled == 1);
  CHECK(promoflow_engine_retry(engine, str("r"), NULL, 0, kNone, NULL) == PROMOFLOW_OK);
  CHECK(ends_as(engine, PROMOFLOW_RELEASE_FAILED));
  promoflow_engine_free(engine);
  CHECK(cluster_created(cluster) == 2);
  promoflow_flow_free(flow);
  promoflow_store_free(store);
  cluster_stop(cluster);
}

void test_argo_engine(void) {
  a_workflow_outlives_the_engine();
  the_store_says_what_is_settled();
}
