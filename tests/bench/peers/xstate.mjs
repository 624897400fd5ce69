// SPDX-License-Identifier: Apache-2.0
// xstate: an actor for each environment of the layered graph of a thousand, three events each.
// Prints `LABEL NANOSECONDS` for each environment. Needs the package xstate where node looks for it.
import { createRequire } from 'node:module';

const { createActor, createMachine } = createRequire(process.cwd() + '/')('xstate');

const SIZE = 1000;
const WIDTH = Math.floor((SIZE - 1) / 10);
let seed = 42;
const random = (below) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return (seed >>> 8) % below;
};

const dependents = Array.from({ length: SIZE }, () => []);
const counts = new Array(SIZE).fill(0);
for (let i = 1; i < SIZE; ++i) {
  const layer = Math.floor((i - 1) / WIDTH);
  const on = new Set();
  while (layer > 0 && on.size < 4) on.add(1 + (layer - 1) * WIDTH + random(WIDTH));
  if (layer === 0) on.add(0);
  for (const b of on) dependents[b].push(i);
  counts[i] = on.size;
}

const environment = createMachine({
  initial: 'pending',
  states: {
    pending: { on: { advance: 'starting' } },
    starting: { on: { advance: 'promoting' } },
    promoting: { on: { advance: 'successful' } },
    successful: { type: 'final' },
  },
});

const run = () => {
  const unmet = counts.slice();
  const ready = [0];
  for (let head = 0; head < ready.length; ++head) {
    const actor = createActor(environment);
    actor.start();
    for (let event = 0; event < 3; ++event) actor.send({ type: 'advance' });
    for (const a of dependents[ready[head]]) if (--unmet[a] === 0) ready.push(a);
  }
  if (ready.length !== SIZE) throw new Error('not all environments succeeded');
};

const taken = [];
for (let i = 0; i < 5; ++i) {
  const begin = process.hrtime.bigint();
  run();
  taken.push(Number(process.hrtime.bigint() - begin) / SIZE);
}
taken.sort((a, b) => a - b);
console.log('xstate, an actor for each environment/layered/1k', taken[2]);
