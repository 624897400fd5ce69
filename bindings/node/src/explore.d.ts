// SPDX-License-Identifier: Apache-2.0
/**
 * Explorations. They are in a module of their own, promoflow-explore.wasm, which is loaded when the
 * first of them is asked for.
 */
import type {Engine, Exploration, ExploreOptions, Flow, Scenario} from './index.d.ts';

/** Options for a flow of any engine: `exports` is text or an object. */
export type Options = Omit<ExploreOptions, 'exports'> &
  {exports?: Exclude<ExploreOptions['exports'], Scenario>};

/** An engine whose flows have explore(). */
export function exploringEngine(): Promise<Engine>;
/**
 * Everything that can happen to a release of a flow, under the given bounds.
 * @throws ManifestError, ScenarioError, PromoflowError: as Flow.explore()
 */
export function explore(flow: Flow | string | Uint8Array, options?: Options): Promise<Exploration>;
/** The same as text for people, or as `promoflow explore --format json` prints it. */
export function exploreText(flow: Flow | string | Uint8Array,
  options?: Options & {format?: 'text' | 'json'}): Promise<string>;
