// SPDX-License-Identifier: Apache-2.0
// An editor for YAML that shows the library's diagnostics at their places. It lives in a shadow
// root: there its styles are constructed sheets, which a strict content security policy allows.

import {defaultKeymap, history, historyKeymap} from '@codemirror/commands';
import {yaml} from '@codemirror/lang-yaml';
import {HighlightStyle, syntaxHighlighting} from '@codemirror/language';
import {diagnosticCount, lintGutter, lintKeymap, setDiagnostics, type Diagnostic as Shown}
  from '@codemirror/lint';
import {EditorState, type Text} from '@codemirror/state';
import {EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers}
  from '@codemirror/view';
import {tags} from '@lezer/highlight';
import type {Diagnostic} from 'promoflow/bare';
import {afterPaint, visible} from './dom';

const colors = HighlightStyle.define([
  {tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--key)'},
  {tag: [tags.string, tags.content], color: 'var(--ink)'},
  {tag: [tags.lineComment, tags.comment], color: 'var(--faint)', fontStyle: 'italic'},
  {tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: 'var(--faint)'},
]);

const theme = EditorView.theme({
  '&': {height: '100%', fontSize: '13px', backgroundColor: 'var(--page)', color: 'var(--ink)'},
  '&.cm-focused': {outline: '2px solid var(--accent)', outlineOffset: '-2px'},
  '.cm-scroller': {fontFamily: 'var(--font)', lineHeight: '1.5'},
  '.cm-gutters': {backgroundColor: 'var(--panel)', color: 'var(--faint)', border: 'none'},
  '.cm-content': {caretColor: 'var(--ink)'},
  '.cm-cursor': {borderLeftColor: 'var(--ink)'},
  '.cm-activeLine, .cm-activeLineGutter': {backgroundColor: 'var(--active)'},
  [`&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground,
    .cm-selectionBackground`]: {backgroundColor: 'var(--selection)'},
  '.cm-tooltip': {backgroundColor: 'var(--panel)', color: 'var(--ink)',
    border: '1px solid var(--line)', maxWidth: '36em'},
  '.cm-diagnostic': {whiteSpace: 'pre-wrap', color: 'var(--ink)'},
  // Instead of images, which the page does not allow.
  '.cm-lintRange': {backgroundImage: 'none !important', textDecoration: 'underline wavy',
    textDecorationSkipInk: 'none'},
  '.cm-lintRange-error': {textDecorationColor: 'var(--failed-line)',
    backgroundColor: 'var(--failed)'},
  '.cm-lintRange-warning': {textDecorationColor: 'var(--suspended-line)'},
  '.cm-lint-marker': {content: 'normal !important', borderRadius: '50%', width: '.7em',
    height: '.7em', marginTop: '.4em'},
  '.cm-lint-marker-error': {backgroundColor: 'var(--failed-line)'},
  '.cm-lint-marker-warning': {backgroundColor: 'var(--suspended-line)'},
});

/** Where a diagnostic is in the document: its columns count characters, the editor's UTF-16. */
function placeOf(doc: Text, {line, column, length}: Diagnostic): {from: number; to: number} {
  if (line < 1 || line > doc.lines) return {from: 0, to: 0};
  const {from, text} = doc.line(line);
  const units = (count: number) => [...text].slice(0, count).join('').length;
  return {from: from + units(column - 1), to: from + units(column - 1 + Math.max(1, length))};
}

export class Editor {
  readonly view: EditorView;
  #silent = false;
  /** The text that was set, until it is shown. */
  #next: string | null = null;

  constructor(parent: HTMLElement, label: string, change: (text: string) => void) {
    const root = parent.attachShadow({mode: 'open'});
    parent.addEventListener('focusin', () => this.#write());  // Before anything is typed.
    this.view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({extensions: [
        lineNumbers(), history(), drawSelection(), highlightActiveLine(), lintGutter(), yaml(),
        EditorView.lineWrapping,
        syntaxHighlighting(colors), theme,
        // The tab key goes on to the next element: nobody is caught in the editor.
        keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap]),
        EditorView.contentAttributes.of({'aria-label': label, tabindex: '0'}),
        EditorState.tabSize.of(2),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !this.#silent) change(update.state.doc.toString());
        }),
      ]}),
    });
  }

  get text(): string { return this.#next ?? this.view.state.doc.toString(); }

  /** Replaces the text, without a call of `change`. It is shown after what else has changed. */
  set text(text: string) {
    if (text === this.text) return;
    if (this.#next === null) afterPaint(() => this.#write());
    this.#next = text;
  }

  /** Shows the text that was set. What stays is not changed: lines that differ are drawn again. */
  #write(): void {
    const text = this.#next;
    if (text === null) return;
    const old = this.view.state.doc.toString();
    const shorter = Math.min(text.length, old.length);
    let from = 0;
    while (from < shorter && text[from] === old[from]) ++from;
    let after = 0;
    while (after < shorter - from && text.at(-1 - after) === old.at(-1 - after)) ++after;
    this.#next = null;
    this.#silent = true;
    try {
      this.view.dispatch({changes: {from, to: old.length - after,
        insert: text.slice(from, text.length - after)}});
    } finally {
      this.#silent = false;
    }
  }

  show(diagnostics: readonly Diagnostic[]): void {
    if (diagnostics.length === 0 && diagnosticCount(this.view.state) === 0) return;
    this.#write();
    const {doc} = this.view.state;
    const shown = diagnostics.map((one): Shown => ({
      ...placeOf(doc, one),
      severity: one.severity === 'note' ? 'info' : one.severity,
      message: visible(one.message) + (one.hint === '' ? '' : `\n${visible(one.hint)}`),
    }));
    this.view.dispatch(setDiagnostics(this.view.state, shown));
  }

  goTo(diagnostic: Diagnostic): void {
    const {from, to} = placeOf(this.view.state.doc, diagnostic);
    this.view.dispatch({selection: {anchor: from, head: to}, scrollIntoView: true});
    this.view.focus();
  }
}
