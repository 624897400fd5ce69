// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every story of tests/conformance and every worked trace of tests/corpus, to the byte: simulated,
 * and by the loop of a host, as it is and restored from a snapshot before each event.
 */
class StoriesTest {
    private static final Path TESTS = Path.of("..", "..", "tests");

    private record Story(String name, Path flow, Path scenario, Path answer, boolean isTrace) {
        String read(Path file) {
            try {
                return Files.readString(file);
            } catch (IOException error) {
                throw new java.io.UncheckedIOException(error);
            }
        }

        byte[] flowBytes() {
            try {
                return Files.readAllBytes(flow);
            } catch (IOException error) {
                throw new java.io.UncheckedIOException(error);
            }
        }
    }

    private static List<Story> stories() throws IOException {
        List<Story> found = new ArrayList<>();
        try (Stream<Path> folders = Files.list(TESTS.resolve("conformance"))) {
            for (Path folder : folders.sorted().toList()) {
                Path json = folder.resolve("flow.json");
                Path trace = folder.resolve("trace.jsonl");
                Path diagnostics = folder.resolve("diagnostics.txt");
                if (Files.exists(trace) || Files.exists(diagnostics)) {
                    found.add(new Story(folder.getFileName().toString(),
                            Files.exists(json) ? json : folder.resolve("flow.yaml"),
                            folder.resolve("scenario.yaml"),
                            Files.exists(trace) ? trace : diagnostics, Files.exists(trace)));
                }
            }
        }
        try (Stream<Path> files = Files.list(TESTS.resolve("corpus/traces"))) {
            for (Path answer : files.sorted().toList()) {
                String file = answer.getFileName().toString();
                if (file.endsWith(".trace.jsonl")) {
                    String base = file.substring(0, file.length() - ".trace.jsonl".length());
                    found.add(new Story("worked-" + base,
                            answer.resolveSibling(base + ".flow.yaml"),
                            answer.resolveSibling(base + ".scenario.yaml"), answer, true));
                }
            }
        }
        return found;
    }

    @Test
    void thereAreStories() throws IOException {
        assertTrue(stories().stream().filter(Story::isTrace).count() > 170);
        assertTrue(stories().stream().filter(one -> !one.isTrace()).count() > 20);
    }

    @TestFactory
    Stream<DynamicTest> storiesAreSimulated() throws IOException {
        return stories().stream().filter(Story::isTrace).map(story ->
                dynamicTest(story.name(), () -> {
                    try (Flow flow = Flow.load(story.flowBytes())) {
                        String got = "";
                        try (Trace trace = flow.simulate(story.read(story.scenario()))) {
                            got = trace.jsonl();
                            assertTrue(trace.records().size() > 0);
                        } catch (InvalidContextException refused) {
                            // A start that is refused is an empty trace.
                        }
                        assertEquals(story.read(story.answer()), got);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> storiesByALoopOfAHost() throws IOException {
        return stories().stream().filter(Story::isTrace).flatMap(story ->
                Stream.of(false, true).map(restore ->
                        dynamicTest(story.name() + (restore ? ", restored" : ""), () -> {
                            try (Flow flow = Flow.load(story.flowBytes());
                                    Scenario scenario =
                                            flow.scenario(story.read(story.scenario()))) {
                                assertEquals(story.read(story.answer()),
                                        new StoryHost(flow, scenario).run(restore));
                            }
                        })));
    }

    @TestFactory
    Stream<DynamicTest> storiesOfDiagnostics() throws IOException {
        return stories().stream().filter(one -> !one.isTrace()).map(story ->
                dynamicTest(story.name(), () -> {
                    List<Diagnostic> found;
                    try (Flow flow = Flow.load(story.flowBytes())) {
                        found = flow.warnings();
                    } catch (ManifestException wrong) {
                        found = wrong.diagnostics();
                    }
                    StringBuilder lines = new StringBuilder();
                    for (Diagnostic one : found) {
                        lines.append((one.code() + " " + one.severity().word() + " " + one.line()
                                + ":" + one.column() + " " + one.pointer()).stripTrailing())
                                .append('\n');
                    }
                    assertEquals(story.read(story.answer()), lines.toString());
                }));
    }
}
