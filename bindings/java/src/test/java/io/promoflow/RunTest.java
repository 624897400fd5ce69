// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class RunTest {
    private final Flow flow = Flow.load(Texts.BILLING);

    /** Hooks by a function, promotions that succeed. */
    private record Hooks(Function<HookCall, CompletableFuture<String>> hook)
            implements Executor {
        @Override
        public CompletableFuture<String> runHook(HookCall call) {
            return hook.apply(call);
        }

        @Override
        public CompletableFuture<?> promote(PromotionCall call) {
            return CompletableFuture.completedFuture(call.environment());
        }
    }

    private static CompletableFuture<String> exported(String json) {
        return CompletableFuture.completedFuture(json);
    }

    /** A time that passes when the test says so. */
    private static final class Virtual implements RunClock {
        private Instant now = Texts.at(0);
        private final TreeMap<Instant, Runnable> timers = new TreeMap<>();

        @Override
        public synchronized Instant now() {
            return now;
        }

        @Override
        public synchronized Runnable at(Instant when, Runnable wake) {
            timers.put(when, wake);
            return () -> forget(when, wake);
        }

        private synchronized void forget(Instant when, Runnable wake) {
            timers.remove(when, wake);
        }

        void next() {
            Runnable wake;
            synchronized (this) {
                now = timers.firstKey();
                wake = timers.remove(now);
            }
            wake.run();
        }
    }

    @Test
    void aReleaseIsDrivenToItsEnd() {
        StringBuilder journal = new StringBuilder();
        List<ReleaseRecord> seen = new ArrayList<>();
        Release release = Run.start(flow, new Hooks(call -> {
            call.suspended();
            call.resumed("ann");
            call.queued();
            call.started();
            return exported("{\"KEY\":\"" + call.key() + "\"}");
        }), Start.of("r-1"), RunOptions.DEFAULT.withJournal(journal::append)
                .withObserve(seen::add)).join();
        assertEquals(ReleaseStatus.SUCCEEDED, release.status());
        assertEquals("{\"KEY\":\"r-1/1\"}", release.context());
        assertEquals(ReleaseStatus.SUCCEEDED, flow.recover(journal.toString()).status());
        assertTrue(seen.stream().anyMatch(one -> one instanceof ReleaseRecord.Applied applied
                && applied.event() instanceof Event.Resumed resumed
                && "ann".equals(resumed.by())));
    }

    @Test
    void failuresAndARetry() {
        AtomicBoolean fails = new AtomicBoolean(true);
        Executor executor = new Hooks(call -> call.hook().equals("gate") && fails.get()
                ? CompletableFuture.failedFuture(
                        new CommandFailedException("closed", "{\"W\":1}"))
                : exported(null));
        Release release = Run.start(flow, executor, Start.of("r")).join();
        assertEquals(ReleaseStatus.FAILED, release.status());
        assertTrue(release.describe().message().contains("closed"));
        assertEquals("{\"W\":1}", release.describe().rejectedExports().get(0).text());
        fails.set(false);
        release.apply(new Event.Retry(null, null, Instant.now()));
        assertSame(release, Run.resume(release, executor, RunOptions.DEFAULT).join());
        assertEquals(ReleaseStatus.SUCCEEDED, release.status());
    }

    @Test
    void anExecutorThatThrowsFailsTheCommand() {
        for (Function<HookCall, CompletableFuture<String>> hook
                : List.<Function<HookCall, CompletableFuture<String>>>of(
                        call -> {
                            throw new IllegalArgumentException("thrown");
                        },
                        call -> null,
                        call -> CompletableFuture.supplyAsync(() -> {
                            throw new IllegalArgumentException("later");
                        }))) {
            Release release = Run.start(flow, new Hooks(hook), Start.of("r")).join();
            String message = release.environment("staging").message();
            assertEquals(ReleaseStatus.FAILED, release.status());
            assertTrue(message.contains("thrown") || message.contains("null instead")
                    || message.contains("later"), message);
        }
    }

    @Test
    void aTerminationCancelsWhatRuns() {
        CompletableFuture<HookCall> begun = new CompletableFuture<>();
        CompletableFuture<String> work = new CompletableFuture<>();
        Run run = Run.start(flow, new Hooks(call -> {
            if (!call.hook().equals("gate")) {
                return exported(null);
            }
            begun.complete(call);
            return work;
        }), Start.of("r"));
        HookCall call = begun.join();
        assertFalse(call.isCancelled());
        run.terminate("shutting down", "ann").join();
        Release release = run.join();
        assertEquals(ReleaseStatus.TERMINATED, release.status());
        assertEquals("shutting down", release.describe().message());
        assertTrue(call.isCancelled());
        assertTrue(work.isCancelled());
        CompletionException late = assertThrows(CompletionException.class,
                () -> run.terminate("again", null).join());
        assertEquals("not-allowed", ((RefusedException) late.getCause()).code());
    }

    @Test
    void whatTheReleaseRefusesIsSaid() {
        CompletableFuture<String> gate = new CompletableFuture<>();
        Run run = Run.start(flow, new Hooks(call -> gate), Start.of("r"));
        CompletionException refused = assertThrows(CompletionException.class,
                () -> run.submit(new Event.Skip("qa", "", null, Instant.now())).join());
        assertEquals("unknown-environment", ((RefusedException) refused.getCause()).code());
        gate.complete(null);
        assertEquals(ReleaseStatus.SUCCEEDED, run.join().status());
    }

    @Test
    void timersAreThoseOfTheClock() {
        Flow timed = Flow.builder("timed", "dev").step(Step.of("staging").dependsOn("dev")
                .withSoak(Duration.ofHours(1))).build();
        Virtual clock = new Virtual();
        // Everything happens within the call that announces it.
        Run run = Run.start(timed, new Hooks(call -> exported(null)), Start.of("r"),
                RunOptions.DEFAULT.withClock(clock).withPool(Runnable::run));
        assertFalse(run.result().isDone());
        clock.next();
        assertEquals(ReleaseStatus.SUCCEEDED, run.result().getNow(null).status());
        assertEquals(Texts.at(3_600_000), clock.now());
        assertTrue(clock.timers.isEmpty());
    }

    @Test
    void aJournalThatFailsEndsTheRun() {
        CompletableFuture<String> gate = new CompletableFuture<>();
        List<String> lines = new ArrayList<>();
        Run run = Run.start(flow, new Hooks(call -> gate), Start.of("r"),
                RunOptions.DEFAULT.withJournal(line -> {
                    if (!lines.isEmpty()) {
                        throw new IllegalStateException("the disk is full");
                    }
                    lines.add(line);
                }));
        gate.complete(null);
        CompletionException failed = assertThrows(CompletionException.class, run::join);
        assertEquals("the disk is full", failed.getCause().getMessage());
    }
}
