// SPDX-License-Identifier: Apache-2.0
// What somebody does with the page, in a real browser.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, test} from 'node:test';
import {gzipSync} from 'node:zlib';
import {exploreText} from 'promoflow/explore';
import {
  DEMO, DEMO_SCENARIO, PAGE, browser, caretIn, downloaded, folder, open, pick, program, statuses,
} from './support.mjs';

after(() => browser.close());

const status = (page) => page.locator('#release-status').textContent();

test('the page is one file, small, and allows nothing from elsewhere', () => {
  const html = readFileSync(PAGE, 'utf8');
  const bytes = gzipSync(html, {level: 9}).length;
  console.log(`first load: ${bytes} bytes compressed, at most 600000`);
  assert.ok(bytes < 600_000);
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)[1];
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[^']+' 'wasm-unsafe-eval';/);
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)|https?:/);
  const [head] = html.split('<script>');
  assert.doesNotMatch(head, /\s(src|href)="(?!#)/);
});

test('a mistake that is typed is shown at its place', async () => {
  const {page, close} = await open({state: {flow: DEMO}});
  await caretIn(page, 'dependsOn: [dev]');
  await page.keyboard.press('Backspace');
  const range = page.locator('#flow-editor .cm-lintRange-error');
  await range.waitFor();
  assert.equal(await range.textContent(), 'de');
  const at = await folder({'flow.yaml': DEMO.replace('dependsOn: [dev]', 'dependsOn: [de]')});
  const said = await program('validate', `${at}/flow.yaml`).catch((error) =>
    error.stdout + error.stderr);
  const [problem] = await page.locator('#flow-problems li').allTextContents();
  const place = /^(\d+:\d+) /.exec(problem)[1];
  assert.ok(said.includes(`flow.yaml:${place}: `), `${said} has no ${place}`);
  assert.match(problem, /dev/);
  assert.ok(await page.evaluate(() => document.body.classList.contains('stale')));
  await page.keyboard.type('v');
  await page.locator('#flow-problems li').waitFor({state: 'detached'});
  await close();
});

test('staging fails, the operator retries: the trace is that of the program', async () => {
  const {page, close} = await open({state: {flow: DEMO}});
  assert.equal(await status(page), 'Succeeded');
  await pick(page, 'staging');
  await page.getByRole('radio', {name: 'fails'}).check();
  await page.locator('[data-role=message]').fill('<b>degraded</b>: "2" of 3 \u2028 pods');
  await page.locator('[data-role=after]').fill('5m');
  for (let i = 0; i < 20 && !await page.locator('#forward').isDisabled(); ++i) {
    await page.locator('#forward').click();
  }
  assert.equal(await status(page), 'Failed');
  assert.equal((await statuses(page)).staging, 'Failed');
  await page.locator('#operator').getByRole('button', {name: 'Retry'}).click();
  assert.equal(await status(page), 'Succeeded');
  const at = await folder({'flow.yaml': await downloaded(page, 'flow'),
    'scenario.yaml': await downloaded(page, 'scenario')});
  const trace = await downloaded(page, 'trace');
  assert.ok(trace.includes('"event":"retry"') && trace.includes('pods'));
  assert.equal(trace, await program('simulate', `${at}/flow.yaml`, '--scenario',
    `${at}/scenario.yaml`, '--format', 'jsonl'));
  const picture = await downloaded(page, 'picture');
  assert.match(picture, /^<svg[\s\S]*Successful[\s\S]*<\/svg>\n$/);
  await close();
});

test('a hook is clicked: what it exports reaches later hooks, with who wrote it', async () => {
  const {page, close} = await open({state: {flow: DEMO}});
  await page.locator('.box[data-environment=staging]').getByRole('button', {name: 'hook slack-ok'})
    .click();
  await page.locator('[data-role=context]')
    .fill('{"URL": "https://x.example", "BIG": 9007199254740993}');
  await page.locator('#time').press('End');
  const rows = await page.locator('#context tbody tr').allTextContents();
  const by = 'slack-ok at environment.onSuccess of staging';
  assert.deepEqual(rows.sort(), [`BIG9007199254740993${by}`, `URLhttps://x.example${by}`]);
  await page.locator('#release-hooks').getByRole('button', {name: 'jira-close-bug'}).click();
  assert.match(await page.locator('#handed').textContent(), /URLhttps:\/\/x\.example/);
  await close();
});

