// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExplorationTest {
    private static final Path TRACES = Program.TESTS.resolve("corpus").resolve("traces");
    private static final ExploreOptions ONE = ExploreOptions.DEFAULT.withFailures(1);
    private final Flow flow = Flow.load(Texts.BILLING);

    static List<Path> flows() throws IOException {
        try (Stream<Path> files = Files.list(TRACES)) {
            return files.filter(one -> one.getFileName().toString().matches("0.*[.]flow[.]yaml"))
                    .sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("flows")
    void anExplorationIsThatOfTheProgram(Path file) throws IOException {
        String said = Program.says("explore", file.toString(), "--failures", "1", "--terminate",
                "--format", "json");
        Flow read = Flow.load(Files.readString(file));
        assertEquals(said.strip(), Exploration.of(read, ONE.withTerminate()).json().strip());
    }

    @Test
    void aDifferenceIsThatOfTheProgram() throws IOException {
        Path before = TRACES.resolve("02-parallel-fail-fast.flow.yaml");
        for (String name : List.of("02-parallel-fail-fast", "03-continue")) {
            Path after = TRACES.resolve(name + ".flow.yaml");
            Exploration.Difference found = Exploration.diff(Flow.load(Files.readString(before)),
                    Flow.load(Files.readString(after)), ExploreOptions.DEFAULT,
                    Exploration.DifferenceFormat.JSON);
            assertEquals(before.equals(after), found.equal());
            assertEquals(Program.says("diff", before.toString(), after.toString(), "--format",
                    "json").strip(), found.text().strip());
        }
    }

    @Test
    void eachOutcomeHasARunThatLeadsToIt() {
        Exploration found = Exploration.of(flow, ONE.withProperties("""
                properties:
                - name: p
                  never: {environment: production, status: Running,
                    while: {environment: staging, status: Failed}}
                """));
        assertTrue(found.complete());
        assertEquals("billing", found.flow());
        assertEquals("holds", found.properties().get(0).verdict());
        assertEquals(new Exploration.HookFinding("gate", Point.ENVIRONMENT_ON_START, "staging", 1,
                "always", 0), found.hooks().get(0));
        assertTrue(found.outcomes().size() > 1);
        for (Exploration.ReleaseOutcome outcome : found.outcomes()) {
            Trace trace = flow.simulate(outcome.scenario());
            assertEquals(outcome.release(), trace.status());
            outcome.environments().forEach((name, status) ->
                    assertEquals(status, trace.environment(name).status()));
        }
    }

    @Test
    void anExplorationHasBounds() {
        assertEquals(1, Exploration.of(flow, ExploreOptions.DEFAULT.withFailures(0))
                .outcomes().size());
        assertTrue(Exploration.of(flow, ExploreOptions.DEFAULT.withFailures(
                ExploreOptions.ALL_FAILURES)).complete());
        Exploration bounded = Exploration.of(flow, ExploreOptions.DEFAULT.withStatesMax(3));
        assertFalse(bounded.complete());
        assertNotNull(bounded.bound());
        assertTrue(Exploration.text(flow, ONE).startsWith("This flow has 3 outcomes."));
    }

    @Test
    void whatIsWrongIsRefused() {
        assertEquals("invalid-argument", assertThrows(PromoflowException.class,
                () -> Exploration.of(flow, ONE.withProperties("x: 1"))).code());
        assertThrows(ScenarioException.class,
                () -> Exploration.of(flow, ONE.withExports("outcomes: 7")));
        assertThrows(PromoflowException.class, () -> Exploration.of(flow, ONE.withFailures(-2)));
        flow.close();
        assertThrows(IllegalStateException.class, () -> Exploration.of(flow, ONE));
    }
}
