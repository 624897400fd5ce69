// SPDX-License-Identifier: Apache-2.0
// The module's memory: its instance, texts and structs across the border, errors. An instance that
// has trapped cannot be used again: everything that lived in it is closed.

import {ClosedError, PromoflowError, TrapError, errorClass} from './errors.mjs';

export const ABI_MAJOR = 0;
export const ABI_MINOR = 2;
export const BATCH_VERSION = 1;

const COPIED_BYTES_MAX = 256;  // One by one: cheaper than by way of another array.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', {ignoreBOM: true});
// Node's and Bun's Buffer decodes a part of a memory without an object for that part.
const {Buffer} = globalThis;
const hasSlices = typeof Buffer?.prototype?.utf8Slice === 'function';

/** Where each member of a struct is. `[name, type]` in order; types: i32 u32 i64 u64 f64 str. */
export function layout(...members) {
  const sizes = {i32: 4, u32: 4, ptr: 4, size: 4, i64: 8, u64: 8, f64: 8, str: 8};
  const alignments = {...sizes, str: 4};
  let offset = 0;
  let largest = 4;
  const at = members.map(([name, type]) => {
    const alignment = alignments[type];
    offset = Math.ceil(offset / alignment) * alignment;
    largest = Math.max(largest, alignment);
    const member = {name, type, offset};
    offset += sizes[type];
    return member;
  });
  return {members: at, size: Math.ceil(offset / largest) * largest};
}

/** An instance of the module. Texts go in as UTF-8; a lone surrogate becomes U+FFFD. */
export class Instance {
  #exports;
  #memory;
  #buffer = null;
  #view = null;
  #bytes = null;
  #slices = null;
  #scratch = 0;
  #input = {at: 0, size: 0};
  #trap = null;

