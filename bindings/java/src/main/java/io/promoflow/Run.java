// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

/**
 * Drives a release to its end with an executor: the loop of a host. It has no thread of its own: it
 * goes on, on the pool of its options, when something happens. Usable by any number of threads.
 */
public final class Run {
    private final Executor executor;
    private final RunOptions options;
    private final Release release;
    private final String id;
    private final CompletableFuture<Release> result = new CompletableFuture<>();
    private final ConcurrentLinkedQueue<Message> inbox = new ConcurrentLinkedQueue<>();
    /** How often work was announced since the loop last had none. */
    private final AtomicInteger announced = new AtomicInteger();

    // These belong to the loop, which is at work on one thread at a time.
    private final Map<Long, Running> running = new HashMap<>();
    private Runnable timer = () -> { };

    /** An event, and who wants to know whether the release took it (null: nobody). */
    private record Message(Event event, CompletableFuture<Void> taken) {}

    private record Running(CommandCall call, CompletableFuture<?> work) {}

    private Run(Release release, Executor executor, RunOptions options) {
        this.release = release;
        this.executor = executor;
        this.options = options;
        id = release.describe().id();
    }

    /**
     * Starts a release and drives it.
     *
     * @param flow the flow
     * @param executor what carries commands out
     * @param start what the release is started with
     * @param options how it is driven
     * @return the run
     * @throws PromoflowException the release cannot be started
     */
    public static Run start(Flow flow, Executor executor, Start start, RunOptions options) {
        Start timed = start.at() == null ? start.withAt(options.clock().now()) : start;
        if (options.journal() != null) {
            options.journal().accept(flow.startLine(timed));
        }
        return resume(flow.start(timed), executor, options);
    }

    /**
     * Starts a release and drives it, with the default options.
     *
     * @param flow the flow
     * @param executor what carries commands out
     * @param start what the release is started with
     * @return the run
     * @throws PromoflowException the release cannot be started
     */
    public static Run start(Flow flow, Executor executor, Start start) {
        return start(flow, executor, start, RunOptions.DEFAULT);
    }

    /**
     * Goes on with a release that was restored, or that a retry lets go on.
     *
     * @param release the release; nobody else changes it meanwhile
     * @param executor what carries commands out
     * @param options how it is driven
     * @return the run
     */
    public static Run resume(Release release, Executor executor, RunOptions options) {
        Run run = new Run(release, executor, options);
        run.announce();
        return run;
    }

    /**
     * The end of the run.
     *
     * @return completed with the release when that is final; with an exception if the journal, the
     *     observer or the module failed
     */
    public CompletableFuture<Release> result() {
        return result;
    }

    /**
     * Waits for the end of the run.
     *
     * @return the release
     * @throws CompletionException the journal, the observer or the module failed
     */
    public Release join() {
        return result.join();
    }

    /**
     * Terminates the release; its onFail hooks run.
     *
     * @param reason why
     * @param by who asked; null: not given
     * @return completed when it was taken; with a {@link RefusedException} if it was not
     */
    public CompletableFuture<Void> terminate(String reason, String by) {
        return submit(new Event.Terminate(reason, false, by, now()));
    }

    /**
     * Sends an event, such as that of an operator.
     *
     * @param event the event
     * @return completed when it was taken; with a {@link RefusedException} if it was not
     */
    public CompletableFuture<Void> submit(Event event) {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        inbox.add(new Message(event, taken));
        announce();
        return taken;
    }

    Instant now() {
        return options.clock().now();
    }

    void send(Event event) {
        inbox.add(new Message(event, null));
        announce();
    }

    private void announce() {
        if (announced.getAndIncrement() == 0) {
            options.pool().execute(this::work);
        }
    }

    private void work() {
        int seen;
        do {
            seen = announced.get();
            if (!result.isDone()) {
                try {
                    turn();
                } catch (RuntimeException | Error failure) {
                    end();
                    result.completeExceptionally(failure);
                }
            }
            refuseRest();
        } while (!announced.compareAndSet(seen, 0));
    }

    private void turn() {
        carryOut();
        for (Message next = inbox.poll(); next != null; next = inbox.poll()) {
            apply(next);
            carryOut();
        }
        release.nextTimer().filter(due -> !due.isAfter(now())).ifPresent(due -> {
            send(new Event.Tick(now()));
        });
        if (release.isFinal()) {
            end();
            result.complete(release);
            return;
        }
        timer.run();
        timer = release.nextTimer().map(due -> options.clock().at(due, this::wake))
                .orElse(() -> { });
    }

    private void wake() {
        send(new Event.Tick(now()));
    }

    private void apply(Message message) {
        if (options.journal() != null) {
            options.journal().accept(release.journal(message.event()));
        }
        try {
            release.apply(message.event());
            if (message.taken() != null) {
                message.taken().complete(null);
            }
        } catch (RefusedException refused) {
            // An answer that comes after its command was cancelled has no effect.
            if (message.taken() != null) {
                message.taken().completeExceptionally(refused);
            }
        }
    }

    /** Nothing goes on. */
    private void end() {
        timer.run();
        running.values().forEach(one -> {
            one.call().cancel();
            one.work().cancel(true);
        });
        running.clear();
    }

    /** What comes after the end is not taken. */
    private void refuseRest() {
        if (!result.isDone()) {
            return;
        }
        for (Message next = inbox.poll(); next != null; next = inbox.poll()) {
            if (next.taken() != null) {
                next.taken().completeExceptionally(new RefusedException("not-allowed", "",
                        "the run has ended"));
            }
        }
    }

    private void carryOut() {
        for (ReleaseRecord record : release.records()) {
            if (options.observe() != null) {
                options.observe().accept(record);
            }
            if (record instanceof ReleaseRecord.Issued issued) {
                carryOut(issued.command());
            }
        }
    }

    private void carryOut(Command command) {
        if (command instanceof RunHook hook) {
            HookCall call = new HookCall(this, id, release.key(hook.ticket()), hook);
            begin(call, hook.ticket(), () -> executor.runHook(call), (exported, failure) ->
                    failure == null ? new Event.HookSucceeded(hook.ticket(), exported, now())
                            : new Event.HookFailed(hook.ticket(), message(failure),
                                    failure instanceof CommandFailedException failed
                                            ? failed.context() : null, now()));
        } else if (command instanceof Promote promote) {
            PromotionCall call =
                    new PromotionCall(this, id, release.key(promote.ticket()), promote);
            begin(call, promote.ticket(), () -> executor.promote(call), (nothing, failure) ->
                    failure == null ? new Event.PromotionSucceeded(promote.ticket(), now())
                            : new Event.PromotionFailed(promote.ticket(), message(failure),
                                    now()));
        } else if (command instanceof Cancel cancel) {
            Running one = running.remove(cancel.ticket());
            if (one != null) {
                one.call().cancel();
                one.work().cancel(true);
            }
        }
    }

    private interface Work<T> {
        CompletableFuture<T> begin();
    }

    private <T> void begin(CommandCall call, long ticket, Work<T> work,
            BiFunction<T, Throwable, Event> answer) {
        CompletableFuture<T> begun;
        try {
            begun = work.begin();
            if (begun == null) {
                throw new NullPointerException("the executor returned null instead of a future");
            }
        } catch (RuntimeException failure) {
            begun = CompletableFuture.failedFuture(failure);
        }
        running.put(ticket, new Running(call, begun));
        begun.whenComplete((value, failure) -> {
            if (!call.isCancelled()) {
                send(answer.apply(value, cause(failure)));
            }
        });
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause() : failure;
    }

    private static String message(Throwable failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }
}
