// SPDX-License-Identifier: Apache-2.0
// What the operator may do at a moment of a release, each as a change of the scenario.

import type {Event, ReleaseDescription} from 'promoflow/bare';
import {visible} from './dom';
import type {Run} from './run';
import {behaviour, setBehaviour, type Behaviour, type Model, type Target} from './scenario';

const SKIPS_MAX = 8;

export interface Choice {
  readonly words: string;
  readonly change: (model: Model) => void;
}

/** Which commands wait for a person at a moment, and since when. */
function suspended(run: Run, moment: number): {ticket: number; since: number}[] {
  const waiting = new Map<number, number>();
  const end = run.moments[moment]?.end ?? 0;
  for (let i = 0; i < end; ++i) {
    const {event, ticket, t} = run.records[i]!;
    if (ticket === undefined) continue;
    if (event === 'suspended') waiting.set(ticket, t);
    else waiting.delete(ticket);
  }
  return [...waiting].map(([ticket, since]) => ({ticket, since}));
}

const push = (action: Event) => (model: Model) => {
  model.actions.push(action);
  model.actions.sort((a, b) => Number(a.at) - Number(b.at));
};

/** An answer to what waits for a person: its command ends at this time. */
function answers(run: Run, at: number, {ticket, since}: {ticket: number; since: number}): Choice[] {
  const {hook, point, environment, attempt} = run.commands.get(ticket)!;
  const target: Target = hook === undefined ? {environment}
    : {hook, point, ...(environment === undefined ? {} : {environment})};
  const answer = (verb: string, more: Partial<Behaviour>): Choice => ({
    words: `${verb} ${visible(hook ?? environment ?? '')}`,
    change: (model) => setBehaviour(model, target, attempt,
      {...behaviour(model, target, attempt), suspendMs: at - since, ...more})});
  return [answer('Approve', {}),
    answer('Reject', {fail: 'rejected by the operator', afterMs: 0, context: undefined})];
}

/** `now` is the release at the moment. */
export function choicesAt(run: Run, moment: number, now: ReleaseDescription,
  isFinal: boolean): Choice[] {
  const at = run.timeAfter(moment);
  const choices: Choice[] = [];
  if (isFinal && now.release.status !== 'Succeeded') {
    choices.push({words: 'Retry', change: push({kind: 'retry', at})});
  }
  if (!isFinal) {
    const again = now.release.status === 'Terminating';
    choices.push({words: again ? 'Terminate by force' : 'Terminate', change: push(
      {kind: 'terminate', at, reason: 'stopped by the operator', force: again})});
    for (const one of suspended(run, moment)) choices.push(...answers(run, at, one));
  }
  for (const {name, status} of now.environments) {
    if (status === 'Failed' && choices.length < SKIPS_MAX) {
      choices.push({words: `Skip ${visible(name)}`,
        change: push({kind: 'skip', at, environment: name})});
    }
  }
  return choices;
}
