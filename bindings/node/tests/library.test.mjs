// SPDX-License-Identifier: Apache-2.0
// What users see: loading, building, a host's loop, snapshots, run(), lifetimes, memory.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {
  ClosedError, CommandFailed, Engine, Flow, InvalidContextError, ManifestError, PromoflowError,
  RefusedError, RestoreError, ScenarioError, TrapError, parseJson, run, writeJson,
} from 'promoflow';
import {assertHas, assertHasNot, matching, simulate} from 'promoflow/testing';
import {ABI_MAJOR, ABI_MINOR, BATCH_VERSION} from '../src/memory.mjs';

const FLOW = `apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing}
spec:
  triggerEnvironment: dev
  steps:
  - {environment: staging, dependsOn: [dev], hooks: {onStart: gate, onFail: report}}
  - {environment: production, dependsOn: [staging]}
`;
const load = (options) => Flow.load(FLOW, options);
const next = (release) => [...release.commands()];

test('a flow is loaded and can be asked', async () => {
  const flow = await load();
  assert.equal(flow.name, 'billing');
  assert.deepEqual(flow.environments, ['dev', 'staging', 'production']);
  assert.deepEqual(flow.dependencies('production'), ['staging']);
  assert.deepEqual(flow.dependents('dev'), ['staging']);
  assert.deepEqual(flow.hooks('environment.onStart', 'staging'), ['gate']);
  assert.deepEqual(flow.hooks('release.onFail'), []);
  assert.throws(() => flow.dependents('qa'), {code: 'unknown-environment'});
  assert.throws(() => flow.hooks('onStart'), TypeError);
  assert.match(flow.render(), /production/);
  assert.match(flow.render({format: 'svg'}), /^<svg/);
  assert.throws(() => flow.render({format: 'png'}), TypeError);
  assert.ok(flow.equals(await Flow.load(flow.write('json'))));
});

test('a manifest with errors has all of them, with their places', async () => {
  const text = FLOW.replace('[staging]', '[stagin]').replace('name: billing', 'name: 7!');
  await assert.rejects(Flow.load(text, {file: 'a.yaml'}), (error) => {
    assert.ok(error instanceof ManifestError);
    assert.equal(error.code, 'invalid-manifest');
    const codes = error.diagnostics.map(({code}) => code);
    assert.deepEqual(codes, ['invalid-name', 'unknown-environment']);
    const {line, column, pointer, severity, hint} = error.diagnostics[1];
    assert.deepEqual([line, severity, pointer],
      [8, 'error', '/spec/steps/1/dependsOn/0']);
    assert.ok(column > 1 && hint.includes('staging'));
    assert.match(error.message, /a\.yaml:8/);
    return true;
  });
  await assert.rejects(Flow.load(7), TypeError);
  await assert.rejects(Flow.load(`${FLOW}---\n${FLOW.replace('billing', 'other')}`),
    PromoflowError);
});

test('a flow is built in code', async () => {
  const builder = await Flow.builder('billing', 'dev');
  builder.step('staging', {dependsOn: ['dev']})
    .hook('environment.onStart', 'gate').hook('environment.onFail', 'report')
    .step('production', {dependsOn: ['staging']});
  assert.ok(builder.build().equals(await load()));
  builder.options({failurePolicy: 'continue', annotations: {team: 'd\u00e9v'}})
    .hook('environment.onSuccess', 'notify',
      {onError: 'ignore', retry: {limit: 2, durationMs: 5000}, arguments: {n: 2n ** 60n, s: 'a'}});
  const flow = builder.build();
  const text = flow.write('json');
  assert.match(text, /1152921504606846976/);
  assert.ok(flow.equals(await Flow.load(text)));
  builder.step('staging', {dependsOn: ['nowhere']});
  assert.throws(() => builder.build(), (error) => error instanceof ManifestError &&
    error.diagnostics.length === 2 && error.diagnostics[0].line === 0);
  assert.throws(() => builder.options({failurePolicy: 'never'}), TypeError);
});

