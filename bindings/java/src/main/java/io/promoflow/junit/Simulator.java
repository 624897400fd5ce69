// SPDX-License-Identifier: Apache-2.0
package io.promoflow.junit;

import io.promoflow.Flow;
import io.promoflow.RenderOptions;
import io.promoflow.Trace;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs releases in virtual time for a test; {@link PromoflowExtension} gives one to each test that
 * asks for it. Of one thread. Its traces are closed when the test has ended; if the test fails, the
 * failure shows their timelines.
 */
public final class Simulator {
    private final List<Trace> traces = new ArrayList<>();

    Simulator() {}

    /**
     * How a command ends, as a rule of a scenario.
     *
     * @param what {@code environment} for promotions, or {@code hook}
     * @param name its name
     * @param message that of the failure
     */
    public record Failure(String what, String name, String message) {}

    /**
     * Lets the promotions to an environment fail.
     *
     * @param environment its name
     * @param message that of the failure
     * @return the failure
     */
    public static Failure failPromotion(String environment, String message) {
        return new Failure("environment", environment, message);
    }

    /**
     * Lets a hook fail.
     *
     * @param hook its name
     * @param message that of the failure
     * @return the failure
     */
    public static Failure failHook(String hook, String message) {
        return new Failure("hook", hook, message);
    }

    /**
     * Runs a release in which everything succeeds at once, but for these failures.
     *
     * @param flow the flow
     * @param failures what fails
     * @return what happened
     */
    public Trace simulate(Flow flow, Failure... failures) {
        StringBuilder rules = new StringBuilder("{\"outcomes\":[");
        for (Failure one : failures) {
            rules.append(rules.charAt(rules.length() - 1) == '[' ? "" : ",")
                    .append("{\"").append(one.what()).append("\":").append(quote(one.name()))
                    .append(",\"fail\":").append(quote(one.message())).append('}');
        }
        return simulate(flow, rules.append("]}").toString());
    }

    /**
     * Runs a release as a scenario says.
     *
     * @param flow the flow
     * @param scenario YAML or JSON
     * @return what happened
     */
    public Trace simulate(Flow flow, String scenario) {
        Trace trace = flow.simulate(scenario);
        traces.add(trace);
        return trace;
    }

    /** The timelines of all releases. */
    String timelines() {
        StringBuilder all = new StringBuilder();
        traces.forEach(trace -> all.append('\n').append(trace.render(RenderOptions.TEXT)));
        return all.toString();
    }

    boolean isUsed() {
        return !traces.isEmpty();
    }

    void close() {
        traces.forEach(Trace::close);
        traces.clear();
    }

    private static String quote(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char one : text.toCharArray()) {
            json.append(one < ' ' || one == '"' || one == '\\'
                    ? String.format("\\u%04x", (int) one) : String.valueOf(one));
        }
        return json.append('"').toString();
    }
}
