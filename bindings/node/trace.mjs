// SPDX-License-Identifier: Apache-2.0
// ./dev trace node FLOW SCENARIO: the trace of a simulation on standard output and nothing else.

import {copyFile, readFile} from 'node:fs/promises';

const [flowFile, scenarioFile] = process.argv.slice(2);
const root = new URL('../../', import.meta.url);
await copyFile(new URL('build/wasm/promoflow.wasm', root),
  new URL('promoflow.wasm', import.meta.url));
const {Flow, InvalidContextError} = await import('./src/index.mjs');
process.stdout.on('error', (error) => {  // A full disk, or a pipe that was closed.
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
try {
  const flow = await Flow.load(await readFile(flowFile), {file: flowFile});
  const scenario = flow.scenario(await readFile(scenarioFile), scenarioFile);
  process.stdout.write(flow.simulate(scenario).jsonl());
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  // A start that is refused is an empty trace.
  if (!(error instanceof InvalidContextError)) process.exitCode = 1;
}
