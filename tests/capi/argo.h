/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the executor on clusters share: a cluster, and options that lead to it. */
#ifndef PROMOFLOW_TESTS_CAPI_ARGO_H
#define PROMOFLOW_TESTS_CAPI_ARGO_H

#include <promoflow/promoflow_argo.h>

#include "check.h"
#include "cluster.h"

/* The kubeconfig of the cluster, in a file of the tests; NULL: of one that is not there. */
const char* kubeconfig_of(const TestCluster* cluster);
/* Removes it, and the folder that it is in. */
void remove_kubeconfig(void);
/* A flow with this hook before, and this policy of, staging. */
promoflow_flow* argo_flow(const char* hook, const char* policy);

void test_argo_engine(void);
void test_argo_refusals(void);

#endif
