// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.WasmModule;
import io.promoflow.internal.Conf;
import io.promoflow.internal.Core;
import io.promoflow.internal.Diff;

/** The modules of WebAssembly. The classes of one are loaded when it is used. */
enum Module {
    /** What every engine has. */
    CORE {
        @Override
        WasmModule load() {
            return Core.load();
        }

        @Override
        Machine create(Instance instance) {
            return Core.create(instance);
        }
    },
    /** Flows, with explorations and differences. */
    DIFF {
        @Override
        WasmModule load() {
            return Diff.load();
        }

        @Override
        Machine create(Instance instance) {
            return Diff.create(instance);
        }
    },
    /** Flows, with configurations and queues. */
    CONFIGURATION {
        @Override
        WasmModule load() {
            return Conf.load();
        }

        @Override
        Machine create(Instance instance) {
            return Conf.create(instance);
        }
    };

    abstract WasmModule load();

    abstract Machine create(Instance instance);
}
