// SPDX-License-Identifier: Apache-2.0
// The same with node:test.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {assertHas, assertHasNot, simulate} from 'promoflow/testing';
import {FLOW} from '../flow.mjs';

test('a failure in staging is reported, and production is not reached', async () => {
  const trace = await simulate(FLOW, {fail: {staging: 'Application degraded'}});
  assert.equal(trace.status, 'Failed');
  assertHas(trace, {event: 'hook', hook: 'report', arguments: {ERROR_MESSAGE: /degraded/}});
  assertHasNot(trace, {event: 'promote', environment: 'production'});
});

test('an assertion that fails shows the timeline', async () => {
  const trace = await simulate(FLOW);
  assert.throws(() => assertHas(trace, {event: 'hook', hook: 'report'}), /no record.*\n[^]*production/);
});
