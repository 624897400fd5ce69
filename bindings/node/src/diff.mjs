// SPDX-License-Identifier: Apache-2.0
// What a change to a flow changes. Differences are in a module of their own: promoflow-diff.wasm.

import {Engine} from './engine.mjs';
import {withExploration} from './exploration.mjs';
import {Flow} from './flow.mjs';
import {parseJson} from './json.mjs';
import {moduleEngine} from './module.mjs';
import {DIFF_FORMATS, numberOf} from './structs.mjs';

const engine = moduleEngine('promoflow-diff.wasm', (module) => Engine.create({module}));

/**
 * Compares two flows, each a Flow or text: the difference as text, and whether there is none. The
 * properties of `options` are checked in both.
 */
export async function diffText(before, after, {format = 'text', ...options} = {}) {
  const number = numberOf(DIFF_FORMATS, format, 'format');
  const made = await engine();
  const load = (flow) => made.load(flow instanceof Flow ? flow.write('json') : flow);
  const old = load(before);
  try {
    const changed = load(after);
    try {
      return withExploration(changed, options, (arena, properties, at) => {
        const instance = changed._instance;
        const [out, equal] = [arena.place(8), arena.place(8)];
        instance.act('promoflow_diff', old._pointer, changed._pointer, properties, at, number, out,
          equal);
        const text = instance.takeText(instance.view.getUint32(out, true));
        return {text, equal: instance.view.getInt32(equal, true) === 1};
      });
    } finally {
      changed.close();
    }
  } finally {
    old.close();
  }
}

/** The same as an object. */
export async function diff(before, after, options = {}) {
  const {text} = await diffText(before, after, {...options, format: 'json'});
  return parseJson(text);
}
