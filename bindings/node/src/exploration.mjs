// SPDX-License-Identifier: Apache-2.0
// What can happen to a release at all.

import {PromoflowError} from './errors.mjs';
import {checkText} from './flow.mjs';
import {parseJson, writeJson} from './json.mjs';
import {Scenario} from './simulation.mjs';
import {EXPLORATION, EXPLORATION_FORMATS, FAILURES_ALL, FAILURES_LIMITED, numberOf}
  from './structs.mjs';

/** The texts that `explore` takes as options: a scenario of the flow, and whether it is our own. */
function openScenario(flow, given) {
  if (given === undefined || given instanceof Scenario) return {scenario: given, own: false};
  const isText = typeof given === 'string' || given instanceof Uint8Array;
  return {scenario: flow.scenario(isText ? given : writeJson(given)), own: true};
}

function failuresOf(failures) {
  if (failures === undefined) return {};
  if (failures === 'all') return {failures: FAILURES_ALL};
  if (Number.isInteger(failures) && failures >= 0 && failures <= 0xFFFFFFFF) {
    return {failures: FAILURES_LIMITED, failures_max: failures};
  }
  throw new TypeError("failures is a number from 0, or 'all'");
}

/** Calls body(arena, properties, options) with what an exploration of a flow is given. */
export function withExploration(flow, {properties, exports: exported, failures, retries = 0,
  terminate = false, skip = false, suspend = false, timeouts = false, allOrders = false,
  statesMax = 0, memoryBytesMax = 0}, body) {
  const limits = failuresOf(failures);
  if (properties !== undefined) checkText(properties, 'properties');
  const {scenario, own} = openScenario(flow, exported);
  const flag = (value) => value ? 1 : 0;
  try {
    return flow._instance.call((arena) => body(arena, arena.text(properties),
      arena.structs(EXPLORATION, [{
        ...limits, retries_max: retries, terminate: flag(terminate), skip: flag(skip),
        suspend: flag(suspend), timeouts: flag(timeouts), all_orders: flag(allOrders),
        states_max: statesMax, memory_bytes_max: memoryBytesMax, exports: scenario?._pointer,
      }])));
  } finally {
    if (own) scenario.close();
  }
}

/** Explores a flow; the answer as text or as JSON text. */
export function exploreText(flow, {format = 'text', ...options} = {}) {
  const number = numberOf(EXPLORATION_FORMATS, format, 'format');
  const instance = flow._instance;
  if (!instance.has('promoflow_explore')) {
    throw new PromoflowError('internal', 'promoflow_explore',
      "this engine's module has no exploration: use 'promoflow/explore'");
  }
  return withExploration(flow, options, (_, properties, at) =>
    instance.makeText('promoflow_explore', flow._pointer, properties, at, number));
}

/** Explores a flow; the answer as an object. */
export function explore(flow, options = {}) {
  return parseJson(exploreText(flow, {...options, format: 'json'}));
}
