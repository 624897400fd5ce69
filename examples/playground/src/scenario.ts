// SPDX-License-Identifier: Apache-2.0
// A scenario as a value: what the page changes when something is clicked, and writes as YAML. What
// a scenario's text means is the library's to say.

import {parseJson, writeJson, type Event, type Flow, type Outcome, type Point, type Scenario,
  type StartOptions} from 'promoflow/bare';
import {duration} from './dom';
import {editScenario, type Wanted} from './edit';

export interface Model {
  release: Omit<StartOptions, 'at'>;
  outcomes: Outcome[];
  actions: Event[];
}

/** What a rule is for: the promotions to an environment, or one hook of one list. */
export interface Target {
  readonly environment?: string;
  readonly hook?: string;
  readonly point?: Point;
  /** Only where the list has the name more than once. */
  readonly place?: number;
}

export interface Behaviour {
  fail?: string;
  afterMs: number;
  suspendMs?: number;
  context?: string;
}

export function modelOf(scenario: Scenario): Model {
  return {release: scenario.release, outcomes: [...scenario.outcomes],
    actions: [...scenario.actions]};
}

export function readModel(flow: Flow, text: string): Model {
  const scenario = flow.scenario(text);
  try {
    return modelOf(scenario);
  } finally {
    scenario.close();
  }
}

const fits = (rule: unknown, target: unknown) => rule === undefined || rule === target;

function isFor(rule: Outcome, target: Target): boolean {
  return rule.hook === target.hook && fits(rule.environment, target.environment) &&
    fits(rule.point, target.point) && fits(rule.place, target.place ?? 1);
}
const isOnlyFor = (rule: Outcome, target: Target) => rule.hook === target.hook &&
  rule.environment === target.environment && rule.point === target.point &&
  rule.place === target.place;

/** What the target does at an attempt; undefined: at those that no rule names. */
export function behaviour(model: Model, target: Target, attempt?: number): Behaviour {
  const rule = model.outcomes.find((one) => isFor(one, target) &&
    (one.attempt === undefined || one.attempt === attempt));
  return rule === undefined ? {afterMs: 0} : {fail: rule.fail, afterMs: rule.afterMs,
    suspendMs: rule.suspendMs, context: rule.context};
}

/** Says what the target does, at one attempt or (undefined) at all others. */
export function setBehaviour(model: Model, target: Target, attempt: number | undefined,
  what: Behaviour): void {
  const others = model.outcomes.filter((one) =>
    !(isOnlyFor(one, target) && one.attempt === attempt));
  const isDefault = what.fail === undefined && what.afterMs === 0 &&
    what.suspendMs === undefined && what.context === undefined;
  const all = model.outcomes;
  model.outcomes = others;
  if (isDefault && !others.some((one) => isFor(one, target) && fits(one.attempt, attempt))) return;
  const rule: Outcome = {...target, ...what, attempt};
  // It stays where it was, unless another rule would stand over it there.
  const was = all.findIndex((one) => isOnlyFor(one, target) && one.attempt === attempt);
  const hiding = others.findIndex((one) => isFor(one, target) &&
    (one.attempt === undefined || one.attempt === attempt));
  const isInForce = was >= 0 && (hiding < 0 || hiding >= was);
  const at = isInForce ? was : attempt !== undefined ? 0
    : others.findLastIndex((one) => isOnlyFor(one, target) && one.attempt !== undefined) + 1;
  others.splice(at, 0, rule);
}

