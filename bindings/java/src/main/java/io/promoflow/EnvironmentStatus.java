// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** The status of an environment. */
public enum EnvironmentStatus {
    /** It has not begun. */
    PENDING("Pending"),
    /** Its hooks or its promotion run. */
    RUNNING("Running"),
    /** It waits for a person. */
    SUSPENDED("Suspended"),
    /** It was promoted to. */
    SUCCESSFUL("Successful"),
    /** It has failed. */
    FAILED("Failed"),
    /** It was terminated. */
    TERMINATED("Terminated"),
    /** It is not promoted to. */
    SKIPPED("Skipped");

    private static final EnvironmentStatus[] ALL = values();
    private final String word;

    EnvironmentStatus(String word) {
        this.word = word;
    }

    /** {@return the word of manifests, messages and traces for it} */
    public String word() {
        return word;
    }

    /** The constant of a number of the C ABI; those count from 1, and 0 is none. */
    static EnvironmentStatus of(int number) {
        return number == 0 ? null : ALL[number - 1];
    }

    /** The constant of a word. */
    static EnvironmentStatus of(String word) {
        for (EnvironmentStatus one : ALL) {
            if (one.word.equals(word)) {
                return one;
            }
        }
        throw new IllegalArgumentException(word);
    }

    static int number(EnvironmentStatus of) {
        return of == null ? 0 : of.ordinal() + 1;
    }
}
