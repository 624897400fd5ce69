// SPDX-License-Identifier: Apache-2.0
// Elements made in code. Text becomes text nodes and attributes, never markup.

type Child = Node | string | null | undefined;
type Prop = string | number | boolean | null | undefined | ((event: Event) => void);
type Props = Record<string, Prop>;

/** A page in a hidden tab is drawn never. */
const HIDDEN_MS = 200;
const SVG = 'http://www.w3.org/2000/svg';

function fill<E extends Element>(element: E, props: Props, children: Child[]): E {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') {
      element.addEventListener(name, value);
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  for (const child of children) {
    if (child !== null && child !== undefined) element.append(child);
  }
  return element;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  name: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  return fill(document.createElement(name), props, children);
}

export function s<K extends keyof SVGElementTagNameMap>(
  name: K, props: Props = {}, ...children: Child[]): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, name), props, children);
}

/** The element of index.html with this id. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no #${id}`);
  return found as E;
}

/** Makes it the text of an element; gives whether it was another. The same text again would cost a
    layout. */
export function setText(element: Element, text: string): boolean {
  if (element.textContent === text) return false;
  const {firstChild, lastChild} = element;
  if (firstChild instanceof Text && firstChild === lastChild) firstChild.data = text;
  else element.textContent = text;
  return true;
}

/** Calls it once what has changed by now is drawn: or soon, where nothing is drawn. */
export function afterPaint(call: () => void): void {
  let isDone = false;
  const once = () => {
    clearTimeout(timer);
    if (!isDone) call();
    isDone = true;
  };
  const timer = setTimeout(once, HIDDEN_MS);
  requestAnimationFrame(() => setTimeout(once));
}

const keys = new WeakMap<Element, string>();

/** Makes an element hold what `make` gives, unless it holds what was made with the same key. */
export function hold(element: Element, key: string, make: () => Iterable<Node | string>): void {
  if (keys.get(element) === key) return;
  keys.set(element, key);
  element.replaceChildren(...make());
}

const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text with characters that nobody sees, or that turn its order, as escapes. */
export function visible(text: string): string {
  return text.replace(CONTROLS,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A duration in milliseconds as scenarios write it: 1h30m, 45s, 500ms. */
export function duration(ms: number): string {
  if (ms === 0) return '0s';
  const parts: string[] = [];
  const take = (unit: number, word: string) => {
    const count = Math.floor(ms / unit);
    ms -= count * unit;
    if (count > 0) parts.push(`${count}${word}`);
  };
  take(3_600_000, 'h');
  take(60_000, 'm');
  take(1000, 's');
  take(1, 'ms');
  return parts.join('');
}

const UNITS: Record<string, number> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000};

/** The milliseconds of a duration such as 1h30m; undefined: it is none. */
export function durationMs(text: string): number | undefined {
  const given = text.trim();
  if (given === '' || given === '0') return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(given)) return undefined;
  let total = 0;
  for (const [, count, , unit] of given.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(count) * (UNITS[unit as string] as number);
  }
  return Number.isInteger(total) && total < 1e15 ? total : undefined;
}
