// SPDX-License-Identifier: Apache-2.0
// Records of a trace in words.

import type {TraceRecord} from 'promoflow/bare';
import {writer, type Run} from './run';

/** What happened, in words. */
export function recordWords(run: Run, record: TraceRecord): string {
  const ticket = record.ticket;
  const command = ticket === undefined ? '' : writer(run, ticket);
  const promotion = (words: string) => {
    const issued = ticket === undefined ? undefined : run.commands.get(ticket);
    return issued?.event === 'promote' ? `promotion to ${issued.environment} ${words}`
      : `${command} ${words}`;
  };
  const more = record.message ? `: ${record.message}` : '';
  switch (record.event) {
    case 'release': return `release ${record.status}${more}`;
    case 'environment': return `${record.environment} ${record.status}${more}`;
    case 'hook': return `run ${command}` +
      `${record.attempt === 1 ? '' : `, attempt ${record.attempt}`}`;
    case 'promote': return `promote to ${record.environment}` +
      `${record.attempt === 1 ? '' : `, attempt ${record.attempt}`}`;
    case 'hook-succeeded': return promotion('succeeded') +
      (record.context ? `, exports ${Object.keys(record.context as object).join(', ')}` : '');
    case 'promotion-succeeded': return promotion('succeeded');
    case 'hook-failed':
    case 'promotion-failed': return promotion(`failed${more}`);
    case 'suspended': return promotion('waits for a person');
    case 'resumed': return promotion('was approved');
    case 'cancel': return promotion('is cancelled');
    case 'retry': return 'the operator retries';
    case 'terminate': return `the operator terminates${record.force ? ', by force' : ''}`;
    case 'skip': return `the operator skips ${record.environment}`;
    case 'refused': return `refused: ${String(record.action)} (${String(record.error)})`;
    case 'conflict': return `conflict: two hooks wrote ${String(record.key)}`;
    default: return [record.event, record.key, record.environment, command]
      .filter((one) => one !== undefined && one !== '').join(' ');
  }
}
