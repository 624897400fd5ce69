// SPDX-License-Identifier: Apache-2.0
// How long it takes until something is drawn, beside a frame of 16 ms: printed, and never asserted,
// for it is a matter of the machine. What is asserted is that it is drawn, and by whom it is asked
// for: input as a person gives it.

import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {browser, downloaded, open, pick, statuses} from './support.mjs';

after(() => browser.close());

/**
 * Measures each input from when the page gets it until it is drawn: all of its handlers, then the
 * frame after it, with the callbacks, styles, layout and paint that it consists of, until the main
 * thread is free again. The wait for the frame between the two, at most 16.7 ms, is no work and is
 * left out; what threads of their own draw from it, too.
 */
async function watch(page) {
  await page.evaluate(() => {
    let begin = 0;
    for (const type of ['keydown', 'click', 'input']) {
      addEventListener(type, () => { begin = performance.now(); }, true);
      addEventListener(type, () => {
        if (type !== globalThis.watched) return;
        const handlers = performance.now() - begin;
        requestAnimationFrame(() => {
          const frame = performance.now();
          scheduler.postTask(() => globalThis.drawn.push(handlers + performance.now() - frame),
            {priority: 'user-blocking'});
        });
      });
    }
  });
}

const isDrawn = (page) => page.evaluate(() => new Promise((done) => {
  requestAnimationFrame(() => setTimeout(done));
}));

/** Does something `count` times, and says how long each took until it was drawn. */
async function measure(page, words, type, count, what) {
  await page.evaluate((wanted) => {
    globalThis.watched = wanted;
    globalThis.drawn = [];
  }, type);
  for (let i = 0; i < count; ++i) {
    await what(i);
    await isDrawn(page);
  }
  const times = (await page.evaluate(() => globalThis.drawn)).sort((a, b) => a - b);
  assert.equal(times.length, count, words);
  const at = (part) => times[Math.ceil(part * times.length) - 1].toFixed(1);
  console.log(`${words}: ${at(.5)} ms (median), ${at(.95)} ms (95 of 100), ${at(1)} ms at most`);
}

/** A flow of so many environments: a tree in which each has three that wait for it. */
function flowOf(count) {
  const steps = Array.from({length: count - 1}, (_, i) => `    - {environment: env-${i + 1}, ` +
    `dependsOn: [env-${Math.floor(i / 3)}], hooks: {onStart: warm-up, onFail: report}}\n`).join('');
  return 'apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: large}\n' +
    `spec:\n  triggerEnvironment: env-0\n  steps:\n${steps}`;
}

for (const count of [100, 300]) {
  test(`${count} environments: what is clicked is drawn`, async () => {
    const {page, close} = await open({state: {flow: flowOf(count), moment: 0,
      scenario: `outcomes:
  - {environment: env-3, after: 1m}
  - {environment: env-${Math.floor(count * 2 / 3)}, after: 2m, fail: broken}
  - {hook: warm-up, environment: env-3, context: {"URL": "https://x.example"}}
`}});
    const of = `${count} environments`;
    const time = page.locator('#time');
    const moment = () => page.locator('#now').textContent();
    assert.equal(await page.locator('.box').count(), count);
    await watch(page);
    await time.focus();
    await measure(page, `${of}, to the next moment`, 'keydown', 60, () =>
      page.keyboard.press('ArrowRight'));
    assert.match(await moment(), /event 61 of/);
    await measure(page, `${of}, by ten moments`, 'keydown', 4, () =>
      page.keyboard.press('PageUp'));
    assert.match(await moment(), /event 101 of/);
    await measure(page, `${of}, from the beginning to the end and back`, 'keydown', 20, (i) =>
      page.keyboard.press(i % 2 === 0 ? 'End' : 'Home'));
    await measure(page, `${of}, a click on an environment`, 'click', 20, (i) =>
      pick(page, `env-${1 + i % 4}`));
    await pick(page, 'env-3');
    const radios = ['fails', 'succeeds'].map((name) => page.getByRole('radio', {name}));
    await measure(page, `${of}, it fails or succeeds`, 'input', 40, (i) => radios[i % 2].click());
    await page.locator('[data-role=after]').focus();
    await page.keyboard.press('Home');
    await measure(page, `${of}, it takes longer, typed`, 'input', 40, (i) =>
      page.keyboard.press(i % 2 === 0 ? '3' : 'Backspace'));
    assert.equal(await page.locator('[data-role=after]').inputValue(), '1m');
    const status = page.locator('#release-status');
    await measure(page, `${of}, terminated, most become others`, 'click', 8, async () => {
      if (await status.textContent() === 'Terminated') {
        await page.locator('#scenario-editor .cm-content').focus();
        await page.keyboard.press('Control+z');
      }
      await time.press('Home');
      assert.equal(await status.textContent(), 'Running');
      await page.locator('#operator').getByRole('button', {name: 'Terminate'}).click();
      assert.equal(await status.textContent(), 'Terminated');
    });
    // Those that are not seen come after those that are.
    const records = (await downloaded(page, 'trace')).trimEnd().split('\n').map(JSON.parse);
    const ends = Object.fromEntries(records.filter(({event}) => event === 'environment')
      .map((record) => [record.environment, record.status]));
    assert.deepEqual({...await statuses(page), ...ends}, await statuses(page));
    assert.ok(Object.keys(ends).length > count / 2, 'most of them have become another');
    const whole = await page.evaluate(() => performance.getEntriesByName('flow').at(-1).duration);
    console.log(`${of}: the flow is read, simulated and drawn in ${whole.toFixed(0)} ms`);
    await close();
  });
}
