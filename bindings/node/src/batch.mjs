// SPDX-License-Identifier: Apache-2.0
// Batches of events and records: their layout is in docs/wasm.md.

import {encoder} from './memory.mjs';
import {contextText} from './json.mjs';

export const ARGUMENTS = 1;
export const CONTEXT = 2;
export const LINES = 4;
const ABSENT = 0xffffffff;
export const NO_ENVIRONMENT = 0xffffffff;

const EVENT_KINDS = {
  'tick': 1, 'hook-succeeded': 2, 'hook-failed': 3, 'promotion-succeeded': 4,
  'promotion-failed': 5, 'suspended': 6, 'resumed': 7, 'terminate': 8, 'retry': 9, 'queued': 10,
  'started': 11, 'skip': 12,
};
const RECORD_KINDS = Object.fromEntries(Object.entries(EVENT_KINDS).map(([name, n]) => [n, name]));
Object.assign(RECORD_KINDS, {
  13: 'release-started', 20: 'release', 21: 'environment', 22: 'hook', 23: 'promote', 24: 'cancel',
  26: 'soaked', 27: 'conflict', 28: 'shadowed',
});

/** Bytes that grow, and are written to again and again. */
class Writer {
  constructor() {
    this.bytes = new Uint8Array(1024);
    this.view = new DataView(this.bytes.buffer);
    this.size = 0;
  }
  room(size) {
    const at = this.size;
    this.size += size;
    if (this.size > this.bytes.length) {
      const bytes = new Uint8Array(Math.max(this.size, 2 * this.bytes.length));
      bytes.set(this.bytes);
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer);
    }
    return at;
  }
  // room() comes first: it may replace what is written to.
  u32(value) {
    const at = this.room(4);
    this.view.setUint32(at, value, true);
  }
  i64(value) {
    const at = this.room(8);
    if (typeof value === 'bigint') {
      this.view.setBigInt64(at, value, true);
    } else {  // Cheaper than by way of a bigint.
      this.view.setUint32(at, value >>> 0, true);
      this.view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
    }
  }
  put(bytes) {
    const at = this.room(bytes.length);
    this.bytes.set(bytes, at);
  }
  pad() {
    const at = this.room((8 - this.size % 8) % 8);
    this.bytes.fill(0, at, this.size);
  }
}

let spare = null;  // None while it is used: a context's toJSON() can apply events, too.

/**
 * The bytes of events, until the next call: `size` of `bytes`. `flags` says what the records are to
 * have.
 */
export function encodeEvents(events, flags, originMs = 0) {
  const out = spare ?? new Writer();
  spare = null;
  out.size = 0;
  out.u32(1);
  out.u32(flags);
  out.u32(events.length);
  out.u32(0);
  out.i64(originMs);
  for (const event of events) encodeEvent(out, event);
  spare = out;
  return out;
}

const bytesOf = (text) => typeof text === 'string' ? encoder.encode(text) : text ?? null;

function encodeEvent(out, event) {
  const kind = EVENT_KINDS[event.kind];
  if (kind === undefined) throw new TypeError(`an event of unknown kind: ${event.kind}`);
  const {ticket, message, context, by, environment, environments} = event;
  const texts = [bytesOf(message ?? event.reason), bytesOf(contextText(context)), bytesOf(by),
    bytesOf(environment)];
  const names = environments?.map((name) => encoder.encode(name));
  const begin = out.size;
  out.u32(0);
  out.u32(kind);
  out.i64(toMs(event.at));
  out.i64(ticket ?? 0);
  out.u32((event.force ? 1 : 0) | (names ? 2 : 0));
  out.u32(names?.length ?? 0);
  for (let i = 0; i < 4; ++i) out.u32(texts[i] === null ? ABSENT : texts[i].length);
  for (let i = 0; i < 4; ++i) if (texts[i] !== null) out.put(texts[i]);
  if (names) {
    for (const name of names) {
      out.u32(name.length);
      out.put(name);
    }
  }
  out.pad();
  out.view.setUint32(begin, out.size - begin, true);
}

/** Milliseconds of a time that a host gives: a number, a bigint or a Date. */
export function toMs(at) {
  if (at instanceof Date) at = at.getTime();
  if (typeof at === 'bigint' || Number.isSafeInteger(at)) return at;
  throw new TypeError(`a time is a Date or whole milliseconds, not ${String(at)}`);
}

/** Reads in the memory of an instance, in place. */
class Reader {
  constructor(instance, at) {
    this.instance = instance;
    this.view = instance.view;
    this.at = at;
    this.characters = null;
    this.base = 0;
  }
  u32() { this.at += 4; return this.view.getUint32(this.at - 4, true); }
  i32() { this.at += 4; return this.view.getInt32(this.at - 4, true); }
  i64() { return this.u32() + this.i32() * 2 ** 32; }
  u64() { return this.u32() + this.u32() * 2 ** 32; }
  /**
   * Texts up to `end` follow. They are decoded in one go: if there are as many characters as bytes,
   * each byte is one, and texts are parts of that.
   */
  beginTexts(end) {
    const all = this.instance.decode(this.at, end);
    this.characters = all.length === end - this.at ? all : null;
    this.base = this.at;
  }
  text(size) {
    if (size === ABSENT) return undefined;
    const begin = this.at;
    this.at += size;
    if (size === 0) return '';
    if (this.characters === null) return this.instance.decode(begin, this.at);
    return this.characters.substring(begin - this.base, this.at - this.base);
  }
  /** Whether the next text is this one; then it is passed over. */
  passes(text, size) {
    if (text.length !== size || this.characters === null ||
        !this.characters.startsWith(text, this.at - this.base)) {
      return false;
    }
    this.at += size;
    return true;
  }
}

