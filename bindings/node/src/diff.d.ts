// SPDX-License-Identifier: Apache-2.0
/**
 * What a change to a flow changes. It is in a module of its own, promoflow-diff.wasm, which is
 * loaded when it is first asked for.
 */
import type {Flow} from './index.d.ts';
import type {Options} from './explore.d.ts';

/**
 * The difference of two flows, as `promoflow diff --format json` prints it. The properties of
 * `options` are checked in both.
 * @throws ManifestError, ScenarioError, PromoflowError: as explore()
 */
export function diff(before: Flow | string | Uint8Array, after: Flow | string | Uint8Array,
  options?: Options): Promise<unknown>;
/** The same as text for people, as JSON or as Markdown, and whether nothing differs. */
export function diffText(before: Flow | string | Uint8Array, after: Flow | string | Uint8Array,
  options?: Options & {format?: 'text' | 'json' | 'markdown'}):
  Promise<{text: string; equal: boolean}>;
