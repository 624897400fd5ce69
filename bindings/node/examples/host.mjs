// SPDX-License-Identifier: Apache-2.0
// A host with a journal: it carries out a release, crashes half way, and goes on from the journal.
// Hooks and promotions are printed only. Without an argument it uses a flow of its own:
//
//   node host.mjs [FLOW]

import {readFile} from 'node:fs/promises';
import {argv, exit} from 'node:process';
import {Flow, PromoflowError} from 'promoflow';

async function ownFlow() {
  const builder = await Flow.builder('billing', 'dev');
  return builder.hook('release.onStart', 'notify', {arguments: {CHANNEL: '#ops'}})
    .step('staging', {dependsOn: ['dev']})
    .step('production', {dependsOn: ['staging']})
    .build();
}

/** Carries commands out, and gives what became of them. */
function carryOut(release) {
  const answers = [];
  for (const {kind, ticket, ...command} of release.commands()) {
    switch (kind) {
      case 'run-hook':
        console.log(`run ${command.hook} with ${Object.keys(command.arguments).length}`);
        answers.push({kind: 'hook-succeeded', ticket});
        break;
      case 'promote':
        console.log(`promote into ${command.environment}`);
        answers.push({kind: 'promotion-succeeded', ticket});
        break;
      case 'cancel':
        console.log(`cancel ${ticket}`);
    }
  }
  return answers;
}

/** Drives a release, at most so many events far. Each event is stored before it is applied. */
function drive(release, journal, events) {
  const answers = carryOut(release);
  for (let i = 0; i < events && answers.length > 0; ++i) {
    const event = {...answers.shift(), at: Date.now()};
    journal.push(release.journal([event]));
    release.apply(event);
    answers.push(...carryOut(release));
  }
}

try {
  const flow = argv.length > 2 ? await Flow.load(await readFile(argv[2]), {file: argv[2]})
    : await ownFlow();
  const start = {id: 'r-42', product: 'billing', at: Date.now()};
  const journal = [`${flow.startLine(start)}\n`];  // A real host writes it to a disk.
  const release = flow.start(start);
  drive(release, journal, 2);
  release.close();
  console.log('crashed, and started again');

  const restored = flow.recover(journal.join(''));
  drive(restored, journal, Infinity);
  console.log(restored.status);
} catch (error) {
  if (!(error instanceof PromoflowError || error.code === 'ENOENT')) throw error;
  console.error(error.message);
  exit(1);
}
