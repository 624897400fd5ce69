// SPDX-License-Identifier: Apache-2.0

import io.promoflow.Command;
import io.promoflow.Event;
import io.promoflow.Flow;
import io.promoflow.FlowBuilder;
import io.promoflow.Hook;
import io.promoflow.Point;
import io.promoflow.Release;
import io.promoflow.ReleaseStatus;
import io.promoflow.RunHook;
import io.promoflow.Start;
import io.promoflow.Step;
import io.promoflow.Trace;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;

/**
 * What an event and a simulation cost, in processor time of the thread, once the JVM has compiled
 * what they use: {@code Costs [NATIVE]}, where NATIVE is the program of
 * bindings/rust/bench/native.cpp, which does the same in C++ in the same run. The median of the
 * second half of the rounds counts.
 */
final class Costs {
    private static final int ROUNDS = 24;
    private static final int HOOKS = 20_000;
    private static final int ENVIRONMENTS = 10_000;
    private static final String CONTEXT = "{\"JIRA\":\"ABC-1\",\"CHANNEL\":\"#ops\","
            + "\"OWNER\":\"billing\",\"TRIES\":3,\"SITES\":[\"a\",\"b\"]}";
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private Costs() {}

    private static double median(double[] found, int from) {
        double[] sorted = Arrays.copyOfRange(found, from, found.length);
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** One hook after another, each with 8 arguments and the keys of the context. */
    private static Flow chain() {
        FlowBuilder builder = Flow.builder("chain", "dev");
        for (int n = 0; n < HOOKS; ++n) {
            builder.hook(Point.RELEASE_ON_START, Hook.of("hook-" + n % 50)
                    .withArgument("LEVEL", "info").withArgument("TEMPLATE", "started"));
        }
        return builder.step(Step.of("staging").dependsOn("dev")).build();
    }

    /** Environments in layers of a hundred, each with hooks of its own. */
    private static Flow fleet() {
        FlowBuilder builder = Flow.builder("fleet", "dev");
        for (int n = 0; n < ENVIRONMENTS; ++n) {
            builder.step(Step.of("e" + n).dependsOn(n < 100 ? "dev" : "e" + (n - 100)))
                    .hook(Point.ENVIRONMENT_ON_START, Hook.of("a"))
                    .hook(Point.ENVIRONMENT_ON_SUCCESS, Hook.of("b"));
        }
        return builder.build();
    }

    /** Nanoseconds of one event: it is applied, its command taken, its arguments read. */
    private static double event(Flow flow) {
        double[] found = new double[ROUNDS];
        Instant at = Instant.EPOCH;
        Start start = Start.of("r-42").withUrl("https://x/r-42").withProduct("billing")
                .withVersion("1.4.0").withCommitSha("3f2a91c").withContext(CONTEXT).withAt(at);
        long characters = 0;
        for (int round = 0; round < ROUNDS; ++round) {
            try (Release release = flow.start(start)) {
                long ticket = 1;
                release.commands().forEach(command -> { });
                long begin = THREADS.getCurrentThreadCpuTime();
                while (ticket < HOOKS) {
                    release.apply(new Event.HookSucceeded(ticket, null, at));
                    for (Command command : release.commands()) {
                        ticket = command.ticket();
                        if (command instanceof RunHook hook) {
                            for (var one : hook.arguments().entrySet()) {
                                characters += one.getKey().length() + one.getValue().length();
                            }
                        }
                    }
                }
                found[round] =
                        (THREADS.getCurrentThreadCpuTime() - begin) / (double) (HOOKS - 1);
            }
        }
        if (characters == 0) {
            throw new IllegalStateException("no argument was read");
        }
        return median(found, ROUNDS / 2);
    }

    private static double simulate(Flow flow) {
        long begin = THREADS.getCurrentThreadCpuTime();
        try (Trace trace = flow.simulate()) {
            if (trace.status() != ReleaseStatus.SUCCEEDED) {
                throw new IllegalStateException(trace.message());
            }
        }
        return THREADS.getCurrentThreadCpuTime() - begin;
    }

    private static double nativeCost(String program, String what, Flow flow)
            throws IOException, InterruptedException {
        Path file = Files.createTempFile("promoflow-bench", ".json");
        Files.writeString(file, flow.json());
        Process process = new ProcessBuilder(program, what, file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String text = new String(process.getInputStream().readAllBytes());
        Files.delete(file);
        if (process.waitFor() != 0) {
            throw new IOException(program + " failed");
        }
        return median(text.lines().mapToDouble(Double::parseDouble).toArray(), 0);
    }

    /** Prints the figures. */
    public static void main(String[] args) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Flow.load("apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: f}\n"
                + "spec: {triggerEnvironment: dev, "
                + "steps: [{environment: s, dependsOn: [dev]}]}\n").close();
        System.out.printf("first flow loaded after %.0f ms%n",
                (System.nanoTime() - begin) / 1e6);
        Flow chain = chain();
        System.out.printf("event, 8 arguments and 5 context keys read  %.0f ns%n", event(chain));
        if (args.length > 0) {
            System.out.printf("the same in C++  %.0f ns%n",
                    nativeCost(args[0], "event", chain));
        }
        Flow fleet = fleet();
        double[] ours = new double[ROUNDS];
        double[] theirs = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; ++round) {  // By turns.
            ours[round] = simulate(fleet);
            theirs[round] = args.length > 0 ? nativeCost(args[0], "simulate", fleet) : 0;
        }
        double java = median(ours, ROUNDS / 2);
        System.out.printf("simulate %d environments  %.2f ms%n", ENVIRONMENTS, java / 1e6);
        if (args.length > 0) {
            double cpp = median(theirs, 0);
            System.out.printf("the same in C++  %.2f ms, ratio %.2f%n", cpp / 1e6, java / cpp);
        }
    }
}
