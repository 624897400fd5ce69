// SPDX-License-Identifier: Apache-2.0
// The page in a real Chromium, from its file, without a network.

import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after} from 'node:test';
import {promisify} from 'node:util';
import {deflateRawSync} from 'node:zlib';
import {chromium} from 'playwright-core';

export const ROOT = new URL('../../../', import.meta.url);
export const PAGE = new URL('build/playground/index.html', ROOT);
export const SCREENS = new URL('build/playground-screens/', ROOT).pathname;
const PROGRAM = process.env.PROMOFLOW_PROGRAM ?? new URL('build/dev/promoflow', ROOT).pathname;

export const run = promisify(execFile);
/** What the program prints. */
export const program = async (...call) =>
  (await run(PROGRAM, call, {maxBuffer: 1 << 28})).stdout;

/** A folder with these files, until the tests of the file have ended. */
export async function folder(files) {
  const at = await mkdtemp(join(tmpdir(), 'playground-'));
  after(() => rm(at, {recursive: true, force: true}));
  for (const [name, text] of Object.entries(files)) await writeFile(join(at, name), text);
  return at;
}

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});

export const fragment = (state) => `#1.${deflateRawSync(JSON.stringify({flow: '', scenario: '',
  properties: '', moment: -1, tab: '', ...state})).toString('base64url')}`;

/**
 * Opens the page. Anything that it says on the console, any request that is not of the page itself,
 * and any dialog fails the test that calls check().
 */
export async function open({state, width = 1440, height = 1000, colorScheme = 'light'} = {}) {
  const context = await browser.newContext({viewport: {width, height}, colorScheme,
    acceptDownloads: true, reducedMotion: 'reduce'});
  await context.setOffline(true);
  const page = await context.newPage();
  const problems = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!/^(file|blob|data):/.test(request.url())) problems.push(`a request: ${request.url()}`);
  });
  page.setDefaultTimeout(60_000);
  await page.goto(PAGE.href + (state === undefined ? '' : fragment(state)));
  await page.waitForSelector('body[data-ready]');
  return {page, problems, close: async () => {
    await context.close();
    assert.deepEqual(problems, []);
  }};
}

export const DEMO = await readFile(new URL('examples/demo/flow.yaml', ROOT), 'utf8');
export const DEMO_SCENARIO = await readFile(new URL('examples/demo/scenario.yaml', ROOT), 'utf8');

/** Puts the caret before the last character of a text that stands once in the flow. */
export async function caretIn(page, text) {
  const line = page.locator('#flow-editor .cm-line', {hasText: text});
  await line.click();
  await line.evaluate((element, wanted) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let left = element.textContent.indexOf(wanted) + wanted.length - 1;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (left <= node.length) {
        getSelection().collapse(node, left);
        return;
      }
      left -= node.length;
    }
  }, text);
}

/** The text of a file that a button downloads. */
export async function downloaded(page, what) {
  if (!await page.locator('#downloads').getAttribute('open').then((one) => one !== null)) {
    await page.locator('#downloads summary').click();
  }
  const [download] = await Promise.all([page.waitForEvent('download'),
    page.locator(`[data-download=${what}]`).click()]);
  return readFile(await download.path(), 'utf8');
}

/** The statuses that the picture shows, by environment. */
export const statuses = (page) => page.locator('.box').evaluateAll((boxes) =>
  Object.fromEntries(boxes.map((box) => [box.dataset.environment,
    box.querySelector('.environment').dataset.status])));

export const pick = (page, name) =>
  page.locator(`.box[data-environment="${name}"] .environment .name`).click();
