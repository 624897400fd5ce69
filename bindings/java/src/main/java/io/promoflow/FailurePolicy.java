// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** What a failed environment means for others. */
public enum FailurePolicy {
    /** Nothing new starts; what runs finishes. */
    FAIL_FAST("failFast"),
    /** What does not depend on it goes on. */
    CONTINUE("continue"),
    /** What runs is cancelled. */
    ABORT("abort");

    private static final FailurePolicy[] ALL = values();
    private final String word;

    FailurePolicy(String word) {
        this.word = word;
    }

    /** {@return the word of manifests, messages and traces for it} */
    public String word() {
        return word;
    }

    /** The constant of a number of the C ABI; those count from 1, and 0 is none. */
    static FailurePolicy of(int number) {
        return number == 0 ? null : ALL[number - 1];
    }

    static int number(FailurePolicy of) {
        return of == null ? 0 : of.ordinal() + 1;
    }
}
