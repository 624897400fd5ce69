// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {
    private static final String TEXT = """
            apiVersion: codefresh.io/v1beta1
            kind: PromotionFlow
            metadata: {name: to-prod}
            spec:
              triggerEnvironment: dev
              steps:
              - {environment: staging, dependsOn: [dev], hooks: {onStart: [open, announce]}}
            ---
            apiVersion: codefresh.io/v1beta1
            kind: Product
            metadata: {name: billing}
            spec:
              promotionFlows: [{name: to-prod}]
            ---
            apiVersion: codefresh.io/v1beta1
            kind: PromotionPolicy
            metadata: {name: by-request}
            spec:
              priority: 5
              policy: {action: pr}
              selector: {targetEnvironment: {names: [staging]}}
            ---
            apiVersion: argoproj.io/v1alpha1
            kind: WorkflowTemplate
            metadata:
              name: open
              annotations: {codefresh.io/workflow-origin: promotion, promoflow.dev/exports: "TICKET"}
            spec: {arguments: {parameters: [{name: RELEASE_ID}]}}
            ---
            apiVersion: argoproj.io/v1alpha1
            kind: WorkflowTemplate
            metadata: {name: announce, annotations: {codefresh.io/workflow-origin: promotion}}
            spec: {arguments: {parameters: [{name: TICKET}]}}
            """;
    private static final Configuration.PolicyOrder ORDER = Configuration.PolicyOrder.DESCENDING;

    @Test
    void problemsAreThoseOfTheProgram() throws IOException {
        Path folder = Program.TESTS.resolve("cli").resolve("configuration").resolve("broken");
        List<Configuration.Problem> found = assertThrows(ConfigurationException.class,
                () -> Configuration.read(folder)).problems();
        Configuration.Problem first = found.get(0);
        assertEquals("flows/to-prod-copy.yaml", first.file());
        assertEquals("ambiguous-name", first.diagnostic().code());
        assertEquals(10, first.diagnostic().line());
        assertEquals(18, first.diagnostic().column());
        assertEquals(3, first.related().get(0).line());
        assertTrue(first.toString().startsWith("flows/to-prod-copy.yaml:10:18: error: "));
        List<String> lines =
                Program.says("validate", folder.toString(), "--format", "json").lines().toList();
        assertEquals(lines.size(), found.size());
        for (int i = 0; i < lines.size(); ++i) {
            Json line = Json.parse(lines.get(i));
            assertEquals(line.at("code").string(), found.get(i).diagnostic().code());
            assertEquals(line.at("line").number(), found.get(i).diagnostic().line());
            assertEquals(line.at("message").string(), found.get(i).diagnostic().message());
        }
    }

    @Test
    void aConfigurationIsAsked(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("all.yaml"), TEXT);
        Files.writeString(folder.resolve(".hidden.yaml"), "kind: [");
        Files.writeString(folder.resolve("notes.txt"), "kind: [");
        Flow flow;
        try (Configuration read = Configuration.read(folder)) {
            assertTrue(read.resolve("billing", "", "", ORDER).contains("\"value\":\"pr\""));
            assertEquals("invalid-argument", assertThrows(PromoflowException.class,
                    () -> read.resolve("nothing", "", "", ORDER)).code());
            assertThrows(PromoflowException.class, () -> read.flow("nothing", "", ORDER));
            assertThrows(PromoflowException.class, () -> read.contextUses("nothing"));
            assertEquals(List.of(
                    new Configuration.ContextUse("TICKET", "open", Point.ENVIRONMENT_ON_START,
                            "staging", true, false),
                    new Configuration.ContextUse("TICKET", "announce",
                            Point.ENVIRONMENT_ON_START, "staging", false, true)),
                    read.contextUses("to-prod"));
            assertEquals(List.of(), read.problems());
            flow = read.flow("to-prod", "billing", ORDER);
        }
        try (Release release = flow.start(Texts.start())) {  // It lives on its own.
            assertEquals("open", ((RunHook) Texts.commands(release).get(0)).hook());
        }
        Configuration closed = Configuration.read(Map.of("all.yaml", TEXT));
        closed.close();
        assertThrows(IllegalStateException.class, () -> closed.contextUses("to-prod"));
    }

    @Test
    void aQueueLetsOneReleaseRun() {
        ReleaseQueue queue = ReleaseQueue.create(ReleaseQueue.Mode.QUEUE, 1);
        assertEquals(List.of(new ReleaseQueue.Start("r1", "to-prod")),
                queue.requested("r1", "to-prod"));
        assertEquals(List.of(new ReleaseQueue.Begin("r1", "staging")),
                queue.began("r1", "staging"));
        assertEquals(List.of(), queue.requested("r2", "to-prod"));
        assertEquals("r1", queue.holder("staging"));
        assertNull(queue.holder("production"));
        assertEquals(ReleaseQueue.Status.ACTIVE, queue.status("r1"));
        assertEquals(ReleaseQueue.Status.QUEUED, queue.status("r2"));
        assertNull(queue.status("r3"));
        assertEquals("not-allowed",
                assertThrows(RefusedException.class, () -> queue.ended("r2")).code());
        ReleaseQueue again = ReleaseQueue.restore(queue.snapshot());
        assertEquals(List.of("r1", "r2"), again.releases());
        assertEquals(List.of(), again.left("r1", "staging"));
        assertEquals(List.of(new ReleaseQueue.Start("r2", "to-prod")), again.ended("r1"));
        assertEquals(List.of(new ReleaseQueue.Terminate("r2", "cancelled")),
                again.cancelled("r2"));
        again.close();
        assertThrows(IllegalStateException.class, again::releases);
        assertThrows(RestoreException.class, () -> ReleaseQueue.restore("{}"));
    }
}
