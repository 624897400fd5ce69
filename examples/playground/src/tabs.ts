// SPDX-License-Identifier: Apache-2.0
// Tabs as the ARIA Authoring Practices have them: arrow keys choose, the tab key goes to the panel.

import {h} from './dom';

export interface Tab { readonly id: string; readonly title: string; readonly element: HTMLElement; }

export function makeTabs(list: HTMLElement, panels: HTMLElement, tabs: readonly Tab[],
  chosen: (id: string) => void): {choose(id: string): void; current(): string} {
  let current = tabs[0]?.id ?? '';
  const buttons = tabs.map(({id, title}) => h('button', {type: 'button', role: 'tab',
    id: `tab-${id}`, 'aria-controls': `panel-${id}`, click: () => choose(id)}, title));
  const shown = tabs.map(({id, element}) => h('div', {role: 'tabpanel', id: `panel-${id}`,
    'aria-labelledby': `tab-${id}`}, element));
  const choose = (id: string) => {
    if (!tabs.some((tab) => tab.id === id)) return;
    current = id;
    tabs.forEach((tab, index) => {
      const is = tab.id === id;
      buttons[index]!.setAttribute('aria-selected', String(is));
      buttons[index]!.tabIndex = is ? 0 : -1;
      shown[index]!.hidden = !is;
    });
    chosen(id);
  };
  list.addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = (tabs.findIndex(({id}) => id === current) + step + tabs.length) % tabs.length;
    choose(tabs[at]!.id);
    buttons[at]!.focus();
  });
  list.replaceChildren(...buttons);
  panels.replaceChildren(...shown);
  tabs.forEach((tab, index) => {
    const is = tab.id === current;
    buttons[index]!.setAttribute('aria-selected', String(is));
    buttons[index]!.tabIndex = is ? 0 : -1;
    shown[index]!.hidden = !is;
  });
  return {choose, current: () => current};
}
