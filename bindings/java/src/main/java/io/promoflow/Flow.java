// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** A flow: checked, immutable, and usable by any number of threads. */
public final class Flow implements AutoCloseable {
    private static final int DIAGNOSTIC_BYTES = 56;
    private static final int HOOK_BYTES = 64;

    private final Engine engine;
    private String name;
    private List<String> environments;
    private List<Diagnostic> warnings;
    /** As JSON: with it the flow gets into further instances. */
    private String manifest;
    private final Map<Instance, Handle> handles = new IdentityHashMap<>();
    private boolean closed;

    private Flow(Engine engine) {
        this.engine = engine;
    }

    /**
     * Reads the one flow of a text.
     *
     * @param text YAML or JSON
     * @return the flow
     * @throws ManifestException the text has errors, or several flows
     */
    public static Flow load(String text) {
        return Engine.shared().load(text);
    }

    /**
     * Reads the one flow of a text.
     *
     * @param text YAML or JSON, in UTF-8
     * @return the flow
     * @throws ManifestException the text has errors, or several flows
     */
    public static Flow load(byte[] text) {
        return Engine.shared().load(text);
    }

    /**
     * Begins a flow in code.
     *
     * @param name the flow's name
     * @param trigger the environment that triggers it
     * @return a builder without steps
     */
    public static FlowBuilder builder(String name, String trigger) {
        return Engine.shared().builder(name, trigger);
    }

    /** The flow of the manifest that `read` gives. */
    static Flow make(Engine engine, ToIntFunction<Call> read) {
        Flow flow = new Flow(engine);
        Instance instance = engine.take();
        int address = instance.run(call -> {
            int given = read.applyAsInt(call);
            try {
                return flow.fromManifest(call, given);
            } finally {
                if (!instance.isBroken()) {
                    call.raw("promoflow_manifest_free", given);
                }
            }
        });
        flow.handles.put(instance, new Handle(flow, instance, address, "promoflow_flow_free"));
        return flow;
    }

    private int fromManifest(Call call, int read) {
        warnings = diagnostics(call, "manifest", read);
        if (hasErrors(warnings)) {
            throw new ManifestException(warnings);
        }
        int address = call.make("promoflow_manifest_flow", read, 0);
        int second = call.make("promoflow_manifest_flow", read, 1);
        if (second != 0) {
            call.raw("promoflow_flow_free", second);
            call.raw("promoflow_flow_free", address);
            throw new ManifestException(List.of(new Diagnostic("duplicate-flow",
                    Diagnostic.Severity.ERROR, 1, 0, 0, 0, "", "the text has several flows",
                    "give a text with one")));
        }
        name = call.textInto("promoflow_flow_name", address);
        environments = environmentNames(call, address);
        manifest = call.buffer("promoflow_flow_write", address, 2);
        return address;
    }

    static List<String> environmentNames(Call call, int address) {
        List<String> names = new ArrayList<>();
        int count = call.numberInto("promoflow_flow_environment_count", address);
        for (int i = 0; i < count; ++i) {
            names.add(call.textInto("promoflow_flow_environment_name", address, i));
        }
        return List.copyOf(names);
    }

    static List<Diagnostic> diagnostics(Call call, String what, int address) {
        List<Diagnostic> found = new ArrayList<>();
        call.list(false, DIAGNOSTIC_BYTES, "promoflow_" + what + "_diagnostics", at -> {
            View view = new View(call, at + 4);
            String code = call.textOf("promoflow_diagnostic_code_name", view.u32());
            Diagnostic.Severity severity = Diagnostic.Severity.values()[view.u32() - 1];
            int document = view.u32();
            int line = view.u32();
            int column = view.u32();
            int length = view.u32();
            view.u32();
            found.add(new Diagnostic(code, severity, document, line, column, length, view.text(),
                    view.text(), view.text()));
        }, address);
        return List.copyOf(found);
    }

    static boolean hasErrors(List<Diagnostic> diagnostics) {
        return diagnostics.stream()
                .anyMatch(one -> one.severity() == Diagnostic.Severity.ERROR);
    }

    /** This flow in one of the instances. */
    private Handle anywhere() {
        return in(engine.take());
    }

    /** This flow in an instance; it is loaded there if it is not yet. */
    synchronized Handle in(Instance instance) {
        if (closed) {
            throw new IllegalStateException("this Flow was closed");
        }
        Handle there = handles.get(instance);
        if (there == null) {
            int address = instance.run(
                    call -> call.make("promoflow_flow_load", call.text(manifest), 0));
            handles.keySet().removeIf(Instance::isBroken);
            there = new Handle(this, instance, address, "promoflow_flow_free");
            handles.put(instance, there);
        }
        return there;
    }

    /** Frees the flow; its releases can still be used. A second call does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        handles.values().forEach(Handle::close);
        handles.clear();
    }

    /** {@return the flow's name} */
    public String name() {
        return name;
    }

    /** {@return the environments in step order; the first is the trigger environment} */
    public List<String> environments() {
        return environments;
    }

    /** {@return what its text has that is no error} */
    public List<Diagnostic> warnings() {
        return warnings;
    }

    int index(String environment) {
        int index = environments.indexOf(environment);
        if (index < 0) {
            throw PromoflowException.of("unknown-environment", environment,
                    "the flow has no such environment");
        }
        return index;
    }

    /**
     * What an environment directly depends on.
     *
     * @param environment its name
     * @return the environments in the manifest's order
     * @throws RefusedException there is no such environment
     */
    public List<String> dependencies(String environment) {
        return related("promoflow_flow_dependencies", environment);
    }

