// SPDX-License-Identifier: Apache-2.0
// axe-core finds no violation, and nothing is wider than the page: on a screen and on a phone,
// light and dark. Leaves a screenshot of each in build/playground-screens, for people to look at.

import assert from 'node:assert/strict';
import {mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {after, test} from 'node:test';
import {DEMO, DEMO_SCENARIO, SCREENS, browser, caretIn, open, pick} from './support.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(SCREENS, {recursive: true});
after(() => browser.close());

const rules = {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']};

for (const [size, width, height] of [['wide', 1440, 1000], ['narrow', 390, 844]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`${size}, ${colorScheme}: axe-core finds no violation`, async () => {
      const {page, close} = await open({width, height, colorScheme,
        state: {flow: DEMO, scenario: DEMO_SCENARIO, moment: 8}});
      await caretIn(page, 'dependsOn: [dev]');
      await page.keyboard.type('s');
      await page.locator('#flow-problems li').waitFor();
      await page.evaluate(axe);
      const check = async (name) => {
        const {violations} = await page.evaluate((given) =>
          globalThis.axe.run(document, given), rules);
        assert.deepEqual(violations.map(({id, nodes}) =>
          [id, nodes.map(({target, failureSummary}) => `${target}: ${failureSummary}`)]), [], name);
        const wider = await page.evaluate(() =>
          document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wider, 0, `${name}: the page is wider than the window`);
        await page.screenshot({path: `${SCREENS}${size}-${colorScheme}-${name}.png`,
          fullPage: size === 'narrow'});
      };
      await check('problem');
      await page.goto(await page.evaluate(() => location.href.split('#')[0]));
      await page.reload();
      await page.waitForSelector('body[data-ready]');
      await page.evaluate(axe);
      await check('timeline');
      await page.locator('#examples').selectOption({label: 'Regions side by side, one is broken'});
      await page.locator('#time').press('End');
      await pick(page, 'us');
      await page.getByRole('tab', {name: 'What can happen'}).click();
      await page.getByRole('button', {name: 'Put an example in'}).click();
      await page.locator('#properties').fill(`properties:
  - name: docs only after all regions
    before: {promotion: docs}
    requires: {promotion: us, succeeded: true}
  - {name: it never fails, never: {release: Failed}}
`);
      await page.getByRole('button', {name: 'Explore'}).click();
      await page.locator('ul[aria-label=Outcomes] > li').first().waitFor();
      await check('possible');
      await page.getByRole('tab', {name: 'Copy as test'}).click();
      await check('test');
      await close();
    });
  }
}

for (const [index, title] of ['A failed promotion opens a ticket', 'A person approves production',
  'Retry with growing waits', 'Two hooks write one key'].entries()) {
  test(`the example "${title}" has no problem`, async () => {
    const {page, close} = await open();
    await page.locator('#examples').selectOption({label: title});
    assert.deepEqual(await page.locator('.problems li').allTextContents(), []);
    await page.locator('#time').press('End');
    assert.equal(await page.locator('#release-status').textContent(), 'Succeeded');
    await page.screenshot({path: `${SCREENS}example-${index + 1}.png`});
    await close();
  });
}
