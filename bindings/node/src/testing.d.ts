// SPDX-License-Identifier: Apache-2.0
/** For tests of flows, with Vitest, node:test or any other runner. */
import type {Flow, Scenario, Trace, TraceRecord} from './index.d.ts';

/** Members of a record; a pattern stands for the texts in which it is found. */
export type Wanted = {readonly [member: string]: unknown};

/** Simulates a release of a flow. `fail`: messages of environments or hooks that fail. */
export function simulate(flow: Flow | string | Uint8Array, options?: {
  fail?: Readonly<Record<string, string>>;
  scenario?: string | Uint8Array | object | Scenario;
  recordsMax?: number;
}): Promise<Trace>;
/** The records that have all members of `wanted`. */
export function matching(trace: Trace, wanted: Wanted): TraceRecord[];
/** Fails, and shows the timeline, unless a record is like `wanted`. */
export function assertHas(trace: Trace, wanted: Wanted): void;
export function assertHasNot(trace: Trace, wanted: Wanted): void;
