// SPDX-License-Identifier: Apache-2.0
/**
 * Decides what a GitOps promotion release must run next, and with which arguments: events in,
 * commands out.
 *
 * <p>It is the library promoflow as a module of WebAssembly that was compiled to bytecode of the
 * JVM, so it needs no native library. All types may be used by any number of threads unless they
 * say otherwise. What is not closed is freed when it is no longer reachable; what was closed throws
 * an {@link java.lang.IllegalStateException}.
 */
package io.promoflow;