test('the scrubber shows each environment as the trace has it at that moment', async () => {
  const {page, close} = await open({state: {flow: DEMO, scenario: DEMO_SCENARIO, moment: 0}});
  const at = await folder({'flow.yaml': DEMO, 'scenario.yaml': DEMO_SCENARIO});
  const records = (await program('simulate', `${at}/flow.yaml`, '--scenario',
    `${at}/scenario.yaml`, '--format', 'jsonl')).trimEnd().split('\n').map(JSON.parse);
  const inputs = /^(hook|promotion)-(succeeded|failed)$|^(suspended|resumed|retry)$/;
  const expected = Object.fromEntries(Object.keys(await statuses(page))
    .map((one) => [one, 'Pending']));
  let release = 'Running';
  let moments = 0;
  const check = async () => {
    assert.deepEqual(await statuses(page), expected, `moment ${moments}`);
    assert.equal(await status(page), release, `moment ${moments}`);
    ++moments;
  };
  for (const [index, record] of records.entries()) {
    if (record.event === 'environment') expected[record.environment] = record.status;
    if (record.event === 'release') release = record.status;
    const next = records[index + 1];
    if (next !== undefined && !inputs.test(next.event)) continue;
    await check();
    if (next !== undefined) await page.locator('#time').press('ArrowRight');
  }
  assert.ok(moments > 15 && await page.locator('#forward').isDisabled());
  await page.locator('#time').press('Home');
  assert.match(await page.locator('#now').textContent(), /^0s, event 1 of /);
  await close();
});

test('the operator approves what waits, and terminates', async () => {
  const {page, close} = await open();
  await page.locator('#examples').selectOption({label: 'A person approves production'});
  assert.equal(await status(page), 'Suspended');
  await page.locator('#operator').getByRole('button', {name: 'Approve ask-for-approval'}).click();
  const scenario = await downloaded(page, 'scenario');
  assert.match(scenario, /hook: ask-for-approval.*attempt: 1, suspend: 1s/);
  assert.equal(await status(page), 'Succeeded');
  await page.locator('#time').press('Home');
  await page.locator('#operator').getByRole('button', {name: 'Terminate'}).click();
  assert.equal(await status(page), 'Terminated');
  await close();
});

test('the operator rejects what waits: the hook fails', async () => {
  const {page, close} = await open();
  await page.locator('#examples').selectOption({label: 'A person approves production'});
  await page.locator('#operator').getByRole('button', {name: 'Reject ask-for-approval'}).click();
  assert.match(await downloaded(page, 'scenario'),
    /hook: ask-for-approval.*attempt: 1, suspend: 1s, fail: "rejected by the operator"/);
  assert.equal(await status(page), 'Failed');
  assert.match(await page.locator('#release-message').textContent(), /rejected by the operator/);
  await close();
});

test('a click changes the scenario at its place: comments and layout stay', async () => {
  const scenario = `# What happened on Friday.
release: {id: r-1}   # not in production

outcomes:
  # The pods crash.
  - environment: staging   # first attempt
    attempt: 1
    fail: "2 of 3"   # as kubectl had it
  - {hook: jira-open-bug, context: {BIG: 9007199254740993}}   # exports a key
# The operator.
actions:
  - {at: 20m, terminate: enough}   # by hand
`;
  const {page, close} = await open({state: {flow: DEMO, scenario}});
  const after = async (what) => {
    await what();
    return downloaded(page, 'scenario');
  };
  const rule = '- environment: staging   # first attempt\n    attempt: 1\n    fail: "2 of 3"';
  await pick(page, 'staging');
  let text = await after(() => page.locator('[data-role=after]').fill('5m'));
  let wanted = scenario.replace(rule, '- {environment: staging, attempt: 1, after: 5m, ' +
    'fail: "2 of 3"}');
  assert.equal(text, wanted);
  // Another one is a line behind those that stand over it, and goes again.
  await page.locator('[data-role=attempt]').selectOption('every other');
  text = await after(() => page.locator('[data-role=after]').fill('1m'));
  assert.equal(text, wanted.replace('# as kubectl had it\n',
    '# as kubectl had it\n  - {environment: staging, after: 1m}\n'));
  text = await after(() => page.locator('[data-role=after]').fill('0s'));
  assert.equal(text, wanted);
  // The operator acts before the termination.
  await page.locator('#time').press('End');
  await page.locator('#time').press('ArrowLeft');
  text = await after(() => page.locator('#operator').getByRole('button', {name: 'Retry'}).click());
  const [line] = /\n  - \{at: .*, retry: true\}/.exec(text);
  assert.equal(text.replace(line, ''), wanted);
  await close();
});

