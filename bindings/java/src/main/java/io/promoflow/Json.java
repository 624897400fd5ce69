// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A value of a JSON text that the library wrote: it is known to be well-formed. {@link #text()} is
 * the value as it stands in the text.
 */
final class Json {
    private static final Json NONE = new Json("null", null);

    private final String text;
    /** A Map, a List, a String, a Long, a Boolean, or null. */
    private final Object value;

    private Json(String text, Object value) {
        this.text = text;
        this.value = value;
    }

    static Json parse(String text) {
        return new Reader(text).value();
    }

    String text() {
        return text;
    }

    boolean isNull() {
        return value == null;
    }

    /** A member; one that is not there is null. */
    @SuppressWarnings("unchecked")
    Json at(String name) {
        return ((Map<String, Json>) value).getOrDefault(name, NONE);
    }

    @SuppressWarnings("unchecked")
    Map<String, Json> members() {
        return value == null ? Map.of() : (Map<String, Json>) value;
    }

    @SuppressWarnings("unchecked")
    List<Json> elements() {
        return value == null ? List.of() : (List<Json>) value;
    }

    /** Null: it is null. */
    String string() {
        return (String) value;
    }

    String stringOr(String other) {
        return value == null ? other : string();
    }

    int number() {
        return (int) longNumber();
    }

    long longNumber() {
        return value == null ? 0 : (Long) value;
    }

    boolean isTrue() {
        return Boolean.TRUE.equals(value);
    }

    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        Json value() {
            skip();
            int begin = at;
            Object read = switch (text.charAt(at)) {
                case '{' -> object();
                case '[' -> array();
                case '"' -> string();
                case 't', 'f', 'n' -> word();
                default -> number();
            };
            return new Json(text.substring(begin, at), read);
        }

        private void skip() {
            while (Character.isWhitespace(text.charAt(at))) {
                ++at;
            }
        }

        /** Whether another element follows, behind a bracket or a comma. */
        private boolean more(char end) {
            ++at;
            skip();
            if (text.charAt(at) != end) {
                return true;
            }
            ++at;
            return false;
        }

        private boolean next() {
            skip();
            return text.charAt(at) == ',';
        }

        private Map<String, Json> object() {
            Map<String, Json> members = new LinkedHashMap<>();
            if (!more('}')) {
                return members;
            }
            for (;;) {
                skip();
                String name = string();
                skip();
                ++at; // The colon.
                members.put(name, value());
                if (!next()) {
                    ++at;
                    return members;
                }
                ++at;
            }
        }

        private List<Json> array() {
            List<Json> elements = new ArrayList<>();
            if (!more(']')) {
                return elements;
            }
            for (;;) {
                elements.add(value());
                if (!next()) {
                    ++at;
                    return elements;
                }
                ++at;
            }
        }

        private String string() {
            StringBuilder read = new StringBuilder();
            for (++at; text.charAt(at) != '"'; ++at) {
                char one = text.charAt(at);
                if (one != '\\') {
                    read.append(one);
                    continue;
                }
                ++at;
                switch (text.charAt(at)) {
                    case 'b' -> read.append('\b');
                    case 'f' -> read.append('\f');
                    case 'n' -> read.append('\n');
                    case 'r' -> read.append('\r');
                    case 't' -> read.append('\t');
                    case 'u' -> {
                        read.append((char) Integer.parseInt(text, at + 1, at + 5, 16));
                        at += 4;
                    }
                    default -> read.append(text.charAt(at));
                }
            }
            ++at;
            return read.toString();
        }

        private Boolean word() {
            for (String one : List.of("true", "false", "null")) {
                if (text.startsWith(one, at)) {
                    at += one.length();
                    return one.equals("null") ? null : Boolean.valueOf(one);
                }
            }
            throw new IllegalArgumentException("no JSON at " + at);
        }

        private Long number() {
            int begin = at;
            while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
                ++at;
            }
            return Long.valueOf(text.substring(begin, at));
        }
    }
}
