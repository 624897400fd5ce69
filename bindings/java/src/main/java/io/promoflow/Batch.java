// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Events in and records out as bytes; docs/wasm.md of the project has their layout. */
final class Batch {
    static final int ARGUMENTS = 1;
    static final int CONTEXT = 2;
    static final int LINES = 4;
    private static final int ABSENT = -1;
    private static final int NO_ENVIRONMENT = -1;
    private static final int TEXT_COUNT = 9;

    private Batch() {}

    /** What was refused, and why; a status of 0: it was applied. */
    record Result(int status, String where, String message) {}

    /** A record, and its line of JSON if it was asked for. */
    record Entry(ReleaseRecord what, String line) {}

    /** What a turn gave. */
    record Turn(List<Result> results, List<Entry> entries, long timer, ReleaseStatus status,
            boolean isFinal) {
        static final long NO_TIMER = Long.MIN_VALUE;
    }

    /** Bytes that grow. */
    static final class Writer {
        private byte[] bytes = new byte[256];
        private int size;

        byte[] bytes() {
            return bytes;
        }

        int size() {
            return size;
        }

        private int room(int more) {
            int at = size;
            size += more;
            if (size > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(size, 2 * bytes.length));
            }
            return at;
        }

        // room() comes first: it may replace the bytes.
        private void u32(int value) {
            int at = room(4);
            Bytes.putInt(bytes, at, value);
        }

        private void i64(long value) {
            int at = room(8);
            Bytes.putLong(bytes, at, value);
        }

