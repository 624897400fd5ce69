// SPDX-License-Identifier: Apache-2.0
// The package without a way to read promoflow.wasm, for who bundles it in a way of their own:
// `Engine.create({module})` takes its bytes.

export {Engine} from './engine.mjs';
export {Flow, FlowBuilder} from './flow.mjs';
export {Release} from './release.mjs';
export {Scenario, Trace} from './simulation.mjs';
export {CommandFailed, run} from './run.mjs';
export * from './errors.mjs';
export {parseJson, writeJson} from './json.mjs';
