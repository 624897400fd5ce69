// SPDX-License-Identifier: Apache-2.0
// Configurations, queues of releases and differences: each is in a module of its own.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {ClosedError, PromoflowError, RefusedError, RestoreError} from 'promoflow';
import {Configuration, ConfigurationError, ReleaseQueue} from 'promoflow/configuration';
import {diff, diffText} from 'promoflow/diff';

const DEMO = readFileSync(new URL('../../../examples/demo/flow.yaml', import.meta.url), 'utf8');
const FLOW = `apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: to-prod}
spec:
  triggerEnvironment: dev
  steps:
  - {environment: staging, dependsOn: [dev], hooks: {onStart: [open, announce]}}
`;
const REST = `apiVersion: codefresh.io/v1beta1
kind: Product
metadata: {name: billing}
spec:
  promotionFlows: [{name: to-prod}]
---
apiVersion: codefresh.io/v1beta1
kind: PromotionPolicy
metadata: {name: by-request}
spec:
  priority: 5
  policy: {action: pr}
  selector: {targetEnvironment: {names: [staging]}}
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata:
  name: open
  annotations: {codefresh.io/workflow-origin: promotion, promoflow.dev/exports: "TICKET"}
spec: {arguments: {parameters: [{name: RELEASE_ID}]}}
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: announce, annotations: {codefresh.io/workflow-origin: promotion}}
spec: {arguments: {parameters: [{name: TICKET}]}}
`;
const code = (wanted) => (error) => error instanceof PromoflowError && error.code === wanted;

test('a configuration resolves triggers to flows and policies', async () => {
  const read = await Configuration.read({'flow.yaml': FLOW, 'rest.yaml': REST});
  assert.deepEqual(read.problems.filter(({severity}) => severity !== 'note'), []);
  const {flow: started, environments} = read.resolve({product: 'billing'});
  assert.equal(started.name, 'to-prod');
  assert.equal(environments[0].policy.action.value, 'pr');
  assert.match(environments[0].policy.action.origin, /by-request/);
  assert.throws(() => read.resolve({product: 'nothing'}), code('invalid-argument'));
  assert.throws(() => read.resolve({product: 'billing', policyOrder: 'up'}), TypeError);
  assert.throws(() => read.resolve({}), TypeError);
  const flow = await read.flow('to-prod', {product: 'billing'});
  await assert.rejects(read.flow('nothing'), code('invalid-argument'));
  read.close();
  assert.throws(() => read.resolve({product: 'billing'}), ClosedError);
  const [command] = flow.start({id: 'r', at: 0}).commands();  // It lives on its own.
  assert.equal(command.hook, 'open');
});

test('a configuration says who exports which key to whom', async () => {
  const read = await Configuration.read([['flow.yaml', FLOW], ['rest.yaml', REST]]);
  const place = {key: 'TICKET', point: 'environment.onStart', environment: 'staging'};
  assert.deepEqual(read.contextUses('to-prod'), [
    {...place, hook: 'open', writes: true, required: false},
    {...place, hook: 'announce', writes: false, required: true},
  ]);
  assert.match(read.renderContext('to-prod'), /TICKET/);
  assert.throws(() => read.contextUses('nothing'), code('invalid-argument'));
  assert.throws(() => read.renderContext('nothing'), code('invalid-argument'));
});

test('a configuration with errors has all of them, with their places', async () => {
  const files = new Map([['a.yaml', FLOW], ['b.yaml', FLOW.replace('[dev]', '[deu]')]]);
  await assert.rejects(Configuration.read(files), (error) => {
    assert.ok(error instanceof ConfigurationError && error instanceof PromoflowError);
    const unknown = error.problems.find(({file, severity}) =>
      file === 'b.yaml' && severity === 'error');
    assert.ok(unknown.line > 0 && unknown.column > 0, JSON.stringify(error.problems));
    assert.ok(error.problems.some(({related}) => related.some(({file}) => file === 'a.yaml')));
    assert.match(error.message, /^b\.yaml:\d+:\d+: error: /m);
    return true;
  });
  await assert.rejects(Configuration.read({'a.yaml': 7}), TypeError);
  await assert.rejects(Configuration.read([[1, FLOW]]), TypeError);
  assert.deepEqual((await Configuration.read({})).problems, []);
});

test('a queue starts one release after another', async () => {
  const queue = await ReleaseQueue.create('queue', 1);
  assert.deepEqual(queue.requested('r1', 'to-prod'),
    [{kind: 'start', release: 'r1', flow: 'to-prod'}]);
  assert.deepEqual(queue.began('r1', 'staging'),
    [{kind: 'begin', release: 'r1', environment: 'staging'}]);
  assert.deepEqual(queue.requested('r2', 'to-prod'), []);
  assert.equal(queue.holder('staging'), 'r1');
  assert.equal(queue.holder('production'), undefined);
  assert.deepEqual(['r1', 'r2', 'r3'].map((release) => queue.status(release)),
    ['active', 'queued', undefined]);
  assert.throws(() => queue.ended('r2'), RefusedError);
  const again = await ReleaseQueue.restore(queue.snapshot());
  assert.deepEqual(again.releases, ['r1', 'r2']);
  assert.deepEqual(again.left('r1', 'staging'), []);
  assert.deepEqual(again.ended('r1'), [{kind: 'start', release: 'r2', flow: 'to-prod'}]);
  assert.deepEqual(again.cancelled('r2'),
    [{kind: 'terminate', release: 'r2', reason: 'cancelled'}]);
  again.close();
  assert.throws(() => again.releases, ClosedError);
  await assert.rejects(ReleaseQueue.create('stack'), TypeError);
  await assert.rejects(ReleaseQueue.create(), TypeError);
  await assert.rejects(ReleaseQueue.create('queue', -1), TypeError);
  await assert.rejects(ReleaseQueue.restore('{}'), RestoreError);
});

test('the difference of two flows is found, and none of equal ones', async () => {
  const same = await diffText(DEMO, DEMO);
  assert.equal(same.equal, true);
  const changed = DEMO.replace('jira-open-bug', 'page');
  assert.notEqual(changed, DEMO);
  const {text, equal} = await diffText(DEMO, changed, {failures: 1, format: 'markdown'});
  assert.equal(equal, false);
  assert.ok(text.length > 0);
  assert.equal(typeof await diff(DEMO, changed, {failures: 1}), 'object');
  await assert.rejects(diffText(DEMO, DEMO, {format: 'html'}), TypeError);
  await assert.rejects(diff(DEMO, 'kind: ['), PromoflowError);
});
