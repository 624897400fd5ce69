// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import com.dylibso.chicory.runtime.Memory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * What is done with an instance while it is locked: texts and structs across the border, errors.
 * Memory that is taken for it is freed in the end. An address of 0 is no address.
 */
final class Call {
    private static final int OUT = 0;
    private static final int ERROR = 8;
    private static final int TEXT = 16;
    private static final int VALUE = 24;
    private static final int COUNT = 40;
    private static final int EVENTS = 48;

    private final Instance instance;
    private int[] held = new int[8];
    private int heldCount;

    Call(Instance instance) {
        this.instance = instance;
    }

    Instance instance() {
        return instance;
    }

    Memory memory() {
        return instance.memory();
    }

    /** How much is taken so far: for {@link #freeTo(int)}. */
    int mark() {
        return heldCount;
    }

    /** Frees what was taken since the mark. */
    void freeTo(int mark) {
        while (heldCount > mark) {
            --heldCount;
            if (!instance.isBroken()) {
                instance.raw("free", held[heldCount]);
            }
        }
    }

    long raw(String name, long... values) {
        return instance.raw(name, values);
    }

    int alloc(int size) {
        int at = (int) raw("malloc", Math.max(size, 1));
        if (at == 0) {
            throw new PromoflowException("out-of-memory", "", "out of memory");
        }
        if (heldCount == held.length) {
            held = java.util.Arrays.copyOf(held, 2 * heldCount);
        }
        held[heldCount++] = at;
        return at;
    }

    int put(byte[] bytes, int size) {
        int at = alloc(size);
        memory().write(at, bytes, 0, size);
        return at;
    }

    /** The address of a promoflow_str; null: the text is not given. */
    int text(String text) {
        return text == null ? text(null, 0) : bytes(utf8(text));
    }

    int bytes(byte[] text) {
        return text(text, text == null ? 0 : text.length);
    }

    int text(byte[] text, int size) {
        int data = text == null ? 0 : put(text, size);
        int at = alloc(8);
        memory().writeI32(at, data);
        memory().writeI32(at + 4, size);
        return at;
    }

    /** The address of an array of promoflow_str; 0: there is no list. */
    int texts(List<String> list) {
        if (list == null) {
            return 0;
        }
        Structure array = Structure.array(this);
        for (String text : list) {
            array.text(text);
        }
        return array.place();
    }

