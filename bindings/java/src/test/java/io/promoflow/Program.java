// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** The program, with whose output is compared what this package gives. */
final class Program {
    static final Path TESTS = Path.of("..", "..", "tests");

    private Program() {}

    /** What it prints; its exit status is that of what it says, so it is not looked at. */
    static String says(String... arguments) throws IOException {
        String program = System.getenv("PROMOFLOW_PROGRAM");
        Assumptions.assumeTrue(program != null, "PROMOFLOW_PROGRAM does not name the program");
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertFalse(said.isEmpty(), "the program says nothing");
        return said;
    }
}
