// SPDX-License-Identifier: Apache-2.0
// Compiled by `tsc --strict` in an empty project: what the types promise, and what they refuse.
import {
  Flow, ManifestError, run, type Command, type Event, type Executor, type Release,
} from 'promoflow';
import {Configuration, ReleaseQueue} from 'promoflow/configuration';
import {diffText} from 'promoflow/diff';
import {explore, type Options} from 'promoflow/explore';
import {assertHas, simulate} from 'promoflow/testing';

function describe(command: Command): string {
  switch (command.kind) {
    case 'run-hook': return `${command.hook} ${command.arguments.RELEASE_ID} ${command.context}`;
    case 'promote': return `${command.environment} ${command.policy.action ?? ''}`;
    case 'cancel': return `${command.ticket}`;
    default: {
      const never: never = command;
      return never;
    }
  }
}

const executor: Executor = {
  async runHook({hook, signal}) { return signal.aborted ? undefined : {[hook]: 1n}; },
  promote() {},
};

export async function main(text: string): Promise<string[]> {
  const flow: Flow = await Flow.load(text, {file: 'flow.yaml'}).catch((error: unknown) => {
    if (error instanceof ManifestError) throw new Error(error.diagnostics[0]?.hint);
    throw error;
  });
  const release: Release = flow.start({id: 'r', context: {a: 2n ** 60n}, until: ['staging']});
  const event: Event = {kind: 'hook-failed', ticket: 1, message: 'closed', at: new Date()};
  release.applyAll([event]);
  // @ts-expect-error A failed hook has a message.
  release.apply({kind: 'hook-failed', ticket: 1, at: 1});
  // @ts-expect-error There is no such status.
  if (release.status === 'Broken') throw new Error();
  for (const record of release.records()) {
    if (record.kind === 'environment') record.environment.toUpperCase();
    if (record.kind === 'hook') describe(record.command);
  }
  const builder = await Flow.builder('f', 'dev');
  builder.step('staging', {dependsOn: ['dev'], policy: {action: 'pr'}}).build().close();
  assertHas(await simulate(flow, {fail: {staging: 'x'}}), {event: 'promote'});
  const options: Options = {failures: 'all', exports: {outcomes: []}};
  const {outcomes, properties} = await explore(flow, options);
  if (outcomes[0]?.scenario) flow.simulate(outcomes[0].scenario).close();
  // @ts-expect-error There is no such verdict.
  if (properties[0]?.verdict === 'maybe') throw new Error();
  const configuration = await Configuration.read({'flow.yaml': text});
  const {flow: {name}} = configuration.resolve({product: 'billing', policyOrder: 'ascending'});
  if (name !== null) (await configuration.flow(name, {product: 'billing'})).close();
  const queue = await ReleaseQueue.create('queue', 50);
  for (const command of queue.requested('r-1', 'to-prod')) {
    if (command.kind === 'start') command.flow.toUpperCase();
    // @ts-expect-error A release that is started has no reason.
    if (command.kind === 'start') command.reason.toUpperCase();
  }
  const {equal}: {equal: boolean} = await diffText(text, flow, {format: 'markdown'});
  if (!equal) configuration.close();
  const done = await run(flow, executor, {id: 'r', signal: AbortSignal.timeout(1000)});
  return [...done.commands()].map(describe);
}
