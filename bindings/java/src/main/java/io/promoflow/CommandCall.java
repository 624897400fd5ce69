// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** A command at an executor, and what may be reported of it while it is at work, by any thread. */
public abstract sealed class CommandCall permits HookCall, PromotionCall {
    private final Run run;
    private final String releaseId;
    private final long ticket;
    private final String key;
    private volatile boolean cancelled;

    CommandCall(Run run, String releaseId, long ticket, String key) {
        this.run = run;
        this.releaseId = releaseId;
        this.ticket = ticket;
        this.key = key;
    }

    /** {@return the release's id} */
    public final String releaseId() {
        return releaseId;
    }

    /** {@return an idempotency key for what the command does} */
    public final String key() {
        return key;
    }

    /** {@return whether the release has cancelled it} */
    public final boolean isCancelled() {
        return cancelled;
    }

    final void cancel() {
        cancelled = true;
    }

    /** It waits for a person. */
    public final void suspended() {
        run.send(new Event.Suspended(ticket, run.now()));
    }

    /**
     * The person has decided.
     *
     * @param by who; null: not given
     */
    public final void resumed(String by) {
        run.send(new Event.Resumed(ticket, by, run.now()));
    }

    /** There is no room for it yet: its timeout stops. */
    public final void queued() {
        run.send(new Event.Queued(ticket, run.now()));
    }

    /** It has begun: its timeout counts anew. */
    public final void started() {
        run.send(new Event.Started(ticket, run.now()));
    }
}