test('a scenario in JSON, or in brackets, is changed at its place, too', async () => {
  const scenario = '{"outcomes": [{"environment": "staging", "fail": "a"}, ' +
    '{"environment": "prod-eu", "after": "1m"}]}';
  const {page, close} = await open({state: {flow: DEMO, scenario}});
  await pick(page, 'prod-eu');
  await page.locator('[data-role=attempt]').selectOption('every other');
  await page.locator('[data-role=after]').fill('2m');
  assert.equal(await downloaded(page, 'scenario'),
    scenario.replace('{"environment": "prod-eu", "after": "1m"}',
      '{environment: prod-eu, after: 2m}'));
  await close();
});

test('what can happen: in a worker, as the program says; a card loads its run', async () => {
  const {page, close} = await open({state: {flow: DEMO, tab: 'possible'}});
  const at = await folder({'flow.yaml': DEMO});
  const printed = await program('explore', `${at}/flow.yaml`, '--format', 'json');
  assert.equal((await exploreText(DEMO, {format: 'json'})).trimEnd(), printed.trimEnd());
  const {outcomes} = JSON.parse(printed);
  await page.getByRole('button', {name: 'Explore'}).click();
  const cards = page.locator('ul[aria-label=Outcomes] > li');
  await cards.first().waitFor();
  const shown = await cards.evaluateAll((all) => all.map((card) =>
    [...card.querySelectorAll('.chip')].map((chip) => chip.textContent)));
  assert.deepEqual(shown, outcomes.slice(0, 60).map(({release, environments}) => [release,
    ...Object.entries(environments).map(([name, one]) => `${name} ${one}`)]));
  const index = outcomes.findLastIndex(({scenario}) => scenario !== null);
  await cards.nth(Math.min(index, 59)).getByRole('button', {name: 'Show a run'}).click();
  const wanted = outcomes[Math.min(index, 59)];
  assert.equal(await status(page), wanted.release);
  assert.deepEqual(await statuses(page), wanted.environments);
  await close();
});

test('properties are checked; wrong ones say what is wrong', async () => {
  const {page, close} = await open({state: {flow: DEMO, tab: 'possible', properties: `properties:
  - {name: never fails, never: {release: Failed}}
  - name: staging first
    before: {promotion: prod-eu}
    requires: {promotion: staging, succeeded: true}
`}});
  await page.getByRole('button', {name: 'Explore'}).click();
  const found = page.locator('ul[aria-label=Properties] > li');
  await found.first().waitFor();
  assert.deepEqual(await found.locator('h4').allTextContents(),
    ['violated never fails', 'holds staging first']);
  await found.first().getByRole('button', {name: 'Show a run'}).click();
  assert.equal(await status(page), 'Failed');
  await page.locator('#properties').fill('properties: [{name: a, never: {promotion: stagin}}]');
  await page.getByRole('button', {name: 'Explore'}).click();
  await page.locator('.error').waitFor();
  assert.match(await page.locator('.error').textContent(), /staging/);
  await close();
});

