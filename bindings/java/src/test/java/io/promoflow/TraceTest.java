// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.promoflow.junit.FlowResource;
import io.promoflow.junit.PromoflowExtension;
import io.promoflow.junit.Simulator;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

@ExtendWith(PromoflowExtension.class)
class TraceTest {
    @Test
    void aFailureInStagingStopsAtStaging(@FlowResource("billing.yaml") Flow flow,
            Simulator simulator) {
        Trace trace = simulator.simulate(flow,
                Simulator.failPromotion("staging", "Application \"degraded\"\n"));
        assertFalse(trace.promoted("production"));
        assertTrue(trace.promoted("staging"));
        RunHook report = trace.hooks(Point.ENVIRONMENT_ON_FAIL, "staging").get(0);
        assertEquals("report", report.hook());
        assertEquals("Application \"degraded\"\n", report.arguments().get("ERROR_MESSAGE"));
        assertEquals(ReleaseStatus.FAILED, trace.status());
        assertTrue(trace.message().contains("degraded"));
        assertEquals(EnvironmentStatus.FAILED, trace.environment("staging").status());
        assertEquals(List.of(), trace.hooks(Point.ENVIRONMENT_ON_FAIL, "production"));
    }

    @Test
    void aHookFails(@FlowResource("billing.yaml") Flow flow, Simulator simulator) {
        Trace trace = simulator.simulate(flow, Simulator.failHook("gate", "closed"));
        assertFalse(trace.promoted("staging"));
        assertEquals(0, trace.promotions().size());
    }

    @Test
    void recordsOfATraceAreThoseOfAHost(@FlowResource("billing.yaml") Flow flow) {
        String scenario = """
                release: {id: s, product: shop}
                context: {A: 1}
                outcomes: [{hook: gate, context: {B: 2}, after: 5s}]
                actions: [{at: 1s, skip: dev, by: ann}]
                """;
        Scenario read = flow.scenario(scenario);
        assertEquals("shop", read.start().product());
        assertEquals(Duration.ofSeconds(5), read.outcomes().get(0).after());
        assertEquals(1, read.actions().size());
        Trace trace = flow.simulate(read);
        List<ReleaseRecord> records = trace.records();
        assertTrue(records.contains(new ReleaseRecord.Refused("skip", "not-allowed",
                "ann", Texts.at(1000))), records.toString());
        RunHook hook = trace.hooks(Point.ENVIRONMENT_ON_START).get(0);
        assertEquals("{\"A\":1}", hook.context());
        assertEquals("shop", hook.arguments().get("PRODUCT_NAME"));
        assertEquals("{\"A\":1,\"B\":2}", trace.context());
        assertTrue(trace.render(RenderOptions.TEXT).contains("gate"));
        assertEquals(trace.jsonl().lines().count(), records.stream()
                .filter(one -> !(one instanceof ReleaseRecord.Applied applied
                        && applied.event() instanceof io.promoflow.Event.Tick)).count());
        ScenarioException wrong = assertThrows(ScenarioException.class,
                () -> flow.simulate("outcomes: 7"));
        assertEquals(1, wrong.diagnostics().get(0).line());
    }

    /** A test that fails, run by the next one. */
    @ExtendWith(PromoflowExtension.class)
    static class Failing {
        @Test
        void fails(@FlowResource("billing.yaml") Flow flow, Simulator simulator) {
            assertTrue(simulator.simulate(flow, Simulator.failHook("gate", "closed"))
                    .promoted("staging"));
        }

        @Test
        void hasNoSuchResource(@FlowResource("none.yaml") Flow flow) {}
    }

    @Test
    void aFailedTestShowsTheTimeline() {
        List<Event> failed = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Failing.class)).execute().testEvents().failed().list();
        assertEquals(2, failed.size());
        String all = failed.toString();
        assertTrue(all.contains("none.yaml"), all);
        assertTrue(failed.stream().anyMatch(one -> one.getRequiredPayload(
                org.junit.platform.engine.TestExecutionResult.class).getThrowable().orElseThrow()
                .getSuppressed().length == 1), all);
    }
}
