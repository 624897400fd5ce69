// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Reads a struct in the module's memory member by member. */
final class View {
    private final Call call;
    private int at;

    /** `at`: the first member that is read; struct_size is none. */
    View(Call call, int at) {
        this.call = call;
        this.at = at;
    }

    int u32() {
        at += 4;
        return call.memory().readInt(at - 4);
    }

    long i64() {
        at = (at + 7) / 8 * 8 + 8;
        return call.memory().readLong(at - 8);
    }

    Duration ms() {
        return Duration.ofMillis(i64());
    }

    /** Null: not given. */
    String text() {
        at += 8;
        return call.str(at - 8);
    }

    /** Texts at an address with a number of 64 bits behind it; null: there is no list. */
    List<String> texts() {
        int list = u32();
        int count = (int) i64();
        if (list == 0) {
            return null;
        }
        List<String> found = new ArrayList<>();
        for (int i = 0; i < count; ++i) {
            found.add(call.str(list + 8 * i));
        }
        return List.copyOf(found);
    }
}
