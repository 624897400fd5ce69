// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;

/**
 * How a run is driven.
 *
 * @param journal called with lines before what they say is applied; returns when they are safe, and
 *     ends the run if it throws. Null: there is none
 * @param observe called with each record, in order; null: nothing is
 * @param pool where the loop and the executor's methods are called
 * @param clock the time
 */
public record RunOptions(Consumer<String> journal, Consumer<ReleaseRecord> observe,
        java.util.concurrent.Executor pool, RunClock clock) {
    /** No journal, no observer, the common pool, the time of the machine. */
    public static final RunOptions DEFAULT =
            new RunOptions(null, null, ForkJoinPool.commonPool(), RunClock.SYSTEM);

    /**
     * The same with a journal.
     *
     * @param journal called with lines before what they say is applied
     * @return the options
     */
    public RunOptions withJournal(Consumer<String> journal) {
        return new RunOptions(journal, observe, pool, clock);
    }

    /**
     * The same with an observer.
     *
     * @param observe called with each record
     * @return the options
     */
    public RunOptions withObserve(Consumer<ReleaseRecord> observe) {
        return new RunOptions(journal, observe, pool, clock);
    }

    /**
     * The same with another pool.
     *
     * @param pool where the loop and the executor's methods are called
     * @return the options
     */
    public RunOptions withPool(java.util.concurrent.Executor pool) {
        return new RunOptions(journal, observe, pool, clock);
    }

    /**
     * The same with another clock.
     *
     * @param clock the time
     * @return the options
     */
    public RunOptions withClock(RunClock clock) {
        return new RunOptions(journal, observe, pool, clock);
    }
}
