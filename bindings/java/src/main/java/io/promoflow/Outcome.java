// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Duration;

/**
 * A rule of a scenario: how commands end. The first that fits counts.
 *
 * @param point null: any
 * @param hook the hook's name; null: it is a rule for promotions
 * @param environment null: any
 * @param fail the message of the failure; null: it succeeds
 * @param context what the hook exports; null: nothing
 * @param after how long it takes
 * @param suspend how long it waits for a person before; null: not at all
 * @param attempt 0: any
 * @param failInSoak the message of a failure while it soaks; null: none
 * @param failInSoakAfter how long after the promotion
 * @param place that of the hook in its list, from 1; 0: any
 */
public record Outcome(Point point, String hook, String environment, String fail, String context,
        Duration after, Duration suspend, int attempt, String failInSoak,
        Duration failInSoakAfter, int place) {}
