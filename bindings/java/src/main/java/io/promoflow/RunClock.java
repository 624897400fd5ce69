// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The time that a run lives by; another one in tests. Usable by any number of threads. */
public interface RunClock {
    /** {@return the present time} */
    Instant now();

    /**
     * Calls something at a time, or soon after it, on any thread.
     *
     * @param when the time
     * @param wake what is called; it returns at once
     * @return what takes it back, if it was not called yet
     */
    Runnable at(Instant when, Runnable wake);

    /** The time of the machine. */
    RunClock SYSTEM = new RunClock() {
        private final ScheduledThreadPoolExecutor timers = timers();

        private static ScheduledThreadPoolExecutor timers() {
            ScheduledThreadPoolExecutor made = new ScheduledThreadPoolExecutor(1, body -> {
                Thread thread = new Thread(body, "promoflow-timers");
                thread.setDaemon(true);
                return thread;
            });
            made.setRemoveOnCancelPolicy(true);
            return made;
        }

        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public Runnable at(Instant when, Runnable wake) {
            long ms = Math.max(0, Duration.between(now(), when).toMillis() + 1);
            ScheduledFuture<?> timer = timers.schedule(wake, ms, TimeUnit.MILLISECONDS);
            return () -> timer.cancel(false);
        }
    };
}
