// SPDX-License-Identifier: Apache-2.0
// What a promotion release must run next, and with which arguments. README.md is the guide.

import {setSource} from './engine.mjs';
import {readModule} from './module.mjs';

setSource(() => readModule('promoflow.wasm'));

export * from './bare.mjs';
