// SPDX-License-Identifier: Apache-2.0
// What can happen: each outcome is proved by its own scenario. That the answer is that of the program,
// to the byte, is tested with the playground, which has the program.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {Flow, PromoflowError, ScenarioError} from 'promoflow';
import {explore, exploreText} from 'promoflow/explore';

const DEMO = readFileSync(new URL('../../../examples/demo/flow.yaml', import.meta.url));

test('each outcome of the demo flow is what its scenario shows', async () => {
  const flow = await Flow.load(DEMO);
  const found = await explore(flow);
  assert.equal(found.flow, 'billing-to-production');
  assert.equal(found.complete, true);
  assert.ok(found.outcomes.length > 5);
  for (const {release, environments, scenario} of found.outcomes) {
    const trace = flow.simulate(scenario);
    assert.equal(trace.status, release);
    for (const [name, status] of Object.entries(environments)) {
      assert.equal(trace.environment(name).status, status, name);
    }
    trace.close();
  }
});

test('failures bound what is found, and text is for people', async () => {
  const none = await explore(DEMO, {failures: 0});
  assert.deepEqual(none.outcomes.map(({release}) => release), ['Succeeded']);
  const all = await explore(DEMO, {failures: 'all', terminate: true});
  assert.ok(all.outcomes.some(({release}) => release === 'Terminated'));
  assert.match(await exploreText(DEMO, {failures: 0}), /^This flow has 1 outcome\./);
  assert.equal(JSON.parse(await exploreText(DEMO, {format: 'json', failures: 0})).outcomes.length, 1);
});

test('a bound that is reached is said', async () => {
  const found = await explore(DEMO, {statesMax: 10});
  assert.equal(found.complete, false);
  assert.ok(found.bound.length > 0 && found.states <= 20);
});

test('properties hold or are violated, with a run', async () => {
  const {properties} = await explore(DEMO, {properties: `properties:
  - name: safe
    never: {environment: prod-eu, status: Running, while: {environment: staging, status: Failed}}
  - name: never fails
    never: {release: Failed}
`});
  assert.deepEqual(properties.map(({verdict}) => verdict), ['holds', 'violated']);
  const flow = await Flow.load(DEMO);
  assert.equal(flow.simulate(properties[1].scenario).status, 'Failed');
});

test('what hooks export makes conflicts', async () => {
  const text = `apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: race}
spec:
  triggerEnvironment: dev
  steps:
  - {environment: eu, dependsOn: [dev], hooks: {onSuccess: report}}
  - {environment: us, dependsOn: [dev], hooks: {onSuccess: report}}
`;
  const exported = (environment) => ({hook: 'report', environment, context: {URL: environment}});
  const scenario = {outcomes: [exported('eu'), exported('us')]};
  assert.deepEqual((await explore(text)).conflicts, []);
  const {conflicts} = await explore(text, {exports: scenario});
  assert.deepEqual([...new Set(conflicts.map(({key}) => key))], ['URL']);
  await assert.rejects(explore(text, {exports: {outcomes: 7}}), ScenarioError);
});

test('wrong calls are errors that say what to do', async () => {
  await assert.rejects(explore(DEMO, {properties: 'properties: [{name: a, never: {hook: slak-ok}}]'}),
    (error) => error instanceof PromoflowError && /slack-ok/.test(error.message));
  await assert.rejects(explore(DEMO, {failures: -1}), TypeError);
  await assert.rejects(explore(DEMO, {properties: 7}), TypeError);
  await assert.rejects(exploreText(DEMO, {format: 'html'}), TypeError);
  const flow = await Flow.load(DEMO);
  assert.throws(() => flow.explore(), /promoflow\/explore/);
});
