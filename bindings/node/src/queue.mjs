// SPDX-License-Identifier: Apache-2.0
// Which releases of one product may run, and which may be in an environment.

import {configurationInstance} from './configuration.mjs';
import {checkText} from './flow.mjs';
import {Handle} from './memory.mjs';
import {QUEUE_COMMAND, QUEUE_MODES, numberOf} from './structs.mjs';

const COMMANDS = {1: 'start', 2: 'begin', 3: 'terminate', 4: 'drop'};
const STATUSES = {1: 'queued', 2: 'active'};

/** An event that does not fit is refused (RefusedError), and changes nothing. */
export class ReleaseQueue extends Handle {
  constructor(instance, pointer) { super(instance, pointer, 'promoflow_queue_free'); }

  /**
   * `mode` 'queue': one release runs and the others wait, `waitingMax` at most; the oldest is dropped
   * for one more. 'terminate': a release starts at once, and terminates an older one whose
   * environment it needs.
   */
  static async create(mode, waitingMax = 50) {
    const number = numberOf(QUEUE_MODES, mode ?? '', 'mode');
    if (!Number.isInteger(waitingMax) || waitingMax < 0 || waitingMax > 0xffffffff) {
      throw new TypeError('waitingMax is a number from 0');
    }
    const instance = await configurationInstance();
    return new ReleaseQueue(instance, instance.make('promoflow_queue_new', number, waitingMax));
  }
  /** The queue of a snapshot, without commands. RestoreError: it is none. */
  static async restore(snapshot) {
    checkText(snapshot, 'a snapshot');
    const instance = await configurationInstance();
    return new ReleaseQueue(instance, instance.call((arena) =>
      instance.make('promoflow_queue_restore', arena.text(snapshot))));
  }

  /** A release is wanted. Its flow is kept, and given back by the command that starts it. */
  requested(release, flow) { return this.#apply(1, release, flow); }
  /** An environment of an active release is about to begin. It begins on the command. */
  began(release, environment) { return this.#apply(2, release, environment); }
  /** An environment is neither Running nor Suspended any more, or not wanted any more. */
  left(release, environment) { return this.#apply(3, release, environment); }
  /** An active release is final; it has left all environments. */
  ended(release) { return this.#apply(4, release, ''); }
  /** A release is not wanted any more, whether it waits or is active. */
  cancelled(release) { return this.#apply(5, release, ''); }

  #apply(kind, release, detail) {
    const instance = this._instance;
    const pointer = this._pointer;
    instance.call((arena) => instance.act('promoflow_queue_apply', pointer, kind,
      arena.text(checkText(release, 'a release')), arena.text(checkText(detail, 'a name'))));
    return instance.list(QUEUE_COMMAND, 'promoflow_queue_commands', pointer).map((one) => {
      const command = {kind: COMMANDS[one.kind], release: one.release};
      for (const name of ['flow', 'environment', 'reason']) {
        if (one[name]) command[name] = one[name];
      }
      return command;
    });
  }

  /** 'queued' or 'active'; undefined: the release is not known, or has ended. */
  status(release) {
    const instance = this._instance;
    return STATUSES[instance.call((arena) =>
      instance.make('promoflow_queue_status', this._pointer, arena.text(release)))];
  }
  /** The active release that is in an environment; undefined: none is. */
  holder(environment) {
    const instance = this._instance;
    return instance.call((arena) => {
      const at = arena.place(8);
      instance.act('promoflow_queue_holder', this._pointer, arena.text(environment), at);
      return instance.readText(at) ?? undefined;
    });
  }
  /** Those that wait or are active, oldest first. */
  get releases() {
    const instance = this._instance;
    return instance.call((arena) => {
      const count = arena.place(8);
      instance.act('promoflow_queue_releases', this._pointer, 0, 0, count);
      const size = instance.view.getUint32(count, true);
      const at = arena.place(8 * size || 1);
      instance.act('promoflow_queue_releases', this._pointer, at, size, count);
      return Array.from({length: size}, (_, i) => instance.readText(at + 8 * i));
    });
  }
  /** The queue as JSON, for restore(). */
  snapshot() { return this._instance.makeText('promoflow_queue_snapshot', this._pointer); }
}
