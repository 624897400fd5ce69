// SPDX-License-Identifier: Apache-2.0
// The records of a release as a list, of which only the rows that can be seen are elements: a trace
// has thousands. All rows are of one height, so that where a row is needs no layout of the page.

import type {TraceRecord} from 'promoflow/bare';
import {duration, h, setText, visible} from './dom';
import type {Run} from './run';
import {recordWords} from './words';

/** Heights of a row with one line, and with two where the page is narrow; and of the whole list. */
const ROW = 24;
const ROW_NARROW = 44;
const NARROW = 480;
const HEIGHT_MAX = 300;
/** Rows above and below those that can be seen. */
const BEYOND = 4;

interface Row {
  readonly element: HTMLElement;
  readonly button: HTMLElement;
  readonly at: HTMLElement;
  readonly words: HTMLElement;
  index: number;
}

export class Records {
  readonly element = h('div', {class: 'records', tabindex: -1});
  #list = h('ol', {'aria-label': 'Records of the release'});
  /** The rows of a range of records, in their order. */
  #rows: Row[] = [];
  #run: Run | null = null;
  #moment = 0;
  #height = ROW;
  #top = 0;
  #isScrolling = false;

  constructor(private readonly go: (moment: number, record: TraceRecord) => void) {
    this.element.append(this.#list);
    this.element.addEventListener('scroll', () => {
      this.#top = this.element.scrollTop;
      this.#fill();
    }, {passive: true});
    new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0;
      if (width === 0) return;  // It is hidden.
      const height = width < NARROW ? ROW_NARROW : ROW;
      if (height !== this.#height) {
        this.#height = height;
        this.#rows.forEach((row) => this.#place(row));
        this.#size();
        this.show(this.#moment);
      }
      this.element.scrollTop = this.#top;
    }).observe(this.element);
  }

  set run(run: Run) {
    this.#run = run;
    for (const row of this.#rows) if (row.index < run.records.length) this.#write(row, run);
    this.#top = Math.min(this.#top, this.#whole - this.#seen);
    this.#size();
  }

  /** Marks a moment's records, and scrolls to them. */
  show(moment: number): void {
    this.#moment = moment;
    const first = this.#run?.moments[moment]?.first;
    if (first === undefined) return;
    const top = first * this.#height;
    if (top < this.#top || top + this.#height > this.#top + this.#seen) {
      this.#top = Math.max(0, Math.min(top - Math.floor(this.#seen / 3),
        this.#whole - this.#seen));
      this.#scroll();
    }
    this.#fill();
    for (const row of this.#rows) this.#mark(row);
  }

  get #whole(): number { return (this.#run?.records.length ?? 0) * this.#height; }
  get #seen(): number {
    return Math.min(this.#whole, Math.floor(HEIGHT_MAX / this.#height) * this.#height);
  }

  #size(): void {
    this.element.style.setProperty('--row', `${this.#height}px`);
    this.element.style.setProperty('--lines', this.#height === ROW ? '1' : '2');
    this.element.style.height = `${this.#seen + 2}px`;  // With its border.
    this.#list.style.height = `${this.#whole}px`;
  }

  /** Just before the page is drawn: to scroll costs a layout, which is done then anyway. */
  #scroll(): void {
    if (this.#isScrolling) return;
    this.#isScrolling = true;
    requestAnimationFrame(() => {
      this.#isScrolling = false;
      this.element.scrollTop = this.#top;
    });
  }

  /** Makes the rows that can be seen be there, of those that no longer can. */
  #fill(): void {
    const run = this.#run;
    if (run === null) return;
    const from = Math.max(0, Math.floor(this.#top / this.#height) - BEYOND);
    const to = Math.min(run.records.length,
      Math.ceil((this.#top + this.#seen) / this.#height) + BEYOND);
    const stays = (row: Row) => row.index >= from && row.index < to;
    const free = this.#rows.filter((row) => !stays(row));
    const old = this.#rows.filter(stays);
    const next = (index: number): Row => {
      const row = free.pop() ?? this.#make();
      row.index = index;
      this.#write(row, run);
      this.#place(row);
      this.#mark(row);
      return row;
    };
    if (free.some(({button}) => button === document.activeElement)) this.element.focus();
    const before: Row[] = [];
    const first = old[0]?.index ?? to;
    for (let index = from; index < first; ++index) before.push(next(index));
    const after: Row[] = [];
    for (let index = first + old.length; index < to; ++index) after.push(next(index));
    this.#list.prepend(...before.map(({element}) => element));
    this.#list.append(...after.map(({element}) => element));
    for (const {element} of free) element.remove();
    this.#rows = [...before, ...old, ...after];
  }

  #make(): Row {
    const at = h('span', {class: 'at'});
    const words = h('span', {class: 'words'});
    const row: Row = {at, words, index: -1, element: h('li'), button: h('button', {type: 'button',
      click: () => {
        const run = this.#run;
        const record = run?.records[row.index];
        if (run && record !== undefined) this.go(run.momentOf(row.index), record);
      }}, at, words)};
    row.element.append(row.button);
    return row;
  }

  #write({at, words, button, index}: Row, run: Run): void {
    const record = run.records[index]!;
    const text = visible(recordWords(run, record));
    setText(at, duration(record.t));
    if (!setText(words, text)) return;
    button.title = text;
    button.dataset.event = record.event;
    button.dataset.status = String(record.status ?? '');
  }

  #place({element, index}: Row): void { element.style.top = `${index * this.#height}px`; }

  #mark({button, index}: Row): void {
    const {first = 0, end = 0} = this.#run?.moments[this.#moment] ?? {};
    const is = index >= first && index < end;
    if (button.hasAttribute('aria-current') === is) return;
    if (is) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  }
}
