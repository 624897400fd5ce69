// SPDX-License-Identifier: Apache-2.0
// What an event, a simulation and the start cost, in processor time. Prints a line for each figure:
// its name, the figure, the unit, and the goal, separated by tabs.
//
//   node costs.mjs NATIVE    NATIVE: the program of ../../rust/bench/native.cpp, for the ratio

import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Flow} from 'promoflow';

const ROUNDS = 9;
const HOOKS = 20_000;
const ENVIRONMENTS = 10_000;
const CONTEXT = '{"JIRA":"ABC-1","CHANNEL":"#ops","OWNER":"billing","TRIES":3,"SITES":["a","b"]}';

const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Processor time of a call in nanoseconds. */
function cost(body) {
  const {user, system} = process.cpuUsage();
  body();
  const after = process.cpuUsage();
  return (after.user - user + after.system - system) * 1000;
}
const rounds = (measure) => median(Array.from({length: ROUNDS}, measure));

/** One hook after another, each with 8 arguments and the keys of the context. */
async function chain() {
  const builder = await Flow.builder('chain', 'dev');
  for (let n = 0; n < HOOKS; ++n) {
    builder.hook('release.onStart', `hook-${n % 50}`,
      {arguments: {LEVEL: 'info', TEMPLATE: 'started'}});
  }
  return builder.step('staging', {dependsOn: ['dev']}).build();
}

/** Environments in layers of a hundred, each with hooks of its own. */
async function fleet() {
  const builder = await Flow.builder('fleet', 'dev');
  for (let n = 0; n < ENVIRONMENTS; ++n) {
    builder.step(`e${n}`, {dependsOn: [n < 100 ? 'dev' : `e${n - 100}`]})
      .hook('environment.onStart', 'a').hook('environment.onSuccess', 'b');
  }
  return builder.build();
}

/** Nanoseconds of an event: it is applied, its command taken, 8 arguments and 5 keys read. */
function event(flow) {
  let bytes = 0;
  const found = rounds(() => {
    const release = flow.start({id: 'r-42', url: 'https://x/r-42', product: 'billing',
      version: '1.4.0', commitSha: '3f2a91c', context: CONTEXT, at: 0});
    let {ticket} = release.commands().next().value;
    const took = cost(() => {
      while (ticket < HOOKS) {
        release.apply({kind: 'hook-succeeded', ticket, at: 0});
        for (const command of release.commands()) {
          ticket = command.ticket;
          let count = 0;
          for (const name in command.arguments) {
            bytes += name.length + command.arguments[name].length;
            ++count;
          }
          if (count !== 13) throw new Error(`${count} arguments`);
        }
      }
    });
    release.close();
    return took / (HOOKS - 1);
  });
  if (bytes === 0) throw new Error('nothing was read');
  return found;
}

function simulation(flow, native) {
  const folder = mkdtempSync(join(tmpdir(), 'promoflow-bench-'));
  try {
    const file = join(folder, 'fleet.json');
    writeFileSync(file, flow.write('json'));
    flow.simulate().close();
    const ours = [];
    const theirs = [];
    for (let i = 0; i < ROUNDS; ++i) {  // By turns: the machine is not always the same.
      theirs.push(Number(execFileSync(native, ['simulate', file])));
      ours.push(cost(() => {
        const trace = flow.simulate();
        if (trace.status !== 'Succeeded') throw new Error(trace.status);
        trace.close();
      }));
    }
    return median(ours) / median(theirs);
  } finally {
    rmSync(folder, {recursive: true});
  }
}

/** Milliseconds from the import to a flow, in a process of its own, without Node's own start. */
function start() {
  const program = `
    const begin = process.cpuUsage();
    const {Flow} = await import(${JSON.stringify(import.meta.resolve('promoflow'))});
    await Flow.load('{kind: PromotionFlow, apiVersion: codefresh.io/v1beta1, ' +
      'metadata: {name: x}, spec: {triggerEnvironment: dev, steps: [{environment: qa, dependsOn: [dev]}]}}');
    const {user, system} = process.cpuUsage(begin);
    console.log((user + system) / 1000);`;
  return rounds(() => Number(execFileSync(process.execPath,
    ['--input-type=module', '--eval', program])));
}

function print(name, value, unit, goal) {
  console.log([name, value.toPrecision(3), unit, goal].join('\t'));
}

const native = process.argv[2];
if (native === undefined) {
  console.error(`usage: node ${fileURLToPath(import.meta.url)} NATIVE`);
  process.exit(2);
}
print('event, 8 arguments and 5 context keys read', event(await chain()) / 1000, 'us', 1.5);
print('simulation of 10,000 environments', simulation(await fleet(), native), 'x C++', 3);
print('start-up, to the first flow', start(), 'ms', 15);
