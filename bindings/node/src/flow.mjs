// SPDX-License-Identifier: Apache-2.0
// Flows: read from text, or built in code.

import {toMs} from './batch.mjs';
import {ManifestError, PromoflowError} from './errors.mjs';
import {explore, exploreText} from './exploration.mjs';
import {contextText, writeJson} from './json.mjs';
import {Handle} from './memory.mjs';
import {Release} from './release.mjs';
import {Scenario, Trace} from './simulation.mjs';
import {
  ARGUMENT, ASSIGNED, DIAGNOSTIC, FAILURE_POLICIES, FLOW_OPTIONS, HOOK, INFO, MERGES, ON_ERROR,
  POINTS, POLICY_ACTIONS, RENDER, RENDER_FORMATS, SELECTION, STEP, TEXT_FORMATS, numberOf,
} from './structs.mjs';

/** The diagnostics of a manifest or a scenario. */
export function diagnosticsOf(instance, what, pointer) {
  return instance.list(DIAGNOSTIC, `promoflow_${what}_diagnostics`, pointer).map((found) => ({
    code: instance.textOf('promoflow_diagnostic_code_name', found.code),
    severity: instance.textOf('promoflow_severity_name', found.severity),
    document: found.document, line: found.line, column: found.column, length: found.length,
    pointer: found.pointer ?? '', message: found.message ?? '', hint: found.hint ?? '',
  }));
}

/** The diagnostics as text for people. */
export function formatDiagnostics(instance, what, pointer, text, file) {
  return instance.call((arena) => instance.makeText(`promoflow_${what}_format`, pointer,
    arena.text(file), arena.text(text), 1));
}

/** Bytes of a text: those of a string, or as they are. */
export function checkText(text, what) {
  if (typeof text === 'string' || text instanceof Uint8Array) return text;
  throw new TypeError(`${what} is a string or bytes of UTF-8`);
}

/** Calls body(options) with the struct of a drawing. */
export function withRenderOptions(instance, options, body) {
  const {format = 'text', color = false, ascii = false, width = 0} = options;
  return instance.call((arena) => body(arena.structs(RENDER, [{
    format: numberOf(RENDER_FORMATS, format, 'format'), color: color ? 1 : 0, ascii: ascii ? 1 : 0,
    width,
  }])));
}

/** Calls body(info, context, selection) with what a start is given. */
export function withStart(arena, {id, url, product, version, commitSha, context, skip, until,
  only}) {
  const lists = [['skip', skip, 1], ['until', until, 2], ['only', only, 3]]
    .filter(([, list]) => list !== undefined);
  if (lists.length > 1) throw new TypeError('give one of skip, until and only');
  const info = arena.structs(INFO, [{id, url, product, version, commit_sha: commitSha}]);
  let selection = 0;
  if (lists.length === 1) {
    const [[, list, kind]] = lists;
    const names = typeof list === 'string' ? [list] : [...list];
    selection = arena.structs(SELECTION,
      [{kind, environments: arena.texts(names), environment_count: names.length}]);
  }
  return {info, context: arena.text(contextText(context) ?? ''), selection};
}

export class Flow extends Handle {
  #names;
  #environments;
  #words = {};

