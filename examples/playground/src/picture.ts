// SPDX-License-Identifier: Apache-2.0
// The picture of a flow, alive. Where everything is comes from the library's own SVG, which is read
// as data; what is shown is made here, element by element. Each environment has an SVG of its own,
// at its place over that of the edges: in a large flow the browser does nothing for those that
// cannot be seen.
// Between two flows only classes and texts change.

import type {EnvironmentStatus, Flow, Point, TraceRecord} from 'promoflow/bare';
import {afterPaint, h, s, setText, visible} from './dom';
import type {Target} from './scenario';

export interface Picked { readonly target: Target; readonly label: string; }

interface Area { x: number; y: number; width: number; height: number; }
interface Text { x: number; y: number; size: number; end: boolean; text: string; }
interface Edge { from: string; to: string; path: SVGPathElement; }
interface Box {
  name: string;
  /** What is written beside its status. */
  words: string;
  element: HTMLElement;
  button: SVGGElement;
  status: SVGTextElement;
  from: string;
  to: string;
}

/** An environment at a moment. */
interface Shown { readonly status: EnvironmentStatus; readonly message: string; }

const POINTS: Record<string, Point> = {
  onStart: 'environment.onStart', onSuccess: 'environment.onSuccess', onFail: 'environment.onFail',
};
const CHARACTER = 0.61;
const STATUS_SIZE = 11;
/** Of more environments the browser draws only what can be seen, or nearly. */
const LARGE = 30;
/** Around boxes, for the outlines of those with the focus. */
const MARGIN = 4;
/** Of an environment in the list that takes the picture's place. */
const CELL = {width: 212, height: 48};

/** What the boxes of the library's picture take. What is above and below them are the release's
    hooks, which the page lists itself. */
function areaOf(boxes: readonly Element[]): Area {
  const rects = boxes.map((box) => box.querySelector('rect')!);
  const y = Math.min(...rects.map((rect) => number(rect, 'y'))) - 14;
  const bottom = 14 + Math.max(...rects.map((rect) => number(rect, 'y') + number(rect, 'height')));
  const width = 24 + Math.max(...rects.map((rect) => number(rect, 'x') + number(rect, 'width')));
  return {x: 0, y, width, height: bottom - y};
}

/** Too many environments for a picture are names in columns, which can be picked all the same. */
const columnsOf = (count: number) => Math.ceil(Math.sqrt(count / 3));
const listArea = (count: number): Area => ({x: 0, y: 0, width: columnsOf(count) * CELL.width + 48,
  height: Math.ceil(count / columnsOf(count)) * CELL.height + 48});
const cell = (index: number, count: number): Area => ({
  x: 24 + index % columnsOf(count) * CELL.width,
  y: 24 + Math.floor(index / columnsOf(count)) * CELL.height,
  width: CELL.width - 12, height: CELL.height - 10});

const hookKey = ({hook, point, environment}: Pick<TraceRecord, 'hook' | 'point' | 'environment'>) =>
  JSON.stringify([hook, point, environment]);
const number = (element: Element, name: string) => Number(element.getAttribute(name));

function readText(element: Element): Text {
  return {x: number(element, 'x'), y: number(element, 'y'), size: number(element, 'font-size'),
    end: element.getAttribute('text-anchor') === 'end', text: element.textContent ?? ''};
}

function textOf({x, y, size, end, text}: Text, className: string): SVGTextElement {
  return s('text', {x, y, 'font-size': size, 'text-anchor': end ? 'end' : null, class: className},
    text);
}

export class Picture {
  readonly element: HTMLElement;
  #area: Area;
  #boxes: Box[] = [];
  #edges: Edge[] = [];
  /** What is lit of the edges. */
  #lit: SVGSVGElement;
  /** The buttons of a hook at a point of an environment. */
  #hooks = new Map<string, SVGGElement[]>();
  #running: SVGGElement[] = [];
  #statuses: string[] = [];
  #latest: readonly Shown[] = [];
  /** The boxes that are seen, by index; null: it is not known, or all may be. */
  #seen: Set<number> | null = null;
  #picked: SVGGElement | null = null;

