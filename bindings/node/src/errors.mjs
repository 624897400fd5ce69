// SPDX-License-Identifier: Apache-2.0
// Errors, by what a host does about them.

export class PromoflowError extends Error {
  constructor(code, where, message) {
    super(where ? `${where}: ${message}` : message);
    this.name = new.target.name;
    this.code = code;
    this.where = where;
  }
}

/** A text with errors: `diagnostics` has all problems, each with its place. */
export class ManifestError extends PromoflowError {
  constructor(diagnostics, text) {
    super('invalid-manifest', '', text.trimEnd());
    this.diagnostics = diagnostics;
  }
}
export class ScenarioError extends PromoflowError {
  constructor(diagnostics, text) {
    super('invalid-scenario', '', text.trimEnd());
    this.diagnostics = diagnostics;
  }
}
/** The release refused an event and is unchanged. */
export class RefusedError extends PromoflowError {}
/** The text of a context is not one. */
export class InvalidContextError extends PromoflowError {}
/** A snapshot or a journal cannot be restored with this flow. */
export class RestoreError extends PromoflowError {}
/** An object was used after it was closed. */
export class ClosedError extends PromoflowError {
  constructor(message) { super('invalid-state', '', message); }
}
/** The module trapped, as when memory ran out. All objects of its instance are closed. */
export class TrapError extends PromoflowError {
  constructor(message) { super('internal', 'promoflow.wasm', message); }
}

const CLASSES = {
  'unknown-ticket': RefusedError, 'settled-ticket': RefusedError, 'wrong-kind': RefusedError,
  'not-allowed': RefusedError, 'unknown-environment': RefusedError,
  'invalid-context': InvalidContextError, 'invalid-snapshot': RestoreError,
  'snapshot-of-other-flow': RestoreError, 'snapshot-too-new': RestoreError,
  'invalid-event': RestoreError,
};
/** Of this package only. */
export function errorClass(code) { return CLASSES[code] ?? PromoflowError; }
