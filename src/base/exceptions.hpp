// SPDX-License-Identifier: Apache-2.0
/// @file
/// The only place that knows whether the library is compiled with exceptions. Nothing but memory
/// that runs out and broken invariants need any, whatever the input is: without exceptions
/// (PROMOFLOW_EXCEPTIONS=OFF) these end the program, or trap where it is WebAssembly.
#pragma once

#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <utility>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline constexpr const char* kUnknownException = "something that is not a std::exception";
/// What an error says when memory ran out. A std::string holds so few bytes in itself (that of
/// libc++ ten where pointers have 32 bits, others more), but for the old one of libstdc++.
inline constexpr const char* kNoMemory = "no memory";
/// The same for an std::string that is made when there is none: no text where any needs memory.
#if defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
inline constexpr const char* kNoMemoryText = "";
#else
inline constexpr const char* kNoMemoryText = kNoMemory;
#endif

/// Runs `body`. If it throws std::bad_alloc, the answer is that of `no_memory()`; if something
/// else, that of `failed(why)`.
template <class Body, class NoMemory, class Failed>
auto catching(Body&& body, [[maybe_unused]] NoMemory&& no_memory, [[maybe_unused]] Failed&& failed)
    -> decltype(body()) {
#if defined(__cpp_exceptions)
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) { return no_memory(); } catch (const std::exception& error) {
    return failed(error.what());
  } catch (...) { return failed(kUnknownException); }
#else
  return std::forward<Body>(body)();
#endif
}

/// For a function of the library that can fail in this way only.
[[noreturn]] inline void throw_out_of_memory() {
#if defined(__cpp_exceptions)
  throw std::bad_alloc();
#else
  std::abort();
#endif
}

/// For what cannot happen while the library is right.
[[noreturn]] inline void throw_broken_invariant([[maybe_unused]] const char* what) {
#if defined(__cpp_exceptions)
  throw std::logic_error(what);
#else
  std::abort();
#endif
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