  static async create(module) {
    const instance = new Instance();
    await instance.#start(module);
    return instance;
  }
  async #start(module) {
    const badDescriptor = () => 8;  // The library writes to none.
    const wasi = {fd_close: badDescriptor, fd_seek: badDescriptor, fd_write: badDescriptor};
    const made = await WebAssembly.instantiate(module, {wasi_snapshot_preview1: wasi});
    this.#exports = made.exports;
    this.#memory = made.exports.memory;
    this.#exports._initialize?.();
    const version = this.#exports.promoflow_abi_version?.() ?? 0;
    if (version >>> 16 !== ABI_MAJOR || (version & 0xffff) < ABI_MINOR ||
        this.#exports.promoflow_batch_version?.() !== BATCH_VERSION) {
      throw new PromoflowError('internal', 'promoflow.wasm',
        `it has interface ${version >>> 16}.${version & 0xffff}, this package needs ` +
        `${ABI_MAJOR}.${ABI_MINOR}; install them together`);
    }
    this.#scratch = this.#exports.malloc(64);
  }

  get view() {
    this.#look();
    return this.#view;
  }
  get bytes() {
    this.#look();
    return this.#bytes;
  }
  /** A memory that has grown has another buffer. */
  #look() {
    const {buffer} = this.#memory;
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.#view = new DataView(buffer);
    this.#bytes = new Uint8Array(buffer);
    if (hasSlices) this.#slices = Buffer.from(buffer);
  }
  /** The text whose bytes are in the memory from one address to another. */
  decode(begin, end) {
    this.#look();
    return hasSlices ? this.#slices.utf8Slice(begin, end)
      : decoder.decode(this.#bytes.subarray(begin, end));
  }
  get memoryBytes() { return this.#memory.buffer.byteLength; }
  get trapped() { return this.#trap !== null; }

  /** Whether the module has this function. */
  has(name) { return name in this.#exports; }

  /** Calls a function of the module. A trap ends this instance. */
  raw(name, ...values) {
    if (this.#trap) { throw new ClosedError(`closed by ${this.#trap}`); }
    try {
      return this.#exports[name](...values);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
      this.#trap = `a trap in ${name}: ${error.message}`;
      throw new TrapError(this.#trap);
    }
  }

  alloc(size) {
    const at = this.raw('malloc', size || 1);
    if (at === 0) throw new PromoflowError('out-of-memory', '', 'out of memory');
    return at;
  }
  free(pointer) { if (!this.#trap) this.raw('free', pointer); }

  /**
   * Runs `body` with an arena whose memory is freed afterwards, and with a place for two outputs.
   */
  call(body) {
    const held = [];
    const arena = {
      /** A place of so many bytes, all zero. */
      place: (size) => {
        const at = this.alloc(size);
        held.push(at);
        this.bytes.fill(0, at, at + size);
        return at;
      },
      put: (bytes) => {
        const at = this.alloc(bytes.length);
        held.push(at);
        this.bytes.set(bytes, at);
        return at;
      },
      /** A text as the module takes it by value: the address of a promoflow_str. */
      text: (text) => {
        const at = arena.place(8);
        arena.write(at, text);
        return at;
      },
      write: (at, text) => {
        if (text === undefined || text === null) return;
        const bytes = typeof text === 'string' ? encoder.encode(text) : text;
        const data = arena.put(bytes);
        this.view.setUint32(at, data, true);
        this.view.setUint32(at + 4, bytes.length, true);
      },
      /** A struct, or an array of them, with the given members. */
      structs: (shape, values) => {
        const at = arena.place(shape.size * values.length || 1);
        values.forEach((value, index) => {
          arena.fill(shape, at + index * shape.size, value);
        });
        return at;
      },
      fill: (shape, at, value) => {
        for (const {name, type, offset} of shape.members) {
          const given = name === 'struct_size' ? shape.size : value[name];
          if (given === undefined || given === null) continue;
          const place = at + offset;
          switch (type) {
            case 'str': arena.write(place, given); break;
            case 'i64': this.view.setBigInt64(place, BigInt(given), true); break;
            case 'u64': this.view.setBigUint64(place, BigInt(given), true); break;
            case 'f64': this.view.setFloat64(place, given, true); break;
            case 'i32': this.view.setInt32(place, Number(given), true); break;
            default: this.view.setUint32(place, Number(given), true);
          }
        }
      },
      texts: (list) => {
        const at = arena.place(8 * list.length || 1);
        list.forEach((text, index) => arena.write(at + 8 * index, text));
        return at;
      },
    };
    try {
      return body(arena);
    } finally {
      for (const pointer of held) this.free(pointer);
    }
  }

  /** Calls a function whose last parameters are an output and an error; gives the output. */
  make(name, ...values) {
    const out = this.#scratch;
    const error = out + 8;
    this.view.setUint32(out, 0, true);
    this.view.setUint32(error, 0, true);
    const status = this.raw(name, ...values, out, error);
    if (status === 1) return 0;
    if (status < 0) this.fail(status, this.view.getUint32(error, true));
    return this.view.getUint32(out, true);
  }
  /** The same without an output. */
  act(name, ...values) {
    const error = this.#scratch;
    this.view.setUint32(error, 0, true);
    const status = this.raw(name, ...values, error);
    if (status < 0) this.fail(status, this.view.getUint32(error, true));
    return status;
  }
  /** The same; the output is text. */
  makeText(name, ...values) { return this.takeText(this.make(name, ...values)); }
  /** The text of a buffer, which is freed. */
  takeText(buffer) {
    try {
      return this.textOf('promoflow_buffer_text', buffer);
    } finally {
      this.raw('promoflow_buffer_free', buffer);
    }
  }
  /**
   * Applies a batch of events: the address of the answer, which is valid until the next call. The
   * bytes go where those of earlier turns were: no memory is asked for.
   */
  turn(release, bytes, size) {
    const input = this.#input;
    if (input.size < size) {
      this.free(input.at);
      input.size = 0;
      input.at = this.alloc(2 * size);
      input.size = 2 * size;
    }
    const to = this.bytes;
    if (size <= COPIED_BYTES_MAX) {
      for (let i = 0; i < size; ++i) to[input.at + i] = bytes[i];
    } else {
      to.set(bytes.subarray(0, size), input.at);
    }
    const text = this.#scratch + 48;
    const out = this.#scratch;
    this.#view.setUint32(text, input.at, true);
    this.#view.setUint32(text + 4, size, true);
    this.#view.setUint32(out + 8, 0, true);
    const status = this.raw('promoflow_batch_turn_view', release, text, out, out + 8);
    if (status < 0) this.fail(status, this.view.getUint32(out + 8, true));
    return this.view.getUint32(out, true);
  }
  /** What a function that returns a promoflow_str gives. */
  textOf(name, ...values) {
    const out = this.#scratch + 16;
    this.raw(name, out, ...values);
    return this.readText(out) ?? '';
  }
  /** What a function writes to its last parameter, a promoflow_str or a struct. */
  textInto(name, ...values) {
    const out = this.#scratch + 24;
    this.check(this.raw(name, ...values, out));
    return this.readText(out);
  }
  structInto(shape, name, ...values) {
    return this.call((arena) => {
      const at = arena.structs(shape, [{}]);
      this.check(this.raw(name, ...values, at));
      return this.read(shape, at);
    });
  }
  u32Into(name, ...values) {
    const out = this.#scratch + 24;
    const status = this.raw(name, ...values, out);
    if (status === 1) return undefined;
    this.check(status);
    return this.view.getUint32(out, true);
  }
  i64Into(name, ...values) {
    const out = this.#scratch + 32;
    const status = this.raw(name, ...values, out);
    if (status === 1) return undefined;
    this.check(status);
    return this.view.getBigInt64(out, true);
  }
  /** All elements of an array that a function fills: `values` come before the array. */
  list(shape, name, ...values) {
    const count = this.#scratch + 40;
    this.check(this.raw(name, ...values, 0, shape.size, 0, count));
    const size = this.view.getUint32(count, true);
    if (size === 0) return [];
    return this.call((arena) => {
      const at = arena.place(size * shape.size);
      this.check(this.raw(name, ...values, at, shape.size, size, count));
      return Array.from({length: size}, (_, i) => this.read(shape, at + i * shape.size));
    });
  }

  read(shape, at) {
    const {view} = this;
    const read = {};
    for (const {name, type, offset} of shape.members) {
      const place = at + offset;
      switch (type) {
        case 'str': read[name] = this.readText(place); break;
        case 'i64': read[name] = view.getBigInt64(place, true); break;
        case 'u64': read[name] = view.getBigUint64(place, true); break;
        case 'f64': read[name] = view.getFloat64(place, true); break;
        case 'i32': read[name] = view.getInt32(place, true); break;
        default: read[name] = view.getUint32(place, true);
      }
    }
    return read;
  }
  /** The text at a promoflow_str; null: not given. */
  readText(at) {
    const data = this.view.getUint32(at, true);
    const size = this.view.getUint32(at + 4, true);
    return data === 0 ? null : this.decode(data, data + size);
  }

  check(status) { if (status < 0) this.fail(status, 0); }
  fail(status, error) {
    const code = this.textOf('promoflow_status_name', status);
    let where = '';
    let message = code;
    if (error !== 0) {
      where = this.textOf('promoflow_error_where', error);
      message = this.textOf('promoflow_error_message', error);
      this.raw('promoflow_error_free', error);
    }
    throw new (errorClass(code))(code, where, message);
  }
}

const leaked = new FinalizationRegistry(({instance, name, pointer}) => {
  if (!instance.trapped) instance.raw(name, pointer);
});

/** A handle of the library. Freed by close(), or when it is no longer reachable. */
export class Handle {
  #instance;
  #pointer;
  #free;

  constructor(instance, pointer, free) {
    this.#instance = instance;
    this.#pointer = pointer;
    this.#free = free;
    leaked.register(this, {instance, name: free, pointer}, this);
  }
  /** Frees it. It cannot be used afterwards; a second call does nothing. */
  close() {
    if (this.#pointer === 0) return;
    leaked.unregister(this);
    if (!this.#instance.trapped) this.#instance.raw(this.#free, this.#pointer);
    this.#pointer = 0;
  }
  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() { this.close(); }
  get closed() { return this.#pointer === 0 || this.#instance.trapped; }
  /** Of this package only. */
  get _instance() { return this.#instance; }
  get _pointer() {
    if (this.#pointer === 0) {
      throw new ClosedError(`this ${this.constructor.name} was closed`);
    }
    return this.#pointer;
  }
}

export {encoder};
