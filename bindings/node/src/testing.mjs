// SPDX-License-Identifier: Apache-2.0
// For tests of flows, with Vitest, node:test or any other runner: simulate(), and assertions whose
// failures show the timeline of the release.

import {AssertionError} from 'node:assert';
import {Flow} from './index.mjs';

/** Simulates a release of a flow, which is text or a Flow. `fail`: environments or hooks that fail. */
export async function simulate(flow, {fail = {}, scenario, ...options} = {}) {
  const own = flow instanceof Flow ? flow : await Flow.load(flow);
  if (scenario !== undefined) return own.simulate(scenario, options);
  const outcomes = Object.entries(fail).map(([name, message]) =>
    own.environments.includes(name) ? {environment: name, fail: message}
      : {hook: name, fail: message});
  return own.simulate({outcomes}, options);
}

function fits(wanted, got) {
  if (wanted instanceof RegExp) return typeof got === 'string' && wanted.test(got);
  if (wanted !== null && typeof wanted === 'object') {
    return got !== null && typeof got === 'object' &&
      Object.entries(wanted).every(([key, value]) => fits(value, got[key]));
  }
  return Object.is(wanted, got);
}

/** The records that have all members of `wanted`; texts may be given as patterns. */
export function matching(trace, wanted) {
  return trace.records.filter((record) => fits(wanted, record));
}
export function assertHas(trace, wanted) {
  if (matching(trace, wanted).length === 0) fail(trace, 'no record is like', wanted, assertHas);
}
export function assertHasNot(trace, wanted) {
  if (matching(trace, wanted).length > 0) fail(trace, 'a record is like', wanted, assertHasNot);
}
function fail(trace, what, wanted, stackStartFn) {
  const shown = JSON.stringify(wanted,
    (key, value) => value instanceof RegExp ? String(value) : value);
  throw new AssertionError({message: `${what} ${shown}:\n\n${trace.render()}`, stackStartFn});
}
