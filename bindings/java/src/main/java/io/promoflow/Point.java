// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** Where hooks run. */
public enum Point {
    /** Before the first environment. */
    RELEASE_ON_START("release.onStart"),
    /** When all environments have succeeded. */
    RELEASE_ON_SUCCESS("release.onSuccess"),
    /** When the release has failed or was terminated. */
    RELEASE_ON_FAIL("release.onFail"),
    /** Before an environment is promoted to. */
    ENVIRONMENT_ON_START("environment.onStart"),
    /** When it was promoted to. */
    ENVIRONMENT_ON_SUCCESS("environment.onSuccess"),
    /** When it has failed or was terminated. */
    ENVIRONMENT_ON_FAIL("environment.onFail");

    private static final Point[] ALL = values();
    private final String word;

    Point(String word) {
        this.word = word;
    }

    /** {@return the word of manifests, messages and traces for it} */
    public String word() {
        return word;
    }

    /** The constant of a number of the C ABI; those count from 1, and 0 is none. */
    static Point of(int number) {
        return number == 0 ? null : ALL[number - 1];
    }

    /** The constant of a word. */
    static Point of(String word) {
        for (Point one : ALL) {
            if (one.word.equals(word)) {
                return one;
            }
        }
        throw new IllegalArgumentException(word);
    }

    static int number(Point of) {
        return of == null ? 0 : of.ordinal() + 1;
    }
}
