// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.ArrayList;
import java.util.List;

/** Everything that happened in a simulated release. It does not change. */
public final class Trace implements AutoCloseable {
    private static final int RECORD_BYTES = 80;

    private final Flow flow;
    private final Handle handle;

    Trace(Flow flow, Instance instance, int address) {
        this.flow = flow;
        handle = new Handle(this, instance, address, "promoflow_trace_free");
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

    /** {@return all records as JSON Lines} */
    public String jsonl() {
        return handle.run((call, address) -> call.buffer("promoflow_trace_jsonl", address));
    }

    /** {@return all records, in order} */
    public List<ReleaseRecord> records() {
        return handle.run((call, address) -> {
            int size = call.numberInto("promoflow_trace_size", address);
            int record = call.alloc(RECORD_BYTES);
            int command = call.alloc(Commands.BYTES);
            List<ReleaseRecord> found = new ArrayList<>(size);
            for (int i = 0; i < size; ++i) {
                int mark = call.mark();
                found.add(record(call, address, i, record, command));
                call.freeTo(mark);
            }
            return List.copyOf(found);
        });
    }

    private ReleaseRecord record(Call call, int address, int index, int record, int command) {
        call.memory().writeI32(record, RECORD_BYTES);
        call.memory().writeI32(command, Commands.BYTES);
        call.check(call.raw("promoflow_trace_record", address, index, record, command));
        RawRecord raw = new RawRecord();
        boolean isCommand = call.memory().readInt(command + 4) != 0;
        if (isCommand) {
            Commands.read(call, command, raw);
        }
        View view = new View(call, record + 4);
        raw.kind = view.u32();
        raw.at = view.i64();
        raw.ticket = view.i64();
        raw.status = view.u32();
        int environment = view.u32();
        raw.environment = environment == -1 ? null : flow.environments().get(environment);
        raw.text = view.text();
        raw.context = view.text();
        raw.by = view.text();
        raw.earlier = view.i64();
        int names = (int) view.i64();
        raw.force = view.u32() == 1;
        if (raw.commandKind == 1) {
            raw.arguments = Commands.arguments(call, "promoflow_trace_arguments", address,
                    command);
            raw.hookContext = context(call, address, command);
        }
        if (raw.kind == RawRecord.REFUSED) {
            raw.refusal = call.textOf("promoflow_status_name", raw.status);
        }
        if (names > 0) {
            raw.environments = names(call, address, index, names);
        }
        return raw.record();
    }

    private static List<String> names(Call call, int address, int index, int count) {
        int list = call.alloc(8 * count);
        call.check(call.raw("promoflow_trace_record_environments", address, index, list, count,
                call.instance().scratch() + 40));
        List<String> found = new ArrayList<>();
        for (int i = 0; i < count; ++i) {
            found.add(call.str(list + 8 * i));
        }
        return found;
    }

    /** The context that a hook of this trace saw, as one JSON object. */
    private static String context(Call call, int address, int command) {
        StringBuilder json = new StringBuilder("{");
        call.list(false, 40, "promoflow_trace_command_context", at -> json
                .append(json.length() == 1 ? "" : ",")
                .append(JsonText.quote(call.str(at + 16))).append(':')
                .append(call.str(at + 24)), address, command);
        return json.append('}').toString();
    }

    /**
     * The hooks that ran at a point, in order.
     *
     * @param point the point
     * @return the commands
     */
    public List<RunHook> hooks(Point point) {
        return commands(RunHook.class).stream().filter(hook -> hook.point() == point).toList();
    }

    /**
     * The hooks of an environment that ran at a point, in order.
     *
     * @param point the point
     * @param environment its name
     * @return the commands
     */
    public List<RunHook> hooks(Point point, String environment) {
        return hooks(point).stream().filter(hook -> environment.equals(hook.environment()))
                .toList();
    }

    /** {@return the promotions, in order} */
    public List<Promote> promotions() {
        return commands(Promote.class);
    }

    /**
     * Whether an environment was promoted to.
     *
     * @param environment its name
     * @return whether there is a promotion
     */
    public boolean promoted(String environment) {
        return promotions().stream().anyMatch(one -> one.environment().equals(environment));
    }

    private <T extends Command> List<T> commands(Class<T> type) {
        return records().stream()
                .filter(record -> record instanceof ReleaseRecord.Issued issued
                        && type.isInstance(issued.command()))
                .map(record -> type.cast(((ReleaseRecord.Issued) record).command())).toList();
    }

    /** {@return the release's status in the end} */
    public ReleaseStatus status() {
        return ReleaseStatus.of(state().status());
    }

    /** {@return why it did not succeed; may be empty} */
    public String message() {
        return state().message();
    }

    private State state() {
        return handle.run((call, address) ->
                State.of(call, "promoflow_trace_state", address, -1));
    }

    /**
     * How an environment is in the end.
     *
     * @param name its name
     * @return its state
     * @throws RefusedException there is no such environment
     */
    public EnvironmentState environment(String name) {
        int index = flow.index(name);
        return handle.run((call, address) ->
                State.environment(call, name, "promoflow_trace_environment", address, index));
    }

    /** {@return the promotion context in the end, one JSON object} */
    public String context() {
        return handle.run((call, address) ->
                call.buffer("promoflow_trace_context_json", address));
    }

    /**
     * Draws a timeline for people.
     *
     * @param options how; the format is not read
     * @return the timeline
     */
    public String render(RenderOptions options) {
        return handle.run((call, address) ->
                call.buffer("promoflow_trace_render", address, options.place(call)));
    }
}
