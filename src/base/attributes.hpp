// SPDX-License-Identifier: Apache-2.0
/// @file
/// Hints to the compiler for the path that every event takes: what is inlined into it, and what is
/// rare and stays out of it. Other compilers do without.
#pragma once

#if defined(__GNUC__)
#define PROMOFLOW_FLATTEN [[gnu::flatten]]           // All its calls are inlined, ...
#define PROMOFLOW_COLD [[gnu::noinline, gnu::cold]]  // ... but to these.
#else
#define PROMOFLOW_FLATTEN
#define PROMOFLOW_COLD
#endif

// In WebAssembly a function stays one of its own, so that its callers are small: the JVM compiles
// none beyond 8,000 bytes of bytecode.
#if defined(__wasm__)
#define PROMOFLOW_WASM_NOINLINE [[gnu::noinline]]
#else
#define PROMOFLOW_WASM_NOINLINE
#endif
