// SPDX-License-Identifier: Apache-2.0
#include "failing_memory.hpp"

#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PROMOFLOW_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PROMOFLOW_SANITIZED 1
#endif
#endif

namespace {

thread_local std::size_t g_allowed = SIZE_MAX;
thread_local bool g_for_good = false;
thread_local bool g_failed = false;

/// Whether the next allocation succeeds.
bool granted() noexcept {
  if (g_allowed == SIZE_MAX) { return true; }
  if (g_allowed > 0) {
    --g_allowed;
    return true;
  }
  g_failed = true;
  if (!g_for_good) { g_allowed = SIZE_MAX; }
  return false;
}

}  // namespace

#if defined(__GLIBC__) && !defined(PROMOFLOW_SANITIZED)

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);

void* malloc(std::size_t size) { return granted() ? __libc_malloc(size) : nullptr; }
void* calloc(std::size_t count, std::size_t size) {
  return granted() ? __libc_calloc(count, size) : nullptr;
}
void* realloc(void* memory, std::size_t size) {
  return granted() ? __libc_realloc(memory, size) : nullptr;
}
}

#else

namespace {

void* allocate_or_null(std::size_t size) noexcept {
  return granted() ? std::malloc(size == 0 ? 1 : size) : nullptr;
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

#endif

namespace promoflow::prove {

ShortOfMemory::ShortOfMemory(std::size_t allowed, Fails fails) noexcept {
  g_failed = false;
  g_for_good = fails == Fails::ForGood;
  g_allowed = allowed;
}

ShortOfMemory::~ShortOfMemory() { g_allowed = SIZE_MAX; }

bool ShortOfMemory::failed() noexcept { return g_failed; }

}  // namespace promoflow::prove