  constructor(readonly flow: Flow, markup: string, private readonly pick: (one: Picked) => void) {
    const read = new DOMParser().parseFromString(markup, 'image/svg+xml').documentElement;
    const page = read.querySelector(':scope > g');
    const boxes = [...(page?.querySelectorAll(':scope > g') ?? [])];
    const isDrawn = boxes.length === flow.environments.length;
    this.#area = isDrawn ? areaOf(boxes) : listArea(flow.environments.length);
    const {x, y, width, height} = this.#area;
    const viewBox = `${x} ${y} ${width} ${height}`;
    this.#lit = s('svg', {viewBox, class: 'edges lit-edges', 'aria-hidden': 'true'});
    const edges = s('svg', {viewBox, class: 'edges', 'aria-hidden': 'true'},
      s('defs', {}, s('marker', {id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4,
        markerWidth: 8, markerHeight: 8, markerUnits: 'userSpaceOnUse', orient: 'auto'},
      s('path', {d: 'M0 0.5 L8 4 L0 7.5 z', class: 'arrow'}))));
    const isLarge = flow.environments.length > LARGE;
    this.element = h('div', {class: isLarge ? 'flow-picture large' : 'flow-picture', role: 'group',
      'aria-label': `Promotion flow ${visible(flow.name)}`}, edges, h('div', {class: 'veil'}),
    this.#lit);
    // The width at which letters have the size of the page's.
    this.element.style.setProperty('--width', `${width}px`);
    this.element.style.aspectRatio = `${width} / ${height}`;
    for (const path of page?.querySelectorAll(':scope > path') ?? []) {
      edges.append(this.#addEdge(path));
    }
    flow.environments.forEach((name, index) => {
      if (isDrawn) this.#addBox(boxes[index]!, name);
      else this.#addEnvironment(name, cell(index, flow.environments.length), [], []);
    });
    if (isLarge) this.#watch();
    this.element.addEventListener('keydown', (event) => this.#move(event));
  }

  #addEdge(path: Element): SVGPathElement {
    const d = path.getAttribute('d') ?? '';
    const numbers = (d.match(/-?[\d.]+/g) ?? []).map(Number);
    const [x = 0, y = 0] = numbers;
    const toY = numbers[7] ?? y;
    const toX = numbers[8] ?? numbers[6] ?? x;
    const drawn = s('path', {d, class: 'edge',
      'marker-end': path.hasAttribute('marker-end') ? 'url(#arrow)' : null});
    this.#edges.push({from: `${x},${Math.round(y)}`, to: `${toX},${Math.round(toY)}`, path: drawn});
    return drawn;
  }

  /** Puts an element where an area of the picture is, whatever the picture's size. */
  #put(element: HTMLElement, {x, y, width, height}: Area): void {
    const part = (length: number, whole: number) => `${length / whole * 100}%`;
    element.style.left = part(x - this.#area.x, this.#area.width);
    element.style.top = part(y - this.#area.y, this.#area.height);
    element.style.width = part(width, this.#area.width);
    element.style.height = part(height, this.#area.height);
  }

  #addBox(box: Element, name: string): void {
    const rect = box.querySelector('rect')!;
    const texts = [...box.querySelectorAll(':scope > text')].map(readText);
    const place = {x: number(rect, 'x'), y: number(rect, 'y'), width: number(rect, 'width'),
      height: number(rect, 'height')};
    const first = texts.findIndex(({size, end}, index) => index > 0 && size === 11 && !end);
    const head = texts.slice(0, first < 0 ? texts.length : first);
    this.#addEnvironment(name, place, head, first < 0 ? [] : texts.slice(first));
  }

  #addEnvironment(name: string, area: Area, head: Text[], details: Text[]): void {
    const {x, y, width, height} = area;
    const middle = Math.round(y + height / 2);
    // The first line of details is the status.
    const statusAt = details.shift() ?? {x: x + 12, y: y + 34, size: STATUS_SIZE, end: false,
      text: ''};
    const status = textOf({...statusAt, text: ''}, 'status');
    const shown = head[0]?.text ?? visible(name).slice(0, 24);
    // The hooks are beside it: what has a status is styled again with each that it gets.
    const button = s('g', {class: 'environment', role: 'button', tabindex: this.#boxes.length === 0
      ? 0 : -1},
    s('rect', {x, y, width, height, rx: 8}),
    textOf({...(head[0] ?? {x: x + 12, y: y + 16, size: 14, end: false}), text: shown}, 'name'),
    ' ', ...head.slice(1).flatMap((text) => [textOf(text, 'faint'), ' ']), status);
    const picked = {target: {environment: name}, label: `promotion to ${visible(name)}`};
    this.#activate(button, () => this.pick(picked));
    const around = {x: x - MARGIN, y: y - MARGIN, width: width + 2 * MARGIN,
      height: height + 2 * MARGIN};
    const svg = s('svg', {viewBox: `${around.x} ${around.y} ${around.width} ${around.height}`},
      button);
    this.#addDetails(svg, name, details);
    const element = h('div', {class: 'box', 'data-environment': name}, svg);
    this.#put(element, around);
    const words = [shown, ...head.slice(1).map(({text}) => text)].join(' ');
    const box = {name, words, element, button, status, from: `${x + width},${middle}`,
      to: `${x},${middle}`};
    for (const event of ['pointerenter', 'focusin']) {
      element.addEventListener(event, () => this.#light(name));
    }
    for (const event of ['pointerleave', 'focusout']) {
      element.addEventListener(event, () => this.#light(null));
    }
    this.#boxes.push(box);
    this.element.append(element);
  }

  /** Lines of labels and texts; a line without a label goes on with the one before. */
  #addDetails(svg: SVGSVGElement, environment: string, details: Text[]): void {
    let point: Point | undefined;
    let index = 0;
    const labelX = details[0]?.x ?? 0;
    for (const text of details) {
      if (text.x === labelX) {
        point = POINTS[text.text];
        index = 0;
        svg.append(textOf(text, 'faint'));
      } else if (point === undefined) {
        svg.append(textOf(text, 'detail'));
      } else {
        index = this.#addHooks(svg, {environment, point}, text, index);
      }
    }
  }

  /** The hooks of a line, each a button; gives how many of the list are drawn by then. */
  #addHooks(svg: SVGSVGElement, at: {environment: string; point: Point}, line: Text,
    index: number): number {
    const names = this.flow.hooks(at.point, at.environment);
    let x = line.x;
    for (const part of line.text.split(', ')) {
      const words = part.replace(/,$/, '');
      const name = names[index];
      const width = [...words].length * line.size * CHARACTER;
      if (name === undefined || words === '') {
        svg.append(textOf({...line, x, text: words}, 'detail'));
      } else {
        const place = names.slice(0, index + 1).filter((one) => one === name).length;
        const target: Target = {hook: name, ...at,
          ...(names.filter((one) => one === name).length > 1 ? {place} : {})};
        svg.append(this.#hookButton(target, words, {...line, x}, width));
        ++index;
      }
      x += width + 2 * line.size * CHARACTER;
    }
    return index;
  }

  #hookButton(target: Target, words: string, at: Text, width: number): SVGGElement {
    const label = `hook ${visible(target.hook ?? '')}, ${target.point} of ` +
      visible(target.environment ?? '');
    const button = s('g', {class: 'hook', role: 'button', tabindex: -1, 'aria-label': label},
      s('rect', {x: at.x - 3, y: at.y - 11, width: width + 6, height: 15, rx: 4}),
      textOf({...at, text: words}, 'detail'));
    this.#activate(button, () => this.pick({target, label}));
    const key = hookKey(target);
    this.#hooks.set(key, [...this.#hooks.get(key) ?? [], button]);
    return button;
  }

  #activate(button: SVGGElement, act: () => void): void {
    const go = () => {
      this.#picked?.classList.remove('picked');
      button.classList.add('picked');
      this.#picked = button;
      act();
    };
    button.addEventListener('click', go);
    button.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      go();
    });
  }

