// SPDX-License-Identifier: Apache-2.0
// Every story of tests/conformance and every worked trace of tests/corpus, to the byte: by
// simulate(), and by the loop of a host, as it is and restored from a snapshot before each event.

import assert from 'node:assert/strict';
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';
import {Flow, InvalidContextError, ManifestError, RefusedError} from 'promoflow';

const ROOT = new URL('../../../tests/', import.meta.url);
const read = (path) => readFileSync(new URL(path, ROOT));

function stories() {
  const found = [];
  for (const name of readdirSync(new URL('conformance/', ROOT)).sort()) {
    if (!/^[A-Z]\d/.test(name)) continue;
    const at = `conformance/${name}/`;
    const flow = existsSync(new URL(`${at}flow.json`, ROOT)) ? 'flow.json' : 'flow.yaml';
    const isTrace = existsSync(new URL(`${at}trace.jsonl`, ROOT));
    found.push({name, flow: at + flow, scenario: `${at}scenario.yaml`, isTrace,
      answer: at + (isTrace ? 'trace.jsonl' : 'diagnostics.txt')});
  }
  for (const file of readdirSync(new URL('corpus/traces/', ROOT)).sort()) {
    if (!file.endsWith('.trace.jsonl')) continue;
    const base = `corpus/traces/${file.slice(0, -'.trace.jsonl'.length)}`;
    found.push({name: `worked-${file}`, flow: `${base}.flow.yaml`,
      scenario: `${base}.scenario.yaml`, answer: `${base}.trace.jsonl`, isTrace: true});
  }
  return found;
}

/** Answers as a scenario says; collects the lines of its release: S1 to S4 once more. */
class Host {
  lines = [];
  answers = [];
  now = 0;
  issued = new Map();
  current = new Map();

  constructor(flow, scenario) {
    this.flow = flow;
    this.outcomes = scenario.outcomes;
    this.start = scenario.release;
    this.actions = scenario.actions.map((action, index) => ({action, index}))
      .sort((a, b) => a.action.at - b.action.at || a.index - b.index).map(({action}) => action);
  }

  /** The place of a hook in its list, from 1: a list may have a name twice. */
  place({point, environment, hook, attempt}) {
    const list = `${point} ${environment ?? ''}`;
    const hooks = this.flow.hooks(point, environment);
    const first = this.current.get(list) ?? 0;
    for (let i = 0; i < hooks.length; ++i) {
      const place = (first + i) % hooks.length;
      const key = `${list} ${place}`;
      if (hooks[place] === hook && (this.issued.get(key) ?? 0) + 1 === attempt) {
        this.issued.set(key, attempt);
        this.current.set(list, place);
        return place + 1;
      }
    }
    throw new Error(`no place for ${hook}`);
  }

  outcome(command) {
    const place = command.hook === undefined ? undefined : this.place(command);
    const any = (wanted, got) => wanted === undefined || wanted === got;
    return this.outcomes.find((rule) => rule.hook === command.hook &&
      any(rule.attempt, command.attempt) && any(rule.place, place) &&
      any(rule.point, command.point) && any(rule.environment, command.environment));
  }

  schedule(command) {
    const rule = this.outcome(command) ?? {afterMs: 0};
    const {ticket} = command;
    const isHook = command.kind === 'run-hook';
    let at = this.now;
    const add = (step, event) => this.answers.push({step, event: {ticket, at, ...event}});
    if (rule.suspendMs !== undefined) {
      add(0, {kind: 'suspended'});
      at += rule.suspendMs;
      add(1, {kind: 'resumed'});
    }
    at += rule.afterMs;
    const what = isHook ? 'hook' : 'promotion';
    if (rule.fail !== undefined) {
      add(2, {kind: `${what}-failed`, message: rule.fail});
    } else {
      add(2, {kind: `${what}-succeeded`, context: isHook ? rule.context : undefined});
      if (rule.failInSoak && !isHook) {
        at += rule.failInSoak.afterMs;
        add(3, {kind: 'promotion-failed', message: rule.failInSoak.message});
      }
    }
  }

