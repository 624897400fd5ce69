// SPDX-License-Identifier: Apache-2.0
// [H31] Errors for want of memory where no text of a std::string is free: this is compiled with the
// old std::string of libstdc++, which takes memory for any byte.
#include <cstdio>
#include <cstdlib>
#include <new>

#include "base/guard.hpp"
#include "promoflow.h"

static_assert(!_GLIBCXX_USE_CXX11_ABI);

static bool g_fails = false;

void* operator new(std::size_t size) {
  void* const memory = g_fails ? nullptr : std::malloc(size);
  if (memory == nullptr) { throw std::bad_alloc(); }
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return g_fails ? nullptr : std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

int main() {
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  g_fails = true;
  const promoflow_status status = promoflow_buffer_new({"text", 4}, &buffer, &error);
  const promoflow::Result<std::string> made = promoflow::detail::guarded(
      []() -> promoflow::Result<std::string> { return std::string("text"); });
  g_fails = false;
  const promoflow_str message = promoflow_error_message(error);
  const bool is_said = status == PROMOFLOW_E_OUT_OF_MEMORY &&
                       promoflow_error_code(error) == PROMOFLOW_E_OUT_OF_MEMORY &&
                       std::string(message.data, message.size) == "no memory" && !made &&
                       made.error().code == promoflow::ErrorCode::OutOfMemory;
  promoflow_error_free(error);
  std::puts(is_said ? "it is said" : "it is not said");
  return is_said ? EXIT_SUCCESS : EXIT_FAILURE;
}
