// SPDX-License-Identifier: Apache-2.0
// Explores a flow in a thread of its own: whoever started it ends it if it takes too long.

import type {Exploration, ExploreOptions} from 'promoflow/bare';
import {openEngine} from './library';

export interface Question {
  readonly module: Uint8Array;
  readonly flow: string;
  readonly options: ExploreOptions;
}
export type Answer = {readonly found: Exploration} | {readonly error: string};

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Question>) => void;
  postMessage(answer: Answer): void;
};

scope.onmessage = async ({data}) => {
  try {
    const engine = await openEngine(data.module);
    scope.postMessage({found: engine.load(data.flow).explore(data.options)});
  } catch (error) {
    scope.postMessage({error: error instanceof Error ? error.message : String(error)});
  }
};
