// SPDX-License-Identifier: Apache-2.0
// What a user of the package writes, with Vitest. check.sh runs it in a project outside the tree.
import {AssertionError} from 'node:assert';
import {expect, test} from 'vitest';
import {assertHas, assertHasNot, simulate} from 'promoflow/testing';
import {FLOW} from './flow.mjs';

test('a failure in staging is reported, and production is not reached', async () => {
  const trace = await simulate(FLOW, {fail: {staging: 'Application degraded'}});
  expect(trace.status).toBe('Failed');
  assertHas(trace, {event: 'hook', hook: 'report', arguments: {ERROR_MESSAGE: /degraded/}});
  assertHasNot(trace, {event: 'promote', environment: 'production'});
});

test('an assertion that fails shows the timeline', async () => {
  const trace = await simulate(FLOW);
  expect(() => assertHas(trace, {event: 'hook', hook: 'report'})).toThrow(AssertionError);
  expect(() => assertHas(trace, {event: 'hook', hook: 'report'})).toThrow(/production/);
});
