// SPDX-License-Identifier: Apache-2.0
// Counts checks. In C++, because callbacks check in the library's threads, and C99 has no atomics.
#include "check.h"

#include <atomic>

namespace {

std::atomic<unsigned long> g_passed = 0;
std::atomic<unsigned long> g_failed = 0;

}  // namespace

void count_check(int passed) { ++(passed != 0 ? g_passed : g_failed); }
unsigned long checks_passed(void) { return g_passed; }
unsigned long checks_failed(void) { return g_failed; }