test('a release is driven by a loop of the host', async () => {
  const flow = await load();
  const release = flow.start({id: 'r-1', product: 'shop', at: 0});
  assert.equal(release.status, 'Running');
  const [hook] = next(release);
  assert.deepEqual([hook.kind, hook.hook, hook.point, hook.environment, hook.attempt],
    ['run-hook', 'gate', 'environment.onStart', 'staging', 1]);
  assert.equal(hook.arguments.PRODUCT_NAME, 'shop');
  assert.equal(release.key(hook.ticket), `r-1/${hook.ticket}`);
  release.apply({kind: 'hook-succeeded', ticket: hook.ticket, context: {URL: 'x'}, at: 1});
  assert.deepEqual(release.context, {URL: 'x'});
  const [promote] = next(release);
  assert.deepEqual([promote.kind, promote.environment], ['promote', 'staging']);
  assert.throws(() => release.apply({kind: 'hook-succeeded', ticket: hook.ticket, at: 2}),
    (error) => error instanceof RefusedError && error.code === 'settled-ticket');
  assert.throws(() => release.apply({kind: 'hook-succeeded', ticket: 99, at: 2}),
    {code: 'unknown-ticket'});
  const results = release.applyAll([
    {kind: 'promotion-succeeded', ticket: promote.ticket, at: new Date(5)},
    {kind: 'skip', environment: 'nowhere', at: 5}]);
  assert.deepEqual(results.map((error) => error?.code), [undefined, 'unknown-environment']);
  assert.equal(release.environment('staging').status, 'Successful');
  assert.equal(release.describe().outstanding.length, 1);
  assert.equal(release.isFinal, false);
  release.apply({kind: 'terminate', reason: 'enough', force: true, by: 'ann', at: 6});
  assert.deepEqual([release.status, release.isFinal], ['Terminated', true]);
  const records = [...release.records()];
  const terminate = records.find(({kind}) => kind === 'terminate');
  assert.deepEqual([terminate.reason, terminate.by, terminate.force], ['enough', 'ann', true]);
  assert.match(release.render(), /Terminated/);
  assert.throws(() => release.apply({kind: 'tick'}), TypeError);
  assert.throws(() => release.apply({kind: 'explode', at: 1}), TypeError);
});

test('a retry names environments, or all', async () => {
  const release = (await load()).start({id: 'r', at: 0});
  release.apply({kind: 'hook-failed', ticket: 1, message: 'closed', at: 1});
  for (const command of release.commands()) {
    if (command.hook === 'report') {
      release.apply({kind: 'hook-succeeded', ticket: command.ticket, at: 2});
    }
  }
  assert.equal(release.status, 'Failed');
  release.apply({kind: 'retry', environments: ['staging'], by: '\u{1F600}', at: 3});
  const record = [...release.records()].find(({kind}) => kind === 'retry');
  assert.deepEqual([record.environments, record.by], [['staging'], '\u{1F600}']);
  assert.equal(release.status, 'Running');
});

test('a selection of environments', async () => {
  const flow = await load();
  const release = flow.start({id: 'r', at: 0, until: 'staging'});
  assert.equal(release.environment('production').status, 'Skipped');
  assert.throws(() => flow.start({id: 'r', skip: ['qa']}), {code: 'unknown-environment'});
  assert.throws(() => flow.start({id: 'r', skip: ['dev'], only: ['dev']}), TypeError);
  assert.throws(() => flow.start({}), {code: 'invalid-argument'});
});

test('a release survives a crash by its snapshot, and by its journal', async () => {
  const flow = await load();
  const options = {id: 'r-1', at: 0, context: {A: 1}};
  let journal = `${flow.startLine(options)}\n`;
  const release = flow.start(options);
  const event = {kind: 'hook-succeeded', ticket: 1, context: '{"B":2}', at: 7};
  journal += release.journal([event]);
  release.apply(event);
  for (const twin of [flow.restore(release.snapshot()), flow.recover(journal)]) {
    assert.equal(twin.snapshot(), release.snapshot());
    assert.deepEqual(next(twin).map(({ticket}) => ticket), [2]);
    twin.reissue();
    assert.deepEqual(next(twin).map(({ticket}) => ticket), [2]);
  }
  assert.throws(() => flow.restore('{}'), RestoreError);
  assert.throws(() => flow.recover('{}\n'), RestoreError);
  const other = await Flow.load(FLOW.replace('billing', 'other'));
  assert.throws(() => other.restore(release.snapshot()), {code: 'snapshot-of-other-flow'});
});

test('large integers, deep JSON and any Unicode survive in contexts', async () => {
  let deep = [2n ** 63n, -(2n ** 70n)];
  for (let i = 0; i < 60; ++i) deep = {k: deep};
  const context = {deep, '\u{1F600} \u0000"\\': '\u2028\uFEFF\u{10FFFF}', small: 3, real: 0.1,
    ['__proto__']: 1};
  const release = (await load()).start({id: '\u00e9', at: 0, context});
  assert.deepEqual(release.context.deep, deep);
  assert.equal(release.context['\u{1F600} \u0000"\\'], '\u2028\uFEFF\u{10FFFF}');
  assert.equal(parseJson(next(release)[0].context).small, 3);
  assert.ok(Object.hasOwn(release.context, '__proto__'));
  const lone = (await load()).start({id: 'a\ud800b', at: 0});
  assert.equal(lone.key(1), 'a\ufffdb/1');
  assert.throws(() => writeJson(() => 1), TypeError);
  assert.equal(writeJson({a: [undefined, 10n], b: undefined}), '{"a":[null,10]}');
  assert.deepEqual(parseJson('[9007199254740993,1.5e3,{"a":"1234567890123456789"}]'),
    [9007199254740993n, 1500, {a: '1234567890123456789'}]);
  assert.throws(() => parseJson('[9007199254740993'), SyntaxError);
  const flow = await load();
  assert.throws(() => flow.start({id: 'r', context: '[1]'}), InvalidContextError);
});

