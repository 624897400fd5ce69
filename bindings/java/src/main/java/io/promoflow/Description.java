// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The whole state of a release.
 *
 * @param id the release's id
 * @param status its status
 * @param message why it did not succeed; may be empty
 * @param environments its environments in step order
 * @param outstanding the commands that are neither answered nor cancelled, in ticket order
 * @param context the promotion context, in the order in which the keys first appeared
 * @param conflicts writes that conflict, in the order of events
 * @param rejectedExports exports that were not merged, in the order of events
 */
public record Description(String id, ReleaseStatus status, String message,
        List<EnvironmentState> environments, List<Outstanding> outstanding,
        List<ContextEntry> context, List<Conflict> conflicts,
        List<RejectedExport> rejectedExports) {

    /**
     * A command that is neither answered nor cancelled.
     *
     * @param command the command
     * @param suspended whether it waits for a person
     * @param queued whether it waits for room
     * @param expires when its timeout comes; null: it has none, or it does not count
     */
    public record Outstanding(Command command, boolean suspended, boolean queued,
            Instant expires) {}

    /**
     * A key of the promotion context.
     *
     * @param key the key
     * @param json its value as JSON
     * @param text its value as hooks get it
     * @param writer the ticket of the hook that wrote it last; 0: it was given at start
     * @param shadowed whether no hook gets it
     */
    public record ContextEntry(String key, String json, String text, long writer,
            boolean shadowed) {}

    /**
     * Two writes to a key that conflict.
     *
     * @param key the key
     * @param earlier the ticket of the write that was replaced
     * @param later the ticket of the write that remains
     */
    public record Conflict(String key, long earlier, long later) {}

    /**
     * An export that was not merged.
     *
     * @param ticket that of the hook
     * @param reason why; empty: the hook itself failed
     * @param text what it exported
     */
    public record RejectedExport(long ticket, String reason, String text) {}

    static Description read(Call call, int address, Flow flow) {
        int info = call.alloc(48);
        call.memory().writeI32(info, 48);
        call.check(call.raw("promoflow_release_info_of", address, info));
        State release = State.of(call, "promoflow_release_state", address, -1);
        List<EnvironmentState> environments = new ArrayList<>();
        call.list(false, State.BYTES, "promoflow_release_environments", at ->
                environments.add(State.at(call, at)
                        .environment(flow.environments().get(environments.size()))), address);
        return new Description(call.str(info + 8), ReleaseStatus.of(release.status()),
                release.message(), List.copyOf(environments), outstanding(call, address),
                context(call, address), conflicts(call, address), rejected(call, address));
    }

    private static List<Outstanding> outstanding(Call call, int address) {
        List<Outstanding> found = new ArrayList<>();
        call.list(true, Commands.BYTES, "promoflow_release_outstanding", at -> {
            RawRecord raw = new RawRecord();
            Commands.More more = Commands.read(call, at, raw);
            if (raw.commandKind == 1) {
                raw.arguments = Commands.arguments(call, "promoflow_command_arguments", address,
                        at);
                raw.hookContext = call.buffer("promoflow_command_context_json", address, at);
            }
            found.add(new Outstanding(raw.command(), more.suspended(), more.queued(),
                    more.expires() == Long.MIN_VALUE ? null
                            : Instant.ofEpochMilli(more.expires())));
        }, address);
        return List.copyOf(found);
    }

    private static List<ContextEntry> context(Call call, int address) {
        List<ContextEntry> found = new ArrayList<>();
        call.list(false, 40, "promoflow_release_context", at -> {
            View view = new View(call, at + 4);
            boolean shadowed = view.u32() != 0;
            long writer = view.i64();
            found.add(new ContextEntry(view.text(), view.text(), view.text(), writer, shadowed));
        }, address);
        return List.copyOf(found);
    }

    private static List<Conflict> conflicts(Call call, int address) {
        List<Conflict> found = new ArrayList<>();
        call.list(true, 32, "promoflow_release_conflicts", at -> {
            View view = new View(call, at + 8);
            found.add(new Conflict(view.text(), view.i64(), view.i64()));
        }, address);
        return List.copyOf(found);
    }

    private static List<RejectedExport> rejected(Call call, int address) {
        List<RejectedExport> found = new ArrayList<>();
        call.list(true, 32, "promoflow_release_rejected", at -> {
            View view = new View(call, at + 8);
            found.add(new RejectedExport(view.i64(), view.text(), view.text()));
        }, address);
        return List.copyOf(found);
    }
}
