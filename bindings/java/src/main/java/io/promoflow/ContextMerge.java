// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** How exports are merged into the promotion context. */
public enum ContextMerge {
    /** Key by key. */
    SHALLOW("shallow"),
    /** Objects within objects, too. */
    DEEP("deep");

    private static final ContextMerge[] ALL = values();
    private final String word;

    ContextMerge(String word) {
        this.word = word;
    }

    /** {@return the word of manifests, messages and traces for it} */
    public String word() {
        return word;
    }

    /** The constant of a number of the C ABI; those count from 1, and 0 is none. */
    static ContextMerge of(int number) {
        return number == 0 ? null : ALL[number - 1];
    }

    static int number(ContextMerge of) {
        return of == null ? 0 : of.ordinal() + 1;
    }
}
