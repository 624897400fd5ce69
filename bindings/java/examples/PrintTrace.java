// SPDX-License-Identifier: Apache-2.0

import io.promoflow.Flow;
import io.promoflow.InvalidContextException;
import io.promoflow.PromoflowException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** PrintTrace FLOW SCENARIO prints the trace of a simulation and nothing else. */
final class PrintTrace {
    private PrintTrace() {}

    /** Ends with 1 if there is no trace, or it cannot be written. */
    public static void main(String[] args) {
        if (args.length != 2) {
            System.err.println("usage: PrintTrace FLOW SCENARIO");
            System.exit(2);
        }
        // System.out would hide that a disk is full.
        try (FileOutputStream out = new FileOutputStream(FileDescriptor.out);
                Flow flow = Flow.load(Files.readAllBytes(Path.of(args[0])))) {
            String scenario = Files.readString(Path.of(args[1]));
            out.write(flow.simulate(scenario).jsonl().getBytes(StandardCharsets.UTF_8));
        } catch (InvalidContextException refused) {
            System.err.println(refused.getMessage());  // A refused start is an empty trace.
        } catch (NoSuchFileException missing) {
            fail(missing.getMessage() + ": there is no such file");
        } catch (IOException | PromoflowException error) {
            fail(error.getMessage());
        }
    }

    private static void fail(String message) {
        System.err.println(message);
        System.exit(1);
    }
}
