// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/**
 * Promote to an environment, and answer with {@link Event.PromotionSucceeded} or
 * {@link Event.PromotionFailed}.
 *
 * @param ticket what the answer names
 * @param environment the environment
 * @param attempt which attempt it is, from 1
 * @param policy how
 */
public record Promote(long ticket, String environment, int attempt, Policy policy)
        implements Command {}
