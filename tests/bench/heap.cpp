// SPDX-License-Identifier: Apache-2.0
// An operator new that counts. It is for one thread: nothing that is counted runs on two.
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "suite.hpp"

namespace {

promoflow::bench::Heap g_heap;

void* allocate(std::size_t size) {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) { throw std::bad_alloc(); }
  ++g_heap.allocations;
  g_heap.bytes += malloc_usable_size(memory);
  if (g_heap.bytes > g_heap.bytes_max) { g_heap.bytes_max = g_heap.bytes; }
  return memory;
}

void release(void* memory) noexcept {
  g_heap.bytes -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

namespace promoflow::bench {

Heap heap() noexcept { return g_heap; }

void reset_heap_peak() noexcept { g_heap.bytes_max = g_heap.bytes; }

}  // namespace promoflow::bench
