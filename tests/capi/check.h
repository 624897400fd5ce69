/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the C ABI share: a check, a flow to play with, and the process' memory. */
#ifndef PROMOFLOW_TESTS_CAPI_CHECK_H
#define PROMOFLOW_TESTS_CAPI_CHECK_H

#include <promoflow/promoflow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/allocations.h"

#ifdef __cplusplus
extern "C" {
#endif

/* From any thread. */
void count_check(int passed);
unsigned long checks_passed(void);
unsigned long checks_failed(void);

#define CHECK(condition)                                                                  \
  do {                                                                                    \
    const int check_passed = (condition) ? 1 : 0;                                         \
    count_check(check_passed);                                                            \
    if (!check_passed) { printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); } \
  } while (0)
#define REFUSED(call) CHECK((call) == PROMOFLOW_E_INVALID_ARGUMENT)

promoflow_str str(const char* text);
int is(promoflow_str text, const char* wanted);
int contains(promoflow_str text, const char* wanted);

/* A flow with hooks at every point, assigned arguments, a retry, a policy and annotations. */
extern const char kFlowText[];
extern const char kScenarioText[];
promoflow_flow* new_flow(void);
promoflow_scenario* new_scenario(void);
promoflow_release* new_release(const promoflow_flow* flow);
promoflow_trace* new_trace(void);
promoflow_event event_of(int32_t kind, uint64_t ticket);
/* Takes the next hook; 0: there was none. */
int next_hook(promoflow_release* release, promoflow_command* out);

void test_nulls(void);
void test_values(void);
void test_memory(void);
void test_random(void);
void test_executor(void);
void test_journal(void);
void test_operator(void);
void test_exploration(void);
void test_configuration(void);
void test_batch(void);
void test_batch_memory(void);
void test_queue(void);
void test_settled(void);
void test_selection(void);
void test_utf8(void);
void test_yes_no(void);
void test_argo(void);
void test_engine(void);
void test_process(void);
void test_process_refusals(const char* hooks_directory, const char* work_directory);

#ifdef __cplusplus
}
#endif

#endif
