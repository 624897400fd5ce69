// SPDX-License-Identifier: Apache-2.0
/** What a promotion release must run next, and with which arguments. */

/** A time: UTC milliseconds, or a Date. */
export type Time = number | bigint | Date;
/** A promotion context: its JSON text, or an object. Integers beyond 2^53 are bigints. */
export type Context = string | {[key: string]: unknown};

export type Point =
  | 'release.onStart' | 'release.onSuccess' | 'release.onFail'
  | 'environment.onStart' | 'environment.onSuccess' | 'environment.onFail';
export type ReleaseStatus =
  'Running' | 'Suspended' | 'Terminating' | 'Succeeded' | 'Failed' | 'Terminated';
export type EnvironmentStatus =
  'Pending' | 'Running' | 'Suspended' | 'Successful' | 'Failed' | 'Terminated' | 'Skipped';
export type PolicyAction = 'commit' | 'pr' | 'none';

/** Where a problem of a text is. Lines and columns count from 1; line 0: there is no text. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'note';
  /** Which document of the text, from 0. */
  readonly document: number;
  readonly line: number;
  /** In characters. */
  readonly column: number;
  /** How many characters to underline. */
  readonly length: number;
  /** JSON pointer; empty: the root. */
  readonly pointer: string;
  readonly message: string;
  readonly hint: string;
}

/** Base of all errors. `code` is that of the library, such as `settled-ticket`. */
export class PromoflowError extends Error {
  readonly code: string;
  /** A parameter, a ticket, a place; may be empty. */
  readonly where: string;
}
/** A manifest with errors; the message shows all of them with their lines. */
export class ManifestError extends PromoflowError { readonly diagnostics: Diagnostic[]; }
export class ScenarioError extends PromoflowError { readonly diagnostics: Diagnostic[]; }
/** The release refused an event. */
export class RefusedError extends PromoflowError {}
export class InvalidContextError extends PromoflowError {}
/** A snapshot or a journal cannot be restored with this flow. */
export class RestoreError extends PromoflowError {}
/** An object was used after it was closed. */
export class ClosedError extends PromoflowError {}
/** The module trapped, as when memory ran out: all objects of its engine are closed. */
export class TrapError extends PromoflowError {}

/** An object in the module's memory: freed by close(), or when it is no longer reachable. */
export interface Closable {
  /** Frees it, in any order with others. A second call does nothing. */
  close(): void;
  readonly closed: boolean;
}

export interface RenderOptions {
  format?: 'text' | 'mermaid' | 'dot' | 'svg';
  /** ANSI colours; this and the next two for text only. */
  color?: boolean;
  ascii?: boolean;
  /** Columns; at least 40. */
  width?: number;
}

/** An instance of the module, with a memory of its own. Of one thread. */
export class Engine {
  /**
   * `memoryBytesMax`: beyond it the module traps. `module`: the bytes of promoflow.wasm, which the
   * package else reads itself.
   */
  static create(options?: {memoryBytesMax?: number; module?: Uint8Array}): Promise<Engine>;
  /** The engine that Flow.load() uses; another one after a trap. */
  static shared(): Promise<Engine>;
  readonly trapped: boolean;
  readonly memoryBytes: number;
  /** The version of the library. */
  readonly version: string;
  load(text: string | Uint8Array, options?: {file?: string}): Flow;
  builder(name: string, trigger: string): FlowBuilder;
}

/** What a release is started with. Give at most one of `skip`, `until` and `only`. */
export interface StartOptions {
  id: string;
  url?: string;
  product?: string;
  version?: string;
  commitSha?: string;
  /** The initial promotion context. */
  context?: Context;
  /** When it starts; default: now. */
  at?: Time;
  skip?: string | Iterable<string>;
  until?: string | Iterable<string>;
  only?: string | Iterable<string>;
  /** Records get their `line`, whose times count from this one, in milliseconds. */
  lines?: number;
}

