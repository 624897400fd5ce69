// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/**
 * How an environment is promoted to.
 *
 * @param action by what; null: not given
 * @param preAction what runs before; null: not given
 * @param postAction what runs after; null: not given
 */
public record Policy(PolicyAction action, String preAction, String postAction) {
    /** Nothing is given. */
    public static final Policy NONE = new Policy(null, null, null);
}
