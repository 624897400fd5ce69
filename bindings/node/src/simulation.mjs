// SPDX-License-Identifier: Apache-2.0
// Scenarios, and the traces of simulated releases.

import {diagnosticsOf, formatDiagnostics, checkText, withRenderOptions} from './flow.mjs';
import {PromoflowError, ScenarioError} from './errors.mjs';
import {parseJson} from './json.mjs';
import {Handle} from './memory.mjs';
import {ACTION, INFO, OUTCOME, SELECTION, STATE} from './structs.mjs';

const ACTIONS = {8: 'terminate', 9: 'retry', 12: 'skip'};
const SELECTIONS = {1: 'skip', 2: 'until', 3: 'only'};

/** What a scenario says, for a host that answers as it does. */
export class Scenario extends Handle {
  constructor(instance, pointer) { super(instance, pointer, 'promoflow_scenario_free'); }

  static _read(flow, text, file) {
    const instance = flow._instance;
    checkText(text, 'a scenario');
    const pointer = instance.call((arena) => instance.make('promoflow_scenario_read',
      arena.text(text), flow._pointer, 0));
    const scenario = new Scenario(instance, pointer);
    const diagnostics = diagnosticsOf(instance, 'scenario', pointer);
    if (diagnostics.some(({severity}) => severity === 'error')) {
      const shown = formatDiagnostics(instance, 'scenario', pointer, text, file);
      scenario.close();
      throw new ScenarioError(diagnostics, shown);
    }
    scenario.warnings = diagnostics;
    return scenario;
  }

  /** What flow.start() is given. */
  get release() {
    const instance = this._instance;
    return instance.call((arena) => {
      const info = arena.structs(INFO, [{}]);
      const context = arena.place(8);
      const selection = arena.structs(SELECTION, [{}]);
      instance.check(instance.raw('promoflow_scenario_release', this._pointer, info, context));
      instance.check(instance.raw('promoflow_scenario_selection', this._pointer, selection));
      const {id, url, product, version, commit_sha: commitSha} = instance.read(INFO, info);
      const selected = instance.read(SELECTION, selection);
      const start = {id, url, product, version, commitSha};
      const text = instance.readText(context);
      if (text) start.context = text;
      if (selected.kind !== 0) {
        start[SELECTIONS[selected.kind]] = this.#names(selected);
      }
      return start;
    });
  }
  #names({environments, environment_count: count}) {
    return Array.from({length: Number(count)}, (_, i) =>
      this._instance.readText(environments + 8 * i));
  }

  /** The rules of how commands end; the first that fits counts. */
  get outcomes() {
    const instance = this._instance;
    return instance.list(OUTCOME, 'promoflow_scenario_outcomes', this._pointer).map((one) => ({
      point: one.point === 0 ? undefined : instance.textOf('promoflow_point_name', one.point),
      hook: one.hook ?? undefined, environment: one.environment ?? undefined,
      fail: one.fail ?? undefined, context: one.context ?? undefined,
      afterMs: Number(one.after_ms),
      suspendMs: one.has_suspend ? Number(one.suspend_ms) : undefined,
      attempt: one.attempt || undefined, place: one.place || undefined,
      failInSoak: one.fail_in_soak === null ? undefined
        : {message: one.fail_in_soak, afterMs: Number(one.fail_in_soak_after_ms)},
    }));
  }
  /** What the operator does, as events; `at` counts from the start. */
  get actions() {
    return this._instance.list(ACTION, 'promoflow_scenario_actions', this._pointer)
      .map((one) => ({
        kind: ACTIONS[one.kind], at: Number(one.at_ms), reason: one.reason ?? undefined,
        by: one.by || undefined, environment: one.environment || undefined,
        environments: one.environments === 0 ? undefined : this.#names(one),
        force: one.force === 1,
      }));
  }
}

/** A simulated release: its records, and its state at the end. */
export class Trace extends Handle {
  #flow;
  #jsonl = null;
  #records = null;

  constructor(flow, pointer) {
    super(flow._instance, pointer, 'promoflow_trace_free');
    this.#flow = flow;
  }
  get flow() { return this.#flow; }

  /** All records as JSON Lines. */
  jsonl() {
    this.#jsonl ??= this._instance.makeText('promoflow_trace_jsonl', this._pointer);
    return this.#jsonl;
  }
  /** The records as objects, member by member as the lines have them. */
  get records() {
    this.#records ??= this.jsonl().split('\n').slice(0, -1).map(parseJson);
    return this.#records;
  }
  [Symbol.iterator]() { return this.records[Symbol.iterator](); }

  /** The hooks that ran, in order; of a point and of an environment. */
  hooks(point, environment) {
    return this.records.filter((one) => one.event === 'hook' &&
      (point === undefined || one.point === point) &&
      (environment === undefined || one.environment === environment));
  }
  get promotions() { return this.records.filter((one) => one.event === 'promote'); }

  get #state() { return this._instance.structInto(STATE, 'promoflow_trace_state', this._pointer); }
  get status() { return this.#flow._releaseStatus(this.#state.status); }
  get message() { return this.#state.message ?? ''; }
  environment(name) {
    const index = this.#flow.environments.indexOf(name);
    if (index < 0) {
      throw new PromoflowError('unknown-environment', '',
        `the flow has no environment '${name}'`);
    }
    const {status, phase, message} = this._instance.structInto(STATE,
      'promoflow_trace_environment', this._pointer, index);
    return {name, status: this.#flow._environmentStatus(status), phase: phase ?? '',
      message: message ?? ''};
  }
  get contextText() {
    return this._instance.makeText('promoflow_trace_context_json', this._pointer);
  }
  get context() { return parseJson(this.contextText); }
  /** A timeline for people. */
  render(options = {}) {
    return withRenderOptions(this._instance, options, (at) =>
      this._instance.makeText('promoflow_trace_render', this._pointer, at));
  }
}
