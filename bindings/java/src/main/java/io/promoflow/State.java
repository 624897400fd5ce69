// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** Status, phase and message, of a release or of an environment. */
record State(int status, String phase, String message) {
    static final int BYTES = 24;

    /** Reads the struct behind its struct_size. */
    static State at(Call call, int at) {
        View view = new View(call, at + 4);
        return new State(view.u32(), view.text(), view.text());
    }

    /** What a function writes to its last parameter; `index` is the one before, -1: none. */
    static State of(Call call, String function, int address, int index) {
        int at = call.alloc(BYTES);
        call.memory().writeI32(at, BYTES);
        call.check(index < 0 ? call.raw(function, address, at)
                : call.raw(function, address, index, at));
        return at(call, at);
    }

    static EnvironmentState environment(Call call, String name, String function, int address,
            int index) {
        return of(call, function, address, index).environment(name);
    }

    EnvironmentState environment(String name) {
        return new EnvironmentState(name, EnvironmentStatus.of(status), phase, message);
    }
}
