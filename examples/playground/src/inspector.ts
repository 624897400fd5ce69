// SPDX-License-Identifier: Apache-2.0
// What an environment's promotion or a hook does, as a form; and what it was handed last.

import type {TraceRecord} from 'promoflow/bare';
import {duration, durationMs, h, visible} from './dom';
import type {Picked} from './picture';
import {behaviour, type Behaviour, type Model} from './scenario';

export interface FormAnswer { attempt: number | undefined; what: Behaviour; }

/** The attempts that a form tells apart. */
const ATTEMPTS: readonly (readonly [string, string])[] = [
  ['1', 'first attempt'], ['2', 'second attempt'], ['3', 'third attempt'], ['', 'every other']];

const check = (input: HTMLInputElement, problem: string) => {
  input.setCustomValidity(problem);
  input.setAttribute('aria-invalid', String(problem !== ''));
};

function field(label: string, input: HTMLElement): HTMLElement {
  return h('label', {}, h('span', {}, label), input);
}

/** A form for `picked`; `change` is called with what is said, once it is right. */
export function makeForm(picked: Picked, model: Model, attempt: number | undefined,
  change: (answer: FormAnswer) => void, chooseAttempt: (attempt: number | undefined) => void):
HTMLElement {
  const now = behaviour(model, picked.target, attempt);
  const attempts = h('select', {'data-role': 'attempt'}, ...ATTEMPTS.map(([value, words]) =>
    h('option', {value, selected: value === String(attempt ?? '')}, words)));
  const radio = (value: string, words: string, checked: boolean) => h('label', {class: 'choice'},
    h('input', {type: 'radio', name: 'result', value, checked}), words);
  const fails = now.fail !== undefined;
  const message = h('input', {type: 'text', value: now.fail ?? '', 'data-role': 'message'});
  const after = h('input', {type: 'text', value: duration(now.afterMs), 'data-role': 'after',
    size: 8});
  const suspend = h('input', {type: 'text', placeholder: 'no', size: 8, 'data-role': 'suspend',
    value: now.suspendMs === undefined ? '' : duration(now.suspendMs)});
  const context = picked.target.hook === undefined ? null
    : h('textarea', {rows: 2, spellcheck: 'false', 'data-role': 'context',
      placeholder: '{"KEY": "value"}'}, now.context ?? '');
  const messageField = field('with the message', message);
  messageField.hidden = !fails;
  const form = h('form', {},
    field('At its', attempts),
    h('fieldset', {}, h('legend', {}, 'it'), radio('succeed', 'succeeds', !fails),
      radio('fail', 'fails', fails)),
    messageField, field('after', after), field('waits for a person', suspend),
    context && field('exports', context));
  const send = () => {
    const result = new FormData(form).get('result');
    messageField.hidden = result !== 'fail';
    const afterMs = durationMs(after.value);
    const suspendMs = suspend.value.trim() === '' ? undefined : durationMs(suspend.value);
    check(after, afterMs === undefined ? 'a duration such as 5m or 1h30m' : '');
    check(suspend, suspend.value.trim() !== '' && suspendMs === undefined
      ? 'a duration such as 30m, or nothing' : '');
    if (!form.checkValidity() || afterMs === undefined) return;
    change({attempt, what: {
      afterMs, suspendMs, context: context?.value.trim() || undefined,
      fail: result === 'fail' ? message.value || 'it failed' : undefined}});
  };
  form.addEventListener('input', (event) => {
    if (event.target !== attempts) send();
  });
  attempts.addEventListener('change', () =>
    chooseAttempt(attempts.value === '' ? undefined : Number(attempts.value)));
  form.addEventListener('submit', (event) => event.preventDefault());
  return form;
}

/** A table of names and values; `by` says more of each. */
export function table(caption: string, columns: readonly string[],
  rows: readonly (readonly string[])[]): HTMLElement {
  return h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption},
    h('table', {}, h('caption', {}, caption),
      h('thead', {}, h('tr', {}, ...columns.map((one) => h('th', {scope: 'col'}, one)))),
      h('tbody', {}, ...rows.map((row) => h('tr', {}, ...row.map((cell, index) =>
        index === 0 ? h('th', {scope: 'row'}, visible(cell)) : h('td', {}, visible(cell))))))));
}

/** What the last command up to a moment was handed. */
export function argumentsOf(record: TraceRecord | undefined): HTMLElement {
  if (record === undefined) return h('p', {class: 'faint'}, 'It has not run by this moment.');
  const when = `attempt ${record.attempt}, at ${duration(record.t)}`;
  if (record.event === 'hook') {
    return table(`Arguments of ${visible(record.hook ?? '')}, ${when}`, ['argument', 'value'],
      Object.entries(record.arguments ?? {}));
  }
  const policy = Object.entries((record.policy ?? {}) as Record<string, string>);
  return table(`Promotion, ${when}`, ['policy', 'value'], policy.length > 0 ? policy
    : [['action', 'that of the product']]);
}