/** What a turn gave, which is at an address. `flow` names environments and statuses. */
export function decodeTurn(instance, address, flow) {
  const reader = new Reader(instance, address + 8);
  const resultCount = reader.u32();
  const recordCount = reader.u32();
  const low = reader.u32();
  const high = reader.i32();
  const nextTimer = low === 0 && high === -(2 ** 31) ? undefined : low + high * 2 ** 32;
  const status = reader.u32();
  const isFinal = reader.u32() === 1;
  const results = [];
  for (let i = 0; i < resultCount; ++i) {
    const begin = reader.at;
    const size = reader.u32();
    const code = reader.i32();
    const where = reader.u32();
    const message = reader.u32();
    results.push({status: code, where: reader.text(where), message: reader.text(message)});
    reader.characters = null;
    reader.at = begin + size;
  }
  const records = [];
  for (let i = 0; i < recordCount; ++i) {
    const begin = reader.at;
    const size = reader.u32();
    records.push(decodeRecord(reader, begin + size, flow));
    reader.characters = null;
    reader.at = begin + size;
  }
  return {results, records, nextTimer, status: flow._releaseStatus(status), isFinal};
}

// Hooks that run one after another mostly have arguments of the same names in the same order. An
// object for them is made of an earlier one, so that no name is decoded and no object grows.
let names = [];
let model = {};

function decodeArguments(reader, count) {
  const usual = names;
  const read = count === usual.length ? {...model} : {};
  for (let i = 0; i < count; ++i) {
    const nameSize = reader.u32();
    const valueSize = reader.u32();
    if (count === usual.length && reader.passes(usual[i], nameSize)) {
      read[usual[i]] = reader.text(valueSize);
    } else {
      reader.at -= 8;
      return decodeOtherArguments(reader, count, Object.entries(read).slice(0, i));
    }
  }
  return read;
}

/** The same behind those that were read; their names become the usual ones. */
function decodeOtherArguments(reader, count, before) {
  const read = {};
  const add = (name, value) => {
    if (name === '__proto__') {  // To assign it would set the prototype.
      Object.defineProperty(read, name,
        {value, writable: true, enumerable: true, configurable: true});
    } else {
      read[name] = value;
    }
  };
  for (const [name, value] of before) add(name, value);
  for (let i = before.length; i < count; ++i) {
    const nameSize = reader.u32();
    const valueSize = reader.u32();
    const name = reader.text(nameSize);
    add(name, reader.text(valueSize));
  }
  const all = Object.keys(read);
  // A name that is a number would come first in the object, and that of a prototype is special.
  if (all.every((name) => /^[A-Za-z]/.test(name))) {
    names = all;
    model = {};
    for (const name of all) model[name] = '';
  }
  return read;
}

function decodeRecord(reader, end, flow) {
  const kind = reader.i32();
  const record = {kind: RECORD_KINDS[kind] ?? 'unknown', at: reader.i64()};
  const ticket = reader.u64();
  const earlier = reader.u64();
  const status = reader.i32();
  const environment = reader.u32();
  const fields = {kind: reader.i32(), ticket, point: reader.i32(), attempt: reader.u32(),
    policyAction: reader.i32(), argumentCount: 0};
  const force = reader.i32() === 1;
  const nameCount = reader.u32();
  fields.argumentCount = reader.u32();
  const lengths = reader.at;
  const textAt = (index) => reader.text(reader.view.getUint32(lengths + 4 * index, true));
  reader.at += 4 * 9;
  if (reader.at < end) reader.beginTexts(end);
  const text = textAt(0);
  const context = textAt(1);
  const by = textAt(2);
  if ((kind <= 13 || kind === 26 || kind === 28) && ticket) record.ticket = ticket;
  if (environment !== NO_ENVIRONMENT) record.environment = flow.environments[environment];
  if (kind === 20) record.status = flow._releaseStatus(status);
  if (kind === 21) record.status = flow._environmentStatus(status);
  if (kind === 27) Object.assign(record, {key: text, earlier, later: ticket});
  else if (kind === 28) record.key = text;
  else if (text) record[kind === 8 || kind === 12 ? 'reason' : 'message'] = text;
  if (context !== undefined) record.context = context;
  if (by) record.by = by;
  if (force) record.force = true;
  const hook = textAt(3);
  textAt(4);  // The environment's name: the flow has it.
  const preAction = textAt(5);
  const postAction = textAt(6);
  const hookContext = textAt(7);
  const line = textAt(8);
  if (nameCount > 0) {
    record.environments = Array.from({length: nameCount}, () => reader.text(reader.u32()));
  }
  if (line !== undefined) record.line = line;
  switch (fields.kind) {
    case 1: record.command = runHook(reader, fields, record.environment, hook, hookContext, flow);
      break;
    case 2: record.command = promote(fields, record.environment, preAction, postAction, flow);
      break;
    case 3: record.command = {kind: 'cancel', ticket};
  }
  return record;
}

function runHook(reader, {ticket, attempt, point, argumentCount}, environment, hook, context, flow) {
  const command = {kind: 'run-hook', ticket};
  if (environment !== undefined) command.environment = environment;
  command.attempt = attempt;
  command.hook = hook;
  command.point = flow._point(point);
  command.arguments = decodeArguments(reader, argumentCount);
  if (context !== undefined) command.context = context;
  return command;
}

function promote({ticket, attempt, policyAction}, environment, preAction, postAction, flow) {
  const policy = {};
  if (policyAction !== 0) policy.action = flow._policyAction(policyAction);
  if (preAction !== undefined) policy.preAction = preAction;
  if (postAction !== undefined) policy.postAction = postAction;
  return {kind: 'promote', ticket, environment, attempt, policy};
}
