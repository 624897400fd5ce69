// SPDX-License-Identifier: Apache-2.0
// The process' operator new, with a counter and a switch for each thread. Every form that is not
// over-aligned is replaced: a form left to the run-time library would pair its memory with our
// delete, which AddressSanitizer reports.
#include "allocations.hpp"

#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t g_count = 0;
thread_local std::size_t g_allowed = SIZE_MAX;
thread_local bool g_failed = false;

void* allocate_or_null(std::size_t size) noexcept {
  ++g_count;
  if (g_allowed == 0) {
    g_failed = true;
    return nullptr;
  }
  if (g_allowed != SIZE_MAX) { --g_allowed; }
  return std::malloc(size == 0 ? 1 : size);
}

void* allocate(std::size_t size) {
  if (void* memory = allocate_or_null(size)) { return memory; }
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace promoflow::test {

FailingAllocations::FailingAllocations(std::size_t allowed) noexcept {
  g_failed = false;
  g_allowed = allowed;
}

FailingAllocations::~FailingAllocations() { g_allowed = SIZE_MAX; }

bool FailingAllocations::failed() noexcept { return g_failed; }

std::size_t allocations() noexcept { return g_count; }

}  // namespace promoflow::test
