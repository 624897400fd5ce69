// SPDX-License-Identifier: Apache-2.0
// Releases: events in, records and commands out.

import {ARGUMENTS, CONTEXT, LINES, decodeTurn, encodeEvents} from './batch.mjs';
import {withRenderOptions} from './flow.mjs';
import {PromoflowError, errorClass} from './errors.mjs';
import {parseJson} from './json.mjs';
import {Handle} from './memory.mjs';

export class Release extends Handle {
  #flow;
  #queue = [];
  #turn = null;
  #described = null;
  #origin;

  /** `lines`: records have their line of a trace, whose times count from this time. */
  constructor(flow, pointer, {lines} = {}) {
    super(flow._instance, pointer, 'promoflow_release_free');
    this.#flow = flow;
    this.#origin = lines;
    this.#take([]);
  }
  get flow() { return this.#flow; }

  #take(events) {
    const instance = this._instance;
    const flags = ARGUMENTS | CONTEXT | (this.#origin === undefined ? 0 : LINES);
    const pointer = this._pointer;
    const {bytes, size} = encodeEvents(events, flags, this.#origin ?? 0);
    this.#turn = decodeTurn(instance, instance.turn(pointer, bytes, size), this.#flow);
    this.#described = null;
    for (const record of this.#turn.records) this.#queue.push(record);
    return this.#turn.results;
  }

  /**
   * Applies an event whole, or refuses it (RefusedError) and changes nothing but what timers do that
   * were due. What was not taken of the records before it stays.
   */
  apply(event) {
    const error = this.#error(this.#take([event])[0]);
    if (error !== undefined) throw error;
  }
  /** Applies events one after another: for each undefined, or the error of one that was refused. */
  applyAll(events) {
    return this.#take(events).map((result) => this.#error(result));
  }
  #error({status, where, message}) {
    if (status === 0) return undefined;
    const code = this._instance.textOf('promoflow_status_name', status);
    return new (errorClass(code))(code, where, message);
  }
  /** The lines of events for a journal: to be stored before they are applied. */
  journal(events) {
    const instance = this._instance;
    void this._pointer;
    const {bytes, size} = encodeEvents(events, 0);
    return instance.call((arena) => instance.makeText('promoflow_batch_journal',
      arena.text(bytes.subarray(0, size))));
  }

  /** Takes the commands there are, in the order of issue; other records are dropped. */
  *commands() {
    void this._pointer;
    while (this.#queue.length > 0) {
      const {command} = this.#queue.shift();
      if (command) yield command;
    }
  }
  /** Takes the records there are. */
  *records() {
    void this._pointer;
    while (this.#queue.length > 0) yield this.#queue.shift();
  }
  /** Drops what was not taken and issues every outstanding command again. */
  reissue() {
    this._instance.act('promoflow_release_reissue', this._pointer);
    this.#queue = [];
    this.#take([]);
  }

  /** When to send the next event at the latest, in UTC milliseconds; undefined: no timer. */
  get nextTimer() { return this.#now().nextTimer; }
  get status() { return this.#now().status; }
  get isFinal() { return this.#now().isFinal; }
  #now() {
    void this._pointer;
    return this.#turn;
  }

  /** The whole state: environments, what is outstanding, the context, conflicts. */
  describe() {
    this.#described ??= this._instance.makeText('promoflow_release_describe', this._pointer);
    return parseJson(this.#described);
  }
  /** Status, phase and message of an environment. */
  environment(name) {
    const found = this.describe().environments.find((one) => one.name === name);
    if (found === undefined) {
      throw new PromoflowError('unknown-environment', '',
        `the flow has no environment '${name}'`);
    }
    return found;
  }
  /** The promotion context as one JSON object: its text, and parsed. */
  get contextText() {
    return this._instance.makeText('promoflow_release_context_json', this._pointer);
  }
  get context() { return parseJson(this.contextText); }
  /** The whole state as text for flow.restore(). */
  snapshot() { return this._instance.makeText('promoflow_release_snapshot', this._pointer); }
  /** `RELEASE_ID/ticket`, an idempotency key for what a command does. */
  key(ticket) {
    return this._instance.makeText('promoflow_release_key', this._pointer, BigInt(ticket));
  }
  render(options = {}) {
    return withRenderOptions(this._instance, options, (at) =>
      this._instance.makeText('promoflow_release_render', this._pointer, at));
  }
}
