// SPDX-License-Identifier: Apache-2.0
// The release's timeline: its lanes, and its records.

import type {TraceRecord} from 'promoflow/bare';
import {h} from './dom';
import {Lanes} from './lanes';
import {Records} from './records';
import type {Run} from './run';

export class Timeline {
  readonly element: HTMLElement;
  #lanes: Lanes;
  #records: Records;
  #run: Run | null = null;

  constructor(go: (moment: number, record?: TraceRecord) => void) {
    this.#lanes = new Lanes((t) => go(this.#run?.indexAt(t) ?? 0));
    this.#records = new Records(go);
    this.element = h('div', {class: 'timeline'}, this.#lanes.element, this.#records.element);
  }

  set run(run: Run) {
    this.#run = run;
    this.#lanes.run = run;
    this.#records.run = run;
  }

  show(index: number): void {
    this.#lanes.time = this.#run?.moments[index]?.t ?? 0;
    this.#records.show(index);
  }
}
