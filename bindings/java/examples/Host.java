// SPDX-License-Identifier: Apache-2.0

import io.promoflow.Executor;
import io.promoflow.Flow;
import io.promoflow.HookCall;
import io.promoflow.ManifestException;
import io.promoflow.PromotionCall;
import io.promoflow.Release;
import io.promoflow.Run;
import io.promoflow.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** A host with an executor: hooks and promotions are printed, and succeed. */
final class Host {
    private Host() {}

    private static final class Printer implements Executor {
        @Override
        public CompletableFuture<String> runHook(HookCall call) {
            System.out.println("hook " + call.hook() + " at " + call.command().point().word());
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<?> promote(PromotionCall call) {
            System.out.println("promote to " + call.environment());
            return CompletableFuture.completedFuture(null);
        }
    }

    /** Prints what a release of the flow in a file does. */
    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            System.err.println("usage: Host FLOW");
            System.exit(2);
        }
        try (Flow flow = Flow.load(Files.readAllBytes(Path.of(args[0])))) {
            Run run = Run.start(flow, new Printer(), Start.of("r-1"));
            // Ctrl-C terminates the release, whose onFail hooks run before the program ends.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                if (!run.result().isDone()) {
                    run.terminate("interrupted", null);
                    run.join();
                }
            }));
            Release release = run.join();
            System.out.println(release.status().word());
        } catch (ManifestException wrong) {
            System.err.println(wrong.getMessage());
            System.exit(1);
        }
    }
}