/** A checked flow: immutable. */
export interface Flow extends Closable {
  readonly name: string;
  /** In step order; the first is the trigger environment. */
  readonly environments: readonly string[];
  readonly warnings: readonly Diagnostic[];
  dependencies(environment: string): string[];
  dependents(environment: string): string[];
  /** The names of a point's hooks, in order. `environment` is not read at release points. */
  hooks(point: Point, environment?: string): string[];
  write(format?: 'yaml' | 'json'): string;
  render(options?: RenderOptions): string;
  equals(other: Flow): boolean;
  /** @throws InvalidContextError, PromoflowError */
  start(options: StartOptions): Release;
  /** The first line of a journal: stored before the first command is carried out. */
  startLine(options: StartOptions & {at: Time}): string;
  /** @throws RestoreError */
  restore(snapshot: string | Uint8Array, options?: {lines?: number}): Release;
  /** @throws RestoreError */
  recover(journal: string | Uint8Array, options?: {lines?: number}): Release;
  /** @throws ScenarioError */
  scenario(text: string | Uint8Array, file?: string): Scenario;
  /** @throws ScenarioError, InvalidContextError */
  simulate(scenario?: string | Uint8Array | object | Scenario,
    options?: {recordsMax?: number}): Trace;
  /**
   * Everything that can happen to a release, under the given bounds. Only with an engine of
   * promoflow-explore.wasm: see 'promoflow/explore'. Blocks until it is found; for large flows it
   * belongs into a worker.
   * @throws ScenarioError, PromoflowError: `properties` have errors, which are in its message
   */
  explore(options?: ExploreOptions): Exploration;
  /** The same as text for people, or as `promoflow explore --format json` prints it. */
  exploreText(options?: ExploreOptions & {format?: 'text' | 'json'}): string;
}
export const Flow: {
  /** Reads the one flow of a YAML or JSON text. @throws ManifestError */
  load(text: string | Uint8Array, options?: {file?: string; engine?: Engine}): Promise<Flow>;
  builder(name: string, trigger: string, options?: {engine?: Engine}): Promise<FlowBuilder>;
};

export interface Retry {
  limit?: number;
  durationMs?: number;
  factor?: number;
  maxDurationMs?: number;
}
export interface FlowBuilder extends Closable {
  options(options: {
    failurePolicy?: 'failFast' | 'continue' | 'abort';
    contextMerge?: 'shallow' | 'deep';
    promotionTimeoutMinutes?: number;
    postTrigger?: string;
    hookTimeoutMs?: number;
    terminationGracePeriodMs?: number;
    annotations?: Record<string, string>;
  }): this;
  /** Adds a step behind those added before: this is the step order. */
  step(environment: string, options?: {
    dependsOn?: readonly string[];
    policy?: Policy;
    timeoutMs?: number;
    retry?: Retry;
    soakMs?: number;
  }): this;
  /** Appends a hook: to the release at release points, else to the step added last. */
  hook(point: Point, name: string, options?: {
    onError?: 'fail' | 'ignore';
    timeoutMs?: number;
    retry?: Retry;
    arguments?: Record<string, unknown>;
  }): this;
  /** @throws ManifestError */
  build(): Flow;
}
export const FlowBuilder: {readonly prototype: FlowBuilder};

export interface Policy {
  action?: PolicyAction;
  preAction?: string;
  postAction?: string;
}
export interface RunHook {
  readonly kind: 'run-hook';
  readonly ticket: number;
  readonly hook: string;
  readonly point: Point;
  /** Not at release points. */
  readonly environment?: string;
  /** From 1. */
  readonly attempt: number;
  /** Their order is that in which the hook gets them. */
  readonly arguments: Readonly<Record<string, string>>;
  /** The promotion context that the hook sees, as JSON text. */
  readonly context: string;
}
export interface Promote {
  readonly kind: 'promote';
  readonly ticket: number;
  readonly environment: string;
  readonly attempt: number;
  readonly policy: Readonly<Policy>;
}
/** Stop what runs under this ticket. */
export interface Cancel {
  readonly kind: 'cancel';
  readonly ticket: number;
}
export type Command = RunHook | Promote | Cancel;

interface At { readonly at: Time; }
interface Answer extends At { readonly ticket: number; }
export type Event =
  | At & {readonly kind: 'tick'}
  | Answer & {readonly kind: 'hook-succeeded'; readonly context?: Context}
  | Answer & {readonly kind: 'hook-failed'; readonly message: string; readonly context?: Context}
  | Answer & {readonly kind: 'promotion-succeeded' | 'suspended' | 'queued' | 'started'}
  | Answer & {readonly kind: 'promotion-failed'; readonly message: string}
  | Answer & {readonly kind: 'resumed'; readonly by?: string}
  | At & {readonly kind: 'terminate'; readonly reason?: string; readonly force?: boolean;
      readonly by?: string}
  | At & {readonly kind: 'retry'; readonly environments?: readonly string[]; readonly by?: string}
  | At & {readonly kind: 'skip'; readonly environment: string; readonly reason?: string;
      readonly by?: string};

