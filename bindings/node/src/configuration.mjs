// SPDX-License-Identifier: Apache-2.0
// Configurations and queues of releases, which are in a module of their own:
// promoflow-configuration.wasm.

import {Engine} from './engine.mjs';
import {PromoflowError} from './errors.mjs';
import {checkText, withRenderOptions} from './flow.mjs';
import {parseJson} from './json.mjs';
import {Handle} from './memory.mjs';
import {moduleEngine} from './module.mjs';
import {CONTEXT_USE, FILE, POINTS, POLICY_ORDERS, numberOf} from './structs.mjs';

export {ReleaseQueue} from './queue.mjs';

const JSON_LINES = 3;
const FLOW_AS_JSON = 2;
const WORDS = Object.keys(POINTS);
const engine = moduleEngine('promoflow-configuration.wasm', (module) => Engine.create({module}));

/** The instance for configurations and queues; the same each time, another one after a trap. */
export async function configurationInstance() { return (await engine())._instance; }

function describe({file, line, column, severity, message, code, hint}) {
  const text = `${severity}: ${message} [${code}]${hint ? `; ${hint}` : ''}`;
  return file ? `${file}:${line}:${column}: ${text}` : text;
}

/** A configuration with errors: `problems` has all of them, each with its file and place. */
export class ConfigurationError extends PromoflowError {
  constructor(problems) {
    super('invalid-configuration', '', problems.map(describe).join('\n'));
    this.problems = problems;
  }
}

/** Files as [name, text], from a Map, from an object, or from such pairs. */
function filesOf(files) {
  const pairs = typeof files?.[Symbol.iterator] === 'function' ? files : Object.entries(files);
  return Array.from(pairs, ([name, text]) => {
    if (typeof name !== 'string') throw new TypeError('the name of a file is a string');
    return {name, text: checkText(text, `the text of ${name}`)};
  });
}

/** The manifests that a team keeps together, read and checked as one. It is immutable. */
export class Configuration extends Handle {
  #problems;

  constructor(instance, pointer, problems) {
    super(instance, pointer, 'promoflow_configuration_free');
    this.#problems = Object.freeze(problems);
  }

  /** Reads files. ConfigurationError: they have errors. */
  static async read(files) {
    const list = filesOf(files);
    const instance = await configurationInstance();
    return instance.call((arena) => {
      const at = arena.structs(FILE, list);
      const pointer = instance.make('promoflow_configuration_read', at, list.length);
      const read = new Configuration(instance, pointer, instance
        .makeText('promoflow_configuration_format', pointer, at, list.length, JSON_LINES)
        .split('\n').filter((line) => line !== '').map(problem));
      if (read.#problems.every(({severity}) => severity !== 'error')) return read;
      read.close();
      throw new ConfigurationError(read.#problems);
    });
  }

  /** Its warnings and notes. */
  get problems() { return this.#problems; }

  /** Which flow a trigger starts, which policies its environments have, and why. */
  resolve({product, message = '', revision = '', policyOrder = 'descending'}) {
    const instance = this._instance;
    const order = numberOf(POLICY_ORDERS, policyOrder, 'policyOrder');
    return parseJson(instance.call((arena) => instance.makeText('promoflow_configuration_resolve',
      this._pointer, arena.text(checkText(product, 'product')), arena.text(message),
      arena.text(revision), order)));
  }

  #withFlow(name, product, policyOrder, body) {
    const instance = this._instance;
    const order = numberOf(POLICY_ORDERS, policyOrder, 'policyOrder');
    return instance.call((arena) => {
      const flow = instance.make('promoflow_configuration_flow', this._pointer,
        arena.text(checkText(name, "a flow's name")), arena.text(product), order);
      if (flow === 0) throw noFlow(name);
      try {
        return body(flow, arena);
      } finally {
        instance.raw('promoflow_flow_free', flow);
      }
    });
  }
  /**
   * A flow with the policies of its environments filled in: those of a product, or, without one,
   * those that ask for none. It lives on its own, in the engine for releases.
   */
  async flow(name, {product = '', policyOrder = 'descending', engine: given} = {}) {
    const manifest = this.#withFlow(name, product, policyOrder, (flow) =>
      this._instance.makeText('promoflow_flow_write', flow, FLOW_AS_JSON));
    return (given ?? await Engine.shared()).load(manifest);
  }

  /** Who exports which key of a flow's context to whom, as far as it is known. */
  contextUses(name) {
    const instance = this._instance;
    return this.#withFlow(name, '', 'descending', (flow, arena) => instance
      .list(CONTEXT_USE, 'promoflow_configuration_context_uses', this._pointer, arena.text(name))
      .map(({key, hook, point, environment, writes, required}) => ({
        key, hook, point: WORDS[point - 1],
        environment: environment === 0xffffffff ? undefined
          : instance.textInto('promoflow_flow_environment_name', flow, environment),
        writes: writes === 1, required: required === 1,
      })));
  }
  /** Draws the same. */
  renderContext(name, options = {}) {
    const instance = this._instance;
    return instance.call((arena) => withRenderOptions(instance, options, (at) => {
      const drawing = instance.make('promoflow_configuration_render_context', this._pointer,
        arena.text(checkText(name, "a flow's name")), at);
      if (drawing === 0) throw noFlow(name);
      return instance.takeText(drawing);
    }));
  }
}

function noFlow(name) {
  return new PromoflowError('invalid-argument', name, 'there is no such flow');
}

function problem(line) {
  const {file = '', code, severity, document = 0, line: at = 0, column = 0, length = 0,
    pointer = '', message, hint = '', related = []} = parseJson(line);
  return {file: file ?? '', code, severity, document, line: at, column, length, pointer, message,
    hint: hint ?? '', related: related.map((one) => ({...one, file: one.file ?? ''}))};
}