  take(release) {
    for (const record of release.records()) {
      if (record.kind !== 'tick') this.lines.push(record.line);
      const {command} = record;
      if (command?.kind === 'cancel') {
        this.answers = this.answers.filter(({event}) => event.ticket !== command.ticket);
      } else if (command) {
        this.schedule(command);
      }
    }
  }

  run(restore) {
    let release = this.flow.start({...this.start, at: 0, lines: 0});
    this.take(release);
    const {actions} = this;
    for (;;) {
      if (release.isFinal && actions.length === 0) break;
      this.answers.sort((a, b) => a.event.at - b.event.at || a.event.ticket - b.event.ticket ||
        a.step - b.step);
      const next = Math.min(actions[0]?.at ?? Infinity, this.answers[0]?.event.at ?? Infinity);
      const timer = release.nextTimer;
      let event;
      let action;
      let step;
      if (timer !== undefined && timer <= next) {
        event = {kind: 'tick', at: timer};
      } else if (next === Infinity) {
        break;
      } else if (actions.length > 0 && actions[0].at === next) {
        event = action = actions.shift();
      } else {
        ({event, step} = this.answers.shift());
      }
      this.now = event.at;
      if (restore) {
        const twin = this.flow.restore(release.snapshot(), {lines: 0});
        for (const command of twin.commands()) void command;  // They run already.
        release.close();
        release = twin;
      }
      try {
        release.apply(event);
      } catch (error) {
        assert.ok(error instanceof RefusedError, error);
        if (action) {
          const by = action.by ? `,"by":${JSON.stringify(action.by)}` : '';
          this.lines.push(`{"t":${this.now},"event":"refused","action":"${action.kind}",` +
            `"error":"${error.code}"${by}}`);
        } else {  // It soaks no more.
          assert.deepEqual([step, error.code], [3, 'settled-ticket']);
        }
      }
      this.take(release);
    }
    release.close();
  }
}

const all = stories();

test('there are stories', () => {
  assert.ok(all.filter(({isTrace}) => isTrace).length > 170);
  assert.ok(all.filter(({isTrace}) => !isTrace).length > 20);
});

for (const story of all.filter(({isTrace}) => isTrace)) {
  const expected = read(story.answer).toString();
  const open = async () => {
    const flow = await Flow.load(read(story.flow));
    return {flow, scenario: flow.scenario(read(story.scenario))};
  };
  test(`${story.name}: simulated`, async () => {
    const {flow, scenario} = await open();
    let got = '';
    try {
      got = flow.simulate(scenario).jsonl();
    } catch (error) {
      assert.ok(error instanceof InvalidContextError, error);
    }
    assert.equal(got, expected);
  });
  for (const restore of [false, true]) {
    test(`${story.name}: a host's loop${restore ? ', restored' : ''}`, async () => {
      const {flow, scenario} = await open();
      const host = new Host(flow, scenario);
      try {
        host.run(restore);
      } catch (error) {
        if (!(error instanceof InvalidContextError)) throw error;
      }
      assert.equal(host.lines.map((line) => `${line}\n`).join(''), expected);
    });
  }
}

for (const story of all.filter(({isTrace}) => !isTrace)) {
  test(`${story.name}: diagnostics`, async () => {
    let found;
    try {
      found = (await Flow.load(read(story.flow))).warnings;
    } catch (error) {
      assert.ok(error instanceof ManifestError, error);
      found = error.diagnostics;
    }
    const lines = found.map(({code, severity, line, column, pointer}) =>
      `${code} ${severity} ${line}:${column} ${pointer}`.trimEnd());
    assert.deepEqual(lines, read(story.answer).toString().split('\n').slice(0, -1));
  });
}
