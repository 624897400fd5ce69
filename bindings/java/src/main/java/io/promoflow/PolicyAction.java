// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** How an environment is promoted to. */
public enum PolicyAction {
    /** By a commit. */
    COMMIT("commit"),
    /** By a pull request. */
    PR("pr"),
    /** By nothing: the environment is only checked. */
    NONE("none");

    private static final PolicyAction[] ALL = values();
    private final String word;

    PolicyAction(String word) {
        this.word = word;
    }

    /** {@return the word of manifests, messages and traces for it} */
    public String word() {
        return word;
    }

    /** The constant of a number of the C ABI; those count from 1, and 0 is none. */
    static PolicyAction of(int number) {
        return number == 0 ? null : ALL[number - 1];
    }

    static int number(PolicyAction of) {
        return of == null ? 0 : of.ordinal() + 1;
    }
}
