// SPDX-License-Identifier: Apache-2.0
// One simulated release, and the release at each of its moments. A moment follows one event: what
// an executor answered, what the operator did, or a timer that came due.

import {parseJson, type Event, type Flow, type Release, type ReleaseDescription,
  type StartOptions, type TraceRecord} from 'promoflow/bare';

const INPUTS = new Set(['hook-succeeded', 'hook-failed', 'promotion-succeeded', 'promotion-failed',
  'suspended', 'resumed', 'queued', 'started', 'terminate', 'retry', 'skip']);

export interface Moment {
  readonly t: number;
  /** Its records are [first, end). */
  readonly first: number;
  end: number;
  /** Without: a timer came due, or the operator's action was refused. */
  readonly event?: Event;
}

/** The record of an input, as the event that it was. */
function eventOf(record: TraceRecord): Event {
  const {t, event, context, ...members} = record;
  return {...members, kind: event, at: t,
    ...(context === undefined ? {} : {context: context as string | object})} as unknown as Event;
}

export class Run {
  readonly records: readonly TraceRecord[];
  readonly moments: Moment[] = [];
  /** What issued each command, by ticket. */
  readonly commands = new Map<number, TraceRecord>();
  readonly end: number;
  #release: Release | null = null;
  #index = 0;

  constructor(readonly flow: Flow, readonly start: Omit<StartOptions, 'at'>,
    readonly jsonl: string) {
    // Contexts may have integers that JSON.parse() would round.
    this.records = jsonl.split('\n').slice(0, -1).map((line) => (line.includes('"context":')
      ? parseJson(line) : JSON.parse(line)) as TraceRecord);
    let now = -1;
    this.records.forEach((record, index) => {
      const isInput = INPUTS.has(record.event);
      if (isInput || record.t !== now || record.event === 'refused') {
        this.moments.push({t: record.t, first: index, end: index + 1,
          event: isInput ? eventOf(record) : undefined});
        now = record.t;
      } else {
        this.moments[this.moments.length - 1]!.end = index + 1;
      }
      if (record.event === 'hook' || record.event === 'promote') {
        this.commands.set(record.ticket as number, record);
      }
    });
    this.end = now < 0 ? 0 : now;
  }

  /** The release as it is after a moment; until the next call, or close(). */
  at(index: number): Release {
    if (this.#release === null || this.#index > index) {
      this.close();
      this.#release = this.flow.start({...this.start, at: 0});
      this.#index = 0;
    }
    const events: Event[] = [];
    for (const {t, event} of this.moments.slice(this.#index + 1, index + 1)) {
      events.push({kind: 'tick', at: t});  // Timers come first: what timed out is refused then.
      if (event !== undefined) events.push(event);
    }
    if (events.length > 0) this.#release.applyAll(events);
    this.#index = index;
    return this.#release;
  }

  describe(index: number): ReleaseDescription { return this.at(index).describe(); }

  close(): void {
    this.#release?.close();
    this.#release = null;
  }

  /** The last moment that is not later. */
  indexAt(t: number): number {
    const index = this.moments.findLastIndex((moment) => moment.t <= t);
    return Math.max(0, index);
  }

  /** The moment of a record. */
  momentOf(record: number): number {
    return this.moments.findLastIndex(({first}) => first <= record);
  }

  /** A time behind the moment and before the next one, for what the operator does then. */
  timeAfter(index: number): number {
    const {t} = this.moments[index] ?? {t: 0};
    const next = this.moments.slice(index + 1).find((moment) => moment.t > t);
    return t + (next === undefined ? 1000 : Math.min(1000, Math.floor((next.t - t) / 2)));
  }
}

export const pointWords = (record: TraceRecord) =>
  `${record.hook} at ${record.point}${record.environment ? ` of ${record.environment}` : ''}`;

/** Who wrote a key: the hook of a ticket, or the start. */
export function writer(run: Run, ticket: number): string {
  const command = run.commands.get(ticket);
  return command === undefined ? 'given at the start' : pointWords(command);
}