interface RecordOf<Kind extends string> {
  readonly kind: Kind;
  /** UTC milliseconds. */
  readonly at: number;
  /** The record as a line of a trace, if the release was started with `lines`. */
  readonly line?: string;
}
export type ReleaseRecord =
  | RecordOf<'release'> & {readonly status: ReleaseStatus; readonly message?: string}
  | RecordOf<'environment'> & {readonly environment: string; readonly status: EnvironmentStatus;
      readonly message?: string}
  | RecordOf<'hook'> & {readonly command: RunHook}
  | RecordOf<'promote'> & {readonly command: Promote}
  | RecordOf<'cancel'> & {readonly command: Cancel}
  | RecordOf<'soaked'> & {readonly ticket: number}
  | RecordOf<'conflict'> & {readonly key: string; readonly earlier: number; readonly later: number}
  | RecordOf<'shadowed'> & {readonly key: string; readonly ticket?: number}
  | RecordOf<'hook-succeeded' | 'hook-failed' | 'promotion-succeeded' | 'promotion-failed'
      | 'suspended' | 'resumed' | 'queued' | 'started'> & {readonly ticket: number;
      readonly message?: string; readonly context?: string; readonly by?: string;
      readonly command?: undefined}
  | RecordOf<'tick' | 'terminate' | 'retry' | 'skip'> & {readonly reason?: string;
      readonly by?: string; readonly force?: true; readonly environment?: string;
      readonly environments?: string[]; readonly command?: undefined};

export interface EnvironmentState {
  readonly name: string;
  readonly status: EnvironmentStatus;
  readonly phase: string;
  /** Why it failed, was terminated or skipped; else empty. */
  readonly message: string;
  readonly pending?: {readonly block: string; readonly unmet: unknown[]};
}
export interface ReleaseDescription {
  readonly release: {readonly id: string; readonly flow: string; readonly status: ReleaseStatus;
    readonly phase: string; readonly message: string; readonly now: number;
    readonly nextTimer: number | null};
  readonly environments: readonly EnvironmentState[];
  readonly outstanding: readonly Readonly<Record<string, unknown>>[];
  readonly waiting: readonly Readonly<Record<string, unknown>>[];
  readonly context: readonly {readonly key: string; readonly value: unknown;
    readonly ticket: number; readonly shadowed: boolean}[];
  readonly conflicts: readonly {readonly key: string; readonly earlier: number;
    readonly later: number}[];
  readonly rejectedExports: readonly {readonly ticket: number; readonly reason: string;
    readonly text: string}[];
}

export interface Release extends Closable {
  readonly flow: Flow;
  /** @throws RefusedError: it is unchanged, but for timers that were due. */
  apply(event: Event): void;
  /** One after another: for each undefined, or the error of one that was refused. */
  applyAll(events: readonly Event[]): (PromoflowError | undefined)[];
  /** The lines of events for a journal: stored before they are applied. */
  journal(events: readonly Event[]): string;
  /** Takes the commands there are; other records are dropped. */
  commands(): IterableIterator<Command>;
  /** Takes the records there are; commands are among them. */
  records(): IterableIterator<ReleaseRecord>;
  /** Issues every outstanding command again. */
  reissue(): void;
  /** When to send the next event at the latest, in UTC milliseconds. */
  readonly nextTimer: number | undefined;
  readonly status: ReleaseStatus;
  readonly isFinal: boolean;
  describe(): ReleaseDescription;
  environment(name: string): EnvironmentState;
  readonly context: {[key: string]: unknown};
  readonly contextText: string;
  snapshot(): string;
  /** An idempotency key for what a command does. */
  key(ticket: number): string;
  render(options?: RenderOptions): string;
}

export interface Outcome {
  readonly point?: Point;
  readonly hook?: string;
  readonly environment?: string;
  readonly fail?: string;
  readonly context?: string;
  readonly afterMs: number;
  readonly suspendMs?: number;
  readonly attempt?: number;
  readonly place?: number;
  readonly failInSoak?: {readonly message: string; readonly afterMs: number};
}
export interface Scenario extends Closable {
  readonly warnings: readonly Diagnostic[];
  readonly release: Omit<StartOptions, 'at'>;
  readonly outcomes: readonly Outcome[];
  /** What the operator does; `at` counts from the start. */
  readonly actions: readonly Event[];
}

/** A line of a trace, member by member. */
export interface TraceRecord {
  readonly t: number;
  readonly event: string;
  readonly ticket?: number;
  readonly hook?: string;
  readonly point?: Point;
  readonly environment?: string;
  readonly attempt?: number;
  readonly status?: ReleaseStatus | EnvironmentStatus;
  readonly message?: string;
  readonly arguments?: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}
export interface Trace extends Closable, Iterable<TraceRecord> {
  readonly flow: Flow;
  /** JSON Lines. */
  jsonl(): string;
  readonly records: readonly TraceRecord[];
  hooks(point?: Point, environment?: string): TraceRecord[];
  readonly promotions: TraceRecord[];
  readonly status: ReleaseStatus;
  readonly message: string;
  environment(name: string): EnvironmentState;
  readonly context: {[key: string]: unknown};
  readonly contextText: string;
  /** A timeline for people. */
  render(options?: RenderOptions): string;
}

