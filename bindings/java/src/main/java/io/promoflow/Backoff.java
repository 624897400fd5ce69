// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Duration;

/**
 * How often, and when, a command that failed is tried again.
 *
 * @param limit how often; 0: never
 * @param duration how long to wait before the first time; null: not at all
 * @param factor by how much each wait is longer than the one before; 0: 1
 * @param durationMax the longest wait; null: no bound
 */
public record Backoff(int limit, Duration duration, double factor, Duration durationMax) {
    /** Never again. */
    public static final Backoff NONE = new Backoff(0, null, 0, null);
}
