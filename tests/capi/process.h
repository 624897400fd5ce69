/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the process executor's C ABI share. */
#ifndef PROMOFLOW_TESTS_CAPI_PROCESS_H
#define PROMOFLOW_TESTS_CAPI_PROCESS_H

#include <promoflow/promoflow_process.h>

#include "check.h"

/* Hooks from the one directory, their files in the other; all else as it is by default. */
static inline promoflow_process_options options_in(const char* hooks, const char* work) {
  promoflow_process_options options = {0};
  options.directory = str(hooks);
  options.work_directory = str(work);
  return options;
}

static inline promoflow_process_executor* new_executor(const promoflow_process_options* options) {
  promoflow_process_executor* executor = NULL;
  CHECK(promoflow_process_executor_new(options, &executor, NULL) == PROMOFLOW_OK);
  return executor;
}

#endif