test('a simulation and its queries', async () => {
  const flow = await load();
  const trace = flow.simulate({outcomes: [{hook: 'gate', fail: 'closed'}]});
  assert.equal(trace.status, 'Failed');
  assert.equal(trace.environment('staging').status, 'Failed');
  assert.deepEqual(trace.hooks('environment.onFail').map(({hook}) => hook), ['report']);
  assert.equal(trace.hooks('environment.onFail')[0].arguments.ERROR_MESSAGE,
    "onStart hook 'gate' failed: closed");
  assert.equal(trace.promotions.length, 0);
  assert.deepEqual(trace.context, {});
  assert.match(trace.render(), /closed/);
  assert.equal([...trace].length, trace.records.length);
  assert.equal(flow.simulate().status, 'Succeeded');
  assert.throws(() => flow.simulate('outcomes: 7'), (error) => error instanceof ScenarioError &&
    error.diagnostics[0].line === 1);
  assert.throws(() => flow.simulate(undefined, {recordsMax: 2}), {code: 'limit-exceeded'});
});

test('assertions of promoflow/testing show the timeline', async () => {
  const trace = await simulate(FLOW, {fail: {staging: 'Application degraded'}});
  assertHas(trace, {event: 'hook', hook: 'report', arguments: {ERROR_MESSAGE: /degraded/}});
  assertHasNot(trace, {event: 'promote', environment: 'production'});
  assert.equal(matching(trace, {event: 'promote'}).length, 1);
  assert.throws(() => assertHas(trace, {event: 'promote', environment: 'production'}),
    /no record is like[^]*staging/);
  assert.throws(() => assertHasNot(trace, {event: 'hook', hook: /rep/}), /a record is like/);
});

test('run() drives a release with an executor', async () => {
  const flow = await load();
  const lines = [];
  const seen = [];
  const release = await run(flow, {
    runHook: async ({hook}) => ({[hook]: 2n ** 64n}),
    promote: ({environment, key, signal}) => {
      seen.push([environment, key, signal.aborted]);
    },
  }, {id: 'r-1', journal: (text) => { lines.push(text); }, observe: ({kind}) => kind});
  assert.equal(release.status, 'Succeeded');
  assert.deepEqual(release.context, {gate: 2n ** 64n});
  assert.deepEqual(seen.map(([environment]) => environment), ['staging', 'production']);
  assert.equal(flow.recover(lines.join('')).snapshot(), release.snapshot());
});

test('run(): what an executor rejects with fails the command; retry goes on', async () => {
  const flow = await load();
  let fails = true;
  const executor = {
    runHook: ({hook}) => {
      if (hook === 'gate' && fails) throw new CommandFailed('closed', {context: {WHY: 'late'}});
    },
    promote: () => {},
  };
  const release = await run(flow, executor, {id: 'r'});
  assert.equal(release.environment('staging').message,
    "onStart hook 'gate' failed: closed");
  assert.deepEqual([release.status, release.describe().rejectedExports.length], ['Failed', 1]);
  fails = false;
  release.apply({kind: 'retry', at: Date.now()});
  await run(flow, executor, {release});
  assert.equal(release.status, 'Succeeded');
});

test('run(): the signal terminates the release, and cancels what runs', async () => {
  const flow = await load();
  const stop = new AbortController();
  let cancelled = false;
  const release = await run(flow, {
    runHook: ({hook, signal}) => hook !== 'gate' ? undefined : new Promise((resolve) => {
      signal.addEventListener('abort', () => { cancelled = true; });
      stop.abort(new Error('shutting down'));
      void resolve;
    }),
    promote: () => {},
  }, {id: 'r', signal: stop.signal});
  assert.deepEqual([release.status, cancelled], ['Terminated', true]);
  assert.match(release.describe().release.message, /shutting down/);
});

test('run(): timers fire by the clock that it is given', async () => {
  const flow = await Flow.load(FLOW.replace('onStart: gate', 'onStart: {name: gate, timeout: 1h}'));
  let now = 1000;
  const clock = {
    now: () => now,
    at: (ms, wake) => {
      const handle = setImmediate(() => {
        now = ms;
        wake();
      });
      return () => clearImmediate(handle);
    },
  };
  const release = await run(flow, {
    runHook: ({hook}) => hook === 'gate' ? new Promise(() => {}) : undefined, promote: () => {},
  }, {id: 'r', clock});
  assert.equal(release.status, 'Failed');
  assert.equal(now, 1000 + 3600_000);
});