/** What may happen in a run, and how far to look. */
export interface ExploreOptions {
  /** How many commands may fail in one run; default 2. */
  failures?: number | 'all';
  /** Retries of a release that has ended, in one run; default 0. */
  retries?: number;
  /** The operator terminates, and then forces, once each. */
  terminate?: boolean;
  /** The operator skips one environment. */
  skip?: boolean;
  /** Commands wait for a person, and go on. */
  suspend?: boolean;
  /** Timeouts and deadlines come due. */
  timeouts?: boolean;
  /** Looks at every order, also where it cannot matter. */
  allOrders?: boolean;
  /** Default: 1,000,000. */
  statesMax?: number;
  /** Default: 2 GiB. */
  memoryBytesMax?: number;
  /** A scenario: what its rules say that hooks export. */
  exports?: string | Uint8Array | object | Scenario;
  /** A properties file, which is checked, too. */
  properties?: string | Uint8Array;
}
export interface Occurs {
  readonly runs: 'unknown' | 'always' | 'sometimes' | 'never';
  /** The fewest failures with which it happens; 0 if it never does. */
  readonly failures: number;
}
/** A run: a scenario for simulate(), or null and which durations of the flow forbid each. */
interface Shown {
  readonly scenario: object | null;
  readonly forbiddenBy?: string;
}
type Statuses = Readonly<Record<string, EnvironmentStatus>>;
export interface ReleaseOutcome extends Shown {
  readonly release: ReleaseStatus;
  readonly environments: Statuses;
  /** The fewest that lead to it, and the fewest events of the runs with so few. */
  readonly failures: number;
  readonly steps: number;
  /** What a retry leads to if nothing fails any more; null: none is taken. */
  readonly retry: {readonly release: ReleaseStatus; readonly environments: Statuses} | null;
  /** Environments of which a skip is taken. */
  readonly skips: readonly string[];
}
interface HookPlace {
  readonly hook: string;
  readonly point: Point;
  readonly environment: string | null;
  /** In the list of its point, from 1. */
  readonly place: number;
}
/** What an exploration found. */
export interface Exploration {
  readonly flow: string;
  /** By failures, then by steps. */
  readonly outcomes: readonly ReleaseOutcome[];
  readonly complete: boolean;
  /** Not complete: which bound was reached, and below how many failures all runs were seen. */
  readonly bound?: string;
  readonly completeBelowFailures?: number;
  readonly states: number;
  readonly transitions: number;
  readonly hooks: readonly (HookPlace & Occurs)[];
  readonly environments: readonly {readonly environment: string; readonly begun: Occurs;
    readonly succeeded: Occurs; readonly failed: Occurs; readonly terminated: Occurs}[];
  /** Runs that do not succeed and in which no onFail hook succeeds. */
  readonly untold: Occurs;
  readonly commandsMax: number | null;
  readonly longestWait: readonly {readonly environment: string | null;
    readonly hook: string | null; readonly attempts: number; readonly ms: number}[] | null;
  readonly conflicts: readonly (Shown & {readonly key: string; readonly earlier: HookPlace;
    readonly later: HookPlace; readonly failures: number})[];
  readonly properties: readonly (Shown & {readonly name: string;
    readonly verdict: 'holds' | 'violated' | 'undecided'})[];
}

/** What the executor gets with a command. */
export interface CallExtras {
  /** Aborted when the release cancels the command; what it answers then has no effect. */
  readonly signal: AbortSignal;
  /** An idempotency key. */
  readonly key: string;
  suspended(): void;
  resumed(by?: string): void;
  queued(): void;
  started(): void;
}
export interface Executor {
  /** Resolves with what the hook exports. Rejects: it failed. */
  runHook(call: RunHook & CallExtras): Promise<Context | void> | Context | void;
  promote(call: Promote & CallExtras): Promise<void> | void;
}
/** What an executor rejects with when a failed hook exports something. */
export class CommandFailed extends Error {
  constructor(message: string, options?: {context?: Context});
  readonly context?: Context;
}
export interface Clock {
  now(): number;
  /** Calls `wake` at that time; what it returns takes that back. */
  at(ms: number, wake: () => void): () => void;
}
export interface RunOptions extends Partial<StartOptions> {
  /** A release to go on with; else one is started with the other options, and `id` is needed. */
  release?: Release;
  /** Aborted: the release is terminated, and its onFail hooks run. */
  signal?: AbortSignal;
  /** Called with lines before what they say is applied: resolves when they are safe. */
  journal?(lines: string): Promise<void> | void;
  /** Called with each record. */
  observe?(record: ReleaseRecord): void;
  clock?: Clock;
}
/** Starts a release, or goes on with one, and drives it to its end. */
export function run(flow: Flow, executor: Executor, options: RunOptions): Promise<Release>;

/** JSON whose integers beyond 2^53 are bigints. */
export function parseJson(text: string): unknown;
export function writeJson(value: unknown): string;
