// SPDX-License-Identifier: Apache-2.0
// The release over virtual time: a lane for each environment, its statuses as bars. All bars of a
// status are one path: a change of the scenario changes seven elements and not hundreds.

import type {Flow} from 'promoflow/bare';
import {duration, h, s, setText, visible} from './dom';
import type {Run} from './run';

const LANES_MAX = 40;
const NAMES_WIDTH_MAX = 150;
const WIDTH_MIN = 280;
const LANE = 22;
const AXIS = 22;
const BAR_MIN = 3;
const RADIUS = 3;
/** Letters of the names have this width at most. */
const LETTER = 7.6;

/** From the lowest to the one that is drawn over all others. */
const STATUSES = ['Pending', 'Skipped', 'Running', 'Suspended', 'Successful', 'Failed',
  'Terminated'];

const round = (x: number) => Math.round(x * 10) / 10;

/** A rectangle with round corners, as a part of a path. */
function bar(from: number, to: number, lane: number): string {
  const r = RADIUS;
  const width = round(Math.max(BAR_MIN, to - from));
  const flat = round(Math.max(0, width - 2 * r));
  const x = round(width - flat) / 2;
  const tall = LANE - 8 - 2 * r;
  return `M${round(from + x)} ${lane * LANE + 4}h${flat}a${x} ${r} 0 0 1 ${x} ${r}v${tall}` +
    `a${x} ${r} 0 0 1 ${-x} ${r}h${-flat}a${x} ${r} 0 0 1 ${-x} ${-r}v${-tall}` +
    `a${x} ${r} 0 0 1 ${x} ${-r}z`;
}

export class Lanes {
  readonly element = h('div', {class: 'lanes', 'aria-hidden': 'true'});
  #svg = s('svg', {class: 'chart'});
  #frame = s('g');
  #bars = new Map(STATUSES.map((status) => [status, s('path', {class: 'span',
    'data-status': status})]));
  #cursor = s('line', {y1: 0, class: 'cursor'});
  #ticks: SVGTextElement[] = [];
  #more = h('p', {class: 'faint'});
  #flow: Flow | null = null;
  #run: Run | null = null;
  #width = WIDTH_MIN;
  #t = 0;

  /** `go` is called with a time that is clicked. */
  constructor(go: (t: number) => void) {
    this.#svg.append(this.#frame, ...this.#bars.values(), this.#cursor);
    this.element.append(this.#svg, this.#more);
    this.#svg.addEventListener('click', (event) => {
      const at = event.clientX - this.#svg.getBoundingClientRect().left;
      const part = (at - this.#left) / (this.#width - this.#left - 8);
      go(Math.max(0, part) * (this.#run?.end ?? 0));
    });
    // The width is asked for here only: it costs a layout of the page.
    new ResizeObserver(([entry]) => {
      const width = Math.max(WIDTH_MIN, Math.floor(entry?.contentRect.width ?? 0));
      if (width === this.#width) return;
      this.#width = width;
      this.#flow = null;
      this.#draw();
    }).observe(this.element);
  }

  set run(run: Run) {
    this.#run = run;
    this.#draw();
  }

  /** Where the cursor is. */
  set time(t: number) {
    this.#t = t;
    const x = String(round(this.#x(t)));
    this.#cursor.setAttribute('x1', x);
    this.#cursor.setAttribute('x2', x);
  }

  get #left(): number { return Math.min(NAMES_WIDTH_MAX, this.#width * .34); }

  #x(t: number): number {
    const end = this.#run?.end ?? 0;
    return this.#left + (end === 0 ? 0 : t / end) * (this.#width - this.#left - 8);
  }

  #draw(): void {
    const run = this.#run;
    if (run === null) return;
    if (this.#flow !== run.flow) this.#drawFrame(run.flow);
    const {end} = run;
    this.#ticks.forEach((tick, index) => setText(tick, end === 0 ? ''
      : duration(Math.round(end * index / (this.#ticks.length - 1) / 1000) * 1000)));
    const paths = new Map<string, string>();
    const lanes = new Map(run.flow.environments.slice(0, LANES_MAX).map((name, row) =>
      [name, {row, status: '', from: 0}]));
    const close = (lane: {row: number; status: string; from: number}, to: number) => {
      if (lane.status === '') return;
      // What ends at the end is seen, too.
      const from = Math.min(this.#x(lane.from), this.#x(end) - BAR_MIN);
      const words = bar(from, this.#x(to), lane.row);
      paths.set(lane.status, (paths.get(lane.status) ?? '') + words);
    };
    for (const {event, environment, status, t} of run.records) {
      const lane = event === 'environment' ? lanes.get(environment ?? '') : undefined;
      if (lane === undefined) continue;
      close(lane, t);
      lane.status = String(status);
      lane.from = t;
    }
    for (const lane of lanes.values()) close(lane, end);
    for (const [status, path] of this.#bars) {
      const d = paths.get(status) ?? '';
      if (path.getAttribute('d') !== d) path.setAttribute('d', d);
    }
    this.time = this.#t;
  }

  /** Names and lines, which change with the flow and the width. */
  #drawFrame(flow: Flow): void {
    this.#flow = flow;
    const letters = Math.floor(this.#left / LETTER);
    const names = flow.environments.slice(0, LANES_MAX);
    const height = names.length * LANE + AXIS;
    this.#svg.setAttribute('width', String(this.#width));
    this.#svg.setAttribute('height', String(height));
    this.#cursor.setAttribute('y2', String(height - 18));
    const parts = this.#width < 600 ? 2 : 4;
    const places = Array.from({length: parts + 1}, (_, i) =>
      this.#left + i / parts * (this.#width - this.#left - 8));
    this.#ticks = places.map((x, i) => s('text', {x, y: height - 4, class: 'tick',
      'text-anchor': i === 0 ? 'start' : i === parts ? 'end' : 'middle'}));
    this.#frame.replaceChildren(
      ...places.map((x) => s('line', {x1: x, x2: x, y1: 0, y2: height - 18, class: 'grid'})),
      ...this.#ticks, ...names.map((name, row) => {
        const short = visible(name);
        return s('text', {x: 0, y: row * LANE + 15, class: 'lane'},
          short.length > letters ? `${short.slice(0, letters - 1)}\u2026` : short);
      }));
    const hidden = flow.environments.length - names.length;
    setText(this.#more, hidden > 0 ? `and ${hidden} more environments` : '');
  }
}
