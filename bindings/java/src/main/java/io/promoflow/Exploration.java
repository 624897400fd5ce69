// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Everything that can happen to a release of a flow, under the given bounds.
 *
 * @param flow its name
 * @param outcomes how a release can end: by failures, then by steps
 * @param complete whether all was found
 * @param bound which bound was reached; null: none
 * @param states how many were found
 * @param hooks when each hook runs
 * @param properties the properties that were checked
 * @param json all of it, as {@code promoflow explore --format json} prints it
 */
public record Exploration(String flow, List<ReleaseOutcome> outcomes, boolean complete,
        String bound, long states, List<HookFinding> hooks, List<PropertyFinding> properties,
        String json) {
    private static final int TEXT = 1;
    private static final int JSON = 2;

    /**
     * How a release can end.
     *
     * @param release its status
     * @param environments theirs
     * @param failures the fewest that lead to it
     * @param steps the fewest events of such a run
     * @param scenario such a run, for {@link Flow#simulate(String)}; null: the durations of the
     *     flow forbid each
     * @param skips environments of which a skip is taken
     */
    public record ReleaseOutcome(ReleaseStatus release,
            Map<String, EnvironmentStatus> environments, int failures, int steps,
            String scenario, List<String> skips) {}

    /**
     * When a hook runs.
     *
     * @param hook its name
     * @param point its point
     * @param environment whose; null at the release's points
     * @param place in the list of its point, from 1
     * @param runs {@code always}, {@code sometimes}, {@code never} or {@code unknown}
     * @param failures the fewest with which it runs
     */
    public record HookFinding(String hook, Point point, String environment, int place, String runs,
            int failures) {}

    /**
     * Whether a property holds.
     *
     * @param name its name
     * @param verdict {@code holds}, {@code violated} or {@code undecided}
     * @param scenario a run that violates it; null: there is none
     */
    public record PropertyFinding(String name, String verdict, String scenario) {}

    /**
     * What a change to a flow changes.
     *
     * @param equal whether the two flows are equal
     * @param text what differs
     */
    public record Difference(boolean equal, String text) {}

    /** How a difference is written. */
    public enum DifferenceFormat {
        /** For people. */
        TEXT,
        /** One object. */
        JSON,
        /** For a comment on a change. */
        MARKDOWN
    }

    /**
     * Explores a flow. It works until all is found or a bound is reached, and cannot be
     * interrupted.
     *
     * @param flow the flow
     * @param options what may happen, and the bounds
     * @return what was found
     * @throws ScenarioException {@code exports} has errors
     * @throws PromoflowException {@code properties} have errors, which are in its message
     */
    public static Exploration of(Flow flow, ExploreOptions options) {
        return read(explore(flow, options, JSON));
    }

    /**
     * Explores a flow.
     *
     * @param flow the flow
     * @param options what may happen, and the bounds
     * @return what was found, for people
     * @throws ScenarioException {@code exports} has errors
     * @throws PromoflowException {@code properties} have errors, which are in its message
     */
    public static String text(Flow flow, ExploreOptions options) {
        return explore(flow, options, TEXT);
    }

    /**
     * Compares two flows; properties are checked in both.
     *
     * @param before the flow as it was
     * @param after the flow as it is
     * @param options what may happen, and the bounds
     * @param format how to write it
     * @return what differs
     * @throws PromoflowException {@code properties} have errors, which are in its message
     */
    public static Difference diff(Flow before, Flow after, ExploreOptions options,
            DifferenceFormat format) {
        Instance instance = before.engine().take(Module.DIFF);
        Handle other = after.in(instance);
        return with(before.in(instance), options, (call, given) -> {
            int equal = call.alloc(4);
            int out = call.alloc(4);
            call.memory().writeI32(out, 0);
            call.act("promoflow_diff", given[0], other.address(), given[1], given[2],
                    format.ordinal() + 1, out, equal);
            return new Difference(call.memory().readInt(equal) == 1,
                    call.take(call.memory().readInt(out)));
        });
    }

    private static String explore(Flow flow, ExploreOptions options, int format) {
        return with(flow.in(flow.engine().take(Module.DIFF)), options, (call, given) ->
                call.buffer("promoflow_explore", given[0], given[1], given[2], format));
    }

    /** Calls `body` with the flow, the properties and the options. */
    private static <T> T with(Handle flow, ExploreOptions options,
            BiFunction<Call, int[], T> body) {
        return flow.run((call, address) -> {
            int exports = options.exports() == null ? 0
                    : Scenario.make(call, address, options.exports());
            try {
                return body.apply(call, new int[] {address, call.text(options.properties()),
                    options.place(call, exports)});
            } finally {
                if (exports != 0 && !call.instance().isBroken()) {
                    call.raw("promoflow_scenario_free", exports);
                }
            }
        });
    }

    private static Exploration read(String json) {
        Json all = Json.parse(json);
        List<ReleaseOutcome> outcomes = new ArrayList<>();
        for (Json one : all.at("outcomes").elements()) {
            Map<String, EnvironmentStatus> environments = new LinkedHashMap<>();
            one.at("environments").members().forEach((name, status) ->
                    environments.put(name, EnvironmentStatus.of(status.string())));
            outcomes.add(new ReleaseOutcome(ReleaseStatus.of(one.at("release").string()),
                    environments, one.at("failures").number(), one.at("steps").number(),
                    scenario(one),
                    one.at("skips").elements().stream().map(Json::string).toList()));
        }
        return new Exploration(all.at("flow").string(), List.copyOf(outcomes),
                all.at("complete").isTrue(), all.at("bound").string(),
                all.at("states").longNumber(),
                all.at("hooks").elements().stream().map(one -> new HookFinding(
                        one.at("hook").string(), Point.of(one.at("point").string()),
                        one.at("environment").string(), one.at("place").number(),
                        one.at("runs").string(), one.at("failures").number())).toList(),
                all.at("properties").elements().stream().map(one -> new PropertyFinding(
                        one.at("name").string(), one.at("verdict").string(),
                        scenario(one))).toList(),
                json);
    }

    private static String scenario(Json of) {
        Json found = of.at("scenario");
        return found.isNull() ? null : found.text();
    }
}