/** JSON text is YAML, too, but for characters that YAML wants escaped. */
function escaped(json: string): string {
  const special = /[\u007f-\u00a0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/g;
  return json.replace(special, (one, at: number) => {
    const code = one.charCodeAt(0);
    if (code >= 0xd800 && code <= 0xdfff) {  // The halves of a pair stay.
      const other = json.charCodeAt(code < 0xdc00 ? at + 1 : at - 1);
      if (code < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff
        : other >= 0xd800 && other <= 0xdbff) return one;
    }
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

const WORDS = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);

function word(text: string): string {
  return /^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/.test(text) && !WORDS.has(text.toLowerCase())
    ? text : escaped(JSON.stringify(text));
}

function contextMember(text: string): string {
  try {
    const read = parseJson(text);
    if (read !== null && typeof read === 'object' && !Array.isArray(read)) {
      return `context: ${escaped(writeJson(read))}`;
    }
  } catch { /* A scenario may try one that is no JSON. */ }
  return `contextText: ${escaped(JSON.stringify(text))}`;
}

const mapping = (members: (string | undefined)[]) =>
  `{${members.filter((one) => one !== undefined).join(', ')}}`;
const list = (names: Iterable<string>) => `[${[...names].map(word).join(', ')}]`;
const member = (name: string, value: string | undefined) =>
  value === undefined ? undefined : `${name}: ${word(value)}`;
const time = (name: string, ms: number | undefined) =>
  ms === undefined ? undefined : `${name}: ${duration(ms)}`;

function ruleText(rule: Outcome): string {
  return mapping([
    member('hook', rule.hook), member('point', rule.point),
    member('environment', rule.environment),
    rule.place === undefined ? undefined : `place: ${rule.place}`,
    rule.attempt === undefined ? undefined : `attempt: ${rule.attempt}`,
    time('suspend', rule.suspendMs), time('after', rule.afterMs || undefined),
    member('fail', rule.fail),
    rule.context === undefined ? undefined : contextMember(rule.context),
    rule.failInSoak && `failInSoak: ${mapping([time('after', rule.failInSoak.afterMs),
      member('message', rule.failInSoak.message)])}`,
  ]);
}

function actionText(action: Event): string {
  const at = time('at', Number(action.at));
  const by = 'by' in action ? member('by', action.by) : undefined;
  switch (action.kind) {
    case 'retry':
      return mapping([at, by,
        `retry: ${action.environments ? list(action.environments) : 'true'}`]);
    case 'skip':
      return mapping([at, member('skip', action.environment),
        member('reason', action.reason || undefined), by]);
    case 'terminate':
      return mapping([at, member('terminate', action.reason ?? ''),
        action.force ? 'force: true' : undefined, by]);
    default: throw new Error(`no action: ${action.kind}`);
  }
}

/** The scenario as YAML, one rule a line. */
export function writeModel({release, outcomes, actions}: Model): string {
  const names = (given: string | Iterable<string>) =>
    list(typeof given === 'string' ? [given] : given);
  let out = 'release:\n';
  for (const key of ['id', 'url', 'product', 'version', 'commitSha'] as const) {
    const value = release[key];
    if (value) out += `  ${key}: ${word(value)}\n`;
  }
  if (release.context !== undefined) {
    const text = typeof release.context === 'string' ? release.context : writeJson(release.context);
    if (text !== '' && text !== '{}') out += `context: ${escaped(text)}\n`;
  }
  for (const key of ['skip', 'until', 'only'] as const) {
    const value = release[key];
    if (value !== undefined) out += `${key}: ${names(value)}\n`;
  }
  if (outcomes.length > 0) {
    out += `outcomes:\n${outcomes.map((one) => `  - ${ruleText(one)}\n`).join('')}`;
  }
  if (actions.length > 0) {
    out += `actions:\n${actions.map((one) => `  - ${actionText(one)}\n`).join('')}`;
  }
  return out;
}

/**
 * The scenario's text after a change: `before` is what it says, `after` the same with other rules
 * and actions. What stays is as somebody wrote it, comments included; a text that cannot be changed
 * in place, or does not say `after` then, is written anew.
 */
export function changeText(flow: Flow, text: string, before: Pick<Model, 'outcomes' | 'actions'>,
  after: Model): string {
  const wanted = <T>(old: readonly T[], now: readonly T[], write: (one: T) => string): Wanted =>
    now.map((one) => old.includes(one) ? old.indexOf(one) : write(one));
  const whole = writeModel(after);
  if (text.trim() === '') return whole;
  const edited = editScenario(text, wanted(before.outcomes, after.outcomes, ruleText),
    wanted(before.actions, after.actions, actionText));
  try {
    return edited !== undefined && writeModel(readModel(flow, edited)) === whole ? edited : whole;
  } catch {
    return whole;
  }
}
