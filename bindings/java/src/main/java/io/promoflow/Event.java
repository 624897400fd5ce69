// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Instant;
import java.util.List;

/**
 * What a host tells a release. Contexts are JSON objects as text; null: nothing was exported. Texts
 * such as {@code by} may be null: not given.
 */
public sealed interface Event {
    /** {@return when it happened, in whole milliseconds; times never go backwards} */
    Instant at();

    /**
     * The time has come.
     *
     * @param at when it happened
     */
    record Tick(Instant at) implements Event {}

    /**
     * A hook ran.
     *
     * @param ticket that of its command
     * @param context what it exported
     * @param at when it happened
     */
    record HookSucceeded(long ticket, String context, Instant at) implements Event {}

    /**
     * A hook failed.
     *
     * @param ticket that of its command
     * @param message why
     * @param context what it exported nevertheless
     * @param at when it happened
     */
    record HookFailed(long ticket, String message, String context, Instant at)
            implements Event {}

    /**
     * An environment was promoted to.
     *
     * @param ticket that of its command
     * @param at when it happened
     */
    record PromotionSucceeded(long ticket, Instant at) implements Event {}

    /**
     * A promotion failed, or what it brought is bad news while it soaks.
     *
     * @param ticket that of its command
     * @param message why
     * @param at when it happened
     */
    record PromotionFailed(long ticket, String message, Instant at) implements Event {}

    /**
     * A command waits for a person.
     *
     * @param ticket that of the command
     * @param at when it happened
     */
    record Suspended(long ticket, Instant at) implements Event {}

    /**
     * The person has decided.
     *
     * @param ticket that of the command
     * @param by who
     * @param at when it happened
     */
    record Resumed(long ticket, String by, Instant at) implements Event {}

    /**
     * There is no room yet for a command; its timeout stops.
     *
     * @param ticket that of the command
     * @param at when it happened
     */
    record Queued(long ticket, Instant at) implements Event {}

    /**
     * A command has begun; its timeout counts anew.
     *
     * @param ticket that of the command
     * @param at when it happened
     */
    record Started(long ticket, Instant at) implements Event {}

    /**
     * End the release.
     *
     * @param reason why
     * @param force at once
     * @param by who asked
     * @param at when it happened
     */
    record Terminate(String reason, boolean force, String by, Instant at) implements Event {}

    /**
     * Go on with a release that has failed.
     *
     * @param environments with these environments; null: with all
     * @param by who asked
     * @param at when it happened
     */
    record Retry(List<String> environments, String by, Instant at) implements Event {
        /**
         * Copies the list.
         *
         * @param environments with these environments; null: with all
         * @param by who asked
         * @param at when it happened
         */
        public Retry {
            environments = environments == null ? null : List.copyOf(environments);
        }
    }

    /**
     * Go on without an environment.
     *
     * @param environment its name
     * @param reason why
     * @param by who asked
     * @param at when it happened
     */
    record Skip(String environment, String reason, String by, Instant at) implements Event {}
}
