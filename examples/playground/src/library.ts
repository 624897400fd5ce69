// SPDX-License-Identifier: Apache-2.0
// The library: its module is part of the page, compressed.

import {Engine, ManifestError, PromoflowError, ScenarioError, type Diagnostic}
  from 'promoflow/bare';

/** The bytes of promoflow.wasm out of gzip in base64. */
export async function moduleBytes(packed: string): Promise<Uint8Array> {
  const text = atob(packed);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export const openEngine = (module: Uint8Array): Promise<Engine> => Engine.create({module});

/** What is wrong, as diagnostics: a problem without a place is at line 0. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof ManifestError || error instanceof ScenarioError) return error.diagnostics;
  if (!(error instanceof PromoflowError)) throw error;
  return [{code: error.code, severity: 'error', document: 0, line: 0, column: 0, length: 0,
    pointer: '', message: error.message, hint: ''}];
}