    /**
     * What directly depends on an environment.
     *
     * @param environment its name
     * @return the environments in step order
     * @throws RefusedException there is no such environment
     */
    public List<String> dependents(String environment) {
        return related("promoflow_flow_dependents", environment);
    }

    private List<String> related(String function, String environment) {
        int index = index(environment);
        return anywhere().run((call, flow) -> {
            int at = call.alloc(4 * environments.size());
            int count = call.instance().scratch() + 24;
            call.check(call.raw(function, flow, index, at, environments.size(), count));
            List<String> found = new ArrayList<>();
            for (int i = 0; i < call.memory().readInt(count); ++i) {
                found.add(environments.get(call.memory().readInt(at + 4 * i)));
            }
            return List.copyOf(found);
        });
    }

    /**
     * The hooks of a point of the release.
     *
     * @param point one of the release's points
     * @return their names in order
     */
    public List<String> hooks(Point point) {
        return hooks(point, null);
    }

    /**
     * The hooks of a point.
     *
     * @param point the point
     * @param environment whose; null at the release's points
     * @return their names in order
     * @throws RefusedException there is no such environment
     */
    public List<String> hooks(Point point, String environment) {
        int index = environment == null ? 0 : index(environment);
        return anywhere().run((call, flow) -> {
            List<String> names = new ArrayList<>();
            call.list(false, HOOK_BYTES, "promoflow_flow_hooks",
                    at -> names.add(call.str(at + 8)), flow, Point.number(point), index);
            return List.copyOf(names);
        });
    }

    /** {@return the flow as a manifest in YAML; read again it is equal} */
    public String yaml() {
        return anywhere().run((call, flow) -> call.buffer("promoflow_flow_write", flow, 1));
    }

    /** {@return the flow as a manifest in JSON; read again it is equal} */
    public String json() {
        return anywhere().run((call, flow) -> call.buffer("promoflow_flow_write", flow, 2));
    }

    /**
     * Compares two flows.
     *
     * @param other another flow, of any engine
     * @return whether they are equal in all that a manifest can say
     */
    public boolean isSameAs(Flow other) {
        return json().equals(other.json());
    }

    /**
     * Draws the flow.
     *
     * @param options how
     * @return the drawing
     */
    public String render(RenderOptions options) {
        return anywhere().run((call, flow) ->
                call.buffer("promoflow_flow_render", flow, options.place(call)));
    }

    /**
     * Starts a release; its first commands are ready.
     *
     * @param start what it is started with
     * @return the release
     * @throws InvalidContextException the context is no JSON object, too large or too deep
     * @throws PromoflowException something else is wrong
     */
    public Release start(Start start) {
        return release(start::make, null);
    }

    /**
     * The first line of a journal: stored before the first command is carried out.
     *
     * @param start what the release is started with
     * @return the line, with a line end
     * @throws PromoflowException the release cannot be started so
     */
    public String startLine(Start start) {
        return anywhere().run((call, flow) -> start.line(call, flow) + "\n");
    }

    /**
     * The release of a snapshot; its outstanding commands are ready to be taken again.
     *
     * @param snapshot what {@link Release#snapshot()} gave
     * @return the release
     * @throws RestoreException it is damaged, of another flow or too new
     */
    public Release restore(String snapshot) {
        return release((call, flow) ->
                call.make("promoflow_release_restore", flow, call.text(snapshot)), null);
    }

    /**
     * The release of a journal; its outstanding commands are ready to be taken again.
     *
     * @param journal the line of its start, then those of its events, each with a line end
     * @return the release
     * @throws RestoreException a line is damaged, or it is the journal of another flow
     */
    public Release recover(String journal) {
        return release((call, flow) ->
                call.make("promoflow_release_recover", flow, call.text(journal)), null);
    }

    /** Makes a release in an instance; the address of one. */
    @FunctionalInterface
    interface Maker {
        int make(Call call, int flow);
    }

    /** With `origin` its records have lines, whose times count from there. */
    Release release(Maker maker, Long origin) {
        Handle here = anywhere();
        return here.run((call, flow) ->
                new Release(this, here.instance(), call, maker.make(call, flow), origin));
    }

    /**
     * Reads a scenario for this flow.
     *
     * @param text YAML or JSON
     * @return the scenario
     * @throws ScenarioException the text has errors
     */
    public Scenario scenario(String text) {
        Handle here = anywhere();
        return here.run((call, flow) -> Scenario.read(this, here.instance(), call, flow, text));
    }

    /**
     * Runs a release in virtual time, in which everything succeeds at once.
     *
     * @return what happened
     */
    public Trace simulate() {
        return simulate((Scenario) null);
    }

    /**
     * Runs a release in virtual time.
     *
     * @param scenario how its commands end and what its operator does, as YAML or JSON
     * @return what happened
     * @throws ScenarioException the text has errors
     * @throws PromoflowException the release cannot be started, or has too many records
     */
    public Trace simulate(String scenario) {
        try (Scenario read = scenario(scenario)) {
            return simulate(read);
        }
    }

    /**
     * Runs a release in virtual time.
     *
     * @param scenario how its commands end and what its operator does; null: all succeeds at once
     * @return what happened
     * @throws PromoflowException the release cannot be started, or has too many records
     */
    public Trace simulate(Scenario scenario) {
        Handle here = scenario == null ? anywhere() : in(scenario.handle().instance());
        return here.run((call, flow) -> {
            int rules = scenario == null ? 0 : scenario.handle().address();
            return new Trace(this, here.instance(),
                    call.make("promoflow_simulate", flow, rules, 0));
        });
    }

    Engine engine() {
        return engine;
    }

    /** Something of this flow's engine; for the bindings' own use. */
    <T> T ask(Function<Call, T> question) {
        return engine.take().run(question);
    }
}