    /** The text at a promoflow_str; null: it is not given. */
    String str(int at) {
        byte[] bytes = bytesAt(at);
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    private byte[] bytesAt(int at) {
        int data = memory().readInt(at);
        return data == 0 ? null : memory().readBytes(data, memory().readInt(at + 4));
    }

    /** What a function that returns a promoflow_str gives. */
    String textOf(String name, long... values) {
        return new String(bytesOf(name, values), StandardCharsets.UTF_8);
    }

    private byte[] bytesOf(String name, long... values) {
        int at = instance.scratch() + TEXT;
        raw(name, prepend(at, values));
        byte[] bytes = bytesAt(at);
        return bytes == null ? new byte[0] : bytes;
    }

    /** The text that a function writes to its last parameter. */
    String textInto(String name, long... values) {
        int at = instance.scratch() + VALUE;
        check(raw(name, append(values, at)));
        return str(at);
    }

    /** The number that a function writes to its last parameter. */
    int numberInto(String name, long... values) {
        int at = instance.scratch() + VALUE;
        check(raw(name, append(values, at)));
        return memory().readInt(at);
    }

    /** Calls a function whose last parameters are an output and an error; 0: there is nothing. */
    int make(String name, long... values) {
        int out = instance.scratch() + OUT;
        memory().writeI32(out, 0);
        return act(name, append(values, out)) ? memory().readInt(out) : 0;
    }

    /** Calls a function whose last parameter is an error; false: there is nothing. */
    boolean act(String name, long... values) {
        int error = instance.scratch() + ERROR;
        memory().writeI32(error, 0);
        int status = (int) raw(name, append(values, error));
        if (status < 0) {
            throw failure(status, memory().readInt(error));
        }
        return status == 0;
    }

    /** The status of a function without an error; false: there is nothing. */
    boolean check(long status) {
        if ((int) status < 0) {
            throw failure((int) status, 0);
        }
        return (int) status == 0;
    }

    private PromoflowException failure(int status, int error) {
        String code = textOf("promoflow_status_name", status);
        if (error == 0) {
            return PromoflowException.of(code, "", "");
        }
        String where = textOf("promoflow_error_where", error);
        String message = textOf("promoflow_error_message", error);
        raw("promoflow_error_free", error);
        return PromoflowException.of(code, where, message);
    }

    /** The text of a promoflow_buffer that a function makes. */
    String buffer(String name, long... values) {
        return new String(bufferBytes(name, values), StandardCharsets.UTF_8);
    }

    byte[] bufferBytes(String name, long... values) {
        return takeBytes(make(name, values));
    }

    /** The text of a promoflow_buffer, which is freed. */
    String take(int buffer) {
        return new String(takeBytes(buffer), StandardCharsets.UTF_8);
    }

    private byte[] takeBytes(int buffer) {
        byte[] bytes = bytesOf("promoflow_buffer_text", buffer);
        raw("promoflow_buffer_free", buffer);
        return bytes;
    }

    /** Applies a batch of events to a release: the batch of its records. */
    byte[] turn(int release, byte[] events, int size) {
        int scratch = instance.scratch();
        int at = instance.room(size);
        memory().write(at, events, 0, size);
        memory().writeI32(scratch + EVENTS, at);
        memory().writeI32(scratch + EVENTS + 4, size);
        act("promoflow_batch_turn_view", release, scratch + EVENTS, scratch + TEXT);
        return bytesAt(scratch + TEXT);
    }

    /** Reads the elements of an array that a function fills; `error`: its last parameter is one. */
    void list(boolean error, int size, String name, IntConsumer read, long... values) {
        int count = instance.scratch() + COUNT;
        memory().writeI32(count, 0);  // It stays so if there is nothing.
        fill(error, name, concat(values, 0, size, 0, count));
        int found = memory().readInt(count);
        if (found == 0) {
            return;
        }
        int at = alloc(found * size);
        fill(error, name, concat(values, at, size, found, count));
        for (int i = 0; i < found; ++i) {
            read.accept(at + i * size);
        }
    }

    private void fill(boolean error, String name, long... values) {
        if (error) {
            act(name, values);
        } else {
            check(raw(name, values));
        }
    }

    static byte[] utf8(String text) {
        if (hasLoneSurrogate(text)) {
            return replaceSurrogates(text).getBytes(StandardCharsets.UTF_8);
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static boolean hasLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); ++i) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (i + 1 == text.length()
                        || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
                    return true;
                }
                ++i;
            }
        }
        return false;
    }

    /** As the library does with what is no UTF-8; String.getBytes() would write `?`. */
    private static String replaceSurrogates(String text) {
        int[] points = text.codePoints()
                .map(point -> point >= 0xd800 && point <= 0xdfff ? 0xfffd : point).toArray();
        return new String(points, 0, points.length);
    }

    private static long[] append(long[] values, long last) {
        long[] all = java.util.Arrays.copyOf(values, values.length + 1);
        all[values.length] = last;
        return all;
    }

    private static long[] prepend(long first, long[] values) {
        long[] all = new long[values.length + 1];
        all[0] = first;
        System.arraycopy(values, 0, all, 1, values.length);
        return all;
    }

    private static long[] concat(long[] values, long... more) {
        long[] all = java.util.Arrays.copyOf(values, values.length + more.length);
        System.arraycopy(more, 0, all, values.length, more.length);
        return all;
    }
}