test('the address restores everything', async () => {
  const {page, close} = await open({state: {flow: DEMO, scenario: DEMO_SCENARIO, moment: 7,
    tab: 'possible', properties: 'properties: []'}});
  await page.locator('#time').press('ArrowRight');
  await page.locator('#share').click();
  await page.locator('#said', {hasText: 'address'}).waitFor();
  const url = page.url();
  const before = [await page.locator('#now').textContent(), await statuses(page),
    await downloaded(page, 'scenario'), await downloaded(page, 'flow')];
  await page.goto('about:blank');
  await page.goto(url);
  await page.waitForSelector('body[data-ready]');
  assert.deepEqual([await page.locator('#now').textContent(), await statuses(page),
    await downloaded(page, 'scenario'), await downloaded(page, 'flow')], before);
  assert.equal(await page.locator('#properties').inputValue(), 'properties: []');
  assert.equal(await page.locator('[role=tab][aria-selected=true]').textContent(),
    'What can happen');
  await page.goto('about:blank');
  await page.goto(`${PAGE.href}#1.damaged`);
  await page.waitForSelector('body[data-ready]');
  assert.match(await page.locator('#said').textContent(), /damaged/);
  await close();
});

test('everything is done with the keyboard alone', async () => {
  const {page, close} = await open({state: {flow: DEMO}});
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ??
    document.activeElement?.textContent ?? '');
  const tabTo = async (wanted) => {
    for (let i = 0; i < 60; ++i) {
      await page.keyboard.press('Tab');
      if (wanted.test(await focused())) return;
    }
    assert.fail(`the tab key does not reach ${wanted}`);
  };
  await tabTo(/^dev trigger Successful/);
  for (let i = 0; i < 3 && !/^staging/.test(await focused()); ++i) {
    await page.keyboard.press('ArrowRight');
  }
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#inspector-title').textContent(), 'promotion to staging');
  for (let i = 0; i < 30; ++i) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement?.getAttribute('name') === 'result')) break;
  }
  await page.keyboard.press('ArrowRight');
  for (let i = 0; i < 30; ++i) {
    await page.keyboard.press('Shift+Tab');
    if (await page.evaluate(() => document.activeElement?.id === 'time')) break;
  }
  await page.keyboard.press('End');
  assert.equal(await status(page), 'Failed');
  await tabTo(/^Retry$/);
  await page.keyboard.press('Enter');
  assert.equal(await status(page), 'Succeeded');
  await tabTo(/^Timeline$/);
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(), 'What can happen');
  await tabTo(/^Explore$/);
  await page.keyboard.press('Enter');
  await tabTo(/^Show a run$/);
  await page.keyboard.press('Enter');
  await page.locator('#said', {hasText: 'outcome 1'}).waitFor();
  await close();
});

test('texts of a flow never become markup', async () => {
  const evil = '<img src=x onerror=alert(1)>';
  const worse = '"><script>alert(2)</script>';
  const flow = JSON.stringify({apiVersion: 'codefresh.io/v1beta1', kind: 'PromotionFlow',
    metadata: {name: 'hostile', annotations: {description: evil}},
    spec: {triggerEnvironment: evil, steps: [{environment: worse, dependsOn: [evil],
      hooks: {onFail: [evil, '</text></svg><script>alert(3)</script>']}}],
    hooks: {onFail: '<svg onload=alert(4)>'}}});
  const scenario = JSON.stringify({outcomes: [
    {environment: worse, fail: '<script>alert(5)</script>'},
    {hook: evil, context: {'<b>KEY</b>': '<iframe srcdoc="<script>alert(6)</script>">'}}]});
  const {page, close} = await open({state: {flow, scenario}});
  assert.deepEqual(await page.locator('.problems li').allTextContents(), []);
  assert.deepEqual(Object.keys(await statuses(page)), [evil, worse]);
  await page.locator('.environment').nth(1).press('Enter');
  assert.match(await page.locator('#context').textContent(), /<b>KEY<\/b>.*<iframe srcdoc/s);
  await page.locator('.records button', {hasText: evil}).first().click();
  await page.getByRole('tab', {name: 'What can happen'}).click();
  await page.getByRole('button', {name: 'Explore'}).click();
  await page.locator('ul[aria-label=Outcomes] > li').first().waitFor();
  await page.getByRole('tab', {name: 'Copy as test'}).click();
  // A diagnostic that quotes the flow.
  await page.locator('#flow-editor .cm-content').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('<img src=x onerror=alert(7)>');
  await page.locator('#flow-problems li').first().waitFor();
  assert.equal(await page.locator('body img, body iframe, main script, main b > *').count(), 0);
  assert.equal(await page.locator('script').count(), 1);
  await close();
});
