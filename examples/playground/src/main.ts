// SPDX-License-Identifier: Apache-2.0
// The page: what is typed goes to the library, what the library says is shown.

import {writeJson, type Diagnostic, type Engine, type Flow, type Release, type ReleaseDescription,
  type TraceRecord} from 'promoflow/bare';
import packed from 'virtual:module';
import {LANGUAGES, type Shown} from './copytest';
import {byId, duration, h, hold, setText, visible} from './dom';
import {Editor} from './editor';
import {EXAMPLES, type Example} from './examples';
import {argumentsOf, makeForm, table} from './inspector';
import {diagnosticsOf, moduleBytes, openEngine} from './library';
import {choicesAt, type Choice} from './operator';
import {Picture, type Picked} from './picture';
import {Possible} from './possible';
import {Run, pointWords, writer} from './run';
import {changeText, modelOf, readModel, setBehaviour, writeModel, type Model, type Target}
  from './scenario';
import {fromFragment, toFragment, type Shared} from './share';
import './style.css';
import {makeTabs} from './tabs';
import {Timeline} from './timeline';
import {recordWords} from './words';

/** What takes longer waits, while somebody types, until they have typed nothing for a while. */
const SMOOTH_MS = 16;
const PAUSE_MS = 150;

class Page {
  #flowEditor = new Editor(byId('flow-editor'), 'Flow, a manifest in YAML',
    () => this.#typed(() => this.#readFlow()));
  #scenarioEditor = new Editor(byId('scenario-editor'), 'Scenario, in YAML',
    () => this.#typed(() => this.#readScenario()));
  #timeline = new Timeline((moment, record) => this.#follow(moment, record));
  #possible: Possible;
  #code = h('code');
  #language = h('select', {id: 'language'},
    ...LANGUAGES.map(({id, name}) => h('option', {value: id}, name)));
  #tabs: ReturnType<typeof makeTabs>;
  #flow: Flow | null = null;
  #picture: Picture | null = null;
  #model: Model | null = null;
  #run: Run | null = null;
  #moment = 0;
  #picked: Picked | null = null;
  #attempt: number | undefined = 1;
  #choices: readonly Choice[] = [];
  #may = h('span', {class: 'faint'});
  #timer: ReturnType<typeof setTimeout> | undefined;
  #cost = 0;

  constructor(private readonly engine: Engine, module: Uint8Array) {
    this.#possible = new Possible({
      module: () => module,
      flow: () => this.#flow === null ? undefined : this.#flowEditor.text,
      scenario: () => this.#model === null ? '' : this.#scenarioEditor.text,
      load: (scenario, words) => this.#loadRun(scenario, words),
    });
    const copy = h('button', {type: 'button', id: 'copy', click: () => this.#copy()}, 'Copy');
    const test = h('div', {class: 'copytest'},
      h('p', {}, 'A test that asserts what the page shows: the statuses at the end and the hooks.'),
      h('div', {class: 'row'}, h('label', {}, 'Language ', this.#language), copy),
      h('pre', {tabindex: 0, 'aria-label': 'The test', role: 'region'}, this.#code));
    this.#language.addEventListener('change', () => this.#showTest());
    this.#tabs = makeTabs(byId('tabs'), byId('panels'), [
      {id: 'timeline', title: 'Timeline', element: this.#timeline.element},
      {id: 'possible', title: 'What can happen', element: this.#possible.element},
      {id: 'test', title: 'Copy as test', element: test},
    ], (id) => {
      if (id === 'test') this.#showTest();
      if (id === 'timeline') this.#timeline.show(this.#moment);
    });
    this.#listen();
  }

  #listen(): void {
    const examples = byId<HTMLSelectElement>('examples');
    EXAMPLES.forEach(({title}, index) => examples.append(h('option', {value: index}, title)));
    examples.addEventListener('change', () => {
      const example = EXAMPLES[Number(examples.value)];
      if (examples.value !== '' && example !== undefined) this.example(example);
    });
    byId('share').addEventListener('click', () => void this.#share());
    for (const button of document.querySelectorAll<HTMLElement>('[data-download]')) {
      button.addEventListener('click', () => this.#download(button.dataset.download ?? ''));
    }
    const time = byId<HTMLInputElement>('time');
    time.addEventListener('input', () => {
      if (this.#run !== null) this.#show(this.#run.indexAt(Number(time.value)));
    });
    // Keys go from event to event: a step of a millisecond shows nothing.
    time.addEventListener('keydown', (event) => {
      const step = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10,
        PageDown: -10, Home: -Infinity, End: Infinity}[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.#show(this.#moment + step);
    });
    byId('back').addEventListener('click', () => this.#show(this.#moment - 1));
    byId('forward').addEventListener('click', () => this.#show(this.#moment + 1));
    window.addEventListener('hashchange', () => void this.restore());
  }

  /** Reads what was typed: at once, or in the next pause if the flow is large. */
  #typed(read: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(read, this.#cost < SMOOTH_MS ? 0 : PAUSE_MS);
  }

  #say(words: string): void { byId('said').textContent = words; }

  open(flow: string, scenario: string, properties = '', moment = -1): void {
    this.#picked = null;
    byId('inspector-title').textContent = 'Click an environment or a hook';
    byId('inspector-body').replaceChildren(h('p', {class: 'faint'},
      'Then say here what it does: succeed, fail, take five minutes, wait for a person.'));
    this.#flowEditor.text = flow;
    this.#scenarioEditor.text = scenario;
    this.#possible.properties.value = properties;
    this.#moment = Number.MAX_SAFE_INTEGER;
    this.#readFlow();
    if (moment >= 0) this.#show(moment);
    this.#picture?.reveal(this.#flow?.environments[0] ?? '');
  }

  /** Opens an example where it begins to be interesting: at the first failure or wait. */
  example({flow, scenario}: Example): void {
    this.open(flow, scenario);
    const run = this.#run;
    const at = run?.moments.findIndex(({first, end}) => run.records.slice(first, end).some(
      ({status, context}) => context !== undefined || status === 'Suspended')) ?? -1;
    if (at >= 0) this.#show(at);
    const environment = this.#flow?.environments[1];
    if (environment !== undefined) {
      this.#pick({target: {environment}, label: `promotion to ${environment}`});
    }
  }

  /** From the address; false: it holds nothing. */
  async restore(): Promise<boolean> {
    try {
      const shared = await fromFragment(location.hash);
      if (shared === undefined) return false;
      this.open(shared.flow, shared.scenario, shared.properties, shared.moment);
      if (shared.tab !== '') this.#tabs.choose(shared.tab);
      return true;
    } catch {
      this.#say('The address of this page is damaged: it holds no flow.');
      return false;
    }
  }

  async #share(): Promise<void> {
    const shared: Shared = {flow: this.#flowEditor.text, scenario: this.#scenarioEditor.text,
      properties: this.#possible.properties.value, moment: this.#moment, tab: this.#tabs.current()};
    history.replaceState(null, '', await toFragment(shared));
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true,
      () => false);
    this.#say(copied ? 'The address holds everything now, and is copied.'
      : 'The address holds everything now: copy it from the address bar.');
  }

  #problems(id: string, editor: Editor, diagnostics: readonly Diagnostic[]): void {
    editor.show(diagnostics);
    hold(byId(id), JSON.stringify(diagnostics), () => diagnostics.slice(0, 20).map((one) => h('li',
      {'data-severity': one.severity},
      h('button', {type: 'button', click: () => editor.goTo(one)},
        one.line > 0 ? h('b', {}, `${one.line}:${one.column} `) : null,
        visible(one.message), one.hint === '' ? null : h('em', {}, ` ${visible(one.hint)}`)))));
  }

  #readFlow(): void {
    const begin = performance.now();
    let flow: Flow;
    try {
      flow = this.engine.load(this.#flowEditor.text);
    } catch (error) {
      this.#problems('flow-problems', this.#flowEditor, diagnosticsOf(error));
      document.body.classList.add('stale');
      byId('stale').textContent = this.#flow === null
        ? 'The flow has errors: there is no release of it.'
        : 'The flow has errors. This is a release of the last one without.';
      return;
    }
    this.#problems('flow-problems', this.#flowEditor, flow.warnings);
    document.body.classList.remove('stale');
    this.#flow?.close();
    this.#flow = flow;
    this.#possible.reset();
    this.#picture = new Picture(flow, drawing(flow), (one) => this.#pick(one));
    byId('picture').replaceChildren(this.#picture.element);
    this.#showReleaseHooks(flow);
    this.#readScenario();
    this.#cost = performance.measure('flow', {start: begin, end: performance.now()}).duration;
  }

  #showReleaseHooks(flow: Flow): void {
    const points = ['release.onStart', 'release.onSuccess', 'release.onFail'] as const;
    byId('release-hooks').replaceChildren(...points.flatMap((point) => {
      const names = flow.hooks(point);
      return names.length === 0 ? [] : [h('span', {class: 'faint'}, `${point.slice(8)} `),
        ...names.map((hook, index) => {
          const place = names.slice(0, index + 1).filter((one) => one === hook).length;
          const target: Target = {hook, point,
            ...(names.filter((one) => one === hook).length > 1 ? {place} : {})};
          return h('button', {type: 'button', class: 'hook', click: () => this.#pick({target,
            label: `hook ${visible(hook)}, ${point}`})}, visible(hook));
        })];
    }));
  }

  #readScenario(): void {
    const flow = this.#flow;
    if (flow === null) return;
    const begin = performance.now();
    const text = this.#scenarioEditor.text;
    try {
      const scenario = flow.scenario(text);
      try {
        this.#problems('scenario-problems', this.#scenarioEditor, scenario.warnings);
        this.#model = modelOf(scenario);
        const trace = flow.simulate(scenario);
        this.#run?.close();
        this.#run = new Run(flow, this.#model.release, trace.jsonl());
        trace.close();
      } finally {
        scenario.close();
      }
    } catch (error) {
      this.#problems('scenario-problems', this.#scenarioEditor, diagnosticsOf(error));
      return;
    }
    const time = byId<HTMLInputElement>('time');
    time.max = String(this.#run.end);
    this.#timeline.run = this.#run;
    this.#show(this.#moment);
    if (this.#tabs.current() === 'test') this.#showTest();
    performance.measure('scenario', {start: begin, end: performance.now()});
  }

  /** Changes the scenario by a click: its text changes where that stands, and all follows from it. */
  #change(change: (model: Model) => void, moment = Number.MAX_SAFE_INTEGER): void {
    if (this.#flow === null || this.#model === null) return;
    const before = {outcomes: [...this.#model.outcomes], actions: [...this.#model.actions]};
    change(this.#model);
    this.#scenarioEditor.text = changeText(this.#flow, this.#scenarioEditor.text, before,
      this.#model);
    this.#moment = moment;
    this.#readScenario();
  }

  #loadRun(scenario: object, words: string): void {
    if (this.#flow === null) return;
    this.#scenarioEditor.text = writeModel(readModel(this.#flow, JSON.stringify(scenario)));
    this.#moment = Number.MAX_SAFE_INTEGER;
    this.#readScenario();
    this.#say(`The scenario shows ${visible(words)}.`);
    byId('see').focus();
  }

  #pick(picked: Picked): void {
    this.#picked = picked;
    this.#showInspector();
  }

  /** A row of the timeline: its moment, and what it is about. */
  #follow(moment: number, record?: TraceRecord): void {
    this.#show(moment);
    if (record?.environment !== undefined) this.#picture?.reveal(record.environment);
    if (record?.event === 'hook') {
      const {hook, point, environment} = record;
      this.#pick({target: {hook, point, ...(environment === undefined ? {} : {environment})},
        label: `hook ${visible(pointWords(record))}`});
    } else if (record?.event === 'promote' || record?.event === 'environment') {
      this.#pick({target: {environment: record.environment},
        label: `promotion to ${visible(record.environment ?? '')}`});
    }
  }

  #lastCommand(): TraceRecord | undefined {
    const run = this.#run;
    const target = this.#picked?.target;
    if (run === null || target === undefined) return undefined;
    const end = run.moments[this.#moment]?.end ?? 0;
    return run.records.slice(0, end).findLast((record) => target.hook === undefined
      ? record.event === 'promote' && record.environment === target.environment
      : record.event === 'hook' && record.hook === target.hook && record.point === target.point &&
        record.environment === target.environment);
  }

  #showInspector(): void {
    const picked = this.#picked;
    if (picked === null || this.#model === null) return;
    const {target} = picked;
    byId('inspector-title').textContent = picked.label;
    const form = makeForm(picked, this.#model, this.#attempt,
      ({attempt, what}) => this.#change((model) => setBehaviour(model, target, attempt, what),
        this.#moment),
      (attempt) => {
        this.#attempt = attempt;
        this.#showInspector();
      });
    byId('inspector-body').replaceChildren(form, h('div', {id: 'handed'}));
    this.#showArguments();
  }

  #show(wanted: number): void {
    const run = this.#run;
    if (run === null || this.#picture === null) return;
    const begin = performance.now();
    const index = Math.max(0, Math.min(run.moments.length - 1, wanted));
    this.#moment = index;
    const {t, first, end} = run.moments[index] ?? {t: 0, first: 0, end: 0};
    const time = byId<HTMLInputElement>('time');
    time.value = String(t);
    const words = `${duration(t)}, event ${index + 1} of ${run.moments.length}`;
    time.setAttribute('aria-valuetext', words);
    setText(byId('now'), words);
    byId<HTMLButtonElement>('back').disabled = index === 0;
    byId<HTMLButtonElement>('forward').disabled = index >= run.moments.length - 1;
    this.#showRelease(run, run.at(index), run.records.slice(first, end));
    this.#timeline.show(index);
    if (this.#picked !== null) this.#showArguments();
    performance.measure('moment', {start: begin, end: performance.now()});
  }

  #showRelease(run: Run, release: Release, records: readonly TraceRecord[]): void {
    const now = release.describe();
    this.#picture?.show(now.environments);
    this.#picture?.showRunning(records);
    const status = byId('release-status');
    if (setText(status, now.release.status)) status.dataset.status = now.release.status;
    const news = records[0] === undefined ? '' : recordWords(run, records[0]);
    setText(byId('release-message'), visible(now.release.message || news));
    this.#showContext(run, now);
    this.#showOperator(run, now, release.isFinal);
  }

  #showContext(run: Run, {context, conflicts}: ReleaseDescription): void {
    const rows = context.map((row) => [row.key,
      typeof row.value === 'string' ? row.value : writeJson(row.value),
      writer(run, row.ticket) + (row.shadowed ? ' (hidden by an argument)' : '')]);
    const keys = conflicts.map(({key}) => key);
    hold(byId('context'), JSON.stringify([rows, keys]), () => [
      rows.length === 0 ? h('p', {class: 'faint'}, 'It is empty at this moment.')
        : table('Keys at this moment', ['key', 'value', 'written by'], rows),
      ...keys.map((key) => h('p', {class: 'warning'},
        `Conflict: ${visible(key)} was written by two hooks in an order left to chance.`))]);
  }

  #showArguments(): void {
    const handed = document.getElementById('handed');
    if (handed === null) return;
    const command = this.#lastCommand();
    hold(handed, JSON.stringify(command) ?? '', () => [argumentsOf(command)]);
  }

  /** The buttons stay while they say the same; what one does is what it says now. */
  #showOperator(run: Run, now: ReleaseDescription, isFinal: boolean): void {
    this.#choices = choicesAt(run, this.#moment, now, isFinal);
    const words = this.#choices.map((one) => one.words);
    setText(this.#may, words.length === 0 ? 'Nothing for the operator to do.'
      : `At ${duration(run.timeAfter(this.#moment))} the operator may: `);
    hold(byId('operator'), words.join('\n'), () => [this.#may, ...words.map((one, index) =>
      h('button', {type: 'button', click: () => this.#choose(index)}, one))]);
  }

  #choose(index: number): void {
    const choice = this.#choices[index];
    if (choice === undefined) return;
    const operator = byId('operator');
    operator.focus();  // To remove what has the focus would cost a layout of the page.
    this.#change(choice.change);
    this.#say(`${choice.words}: the scenario says it now.`);
    operator.querySelector('button')?.focus();
  }

  #shown(): Shown | null {
    const run = this.#run;
    if (run === null || run.moments.length === 0) return null;
    const last = run.describe(run.moments.length - 1);
    return {
      flow: this.#flowEditor.text, scenario: this.#scenarioEditor.text, status: last.release.status,
      environments: last.environments.map(({name, status}) => [name, status] as const),
      hooks: run.records.filter(({event}) => event === 'hook')
        .map(({hook, point, environment = ''}) => `${hook} ${point} ${environment}`),
    };
  }
  #showTest(): void {
    const shown = this.#shown();
    const language = LANGUAGES.find(({id}) => id === this.#language.value);
    this.#code.textContent = shown === null ? 'There is no release to assert.'
      : language?.make(shown) ?? '';
  }
  #copy(): void {
    const text = this.#code.textContent ?? '';
    const select = () => {
      getSelection()?.selectAllChildren(this.#code);
      this.#say('The test is selected: copy it.');
    };
    navigator.clipboard?.writeText(text).then(() => this.#say('The test is copied.'), select);
    if (navigator.clipboard === undefined) select();
  }

  #download(what: string): void {
    const give = (name: string, type: string, text: string) => {
      const url = URL.createObjectURL(new Blob([text], {type}));
      h('a', {href: url, download: name}).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
      byId<HTMLDetailsElement>('downloads').open = false;
      this.#say(`${name} is downloaded.`);
    };
    if (what === 'flow') return give('flow.yaml', 'application/yaml', this.#flowEditor.text);
    if (what === 'scenario') {
      return give('scenario.yaml', 'application/yaml', this.#scenarioEditor.text);
    }
    if (this.#run === null) return this.#say('There is nothing to download: the flow has errors.');
    if (what === 'trace') return give('trace.jsonl', 'application/jsonl', this.#run.jsonl);
    give('flow.svg', 'image/svg+xml', this.#run.at(this.#moment).render({format: 'svg'}));
  }
}

/** The picture of a release that has succeeded: it has room for a status, and says nothing else. */
function drawing(flow: Flow): string {
  const trace = flow.simulate();
  const run = new Run(flow, {id: 'picture'}, trace.jsonl());
  trace.close();
  const markup = run.at(run.moments.length - 1).render({format: 'svg'});
  run.close();
  return markup;
}

async function main(): Promise<void> {
  const module = await moduleBytes(packed);
  const page = new Page(await openEngine(module), module);
  const first = EXAMPLES[0]!;
  if (!await page.restore()) page.example(first);
  document.body.dataset.ready = 'true';
}

main().catch((error: unknown) => {
  byId('said').textContent = `The playground cannot start here: ${String(error)}`;
});