test('handles are closed in any order, and not used afterwards', async () => {
  const flow = await load();
  const release = flow.start({id: 'r', at: 0});
  const trace = flow.simulate();
  const scenario = flow.scenario('{}');
  flow.close();
  flow.close();
  assert.ok(flow.closed && !release.closed);
  assert.throws(() => flow.render(), ClosedError);
  assert.throws(() => flow.start({id: 'r'}), ClosedError);
  assert.equal(next(release).length, 1);
  assert.match(release.snapshot(), /^\{/);
  assert.equal(trace.status, 'Succeeded');
  for (const handle of [release, trace, scenario]) handle.close();
  for (const use of [() => release.status, () => release.describe(), () => release.records().next(),
    () => release.apply({kind: 'tick', at: 1}), () => trace.jsonl(), () => scenario.outcomes]) {
    assert.throws(use, ClosedError);
  }
});

test('a trap closes what lived in its engine, and says so', async () => {
  const engine = await Engine.create({memoryBytesMax: 16 * 2 ** 20});
  const flow = engine.load(FLOW);
  const release = flow.start({id: 'r', at: 0});
  const large = JSON.stringify({A: 'x'.repeat(2 ** 20 - 100)});
  const other = await load();
  assert.throws(() => {
    for (let i = 0; i < 100; ++i) engine.load(FLOW).start({id: 'r', at: 0, context: large});
  }, (error) => error instanceof TrapError || error.code === 'out-of-memory');
  if (!engine.trapped) {
    assert.throws(() => {
      for (const kept = []; ;) kept.push(flow.start({id: 'r', at: 0}));
    }, TrapError);
  }
  assert.ok(engine.trapped && release.closed && flow.closed);
  assert.throws(() => release.describe(), /a trap in/);
  release.close();
  assert.equal(other.simulate().status, 'Succeeded');  // Of another engine.
  await assert.rejects(Engine.create({memoryBytesMax: 1000}), RangeError);
});

test('the version of module and package are the same', async () => {
  const {version} = JSON.parse(readFileSync(new URL('../package.json', import.meta.url)));
  assert.equal((await Engine.shared()).version, version);
});

/** A module that has nothing but the versions of its interfaces. */
function moduleOf(abi, batch) {
  const section = (id, ...bytes) => [id, bytes.length, ...bytes];
  const text = (of) => [of.length, ...Buffer.from(of)];
  const number = (of) => [...[0, 7, 14, 21].map((shift) => of >> shift & 127 | 128), 0];  // LEB128.
  const body = (of) => [8, 0, 0x41, ...number(of), 0x0b];
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(1, 1, 0x60, 0, 1, 0x7f),
    ...section(3, 2, 0, 0),
    ...section(7, 2, ...text('promoflow_abi_version'), 0, 0,
      ...text('promoflow_batch_version'), 0, 1),
    ...section(10, 2, ...body(abi), ...body(batch))]);
}

test('a module of another version is refused, with what to do', async () => {
  const abi = ABI_MAJOR << 16 | ABI_MINOR;
  for (const wrong of [moduleOf(abi + (1 << 16), BATCH_VERSION), moduleOf(abi - 1, BATCH_VERSION),
    moduleOf(abi, BATCH_VERSION + 1), Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])]) {
    await assert.rejects(Engine.create({module: wrong}), (error) =>
      error instanceof PromoflowError && error.where === 'promoflow.wasm' &&
      /it has interface \d+\.\d+, this package needs 0\.2; install them together/.test(error));
  }
});

test('100,000 releases are created and dropped in flat memory', async () => {
  const engine = await Engine.create();
  const flow = engine.load(FLOW);
  const make = (count) => {
    for (let i = 0; i < count; ++i) flow.start({id: 'r', at: 0, context: '{"A":1}'}).close();
    return engine.memoryBytes;
  };
  const before = make(1000);
  assert.equal(make(99_000), before);
});

test('the module imports what docs/wasm.md says, and nothing else', async () => {
  const bytes = readFileSync(new URL('../promoflow.wasm', import.meta.url));
  const imports = WebAssembly.Module.imports(await WebAssembly.compile(bytes));
  const page = readFileSync(new URL('../../../docs/wasm.md', import.meta.url), 'utf8');
  const listed = page.match(/^\| Import \|[^]*?\n\n/m)[0].match(/`[a-z]+_[a-z_]+`/g);
  assert.deepEqual(imports.map(({name}) => `\`${name}\``).sort(), listed.sort());
  assert.ok(imports.every(({module}) => module === 'wasi_snapshot_preview1'));
});
