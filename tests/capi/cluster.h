/* SPDX-License-Identifier: Apache-2.0 */
/* The API server of the tests, on the loopback: it holds workflows, runs them as the names of their
   templates say, and streams watches. `endless` runs until it is stopped, `fail...` fails, every
   other one succeeds and exports {"BY": "NAME"}; there is no template `missing`. */
#ifndef PROMOFLOW_TESTS_CAPI_CLUSTER_H
#define PROMOFLOW_TESTS_CAPI_CLUSTER_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TestCluster TestCluster;

/* NULL: the system refuses a socket. */
TestCluster* cluster_start(void);
void cluster_stop(TestCluster* cluster);
/* Such as http://127.0.0.1:34567; borrowed as long as the cluster lives. */
const char* cluster_url(const TestCluster* cluster);
/* Whether hosts may do what they must. */
void cluster_allow(TestCluster* cluster, int allowed);
/* How many workflows were created. */
int cluster_created(TestCluster* cluster);
/* Whether the workflow is there, and its JSON has that text. */
int cluster_has(TestCluster* cluster, const char* name, const char* text);
/* Waits until that is so. */
void cluster_await(TestCluster* cluster, const char* name, const char* text);

#ifdef __cplusplus
}
#endif

#endif
