// SPDX-License-Identifier: Apache-2.0
// Changes the rules and actions of a scenario where they stand in its text, so that comments, order
// and layout of everything else stay as somebody wrote them. The editor's own parser says where
// things stand. Where the text is laid out in a way that this does not know, the answer is
// undefined.

import {yamlLanguage} from '@codemirror/lang-yaml';

/** A list of the scenario as it is to be: what stays, by its number, and texts of what is new. */
export type Wanted = readonly (number | string)[];

type Tree = ReturnType<typeof yamlLanguage.parser.parse>['topNode'];
interface Range { from: number; to: number; }
interface Splice extends Range { text: string; }

const lineStart = (text: string, at: number) => text.lastIndexOf('\n', at - 1) + 1;
function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found < 0 ? text.length : found;
}

/** The pair of a mapping with this key. */
function pairOf(text: string, root: Tree, key: string): Tree | undefined {
  return root.getChildren('Pair').find((pair) => {
    const at = pair.getChild('Key');
    return at !== null && text.slice(at.from, at.to).replace(/^(["'])(.*)\1$/, '$2') === key;
  });
}

/** The items of a list, without the white space before them. */
function itemsOf(text: string, list: Tree): Range[] {
  return list.getChildren('Item').map(({from, to}) => {
    const words = text.slice(from, to);
    return {from: from + words.length - words.trimStart().length, to};
  });
}

/** Of a list in brackets: its items' texts, put together anew. */
function inBrackets(text: string, list: Tree, wanted: Wanted): Splice {
  const items = itemsOf(text, list);
  const parts = wanted.map((one) => typeof one === 'string' ? one
    : text.slice(items[one]!.from, items[one]!.to));
  return {from: list.from, to: list.to, text: `[${parts.join(', ')}]`};
}

/** Of a list with one item a line or more. A new item that takes an old one's place is written over
    it; the others are lines of their own. */
function inLines(text: string, key: number, list: Tree, wanted: Wanted): Splice[] | undefined {
  const items = itemsOf(text, list);
  const dashes = items.map(({from}) => text.slice(lineStart(text, from), from));
  if (!dashes.every((dash) => /^ *- +$/.test(dash))) return undefined;
  const line = `\n${dashes[0]!.replace(/ +$/, '')} `;
  const splices: Splice[] = [];
  /** Removes the lines of an item. */
  const remove = ({from, to}: Range) => splices.push({from: lineStart(text, from),
    to: Math.min(text.length, lineEnd(text, to) + 1), text: ''});
  let behind = lineEnd(text, key);  // Where a line may be added.
  let old = 0;
  wanted.forEach((one, index) => {
    if (typeof one === 'string') {
      const item = items[old];
      const stays = wanted.slice(index + 1).find((other) => typeof other === 'number');
      const replaces = item !== undefined && (stays ?? items.length) > old;
      splices.push(replaces ? {...item, text: one} : {from: behind, to: behind, text: line + one});
      if (!replaces) return;
    } else {
      for (; old < one; ++old) remove(items[old]!);
    }
    behind = lineEnd(text, items[old]!.to);
    ++old;
  });
  items.slice(old).forEach(remove);
  return splices;
}

function edits(text: string, root: Tree | null, key: string, wanted: Wanted):
Splice[] | undefined {
  const numbers = wanted.filter((one) => typeof one === 'number');
  if (numbers.some((one, i) => i > 0 && numbers[i - 1]! >= one)) return undefined;
  const pair = root === null ? undefined : pairOf(text, root, key);
  if (pair === undefined) {
    if (wanted.length === 0) return [];
    if (root?.name === 'FlowMapping') return undefined;
    const gap = text.endsWith('\n') ? '' : '\n';
    return [{from: text.length, to: text.length,
      text: `${gap}${key}:\n${wanted.map((one) => `  - ${one}\n`).join('')}`}];
  }
  const list = pair.lastChild!;
  const count = list.getChildren('Item').length;
  if (wanted.length === count && wanted.every((one, i) => one === i)) return [];
  if (list.name === 'FlowSequence') return [inBrackets(text, list, wanted)];
  if (list.name !== 'BlockSequence') return undefined;
  if (wanted.length > 0) return inLines(text, pair.getChild('Key')!.to, list, wanted);
  return [{from: lineStart(text, pair.from), to: Math.min(text.length,
    lineEnd(text, list.to) + 1), text: ''}];
}

/** The scenario's text with other outcomes and actions; undefined: it cannot be changed in place. */
export function editScenario(text: string, outcomes: Wanted, actions: Wanted): string | undefined {
  const document = yamlLanguage.parser.parse(text).topNode.getChild('Document');
  const root = document?.getChild('BlockMapping') ?? document?.getChild('FlowMapping') ?? null;
  if (document !== null && root === null) return undefined;
  const lists = [edits(text, root, 'outcomes', outcomes), edits(text, root, 'actions', actions)];
  if (lists.includes(undefined)) return undefined;
  let out = text;
  // From the end on: what is before a change stays where it is. Two at one place keep their order.
  const all = lists.flatMap((splices) => splices ?? []).reverse();
  for (const {from, to, text: by} of all.sort((a, b) => b.from - a.from)) {
    out = out.slice(0, from) + by + out.slice(to);
  }
  return out;
}
