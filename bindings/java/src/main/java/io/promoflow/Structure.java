// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Duration;
import java.util.Arrays;

/** Bytes in the module's order: a struct, or an array of structs, built member by member. */
final class Structure {
    private final Call call;
    private byte[] bytes = new byte[64];
    private int size;

    private Structure(Call call) {
        this.call = call;
    }

    /** A struct whose first member is its size. */
    static Structure sized(Call call) {
        return new Structure(call).u32(0);
    }

    static Structure array(Call call) {
        return new Structure(call);
    }

    private void align(int to) {
        room((to - size % to) % to);
    }

    private int room(int more) {
        int at = size;
        size += more;
        if (size > bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * size);
        }
        return at;
    }

    Structure u32(int value) {
        int at = room(4);
        Bytes.putInt(bytes, at, value);
        return this;
    }

    Structure i64(long value) {
        align(8);
        int at = room(8);
        Bytes.putLong(bytes, at, value);
        return this;
    }

    Structure f64(double value) {
        return i64(Double.doubleToRawLongBits(value));
    }

    /** Null is the default. */
    Structure ms(Duration duration) {
        return i64(duration == null ? 0 : duration.toMillis());
    }

    Structure text(String text) {
        if (text == null) {
            return u32(0).u32(0);
        }
        byte[] utf8 = Call.utf8(text);
        return u32(call.put(utf8, utf8.length)).u32(utf8.length);
    }

    Structure backoff(Backoff retry) {
        Backoff given = retry == null ? Backoff.NONE : retry;
        return ms(given.duration()).ms(given.durationMax()).f64(given.factor()).u32(given.limit())
                .u32(given.durationMax() == null ? 0 : 1);
    }

    /** The address of the array in the module's memory. */
    int place() {
        return call.put(bytes, size);
    }

    /** The address of the struct in the module's memory. */
    int placeSized() {
        Bytes.putInt(bytes, 0, size);
        return place();
    }
}
