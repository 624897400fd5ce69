// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** Why no environment begins at present. */
public enum Block {
    /** The hooks at the start of the release have not succeeded yet. */
    RELEASE_STARTING("release-starting"),
    /** One has failed or was terminated, and the failure policy is not continue. */
    FAILURE("failure"),
    /** The release is being terminated. */
    TERMINATION("termination"),
    /** The release has ended; a retry lets it go on. */
    FINAL("final");

    private static final Block[] ALL = values();
    private final String word;

    Block(String word) {
        this.word = word;
    }

    /** {@return the word of manifests, messages and traces for it} */
    public String word() {
        return word;
    }

    /** The constant of a number of the C ABI; those count from 1, and 0 is none. */
    static Block of(int number) {
        return number == 0 ? null : ALL[number - 1];
    }

    static int number(Block of) {
        return of == null ? 0 : of.ordinal() + 1;
    }
}