  /** Arrow keys go from button to button; one of them at a time is reached with the tab key. */
  #move(event: KeyboardEvent): void {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (step === undefined && event.key !== 'Home' && event.key !== 'End') return;
    const buttons = [...this.element.querySelectorAll<SVGGElement>('[role=button]')];
    const at = buttons.indexOf(event.target as SVGGElement);
    const next = event.key === 'Home' ? 0 : event.key === 'End' ? buttons.length - 1
      : Math.min(buttons.length - 1, Math.max(0, at + (step ?? 0)));
    event.preventDefault();
    for (const button of buttons) button.setAttribute('tabindex', '-1');
    buttons[next]?.setAttribute('tabindex', '0');
    buttons[next]?.focus();
  }

  /** Lights up everything that an environment waits for, and what waits for it. */
  #light(name: string | null): void {
    this.element.classList.toggle('lit', name !== null);
    for (const {element} of this.#boxes) element.classList.remove('on');
    const edges = new Set<SVGPathElement>();
    const walk = (next: (one: string) => string[], from: 'from' | 'to', to: 'from' | 'to') => {
      const seen = new Set([name!]);
      for (const one of seen) for (const other of next(one)) seen.add(other);
      const boxes = this.#boxes.filter((box) => seen.has(box.name));
      const places = new Set(boxes.map((box) => box[from]));
      for (const {element} of boxes) element.classList.add('on');
      for (const place of places) {
        for (const edge of this.#edges.filter((one) => one[from] === place)) {
          edges.add(edge.path);
          places.add(edge[to]);
        }
      }
    };
    if (name !== null) {
      walk((one) => this.flow.dependents(one), 'from', 'to');
      walk((one) => this.flow.dependencies(one), 'to', 'from');
    }
    this.#lit.replaceChildren(...[...edges].map((path) => path.cloneNode()));
  }

  /** Shows each environment's status, in step order: first of those that are seen. */
  show(environments: readonly Shown[]): void {
    const late = environments.map((_, index) => index).filter((index) => {
      if (this.#seen !== null && !this.#seen.has(index)) return true;
      this.#write(index, environments[index]!);
      return false;
    });
    this.#latest = environments;
    if (late.length === 0) return;
    afterPaint(() => {
      if (this.#latest !== environments) return;  // Another moment is shown by now.
      for (const index of late) this.#write(index, environments[index]!);
    });
  }

  #write(index: number, {status, message}: Shown): void {
    const box = this.#boxes[index];
    const key = `${status} ${message}`;
    if (box === undefined || this.#statuses[index] === key) return;
    this.#statuses[index] = key;
    box.button.dataset.status = status;
    setText(box.status, status);
    const whole = visible(box.name);
    box.button.setAttribute('aria-label', `${box.words} ${status}` +
      (box.words.startsWith(whole) ? '' : `, ${whole}`) +
      (message === '' ? '' : `, ${visible(message)}`));
  }

  /** Follows which boxes are seen. */
  #watch(): void {
    const indices = new Map(this.#boxes.map(({element}, index) => [element as Element, index]));
    const observer = new IntersectionObserver((entries) => {
      this.#seen ??= new Set();
      for (const {target, isIntersecting} of entries) {
        if (isIntersecting) this.#seen.add(indices.get(target)!);
        else this.#seen.delete(indices.get(target)!);
      }
    });
    for (const element of indices.keys()) observer.observe(element);
  }

  /** Scrolls the picture in its frame: an environment that was not seen is in the middle then. */
  reveal(name: string): void {
    requestAnimationFrame(() => {  // Places are known then without a layout more.
      const box = this.#boxes.find((one) => one.name === name)?.element;
      const frame = this.element.parentElement;
      if (box === undefined || frame === null) return;
      const isSeen = (at: number, size: number, from: number, whole: number) =>
        at >= from && at + size <= from + whole;
      if (isSeen(box.offsetTop, box.offsetHeight, frame.scrollTop, frame.clientHeight) &&
        isSeen(box.offsetLeft, box.offsetWidth, frame.scrollLeft, frame.clientWidth)) return;
      frame.scrollTo(box.offsetLeft + (box.offsetWidth - frame.clientWidth) / 2,
        box.offsetTop + (box.offsetHeight - frame.clientHeight) / 2);
    });
  }

  /** Marks the hooks that a moment's records run. */
  showRunning(records: readonly TraceRecord[]): void {
    const running = records.filter(({event}) => event === 'hook')
      .flatMap((record) => this.#hooks.get(hookKey(record)) ?? []);
    for (const button of this.#running) {
      if (!running.includes(button)) button.classList.remove('runs');
    }
    for (const button of running) button.classList.add('runs');
    this.#running = running;
  }
}
