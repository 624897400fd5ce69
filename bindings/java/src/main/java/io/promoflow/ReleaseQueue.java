// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.ArrayList;
import java.util.List;

/**
 * Which releases of one product may run, and which may be in an environment: events in, commands
 * out, to be carried out in their order. An event that does not fit is refused with a
 * {@link RefusedException}, and changes nothing.
 */
public final class ReleaseQueue implements AutoCloseable {
    private static final int COMMAND_BYTES = 40;

    private final Handle handle;

    /** What releases do that are not alone. */
    public enum Mode {
        /** One runs, and the others wait. */
        QUEUE,
        /** Each starts at once, and terminates an older one whose environment it needs. */
        TERMINATE
    }

    /** Whether a release waits. */
    public enum Status {
        /** It waits. */
        QUEUED,
        /** It may run. */
        ACTIVE
    }

    /** What is to be done. */
    public sealed interface Command {
        /** {@return the release that it is about} */
        String release();
    }

    /**
     * The release may start.
     *
     * @param release its id
     * @param flow what {@link ReleaseQueue#requested} was given
     */
    public record Start(String release, String flow) implements Command {}

    /**
     * The environment is free for the release.
     *
     * @param release its id
     * @param environment the environment
     */
    public record Begin(String release, String environment) implements Command {}

    /**
     * The release is to be terminated.
     *
     * @param release its id
     * @param reason why
     */
    public record Terminate(String release, String reason) implements Command {}

    /**
     * The release never starts.
     *
     * @param release its id
     * @param reason why
     */
    public record Drop(String release, String reason) implements Command {}

    private ReleaseQueue(Instance instance, int address) {
        handle = new Handle(this, instance, address, "promoflow_queue_free");
    }

    /**
     * Makes a queue.
     *
     * @param mode what releases do that are not alone
     * @param waitingMax how many may wait; the oldest is dropped for one more
     * @return the queue
     */
    public static ReleaseQueue create(Mode mode, int waitingMax) {
        Instance instance = Engine.shared().take(Module.CONFIGURATION);
        return instance.run(call -> new ReleaseQueue(instance,
                call.make("promoflow_queue_new", mode.ordinal() + 1, waitingMax)));
    }

    /**
     * The queue of a snapshot, without commands.
     *
     * @param snapshot what {@link #snapshot()} gave
     * @return the queue
     * @throws RestoreException it is damaged or too new
     */
    public static ReleaseQueue restore(String snapshot) {
        Instance instance = Engine.shared().take(Module.CONFIGURATION);
        return instance.run(call -> new ReleaseQueue(instance,
                call.make("promoflow_queue_restore", call.text(snapshot))));
    }

    /** Frees it. A second call does nothing. */
    @Override
    public void close() {
        handle.close();
    }

    /**
     * A release is wanted.
     *
     * @param release its id
     * @param flow what {@link Start} gives back; may be empty
     * @return what is to be done
     * @throws RefusedException it is known already
     */
    public List<Command> requested(String release, String flow) {
        return apply(1, release, flow);
    }

    /**
     * An environment of an active release is about to begin. It begins on {@link Begin}.
     *
     * @param release its id
     * @param environment the environment
     * @return what is to be done
     * @throws RefusedException the release is not active
     */
    public List<Command> began(String release, String environment) {
        return apply(2, release, environment);
    }

    /**
     * An environment is neither Running nor Suspended any more, or not wanted any more.
     *
     * @param release its id
     * @param environment the environment
     * @return what is to be done
     * @throws RefusedException it has not begun
     */
    public List<Command> left(String release, String environment) {
        return apply(3, release, environment);
    }

    /**
     * An active release is final; it has left all environments.
     *
     * @param release its id
     * @return what is to be done
     * @throws RefusedException it is not active
     */
    public List<Command> ended(String release) {
        return apply(4, release, "");
    }

    /**
     * A release is not wanted any more, whether it waits or is active.
     *
     * @param release its id
     * @return what is to be done
     * @throws RefusedException it is not known
     */
    public List<Command> cancelled(String release) {
        return apply(5, release, "");
    }

    private List<Command> apply(int kind, String release, String detail) {
        return handle.run((call, address) -> {
            call.act("promoflow_queue_apply", address, kind, call.text(release),
                    call.text(detail));
            List<Command> found = new ArrayList<>();
            call.list(true, COMMAND_BYTES, "promoflow_queue_commands",
                    at -> found.add(command(new View(call, at + 4))), address);
            return List.copyOf(found);
        });
    }

    private static Command command(View view) {
        int kind = view.u32();
        String release = view.text();
        String flow = view.text();
        String environment = view.text();
        String reason = view.text();
        return switch (kind) {
            case 1 -> new Start(release, flow);
            case 2 -> new Begin(release, environment);
            case 3 -> new Terminate(release, reason);
            default -> new Drop(release, reason);
        };
    }

    /**
     * Whether a release waits.
     *
     * @param release its id
     * @return null: it is not known, or has ended
     */
    public Status status(String release) {
        return handle.run((call, address) -> {
            int found = call.make("promoflow_queue_status", address, call.text(release));
            return found == 0 ? null : Status.values()[found - 1];
        });
    }

    /**
     * The active release that is in an environment.
     *
     * @param environment the environment
     * @return null: none is
     */
    public String holder(String environment) {
        return handle.run((call, address) -> {
            int at = call.text("");
            return call.act("promoflow_queue_holder", address, call.text(environment), at)
                    ? call.str(at) : null;
        });
    }

    /** {@return those that wait or are active, oldest first} */
    public List<String> releases() {
        return handle.run((call, address) -> {
            int count = call.alloc(4);
            call.act("promoflow_queue_releases", address, 0, 0, count);
            int found = call.memory().readInt(count);
            int at = call.alloc(8 * found);
            call.act("promoflow_queue_releases", address, at, found, count);
            List<String> names = new ArrayList<>();
            for (int i = 0; i < found; ++i) {
                names.add(call.str(at + 8 * i));
            }
            return List.copyOf(names);
        });
    }

    /** {@return the queue as JSON, for {@link #restore}} */
    public String snapshot() {
        return handle.run((call, address) -> call.buffer("promoflow_queue_snapshot", address));
    }
}
