// SPDX-License-Identifier: Apache-2.0
// Engines: instances of the module, each with a memory of its own.

import {Flow, FlowBuilder} from './flow.mjs';
import {Instance} from './memory.mjs';
import {PromoflowError} from './errors.mjs';

let source;
let bytes;
let shared;

/** Where the module comes from where Engine.create() is not given it: a function that reads it. */
export function setSource(read) { source = read; }

function sourceBytes() {
  if (source === undefined) {
    throw new PromoflowError('invalid-argument', 'module',
      "'promoflow/bare' does not read the module: give Engine.create() its bytes");
  }
  bytes ??= source().catch((error) => {
    bytes = undefined;  // It may be there next time.
    throw error;
  });
  return bytes;
}

/** The module with another limit of its memory, which is a number of three bytes in it. */
function limited(module, memoryBytesMax) {
  const pages = Math.floor(memoryBytesMax / 65536);
  if (!(pages > 0 && pages <= 65536)) {
    throw new RangeError('memoryBytesMax is from 64 KiB to 4 GiB');
  }
  const changed = module.slice();
  const number = (at) => {  // LEB128.
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = changed[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return {value, at};
    }
  };
  for (let at = 8; at < changed.length;) {
    const id = changed[at];
    const size = number(at + 1);
    if (id === 5) {
      const minimum = number(size.at + 2);
      if (changed[size.at + 1] !== 1 || number(minimum.at).at !== minimum.at + 3) break;
      if (pages < minimum.value) {
        throw new RangeError(`memoryBytesMax is at least ${minimum.value * 65536}`);
      }
      changed.set([pages & 127 | 128, pages >> 7 & 127 | 128, pages >> 14], minimum.at);
      return changed;
    }
    at = size.at + size.value;
  }
  throw new PromoflowError('internal', 'promoflow.wasm', 'its memory has no limit to change');
}

/** An instance of the module, with a memory of its own. */
export class Engine {
  #instance;

  /** `module`: the bytes of promoflow.wasm, where the caller has them. */
  static async create({memoryBytesMax, module: given} = {}) {
    const module = given ?? await sourceBytes();
    const engine = new Engine();
    engine.#instance = await Instance.create(await WebAssembly.compile(
      memoryBytesMax === undefined ? module : limited(module, memoryBytesMax)));
    return engine;
  }
  /** The engine that Flow.load() uses; another one after a trap. */
  static async shared() {
    if (shared === undefined || (await shared).trapped) {
      shared = Engine.create().catch((error) => {
        shared = undefined;
        throw error;
      });
    }
    return shared;
  }
  get _instance() { return this.#instance; }
  /** Whether the module has trapped: all objects of this engine are closed. */
  get trapped() { return this.#instance.trapped; }
  get memoryBytes() { return this.#instance.memoryBytes; }
  /** The version of the library. */
  get version() { return this.#instance.textOf('promoflow_version'); }

  load(text, {file} = {}) { return Flow._read(this.#instance, text, file); }
  builder(name, trigger) { return new FlowBuilder(this.#instance, name, trigger); }
}

Flow.load = async (text, {engine, ...options} = {}) =>
  (engine ?? await Engine.shared()).load(text, options);
Flow.builder = async (name, trigger, {engine} = {}) =>
  (engine ?? await Engine.shared()).builder(name, trigger);
