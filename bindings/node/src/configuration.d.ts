// SPDX-License-Identifier: Apache-2.0
/**
 * Configurations and queues of releases. They are in a module of their own,
 * promoflow-configuration.wasm, which is loaded when the first of them is asked for.
 */
import {PromoflowError} from 'promoflow';
import type {Closable, Diagnostic, Engine, Flow, Point, RenderOptions} from './index.d.ts';

/** A place in a file; `file` is empty if it is about all files. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly message: string;
}
/** A problem of a configuration; `file` is empty if it is about all files. */
export interface Problem extends Diagnostic {
  readonly file: string;
  /** Further places that it speaks of. */
  readonly related: readonly Place[];
}
/** A configuration with errors: `problems` has all of them. */
export class ConfigurationError extends PromoflowError {
  readonly problems: readonly Problem[];
}

/** Which of several policies decides: that of the highest priority (default), or of the lowest. */
export type PolicyOrder = 'descending' | 'ascending';
/** What a promotion is asked for with. */
export interface Trigger {
  product: string;
  /** Of the commit. */
  message?: string;
  /** A branch or a tag. */
  revision?: string;
  policyOrder?: PolicyOrder;
}
/** A field of a policy, and what it comes from. */
export interface PolicyField {
  readonly value: string;
  readonly origin: string;
}
/** Which flow a trigger starts, which policies its environments have, and why. */
export interface Resolution {
  readonly product: string;
  /** `name` is null: no flow is started. */
  readonly flow: {readonly name: string | null;
    readonly rejected: readonly {readonly name: string; readonly why: string}[]};
  readonly environments: readonly {
    readonly name: string;
    readonly policy: {readonly preAction: PolicyField | null; readonly action: PolicyField;
      readonly postAction: PolicyField | null};
    /** Policies that did not decide. */
    readonly lost: readonly {readonly policy: string; readonly why: string}[];
  }[];
}
/** A hook that writes or reads a key of the promotion context. */
export interface ContextUse {
  readonly key: string;
  readonly hook: string;
  readonly point: Point;
  /** Undefined: it is a hook of the release. */
  readonly environment: string | undefined;
  /** It exports the key; else it reads it. */
  readonly writes: boolean;
  /** It reads the key, and has no value without it. */
  readonly required: boolean;
}

/** Texts by their names. */
export type Files = {readonly [name: string]: string | Uint8Array}
  | Iterable<readonly [name: string, text: string | Uint8Array]>;

/** The manifests that a team keeps together, read and checked as one. It is immutable. */
export interface Configuration extends Closable {
  /** Its warnings and notes. */
  readonly problems: readonly Problem[];
  /** @throws PromoflowError: there is no such product */
  resolve(trigger: Trigger): Resolution;
  /**
   * A flow with the policies of its environments filled in: those of a product, or, without one,
   * those that ask for none. It lives on its own. @throws PromoflowError: there is none
   */
  flow(name: string, options?: {product?: string; policyOrder?: PolicyOrder; engine?: Engine}):
    Promise<Flow>;
  /** By key, those that export it first. @throws PromoflowError: there is no such flow */
  contextUses(flow: string): ContextUse[];
  /** Draws the same. */
  renderContext(flow: string, options?: RenderOptions): string;
}
export const Configuration: {
  /** Reads files. @throws ConfigurationError */
  read(files: Files): Promise<Configuration>;
};

/** What a queue asks for, to be carried out in its order. */
export type QueueCommand =
  /** The release may start; `flow` is what requested() was given. */
  | {readonly kind: 'start'; readonly release: string; readonly flow: string}
  /** The environment is free for the release. */
  | {readonly kind: 'begin'; readonly release: string; readonly environment: string}
  /** The release is to be terminated. */
  | {readonly kind: 'terminate'; readonly release: string; readonly reason: string}
  /** The release never starts. */
  | {readonly kind: 'drop'; readonly release: string; readonly reason: string};

/** Which releases of one product may run. @throws RefusedError: an event does not fit */
export interface ReleaseQueue extends Closable {
  requested(release: string, flow: string): QueueCommand[];
  /** An environment of an active release is about to begin. It begins on the command. */
  began(release: string, environment: string): QueueCommand[];
  /** An environment is neither Running nor Suspended any more, or not wanted any more. */
  left(release: string, environment: string): QueueCommand[];
  /** An active release is final; it has left all environments. */
  ended(release: string): QueueCommand[];
  /** A release is not wanted any more, whether it waits or is active. */
  cancelled(release: string): QueueCommand[];
  /** Undefined: the release is not known, or has ended. */
  status(release: string): 'queued' | 'active' | undefined;
  /** The active release that is in an environment. */
  holder(environment: string): string | undefined;
  /** Those that wait or are active, oldest first. */
  readonly releases: string[];
  /** As JSON, for ReleaseQueue.restore(). */
  snapshot(): string;
}
export const ReleaseQueue: {
  /**
   * Mode 'queue': one release runs and the others wait, `waitingMax` at most (50): the oldest is
   * dropped for one more. 'terminate': a release starts at once, and terminates an older one whose
   * environment it needs.
   */
  create(mode: 'queue' | 'terminate', waitingMax?: number): Promise<ReleaseQueue>;
  /** @throws RestoreError */
  restore(snapshot: string | Uint8Array): Promise<ReleaseQueue>;
};
