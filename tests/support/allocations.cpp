// SPDX-License-Identifier: Apache-2.0
// Replaces operator new of the whole process. Every form that is not over-aligned is replaced: one
// that is left to the run-time library would pair its memory with our delete, which
// AddressSanitizer reports.
//
// With PROMOFLOW_REPLACE_MALLOC malloc is replaced, too, where the C library lets a program do so:
// then the allocations of libyaml fail as well.
#include "allocations.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "allocations.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PROMOFLOW_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PROMOFLOW_SANITIZED 1
#endif
#endif

#if defined(PROMOFLOW_REPLACE_MALLOC) && defined(__GLIBC__) && !defined(PROMOFLOW_SANITIZED)
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
}
#define PROMOFLOW_MALLOC __libc_malloc
#else
#define PROMOFLOW_MALLOC std::malloc
#endif

namespace {

std::atomic<std::size_t> g_live = 0;
thread_local std::size_t g_count = 0;
thread_local std::size_t g_bytes = 0;
thread_local std::size_t g_allowed = SIZE_MAX;
thread_local bool g_for_good = true;
thread_local bool g_failed = false;

/// Counts an allocation. Whether it may succeed.
bool may_allocate() noexcept {
  ++g_count;
  if (g_allowed == SIZE_MAX) { return true; }
  if (g_allowed > 0) {
    --g_allowed;
    return true;
  }
  g_failed = true;
  if (!g_for_good) { g_allowed = SIZE_MAX; }
  return false;
}

void* allocate_or_null(std::size_t size) noexcept {
  g_bytes += size;
  void* const memory = may_allocate() ? PROMOFLOW_MALLOC(size == 0 ? 1 : size) : nullptr;
  if (memory != nullptr) { ++g_live; }
  return memory;
}

void* allocate(std::size_t size) {
  if (void* const memory = allocate_or_null(size)) { return memory; }
  throw std::bad_alloc();
}

void release(void* memory) noexcept {
  if (memory != nullptr) { --g_live; }
  std::free(memory);
}

void limit(std::size_t allowed, bool for_good) noexcept {
  g_failed = false;
  g_for_good = for_good;
  g_allowed = allowed;
}

}  // namespace

#if defined(PROMOFLOW_REPLACE_MALLOC) && defined(__GLIBC__) && !defined(PROMOFLOW_SANITIZED)
extern "C" {
void* malloc(std::size_t size) noexcept { return may_allocate() ? __libc_malloc(size) : nullptr; }
void* calloc(std::size_t count, std::size_t size) noexcept {
  return may_allocate() ? __libc_calloc(count, size) : nullptr;
}
void* realloc(void* memory, std::size_t size) noexcept {
  return may_allocate() ? __libc_realloc(memory, size) : nullptr;
}
}
#endif

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size);
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }

namespace promoflow::test {

FailingAllocations::FailingAllocations(std::size_t allowed, Fails fails) noexcept {
  limit(allowed, fails == Fails::ForGood);
}

FailingAllocations::~FailingAllocations() { g_allowed = SIZE_MAX; }

bool FailingAllocations::failed() noexcept { return g_failed; }

UnlimitedAllocations::UnlimitedAllocations() noexcept
    : allowed_(std::exchange(g_allowed, SIZE_MAX)) {}

UnlimitedAllocations::~UnlimitedAllocations() { g_allowed = allowed_; }

std::size_t allocations() noexcept { return g_count; }

std::size_t allocated_bytes() noexcept { return g_bytes; }

}  // namespace promoflow::test

size_t live_blocks(void) { return g_live; }

void fail_at(size_t number) { limit(number, true); }

void fail_once_at(size_t number) { limit(number, false); }

int has_failed(void) { return g_failed ? 1 : 0; }
