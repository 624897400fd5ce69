// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Commands as structs in the module's memory. */
final class Commands {
    static final int BYTES = 96;
    private static final int ARGUMENT_BYTES = 16;

    private Commands() {}

    /** What of a command only an outstanding one has. */
    record More(boolean suspended, boolean queued, long expires) {}

    /** Reads the struct at an address into `raw`. */
    static More read(Call call, int at, RawRecord raw) {
        View view = new View(call, at + 4);
        raw.commandKind = view.u32();
        raw.ticket = view.i64();
        raw.point = view.u32();
        view.u32();
        raw.attempt = view.u32();
        boolean suspended = view.u32() != 0;
        long expires = view.i64();
        raw.environment = view.text();
        raw.hook = view.text();
        view.i64();
        view.i64();
        raw.preAction = view.text();
        raw.postAction = view.text();
        raw.policyAction = view.u32();
        return new More(suspended, view.u32() != 0, expires);
    }

    /** The arguments of the command at an address: of a release, or of a trace. */
    static Map<String, String> arguments(Call call, String function, int address, int at) {
        int count = call.instance().scratch() + 40;
        call.check(call.raw(function, address, at, 0, 0, count));
        int found = call.memory().readInt(count);
        int list = call.alloc(found * ARGUMENT_BYTES);
        call.check(call.raw(function, address, at, list, found, count));
        Map<String, String> arguments = new LinkedHashMap<>();
        for (int i = 0; i < found; ++i) {
            arguments.put(call.str(list + ARGUMENT_BYTES * i),
                    call.str(list + ARGUMENT_BYTES * i + 8));
        }
        return Collections.unmodifiableMap(arguments);
    }
}