  constructor(instance, pointer) {
    super(instance, pointer, 'promoflow_flow_free');
    this.#names = instance.textInto('promoflow_flow_name', pointer);
    const count = instance.u32Into('promoflow_flow_environment_count', pointer);
    this.#environments = Object.freeze(Array.from({length: count}, (_, i) =>
      instance.textInto('promoflow_flow_environment_name', pointer, i)));
    this.warnings = [];
  }

  /** Of this package only; see Flow.load() in index.mjs. */
  static _read(instance, text, file = 'flow.yaml') {
    checkText(text, 'a manifest');
    const manifest = instance.call((arena) =>
      instance.make('promoflow_manifest_read', arena.text(text), 0));
    try {
      return Flow._ofManifest(instance, manifest, text, file);
    } finally {
      instance.raw('promoflow_manifest_free', manifest);
    }
  }

  static _ofManifest(instance, manifest, text, file) {
    const diagnostics = diagnosticsOf(instance, 'manifest', manifest);
    if (diagnostics.some(({severity}) => severity === 'error')) {
      throw new ManifestError(diagnostics,
        formatDiagnostics(instance, 'manifest', manifest, text, file));
    }
    const pointer = instance.make('promoflow_manifest_flow', manifest, 0);
    const second = instance.make('promoflow_manifest_flow', manifest, 1);
    if (second !== 0) {
      instance.raw('promoflow_flow_free', second);
      instance.raw('promoflow_flow_free', pointer);
      throw new PromoflowError('invalid-manifest', file,
        'it has several flows; give a text with one');
    }
    const flow = new Flow(instance, pointer);
    flow.warnings = diagnostics;
    return flow;
  }

  get name() { return this.#names; }
  /** The names of the environments in step order; the first is the trigger environment. */
  get environments() { return this.#environments; }

  #word(what, number) {
    const words = this.#words[what] ??= [];
    return words[number] ??= this._instance.textOf(`promoflow_${what}_name`, number);
  }
  _releaseStatus(number) { return this.#word('release_status', number); }
  _environmentStatus(number) { return this.#word('environment_status', number); }
  _point(number) { return this.#word('point', number); }
  _policyAction(number) { return this.#word('policy_action', number); }

  #index(environment) {
    const index = this.#environments.indexOf(environment);
    if (index >= 0) return index;
    throw new PromoflowError('unknown-environment', '',
      `the flow has no environment '${environment}'`);
  }
  #related(name, environment) {
    const instance = this._instance;
    const index = this.#index(environment);
    return instance.call((arena) => {
      const capacity = this.#environments.length;
      const at = arena.place(4 * capacity);
      const count = arena.place(8);
      instance.check(instance.raw(name, this._pointer, index, at, capacity, count));
      return Array.from({length: instance.view.getUint32(count, true)}, (_, i) =>
        this.#environments[instance.view.getUint32(at + 4 * i, true)]);
    });
  }
  /** What an environment directly depends on, in the manifest's order. */
  dependencies(environment) { return this.#related('promoflow_flow_dependencies', environment); }
  /** What directly depends on an environment, in step order. */
  dependents(environment) { return this.#related('promoflow_flow_dependents', environment); }
  /** The names of the hooks of a point, in order. */
  hooks(point, environment) {
    const number = numberOf(POINTS, point, 'a point');
    const index = environment === undefined ? 0 : this.#index(environment);
    return this._instance.list(HOOK, 'promoflow_flow_hooks', this._pointer, number, index)
      .map((hook) => hook.name);
  }

  /** The flow as a manifest; read again it is equal. */
  write(format = 'yaml') {
    return this._instance.makeText('promoflow_flow_write', this._pointer,
      numberOf(TEXT_FORMATS, format, 'format'));
  }
  render(options = {}) {
    return withRenderOptions(this._instance, options, (at) =>
      this._instance.makeText('promoflow_flow_render', this._pointer, at));
  }
  equals(other) {
    if (other._instance !== this._instance) return this.write('json') === other.write('json');
    return this._instance.u32Into('promoflow_flow_equal', this._pointer, other._pointer) === 1;
  }

  /** Starts a release; its first commands are ready. */
  start(options) {
    const instance = this._instance;
    const pointer = instance.call((arena) => {
      const {info, context, selection} = withStart(arena, options);
      return instance.make('promoflow_release_start_with', this._pointer, info,
        BigInt(toMs(options.at ?? Date.now())), context, selection);
    });
    return new Release(this, pointer, options);
  }
  /** The first line of a journal, for the same options as start(). */
  startLine(options) {
    const instance = this._instance;
    return instance.call((arena) => {
      const {info, context, selection} = withStart(arena, options);
      return instance.makeText('promoflow_start_json', this._pointer, info,
        BigInt(toMs(options.at)), context, selection);
    });
  }
  /** The release of a snapshot; its outstanding commands are ready to be taken again. */
  restore(snapshot, options) {
    const instance = this._instance;
    return new Release(this, instance.call((arena) => instance.make('promoflow_release_restore',
      this._pointer, arena.text(checkText(snapshot, 'a snapshot')))), options);
  }
  /** The release of a journal: the line of its start, and of each event. */
  recover(journal, options) {
    const instance = this._instance;
    return new Release(this, instance.call((arena) => instance.make('promoflow_release_recover',
      this._pointer, arena.text(checkText(journal, 'a journal')))), options);
  }

  /** Reads a scenario of this flow. */
  scenario(text, file = 'scenario.yaml') { return Scenario._read(this, text, file); }
  /**
   * Simulates a release in virtual time. `scenario`: its text, an object that is one, or a Scenario;
   * without one everything succeeds at once.
   */
  simulate(scenario, {recordsMax = 0} = {}) {
    const instance = this._instance;
    const own = scenario !== undefined && !(scenario instanceof Scenario);
    const text = own && typeof scenario === 'object' && !(scenario instanceof Uint8Array)
      ? writeJson(scenario) : scenario;
    const read = own ? this.scenario(text) : scenario;
    try {
      return new Trace(this, instance.make('promoflow_simulate', this._pointer,
        read?._pointer ?? 0, BigInt(recordsMax)));
    } finally {
      if (own) read.close();
    }
  }
  /** Finds everything that can happen to a release of this flow. */
  explore(options) { return explore(this, options); }
  /** The same as text for people, or as JSON. */
  exploreText(options) { return exploreText(this, options); }
}

const retryMembers = (retry = {}) => ({
  retry_duration_ms: retry.durationMs, retry_factor: retry.factor, retry_limit: retry.limit,
  retry_max_duration_ms: retry.maxDurationMs,
  has_retry_max_duration: retry.maxDurationMs === undefined ? 0 : 1,
});

/** Builds a flow in code, step by step. */
export class FlowBuilder extends Handle {
  constructor(instance, name, trigger) {
    super(instance, instance.call((arena) => instance.make('promoflow_builder_new',
      arena.text(name), arena.text(trigger))), 'promoflow_builder_free');
  }
  /** Sets what the flow says besides its steps and hooks. */
  options({failurePolicy, contextMerge, promotionTimeoutMinutes, postTrigger, hookTimeoutMs,
    terminationGracePeriodMs, annotations = {}}) {
    const instance = this._instance;
    instance.call((arena) => {
      const list = Object.entries(annotations).map(([name, value]) => ({name, value}));
      const at = arena.structs(FLOW_OPTIONS, [{
        failure_policy: numberOf(FAILURE_POLICIES, failurePolicy, 'failurePolicy'),
        context_merge: numberOf(MERGES, contextMerge, 'contextMerge'),
        promotion_timeout_minutes: promotionTimeoutMinutes, post_trigger: postTrigger,
        hook_timeout_ms: hookTimeoutMs, termination_grace_period_ms: terminationGracePeriodMs,
      }]);
      instance.act('promoflow_builder_options', this._pointer, at,
        list.length ? arena.structs(ARGUMENT, list) : 0, list.length);
    });
    return this;
  }
  /** Adds a step behind those added before. */
  step(environment, {dependsOn = [], policy = {}, timeoutMs, retry, soakMs} = {}) {
    const instance = this._instance;
    instance.call((arena) => {
      const at = arena.structs(STEP, [{
        policy_action: numberOf(POLICY_ACTIONS, policy.action, 'policy.action'),
        policy_pre_action: policy.preAction, policy_post_action: policy.postAction,
        timeout_ms: timeoutMs, soak_ms: soakMs, ...retryMembers(retry),
      }]);
      instance.act('promoflow_builder_step', this._pointer, arena.text(environment),
        arena.texts(dependsOn), dependsOn.length, at);
    });
    return this;
  }
  /** Appends a hook: to the release at release points, else to the step added last. */
  hook(point, name, {onError, timeoutMs, retry, arguments: assigned = {}} = {}) {
    const instance = this._instance;
    instance.call((arena) => {
      const list = Object.entries(assigned).map(([key, value]) => typeof value === 'string'
        ? {name: key, value, json: 0} : {name: key, value: writeJson(value), json: 1});
      const at = arena.structs(HOOK, [{
        name, on_error: numberOf(ON_ERROR, onError, 'onError'), timeout_ms: timeoutMs,
        ...retryMembers(retry),
      }]);
      instance.act('promoflow_builder_hook', this._pointer, numberOf(POINTS, point, 'a point'), at,
        list.length ? arena.structs(ASSIGNED, list) : 0, ASSIGNED.size, list.length);
    });
    return this;
  }
  /** Checks everything. ManifestError: with all problems. The builder can be used again. */
  build() {
    const instance = this._instance;
    const manifest = instance.make('promoflow_builder_build', this._pointer);
    try {
      return Flow._ofManifest(instance, manifest, '', 'flow');
    } finally {
      instance.raw('promoflow_manifest_free', manifest);
    }
  }
}
