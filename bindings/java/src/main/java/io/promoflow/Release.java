// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;

/**
 * One run of a change through a flow: events in, commands out. It may be used by any number of
 * threads, each call is whole; records are taken by one of them each.
 */
public final class Release implements AutoCloseable {
    private final Flow flow;
    private final Handle handle;
    private final Long origin;
    // These are guarded by the instance's lock.
    private final Deque<Batch.Entry> queue = new ArrayDeque<>();
    private final Batch.Names argumentNames = new Batch.Names();
    private Batch.Turn last;

    /** With the instance locked. `origin`: records have lines, whose times count from there. */
    Release(Flow flow, Instance instance, Call call, int address, Long origin) {
        this.flow = flow;
        this.origin = origin;
        handle = new Handle(this, instance, address, "promoflow_release_free");
        turn(call, address, List.of());
    }

    /** Applies events and takes the records. */
    private List<Batch.Result> turn(Call call, int address, List<? extends Event> events) {
        int flags = Batch.ARGUMENTS | Batch.CONTEXT | (origin == null ? 0 : Batch.LINES);
        Batch.Writer batch = Batch.encode(events, flags, origin == null ? 0 : origin);
        last = Batch.decode(call.turn(address, batch.bytes(), batch.size()), flow.environments(),
                argumentNames);
        queue.addAll(last.entries());
        return last.results();
    }

    /** {@return the release's flow} */
    public Flow flow() {
        return flow;
    }

    /** Frees it, in any order with others. A second call does nothing. */
    @Override
    public void close() {
        handle.close();
    }

    /**
     * Applies an event whole; or refuses it, and changes nothing but what timers do that are due.
     *
     * @param event the event
     * @throws RefusedException the release does not take it
     */
    public void apply(Event event) {
        applyAll(List.of(event)).get(0).ifPresent(refused -> {
            throw refused;
        });
    }

    /**
     * Applies events one after another; one that is refused does not stop those behind it.
     *
     * @param events the events
     * @return for each event why it was refused; empty: it was applied
     */
    public List<Optional<PromoflowException>> applyAll(List<? extends Event> events) {
        return handle.run((call, address) -> {
            List<Optional<PromoflowException>> refused = new ArrayList<>(events.size());
            for (Batch.Result result : turn(call, address, events)) {
                refused.add(result.status() == 0 ? Optional.empty()
                        : Optional.of(PromoflowException.of(
                                call.textOf("promoflow_status_name", result.status()),
                                result.where(), result.message())));
            }
            return refused;
        });
    }

    /**
     * The lines of events for the host's journal: stored before they are applied.
     *
     * @param events the events
     * @return a line for each, with a line end
     */
    public String journal(Event... events) {
        return handle.run((call, address) -> {
            Batch.Writer batch = Batch.encode(List.of(events), 0, 0);
            return call.buffer("promoflow_batch_journal", call.text(batch.bytes(), batch.size()));
        });
    }

    /**
     * Takes the commands there are, in the order of issue; other records are dropped.
     *
     * @return the commands; each is given once, also to another loop
     */
    public Iterable<Command> commands() {
        return () -> new Taking<>(entry ->
                entry.what() instanceof ReleaseRecord.Issued issued ? issued.command() : null);
    }

    /**
     * Takes the records there are; commands are among them.
     *
     * @return the records; each is given once, also to another loop
     */
    public Iterable<ReleaseRecord> records() {
        return () -> new Taking<>(Batch.Entry::what);
    }

    /** The same with their lines, for tests. */
    Iterable<Batch.Entry> entries() {
        return () -> new Taking<>(Function.identity());
    }

    /** What `select` gives of the records there are; null: nothing. */
    private final class Taking<T> implements Iterator<T> {
        private final Function<Batch.Entry, T> select;
        private T next;

        Taking(Function<Batch.Entry, T> select) {
            this.select = select;
        }

        @Override
        public boolean hasNext() {
            if (next == null) {
                next = handle.run((call, address) -> {
                    T found = null;
                    while (found == null && !queue.isEmpty()) {
                        found = select.apply(queue.remove());
                    }
                    return found;
                });
            }
            return next != null;
        }

        @Override
        public T next() {
            if (!hasNext()) {
                throw new NoSuchElementException("all records were taken");
            }
            T taken = next;
            next = null;
            return taken;
        }
    }

    /** Drops what was not taken, and issues every outstanding command again. */
    public void reissue() {
        handle.run((call, address) -> {
            call.act("promoflow_release_reissue", address);
            queue.clear();
            return turn(call, address, List.of());
        });
    }

    private Batch.Turn last() {
        return handle.run((call, address) -> last);
    }

    /** {@return the release's status} */
    public ReleaseStatus status() {
        return last().status();
    }

    /** {@return whether it has ended} */
    public boolean isFinal() {
        return last().isFinal();
    }

    /** {@return when to send the next event at the latest; empty: no timer is armed} */
    public Optional<Instant> nextTimer() {
        long timer = last().timer();
        return timer == Batch.Turn.NO_TIMER ? Optional.empty()
                : Optional.of(Instant.ofEpochMilli(timer));
    }

    /** {@return the whole state} */
    public Description describe() {
        return handle.run((call, address) -> Description.read(call, address, flow));
    }

    /** {@return the whole state as one JSON object, for dashboards} */
    public String describeJson() {
        return buffer("promoflow_release_describe");
    }

    /**
     * How an environment is.
     *
     * @param name its name
     * @return its state
     * @throws RefusedException there is no such environment
     */
    public EnvironmentState environment(String name) {
        int index = flow.index(name);
        return handle.run((call, address) ->
                State.environment(call, name, "promoflow_release_environment", address, index));
    }

    /**
     * Why an environment is pending.
     *
     * @param name its name
     * @return what it waits for; nothing if it is not pending
     * @throws RefusedException there is no such environment
     */
    public Pending whyPending(String name) {
        int index = flow.index(name);
        return handle.run((call, address) -> Pending.read(call, address, flow, index));
    }

    /** {@return the promotion context now, one JSON object} */
    public String context() {
        return buffer("promoflow_release_context_json");
    }

    /** {@return the whole state as text for {@link Flow#restore(String)}} */
    public String snapshot() {
        return buffer("promoflow_release_snapshot");
    }

    /**
     * An idempotency key for what a command does.
     *
     * @param ticket that of the command
     * @return {@code RELEASE_ID/ticket}
     */
    public String key(long ticket) {
        return buffer("promoflow_release_key", ticket);
    }

    /**
     * Draws the state.
     *
     * @param options how
     * @return the drawing
     */
    public String render(RenderOptions options) {
        return handle.run((call, address) ->
                call.buffer("promoflow_release_render", address, options.place(call)));
    }

    private String buffer(String name) {
        return handle.run((call, address) -> call.buffer(name, address));
    }

    private String buffer(String name, long value) {
        return handle.run((call, address) -> call.buffer(name, address, value));
    }
}
