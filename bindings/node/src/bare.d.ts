// SPDX-License-Identifier: Apache-2.0
/**
 * The package without a way to read promoflow.wasm, for who bundles it in a way of their own:
 * `Engine.create({module})` takes its bytes, and what needs an engine takes that one.
 */
export * from './index.d.ts';
