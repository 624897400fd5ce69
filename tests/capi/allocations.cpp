// SPDX-License-Identifier: Apache-2.0
// The process' operator new: it counts what lives, and fails when it is told to. Every form that is
// not over-aligned is replaced: a form left to the run-time library would pair its memory with our
// delete, which AddressSanitizer reports.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "check.h"

namespace {

std::atomic<std::size_t> g_live = 0;
thread_local std::size_t g_left = SIZE_MAX;
thread_local bool g_failed = false;

void* allocate_or_null(std::size_t size) noexcept {
  if (g_left == 0) {
    g_failed = true;
    return nullptr;
  }
  if (g_left != SIZE_MAX) { --g_left; }
  void* const memory = std::malloc(size == 0 ? 1 : size);
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

}  // namespace

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

size_t live_blocks(void) { return g_live; }

void fail_at(size_t number) {
  g_failed = false;
  g_left = number;
}

int has_failed(void) { return g_failed ? 1 : 0; }