        private void put(byte[] text) {
            int at = room(text.length);
            System.arraycopy(text, 0, bytes, at, text.length);
        }
    }

    /** `flags` says what the records are to have. */
    static Writer encode(List<? extends Event> events, int flags, long origin) {
        Writer out = new Writer();
        out.u32(Instance.BATCH_VERSION);
        out.u32(flags);
        out.u32(events.size());
        out.u32(0);
        out.i64(origin);
        for (Event event : events) {
            encode(out, event);
        }
        return out;
    }

    private static void encode(Writer out, Event event) {
        if (event instanceof Event.Tick) {
            write(out, 1, event.at(), 0);
        } else if (event instanceof Event.HookSucceeded e) {
            write(out, 2, e.at(), e.ticket(), null, e.context());
        } else if (event instanceof Event.HookFailed e) {
            write(out, 3, e.at(), e.ticket(), given(e.message()), e.context());
        } else if (event instanceof Event.PromotionSucceeded e) {
            write(out, 4, e.at(), e.ticket());
        } else if (event instanceof Event.PromotionFailed e) {
            write(out, 5, e.at(), e.ticket(), given(e.message()));
        } else if (event instanceof Event.Suspended e) {
            write(out, 6, e.at(), e.ticket());
        } else if (event instanceof Event.Resumed e) {
            write(out, 7, e.at(), e.ticket(), null, null, e.by());
        } else if (event instanceof Event.Terminate e) {
            write(out, 8, e.at(), 0, e.force() ? 1 : 0, null, e.reason(), null, e.by());
        } else if (event instanceof Event.Retry e) {
            write(out, 9, e.at(), 0, 0, e.environments(), null, null, e.by());
        } else if (event instanceof Event.Queued e) {
            write(out, 10, e.at(), e.ticket());
        } else if (event instanceof Event.Started e) {
            write(out, 11, e.at(), e.ticket());
        } else if (event instanceof Event.Skip e) {
            write(out, 12, e.at(), 0, e.reason(), null, e.by(), given(e.environment()));
        }
    }

    private static String given(String text) {
        return text == null ? "" : text;
    }

    private static void write(Writer out, int kind, Instant at, long ticket, String... texts) {
        write(out, kind, at, ticket, 0, null, texts);
    }

    /** `texts`: text, context, by, environment; those that are missing are not given. */
    private static void write(Writer out, int kind, Instant at, long ticket, int force,
            List<String> environments, String... texts) {
        int begin = out.size;
        out.u32(0);
        out.u32(kind);
        out.i64(at.toEpochMilli());
        out.i64(ticket);
        out.u32(force | (environments != null ? 2 : 0));
        out.u32(environments == null ? 0 : environments.size());
        byte[][] encoded = new byte[4][];
        for (int i = 0; i < encoded.length; ++i) {
            encoded[i] = i < texts.length && texts[i] != null ? Call.utf8(texts[i]) : null;
            out.u32(encoded[i] == null ? ABSENT : encoded[i].length);
        }
        for (byte[] text : encoded) {
            if (text != null) {
                out.put(text);
            }
        }
        if (environments != null) {
            for (String name : environments) {
                byte[] text = Call.utf8(name);
                out.u32(text.length);
                out.put(text);
            }
        }
        out.room((8 - out.size % 8) % 8);
        Bytes.putInt(out.bytes, begin, out.size - begin);
    }

    /** Reads one entry after another. */
    private static final class Reader {
        private final byte[] bytes;
        private int at;

        Reader(byte[] bytes, int at) {
            this.bytes = bytes;
            this.at = at;
        }

        int u32() {
            at += 4;
            return Bytes.getInt(bytes, at - 4);
        }

        long i64() {
            at += 8;
            return Bytes.getLong(bytes, at - 8);
        }

        String text(int size) {
            if (size == ABSENT) {
                return null;
            }
            at += size;
            return size == 0 ? "" : new String(bytes, at - size, size, StandardCharsets.UTF_8);
        }
    }

    /** `environments`: the names of the flow's environments. */
    static Turn decode(byte[] bytes, List<String> environments, Names argumentNames) {
        Reader reader = new Reader(bytes, 8);
        int resultCount = reader.u32();
        int recordCount = reader.u32();
        long timer = reader.i64();
        ReleaseStatus status = ReleaseStatus.of(reader.u32());
        boolean isFinal = reader.u32() == 1;
        List<Result> results = new ArrayList<>(resultCount);
        for (int i = 0; i < resultCount; ++i) {
            int begin = reader.at;
            int size = reader.u32();
            int code = reader.u32();
            int where = reader.u32();
            int message = reader.u32();
            results.add(new Result(code, reader.text(where), reader.text(message)));
            reader.at = begin + size;
        }
        List<Entry> entries = new ArrayList<>(recordCount);
        for (int i = 0; i < recordCount; ++i) {
            int begin = reader.at;
            int size = reader.u32();
            entries.add(entry(reader, environments, argumentNames));
            reader.at = begin + size;
        }
        return new Turn(results, entries, timer, status, isFinal);
    }

    private static Entry entry(Reader reader, List<String> environments, Names argumentNames) {
        RawRecord raw = new RawRecord();
        raw.kind = reader.u32();
        raw.at = reader.i64();
        raw.ticket = reader.i64();
        raw.earlier = reader.i64();
        raw.status = reader.u32();
        int environment = reader.u32();
        raw.environment = environment == NO_ENVIRONMENT ? null : environments.get(environment);
        raw.commandKind = reader.u32();
        raw.point = reader.u32();
        raw.attempt = reader.u32();
        raw.policyAction = reader.u32();
        raw.force = reader.u32() == 1;
        int names = reader.u32();
        int arguments = reader.u32();
        int lengths = reader.at;
        reader.at += 4 * TEXT_COUNT;
        String[] texts = new String[TEXT_COUNT];
        for (int i = 0; i < TEXT_COUNT; ++i) {
            texts[i] = reader.text(Bytes.getInt(reader.bytes, lengths + 4 * i));
        }
        raw.text = texts[0];
        raw.context = texts[1];
        raw.by = texts[2];
        raw.hook = texts[3];
        raw.preAction = texts[5];
        raw.postAction = texts[6];
        raw.hookContext = texts[7];
        if (names > 0) {
            raw.environments = new ArrayList<>(names);
            for (int i = 0; i < names; ++i) {
                raw.environments.add(reader.text(reader.u32()));
            }
        }
        if (raw.commandKind == 1) {
            raw.arguments = arguments(reader, arguments, argumentNames);
        }
        return new Entry(raw.record(), texts[8]);
    }

    private static Map<String, String> arguments(Reader reader, int count, Names names) {
        Map<String, String> found = new LinkedHashMap<>(2 * count);
        for (int i = 0; i < count; ++i) {
            int name = reader.u32();
            int value = reader.u32();
            reader.at += name;
            found.put(names.get(i, reader.bytes, reader.at - name, name), reader.text(value));
        }
        return Collections.unmodifiableMap(found);
    }

    /**
     * The names of the arguments of the last hook. Those of the next one are mostly the same, and
     * then no string is made of them, whose hash would be computed again.
     */
    static final class Names {
        private String[] known = new String[16];

        /** The name at an index, of which these are the bytes. */
        String get(int index, byte[] bytes, int from, int size) {
            if (index >= known.length) {
                known = Arrays.copyOf(known, 2 * index);
            }
            if (known[index] == null || !isAscii(known[index], bytes, from, size)) {
                known[index] = new String(bytes, from, size, StandardCharsets.UTF_8);
            }
            return known[index];
        }

        /** Whether the bytes are those of the name, each of which is a character. */
        private static boolean isAscii(String name, byte[] bytes, int from, int size) {
            if (name.length() != size) {
                return false;
            }
            for (int i = 0; i < size; ++i) {
                if (bytes[from + i] < 0 || name.charAt(i) != bytes[from + i]) {
                    return false;
                }
            }
            return true;
        }
    }
}
