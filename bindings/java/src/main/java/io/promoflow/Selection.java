// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.List;

/**
 * Which environments a release promotes to.
 *
 * @param kind what the list means
 * @param environments their names; with {@link Kind#ALL} there are none
 */
public record Selection(Kind kind, List<String> environments) {
    /** All environments. */
    public static final Selection ALL = new Selection(Kind.ALL, List.of());

    /** What the list means. */
    public enum Kind {
        /** All environments of the flow. */
        ALL,
        /** All but those in the list. */
        SKIP,
        /** Those in the list, and what they depend on. */
        UNTIL,
        /** Those in the list. */
        ONLY
    }

    /**
     * Copies the list.
     *
     * @param kind what the list means
     * @param environments their names; with {@link Kind#ALL} there are none
     */
    public Selection {
        environments = List.copyOf(environments);
    }

    /**
     * All but these.
     *
     * @param environments their names
     * @return the selection
     */
    public static Selection skip(String... environments) {
        return new Selection(Kind.SKIP, List.of(environments));
    }

    /**
     * These, and what they depend on.
     *
     * @param environments their names
     * @return the selection
     */
    public static Selection until(String... environments) {
        return new Selection(Kind.UNTIL, List.of(environments));
    }

    /**
     * These.
     *
     * @param environments their names
     * @return the selection
     */
    public static Selection only(String... environments) {
        return new Selection(Kind.ONLY, List.of(environments));
    }

    int place(Call call) {
        if (kind == Kind.ALL && environments.isEmpty()) {
            return 0;
        }
        return Structure.sized(call).u32(kind.ordinal()).u32(call.texts(environments))
                .i64(environments.size()).placeSized();
    }
}
