// SPDX-License-Identifier: Apache-2.0
// Explorations, which are in a module of their own: promoflow-explore.wasm.

import {Engine} from './engine.mjs';
import {Flow} from './flow.mjs';
import {moduleEngine} from './module.mjs';

/** An engine whose flows can be explored; the same each time, another one after a trap. */
export const exploringEngine =
  moduleEngine('promoflow-explore.wasm', (module) => Engine.create({module}));

async function withFlow(flow, body) {
  const engine = await exploringEngine();
  const own = engine.load(flow instanceof Flow ? flow.write('json') : flow);
  try {
    return body(own);
  } finally {
    own.close();
  }
}

/** Finds everything that can happen to a release of a flow, which is text or a Flow. */
export const explore = (flow, options) => withFlow(flow, (own) => own.explore(options));
/** The same as text for people, or as JSON. */
export const exploreText = (flow, options) => withFlow(flow, (own) => own.exploreText(options));
