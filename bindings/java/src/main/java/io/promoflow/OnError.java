// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** What a failed hook means. */
public enum OnError {
    /** Its environment or release fails. */
    FAIL("fail"),
    /** Nothing. */
    IGNORE("ignore");

    private static final OnError[] ALL = values();
    private final String word;

    OnError(String word) {
        this.word = word;
    }

    /** {@return the word of manifests, messages and traces for it} */
    public String word() {
        return word;
    }

    /** The constant of a number of the C ABI; those count from 1, and 0 is none. */
    static OnError of(int number) {
        return number == 0 ? null : ALL[number - 1];
    }

    static int number(OnError of) {
        return of == null ? 0 : of.ordinal() + 1;
    }
}
