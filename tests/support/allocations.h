/* SPDX-License-Identifier: Apache-2.0 */
/* What allocations.cpp offers to tests in C; allocations.hpp has more. */
#ifndef PROMOFLOW_TESTS_SUPPORT_ALLOCATIONS_H
#define PROMOFLOW_TESTS_SUPPORT_ALLOCATIONS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many blocks of operator new have not been freed, in all threads. */
size_t live_blocks(void);
/* From now on `number` allocations of this thread succeed and all behind them fail; SIZE_MAX: none
   fails. */
void fail_at(size_t number);
/* The same, but only one of them fails. */
void fail_once_at(size_t number);
/* Whether one has failed since fail_at() was called. */
int has_failed(void);

#ifdef __cplusplus
}
#endif

#endif
