// SPDX-License-Identifier: Apache-2.0
// "What can happen": exploration in a worker, its outcomes as cards, and properties.

import type {Exploration, ExploreOptions} from 'promoflow/bare';
import script from 'virtual:worker';
import {h, visible} from './dom';
import type {Answer, Question} from './worker';

const CARDS_MAX = 60;
const CHIPS_MAX = 12;
export const PROPERTIES = `properties:
  - name: production is never promoted to while staging is broken
    never: {environment: production, status: Running, while: {environment: staging, status: Failed}}
`;

export interface Source {
  module(): Uint8Array;
  flow(): string | undefined;
  scenario(): string;
  load(scenario: object, words: string): void;
}

function chip(status: string, words = status): HTMLElement {
  return h('span', {class: 'chip', 'data-status': status}, words);
}
const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;

export class Possible {
  readonly element: HTMLElement;
  #form: HTMLFormElement;
  #start = h('button', {type: 'submit', class: 'main'}, 'Explore');
  #stop = h('button', {type: 'button', hidden: true}, 'Stop');
  #state = h('p', {role: 'status', class: 'state'});
  #found = h('div', {class: 'found'});
  readonly properties = h('textarea', {id: 'properties', rows: 4, spellcheck: 'false',
    placeholder: PROPERTIES, 'aria-describedby': 'properties-hint'});
  #worker: Worker | null = null;

  constructor(private readonly source: Source) {
    const flag = (name: string, words: string) => h('label', {class: 'choice'},
      h('input', {type: 'checkbox', name}), words);
    this.#form = h('form', {class: 'explore'},
      h('label', {}, h('span', {}, 'Failures in one run, at most'), h('select', {name: 'failures'},
        ...['0', '1', '2', '3', 'all'].map((one) =>
          h('option', {value: one, selected: one === '2'}, one)))),
      h('label', {}, h('span', {}, 'Retries'), h('select', {name: 'retries'},
        ...['0', '1', '2'].map((one) => h('option', {value: one}, one)))),
      flag('terminate', 'the operator terminates'), flag('skip', 'skips'),
      flag('suspend', 'commands wait for a person'), flag('timeouts', 'timeouts come due'),
      h('label', {class: 'wide'}, h('span', {}, 'Properties that must hold (YAML)'),
        this.properties),
      h('p', {id: 'properties-hint', class: 'faint'},
        'never, or before with requires, or after with eventually. ',
        h('button', {type: 'button', class: 'link', click: () => {
          this.properties.value = PROPERTIES;
        }}, 'Put an example in')),
      h('div', {class: 'row'}, this.#start, this.#stop));
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.explore();
    });
    this.#stop.addEventListener('click', () => this.reset('Stopped.'));
    this.element = h('div', {class: 'possible'}, this.#form, this.#state, this.#found);
  }

  /** Ends what is being explored; what was found is about another flow. */
  reset(words = ''): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#stop.hidden = true;
    this.#start.disabled = false;
    this.#state.textContent = words;
    this.#found.replaceChildren();
  }

  #options(): ExploreOptions {
    const form = new FormData(this.#form);
    const failures = String(form.get('failures'));
    const properties = this.properties.value;
    return {
      failures: failures === 'all' ? 'all' : Number(failures),
      retries: Number(form.get('retries')),
      terminate: form.has('terminate'), skip: form.has('skip'), suspend: form.has('suspend'),
      timeouts: form.has('timeouts'),
      // What hooks export in the scenario they export in every run.
      exports: this.source.scenario(),
      memoryBytesMax: 1 << 29,
      ...(properties.trim() === '' ? {} : {properties}),
    };
  }

  explore(): void {
    const flow = this.source.flow();
    if (flow === undefined) {
      this.reset('The flow has errors: nothing can happen to a release of it.');
      return;
    }
    this.reset('Exploring ...');
    const url = URL.createObjectURL(new Blob([script], {type: 'text/javascript'}));
    const worker = new Worker(url);
    this.#worker = worker;
    this.#stop.hidden = false;
    this.#start.disabled = true;
    worker.onmessage = ({data}: MessageEvent<Answer>) => {
      URL.revokeObjectURL(url);
      if (worker !== this.#worker) return;
      this.reset();
      if ('error' in data) {
        this.#found.replaceChildren(h('pre', {class: 'error', tabindex: 0}, data.error));
        this.#state.textContent = 'Not explored.';
      } else {
        this.#show(data.found);
      }
    };
    worker.onerror = (event) => {
      URL.revokeObjectURL(url);
      if (worker === this.#worker) this.reset(`The worker failed: ${event.message}`);
    };
    const question: Question = {module: this.source.module(), flow, options: this.#options()};
    worker.postMessage(question);
  }

  #run(scenario: object | null, forbidden: string | undefined, words: string): HTMLElement {
    return scenario === null
      ? h('p', {class: 'faint'}, forbidden === undefined ? 'no run to show'
        : `no scenario shows it: ${visible(forbidden)}`)
      : h('button', {type: 'button', click: () => this.source.load(scenario, words)}, 'Show a run');
  }

  #show(found: Exploration): void {
    const outcomes = found.outcomes.length;
    this.#state.textContent = `${count(outcomes, 'outcome')} in ${count(found.states, 'state')}` +
      (found.complete ? '.' : `; a bound was reached (${found.bound}): there may be more.`);
    const cards = found.outcomes.slice(0, CARDS_MAX).map((outcome, index) => {
      const all = Object.entries(outcome.environments);
      const words = `outcome ${index + 1}: ${outcome.release}`;
      return h('li', {class: 'card', 'data-status': outcome.release},
        h('h4', {}, chip(outcome.release), ` with ${count(outcome.failures, 'failure')}`),
        h('p', {class: 'chips'}, ...all.slice(0, CHIPS_MAX).map(([name, status]) =>
          chip(status, `${visible(name)} ${status}`)),
        all.length > CHIPS_MAX ? ` and ${all.length - CHIPS_MAX} more` : ''),
        this.#run(outcome.scenario, outcome.forbiddenBy, words));
    });
    const list = (words: string, items: HTMLElement[]) => items.length === 0 ? []
      : [h('h3', {}, words), h('ul', {class: 'cards', 'aria-label': words}, ...items)];
    const properties = found.properties.map((one) => h('li', {class: 'card',
      'data-verdict': one.verdict}, h('h4', {}, chip(one.verdict), ` ${visible(one.name)}`),
    one.verdict === 'violated' ? this.#run(one.scenario, one.forbiddenBy, one.name) : null));
    const conflicts = found.conflicts.map((one) => h('li', {class: 'card'},
      h('h4', {}, visible(one.key)),
      h('p', {}, visible(`${one.earlier.hook} of ${one.earlier.environment ?? 'the release'}, `) +
        visible(`then ${one.later.hook} of ${one.later.environment ?? 'the release'}`)),
      this.#run(one.scenario, one.forbiddenBy, `a conflict over ${one.key}`)));
    const never = found.hooks.filter(({runs}) => runs === 'never').map((one) => h('li', {},
      visible(`${one.hook} at ${one.point}${one.environment ? ` of ${one.environment}` : ''}`)));
    this.#found.replaceChildren(
      ...list('Properties', properties), ...list('Outcomes', cards),
      outcomes > CARDS_MAX ? h('p', {class: 'faint'}, `and ${outcomes - CARDS_MAX} more`) : '',
      ...list('Keys that two hooks may write in any order', conflicts),
      ...list('Hooks that never run', never));
  }
}
