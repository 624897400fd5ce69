// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FlowTest {
    private final Flow flow = Flow.load(Texts.BILLING);

    @Test
    void aFlowCanBeAsked() {
        assertEquals("billing", flow.name());
        assertEquals(List.of("dev", "staging", "production"), flow.environments());
        assertEquals(List.of("staging"), flow.dependencies("production"));
        assertEquals(List.of("staging"), flow.dependents("dev"));
        assertEquals(List.of("gate"), flow.hooks(Point.ENVIRONMENT_ON_START, "staging"));
        assertEquals(List.of(), flow.hooks(Point.RELEASE_ON_FAIL));
        assertEquals("unknown-environment", assertThrows(RefusedException.class,
                () -> flow.dependents("qa")).code());
        assertTrue(flow.isSameAs(Flow.load(flow.yaml())));
        assertTrue(flow.isSameAs(Flow.load(flow.json().getBytes(StandardCharsets.UTF_8))));
        assertFalse(flow.isSameAs(Flow.load(Texts.BILLING.replace("gate", "door"))));
    }

    @Test
    void aFlowIsDrawnInEachFormat() {
        Map<RenderOptions.Format, String> beginnings = Map.of(RenderOptions.Format.SVG, "<svg",
                RenderOptions.Format.DOT, "digraph", RenderOptions.Format.MERMAID, "flowchart");
        beginnings.forEach((format, text) -> assertTrue(
                flow.render(RenderOptions.of(format)).startsWith(text), text));
        String ascii = flow.render(new RenderOptions(RenderOptions.Format.TEXT, false, true, 80));
        assertTrue(ascii.contains("staging"));
        assertTrue(ascii.chars().allMatch(one -> one < 128));
    }

    @Test
    void diagnosticsHaveTheirPlaces() {
        String wrong = Texts.BILLING.replace("[staging]", "[stagin]")
                .replace("name: billing", "name: 7!");
        ManifestException thrown =
                assertThrows(ManifestException.class, () -> Flow.load(wrong));
        assertEquals(2, thrown.diagnostics().size());
        Diagnostic second = thrown.diagnostics().get(1);
        assertEquals("unknown-environment", second.code());
        assertEquals(Diagnostic.Severity.ERROR, second.severity());
        assertEquals(8, second.line());
        assertTrue(second.column() > 1 && second.length() == "stagin".length());
        assertEquals("/spec/steps/1/dependsOn/0", second.pointer());
        assertTrue(second.hint().contains("staging"));
        assertTrue(thrown.getMessage().contains("8:"));
        assertThrows(ManifestException.class, () -> Flow.load(Texts.BILLING + "---\n"
                + Texts.BILLING.replace("billing", "other")));
    }

    @Test
    void aFlowIsBuiltInCode() {
        FlowBuilder builder = Flow.builder("billing", "dev")
                .step(Step.of("staging").dependsOn("dev"))
                .hook(Point.ENVIRONMENT_ON_START, Hook.of("gate"))
                .hook(Point.ENVIRONMENT_ON_FAIL, Hook.of("report"))
                .step(Step.of("production").dependsOn("staging"));
        assertEquals(flow.yaml(), builder.build().yaml());
        builder.options(FlowOptions.DEFAULT.withFailurePolicy(FailurePolicy.CONTINUE)
                .withHookTimeout(Duration.ofHours(1)).withAnnotations(Map.of("team", "d\u00e9v")))
                .hook(Point.ENVIRONMENT_ON_SUCCESS, Hook.of("notify")
                        .withOnError(OnError.IGNORE)
                        .withRetry(new Backoff(2, Duration.ofSeconds(5), 1.5, null))
                        .withJsonArgument("n", "1152921504606846976").withArgument("s", "a"));
        String json = builder.build().json();
        for (String part : List.of("1152921504606846976", "d\u00e9v", "continue", "1.5", "5s")) {
            assertTrue(json.contains(part), part);
        }
        builder.step(Step.of("staging").dependsOn("nowhere"));
        List<Diagnostic> found =
                assertThrows(ManifestException.class, builder::build).diagnostics();
        assertEquals(2, found.size());
        assertEquals(0, found.get(0).line());
        assertEquals("not-allowed", assertThrows(PromoflowException.class,
                () -> Flow.builder("f", "dev").hook(Point.ENVIRONMENT_ON_FAIL, Hook.of("h"))
                        .build()).code());
    }

    /** Wrong code of the optimizing compiler of JDK 17 shows here: build-support/Redirect.java. */
    @Test
    void aLargeFlowIsBuiltWhileTheModuleIsOptimized() {
        FlowBuilder builder = Flow.builder("chain", "dev");
        for (int n = 0; n < 20_000; ++n) {
            builder.hook(Point.RELEASE_ON_START, Hook.of("hook-" + n % 50)
                    .withArgument("LEVEL", "info").withArgument("TEMPLATE", "started"));
        }
        builder.step(Step.of("staging").dependsOn("dev"));
        String first = builder.build().json();
        for (int i = 0; i < 2; ++i) {
            try (Flow again = builder.build()) {
                assertEquals(first, again.json());
            }
        }
    }

    @Test
    void theConstantsAreThoseOfTheModule() {
        assertWords("promoflow_point_name", Arrays.stream(Point.values()).map(Point::word)
                .toList());
        assertWords("promoflow_release_status_name", Arrays.stream(ReleaseStatus.values())
                .map(ReleaseStatus::word).toList());
        assertWords("promoflow_environment_status_name",
                Arrays.stream(EnvironmentStatus.values()).map(EnvironmentStatus::word).toList());
        assertWords("promoflow_policy_action_name", Arrays.stream(PolicyAction.values())
                .map(PolicyAction::word).toList());
        assertWords("promoflow_failure_policy_name", Arrays.stream(FailurePolicy.values())
                .map(FailurePolicy::word).toList());
        assertWords("promoflow_context_merge_name", Arrays.stream(ContextMerge.values())
                .map(ContextMerge::word).toList());
        assertWords("promoflow_on_error_name", Arrays.stream(OnError.values())
                .map(OnError::word).toList());
        assertWords("promoflow_block_name", Arrays.stream(Block.values()).map(Block::word)
                .toList());
        assertWords("promoflow_severity_name", Arrays.stream(Diagnostic.Severity.values())
                .map(Diagnostic.Severity::word).toList());
    }

    /** The module has these words, and none behind them. */
    private static void assertWords(String function, List<String> words) {
        List<String> found = Engine.shared().take().names(function, words.size() + 1);
        assertEquals(words, found.subList(0, words.size()));
        assertEquals("unknown", found.get(words.size()));
    }

    @Test
    void anotherVersionOfTheModuleIsRefused() {
        Instance.check(Instance.ABI_MAJOR << 16 | Instance.ABI_MINOR + 1, Instance.BATCH_VERSION);
        for (int[] wrong : new int[][] {{Instance.ABI_MAJOR + 1 << 16 | Instance.ABI_MINOR, 1},
            {Instance.ABI_MAJOR << 16 | Instance.ABI_MINOR - 1, 1},
            {Instance.ABI_MAJOR << 16 | Instance.ABI_MINOR, 2}}) {
            PromoflowException refused = assertThrows(PromoflowException.class,
                    () -> Instance.check(wrong[0], wrong[1]));
            assertEquals("promoflow.wasm", refused.where());
            assertTrue(refused.getMessage().contains("this package needs"),
                    refused.getMessage());
        }
        assertEquals("0.2.0", Engine.shared().version());
    }
}
