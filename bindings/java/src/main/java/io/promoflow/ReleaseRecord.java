// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Instant;

/** Something that happened in a release. */
public sealed interface ReleaseRecord {
    /** {@return when it happened} */
    Instant at();

    /**
     * An event was applied.
     *
     * @param event the event
     */
    record Applied(Event event) implements ReleaseRecord {
        @Override
        public Instant at() {
            return event.at();
        }
    }

    /**
     * A command was issued: it is to be carried out.
     *
     * @param command the command
     * @param at when it happened
     */
    record Issued(Command command, Instant at) implements ReleaseRecord {}

    /**
     * The release took another status.
     *
     * @param status the new one
     * @param message why; may be empty
     * @param at when it happened
     */
    record ReleaseChanged(ReleaseStatus status, String message, Instant at)
            implements ReleaseRecord {}

    /**
     * An environment took another status.
     *
     * @param environment its name
     * @param status the new one
     * @param message why; may be empty
     * @param at when it happened
     */
    record EnvironmentChanged(String environment, EnvironmentStatus status, String message,
            Instant at) implements ReleaseRecord {}

    /**
     * An environment's soak ended well.
     *
     * @param ticket that of its promotion
     * @param at when it happened
     */
    record Soaked(long ticket, Instant at) implements ReleaseRecord {}

    /**
     * Two writes to a key of the promotion context conflict.
     *
     * @param key the key
     * @param earlier the ticket of the write that was replaced
     * @param later the ticket of the write that remains
     * @param at when it happened
     */
    record Conflict(String key, long earlier, long later, Instant at) implements ReleaseRecord {}

    /**
     * A key of the promotion context was written that no hook gets.
     *
     * @param key the key
     * @param ticket who wrote it; 0: it was given at start
     * @param at when it happened
     */
    record Shadowed(String key, long ticket, Instant at) implements ReleaseRecord {}

    /**
     * An operator's action was refused; in traces only.
     *
     * @param action the action
     * @param error why, such as {@code not-allowed}
     * @param by who asked; null: not given
     * @param at when it happened
     */
    record Refused(String action, String error, String by, Instant at) implements ReleaseRecord {}
}
