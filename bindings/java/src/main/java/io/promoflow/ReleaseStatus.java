// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** The status of a release. */
public enum ReleaseStatus {
    /** It goes on. */
    RUNNING("Running"),
    /** All that runs waits for a person. */
    SUSPENDED("Suspended"),
    /** It was terminated, and its onFail hooks run. */
    TERMINATING("Terminating"),
    /** It has ended well; final. */
    SUCCEEDED("Succeeded"),
    /** It has failed; final, but for a retry. */
    FAILED("Failed"),
    /** It was terminated; final, but for a retry. */
    TERMINATED("Terminated");

    private static final ReleaseStatus[] ALL = values();
    private final String word;

    ReleaseStatus(String word) {
        this.word = word;
    }

    /** {@return the word of manifests, messages and traces for it} */
    public String word() {
        return word;
    }

    /** The constant of a number of the C ABI; those count from 1, and 0 is none. */
    static ReleaseStatus of(int number) {
        return number == 0 ? null : ALL[number - 1];
    }

    /** The constant of a word. */
    static ReleaseStatus of(String word) {
        for (ReleaseStatus one : ALL) {
            if (one.word.equals(word)) {
                return one;
            }
        }
        throw new IllegalArgumentException(word);
    }

    static int number(ReleaseStatus of) {
        return of == null ? 0 : of.ordinal() + 1;
    }
}
