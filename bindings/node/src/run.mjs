// SPDX-License-Identifier: Apache-2.0
// run(): a loop for hosts without one. It applies events, hands commands to an executor and waits
// for what ends first: a command, a timer, the signal.

import {RefusedError} from './errors.mjs';

const TIMEOUT_MS_MAX = 0x7fffffff;

/** A hook or a promotion failed, with what it exported. */
export class CommandFailed extends Error {
  constructor(message, {context} = {}) {
    super(message);
    this.name = 'CommandFailed';
    this.context = context;
  }
}

const systemClock = {
  now: () => Date.now(),
  /** Calls `wake` at that time; what it returns takes that back. */
  at: (ms, wake) => {
    const timer = setTimeout(wake, Math.min(Math.max(ms - Date.now(), 0), TIMEOUT_MS_MAX));
    return () => clearTimeout(timer);
  },
};

/**
 * Starts a release, or goes on with `options.release`, and drives it to its end.
 *
 * @returns {Promise<import('./index.d.ts').Release>}
 */
export async function run(flow, executor, options = {}) {
  const {signal, clock = systemClock, journal, observe} = options;
  const store = async (lines) => { await journal?.(lines); };
  let {release} = options;
  if (release === undefined) {
    const start = {...options, at: options.at ?? clock.now()};
    await store(`${flow.startLine(start)}\n`);
    release = flow.start(start);
  }
  const driver = new Driver(release, executor, {clock, store, observe});
  await driver.drive(signal);
  return release;
}

class Driver {
  #events = [];
  #running = new Map();
  #wake = () => {};

  constructor(release, executor, {clock, store, observe}) {
    Object.assign(this, {release, executor, clock, store, observe});
  }

  async drive(signal) {
    const abort = () => this.#send({
      kind: 'terminate', reason: String(signal.reason?.message ?? signal.reason ?? 'aborted'),
    });
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, {once: true});
    try {
      this.#carryOut();
      while (!this.release.isFinal) {
        if (this.#events.length === 0) await this.#wait();
        const events = this.#events.splice(0);
        if (events.length === 0) events.push({kind: 'tick', at: this.clock.now()});
        await this.store(this.release.journal(events));
        for (const error of this.release.applyAll(events)) {
          // An answer that comes after the command was cancelled has no effect.
          if (error !== undefined && !(error instanceof RefusedError)) throw error;
        }
        this.#carryOut();
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      for (const controller of this.#running.values()) controller.abort();
    }
  }

  #send(event) {
    this.#events.push({at: this.clock.now(), ...event});
    this.#wake();
  }

  #wait() {
    return new Promise((resolve) => {
      const timer = this.release.nextTimer;
      const cancel = timer === undefined ? () => {} : this.clock.at(timer, () => this.#wake());
      this.#wake = () => {
        this.#wake = () => {};
        cancel();
        resolve();
      };
    });
  }

  #carryOut() {
    for (const record of this.release.records()) {
      this.observe?.(record);
      const {command} = record;
      if (command === undefined) continue;
      if (command.kind === 'cancel') {
        this.#running.get(command.ticket)?.abort();
        this.#running.delete(command.ticket);
      } else {
        this.#begin(command);
      }
    }
  }

  #begin(command) {
    const {ticket} = command;
    const controller = new AbortController();
    this.#running.set(ticket, controller);
    const call = {
      ...command, signal: controller.signal, key: this.release.key(ticket),
      suspended: () => this.#send({kind: 'suspended', ticket}),
      resumed: (by) => this.#send({kind: 'resumed', ticket, by}),
      queued: () => this.#send({kind: 'queued', ticket}),
      started: () => this.#send({kind: 'started', ticket}),
    };
    const isHook = command.kind === 'run-hook';
    const done = (event) => {
      if (this.#running.get(ticket) !== controller) return;
      this.#running.delete(ticket);
      this.#send({ticket, ...event});
    };
    const work = async () => isHook ? this.executor.runHook(call) : this.executor.promote(call);
    work().then(
      (context) => done(isHook ? {kind: 'hook-succeeded', context}
        : {kind: 'promotion-succeeded'}),
      (error) => done({
        kind: isHook ? 'hook-failed' : 'promotion-failed',
        message: String(error?.message ?? error), context: isHook ? error?.context : undefined,
      }));
  }
}
