// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** How the commands of a simulated release end, and what its operator does. */
public final class Scenario implements AutoCloseable {
    private static final int OUTCOME_BYTES = 88;
    private static final int ACTION_BYTES = 64;

    private final Handle handle;
    private final List<Diagnostic> warnings;

    private Scenario(Instance instance, int address, List<Diagnostic> warnings) {
        this.warnings = warnings;
        handle = new Handle(this, instance, address, "promoflow_scenario_free");
    }

    static Scenario read(Flow flow, Instance instance, Call call, int address, String text) {
        int made = make(call, address, text);
        return new Scenario(instance, made, Flow.diagnostics(call, "scenario", made));
    }

    /** The address of a scenario without errors. */
    static int make(Call call, int flow, String text) {
        int made = call.make("promoflow_scenario_read", call.text(text), flow, 0);
        List<Diagnostic> found = Flow.diagnostics(call, "scenario", made);
        if (Flow.hasErrors(found)) {
            call.raw("promoflow_scenario_free", made);
            throw new ScenarioException(found);
        }
        return made;
    }

    Handle handle() {
        return handle;
    }

    /** Frees it, in any order with others. A second call does nothing. */
    @Override
    public void close() {
        handle.close();
    }

    /** {@return what its text has that is no error} */
    public List<Diagnostic> warnings() {
        return warnings;
    }

    /** {@return what the release is started with, but for the time} */
    public Start start() {
        return handle.run((call, address) -> {
            int info = sized(call, 48);
            int context = call.alloc(8);
            call.check(call.raw("promoflow_scenario_release", address, info, context));
            int selection = sized(call, 24);
            call.check(call.raw("promoflow_scenario_selection", address, selection));
            View view = new View(call, info + 8);
            Start start = new Start(view.text(), view.text(), view.text(), view.text(),
                    view.text(), call.str(context), null, Selection.ALL);
            View chosen = new View(call, selection + 4);
            Selection.Kind kind = Selection.Kind.values()[chosen.u32()];
            List<String> names = chosen.texts();
            return kind == Selection.Kind.ALL ? start
                    : start.withSelection(new Selection(kind, names));
        });
    }

    private static int sized(Call call, int size) {
        int at = call.alloc(size);
        call.memory().writeI32(at, size);
        return at;
    }

    /** {@return the rules, in order} */
    public List<Outcome> outcomes() {
        return handle.run((call, address) -> {
            List<Outcome> found = new ArrayList<>();
            call.list(false, OUTCOME_BYTES, "promoflow_scenario_outcomes", at -> {
                View view = new View(call, at + 4);
                Point point = Point.of(view.u32());
                String hook = view.text();
                String environment = view.text();
                String fail = view.text();
                String context = view.text();
                var after = view.ms();
                var suspend = view.ms();
                boolean hasSuspend = view.u32() != 0;
                int attempt = view.u32();
                String failInSoak = view.text();
                var failInSoakAfter = view.ms();
                found.add(new Outcome(point, hook, environment, fail, context, after,
                        hasSuspend ? suspend : null, attempt, failInSoak, failInSoakAfter,
                        view.u32()));
            }, address);
            return List.copyOf(found);
        });
    }

    /** {@return what the operator does; times count from the zero of Unix time} */
    public List<Event> actions() {
        return handle.run((call, address) -> {
            List<Event> found = new ArrayList<>();
            call.list(false, ACTION_BYTES, "promoflow_scenario_actions",
                    at -> found.add(action(new View(call, at + 4))), address);
            return List.copyOf(found);
        });
    }

    private static Event action(View view) {
        int kind = view.u32();
        Instant at = Instant.ofEpochMilli(view.i64());
        String reason = view.text();
        String given = view.text();
        String by = given == null || given.isEmpty() ? null : given;
        String environment = view.text();
        List<String> environments = view.texts();
        boolean force = view.u32() == 1;
        return switch (kind) {
            case 8 -> new Event.Terminate(reason, force, by, at);
            case 9 -> new Event.Retry(environments, by, at);
            default -> new Event.Skip(environment, reason, by, at);
        };
    }
}
