// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import static io.promoflow.Texts.at;
import static io.promoflow.Texts.commands;
import static io.promoflow.Texts.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class HandlesTest {
    private static Engine engine(int instances, long bytes) {
        return Engine.create(new Engine.Options(instances, bytes));
    }

    @Test
    void handlesAreClosedInAnyOrder() {
        Flow flow = Flow.load(Texts.BILLING);
        Release release = flow.start(start());
        Trace trace = flow.simulate();
        Scenario scenario = flow.scenario("outcomes: []");
        flow.close();
        flow.close();
        assertTrue(assertThrows(IllegalStateException.class, flow::json).getMessage()
                .contains("this Flow was closed"));
        assertThrows(IllegalStateException.class, () -> flow.start(start()));
        assertEquals(1, commands(release).size());
        assertEquals(ReleaseStatus.SUCCEEDED, trace.status());
        assertEquals(List.of(), scenario.outcomes());
        release.close();
        release.close();
        trace.close();
        scenario.close();
        assertThrows(IllegalStateException.class, release::snapshot);
        assertThrows(IllegalStateException.class, release::status);
        assertThrows(IllegalStateException.class, () -> release.apply(new Event.Tick(at(1))));
        assertThrows(IllegalStateException.class, () -> commands(release));
        assertThrows(IllegalStateException.class, trace::jsonl);
        assertThrows(IllegalStateException.class, scenario::outcomes);
        Flow other = Flow.load(Texts.BILLING);
        assertThrows(IllegalStateException.class, () -> other.simulate(scenario));
    }

    @Test
    void aTrapClosesWhatLivedInItsInstance() {
        Engine engine = engine(1, 4 << 20);
        Flow flow = engine.load(Texts.BILLING);
        Release first = flow.start(start());
        Release elsewhere = Flow.load(Texts.BILLING).start(start());
        List<Release> kept = new ArrayList<>();
        TrapException trap = assertThrows(TrapException.class, () -> {
            while (true) {
                kept.add(flow.start(start()));
            }
        });
        assertTrue(trap.getMessage().contains("a trap in"), trap.getMessage());
        assertTrue(assertThrows(IllegalStateException.class, first::snapshot).getMessage()
                .contains("closed by a trap in"));
        kept.forEach(Release::close);
        assertEquals(ReleaseStatus.RUNNING, elsewhere.status());
        assertEquals(ReleaseStatus.RUNNING, flow.start(start()).status());  // A new instance.
        engine.close();
        assertThrows(IllegalStateException.class, flow::json);
        assertThrows(IllegalStateException.class, engine::version);
        assertThrows(PromoflowException.class, () -> engine(1, 1000));
        assertThrows(PromoflowException.class, () -> engine(-1, 0));
    }

    @Test
    void aStackThatRunsOutIsATrap() throws InterruptedException {
        Engine engine = engine(1, 0);
        engine.version();
        List<Throwable> caught = new ArrayList<>();
        Thread small = new Thread(null, () -> caught.add(assertThrows(Throwable.class,
                () -> deeper(engine, 0))), "deep", 1 << 19);
        small.start();
        small.join();
        assertTrue(caught.get(0) instanceof TrapException
                || caught.get(0) instanceof StackOverflowError, caught.toString());
        Flow flow = engine.load(Texts.BILLING);  // The engine goes on.
        assertEquals(ReleaseStatus.SUCCEEDED, flow.simulate().status());
    }

    private static int deeper(Engine engine, int depth) {
        if (depth % 64 == 0) {
            engine.load(Texts.BILLING).close();
        }
        return deeper(engine, depth + 1) + 1;
    }

    @Test
    void anInterruptDoesNotReachIntoTheModule() throws InterruptedException {
        Flow flow = Flow.load(Texts.BILLING);
        List<Throwable> failures = new ArrayList<>();
        Thread worker = new Thread(() -> {
            try {
                for (int i = 0; i < 2000; ++i) {
                    try (Trace trace = flow.simulate()) {
                        assertEquals(ReleaseStatus.SUCCEEDED, trace.status());
                    }
                }
                assertTrue(Thread.interrupted(), "the interrupt is still to be seen");
            } catch (RuntimeException | Error failure) {
                failures.add(failure);
            }
        });
        worker.start();
        while (worker.isAlive()) {
            worker.interrupt();
            Thread.onSpinWait();
        }
        worker.join();
        assertEquals(List.of(), failures);
    }

    @Test
    void manyThreads() throws Exception {
        Flow flow = Flow.load(Texts.BILLING);
        Release shared = flow.start(start());
        ExecutorService pool = Executors.newFixedThreadPool(8);
        List<Callable<Integer>> work = new ArrayList<>();
        for (int i = 0; i < 8; ++i) {
            work.add(() -> {
                int found = 0;
                for (int n = 0; n < 50; ++n) {
                    Release own = flow.start(start());
                    own.apply(new Event.HookSucceeded(1, null, at(1)));
                    shared.apply(new Event.Tick(at(1)));
                    assertTrue(shared.snapshot().length() > 0);
                    found += commands(shared).size();
                    assertEquals(2, commands(own).get(1).ticket());
                    own.close();
                }
                return found;
            });
        }
        int commands = 0;
        for (Future<Integer> one : pool.invokeAll(work)) {
            commands += one.get();
        }
        pool.shutdown();
        assertEquals(1, commands, "each command is taken once");
    }

    @Test
    void memoryStaysFlatOverManyReleases() {
        Engine engine = engine(1, 0);
        Flow flow = engine.load(Texts.BILLING);
        for (int i = 0; i < 1000; ++i) {
            oneRelease(flow).close();
        }
        int pages = engine.take().memory().pages();
        for (int i = 0; i < 100_000; ++i) {
            oneRelease(flow).close();
        }
        assertEquals(pages, engine.take().memory().pages());
        engine.close();
    }

    @Test
    void whatIsNotClosedIsFreedWhenItIsNotReachable() {
        Engine engine = engine(1, 16 << 20);  // 100,000 releases need 40 MiB and more.
        Flow flow = engine.load(Texts.BILLING);
        for (int i = 0; i < 100; ++i) {
            for (int n = 0; n < 1000; ++n) {
                oneRelease(flow);
            }
            collect(engine, 2);  // The flow, and a release that a register may still hold.
        }
        assertEquals(ReleaseStatus.RUNNING, oneRelease(flow).status());
        engine.close();
    }

    /** Calls until no more than so many objects are left: references are enqueued by and by. */
    private static void collect(Engine engine, int objects) {
        for (int i = 0; engine.take().objects() > objects; ++i) {
            assertTrue(i < 10_000, engine.take().objects() + " are left");
            System.gc();
            engine.version();
        }
    }

    private static Release oneRelease(Flow flow) {
        Release release = flow.start(start());
        commands(release);
        release.apply(new Event.HookSucceeded(1, "{\"A\":1}", at(1)));
        return release;
    }
}
