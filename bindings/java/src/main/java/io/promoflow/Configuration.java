// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The manifests that a team keeps together, read and checked as one: flows, the templates of their
 * hooks, products, policies, permissions. It is immutable, and usable by any number of threads.
 */
public final class Configuration implements AutoCloseable {
    private static final int CONTEXT_USE_BYTES = 40;
    private static final int JSON = 3;

    private final Engine engine;
    private final Handle handle;
    private final List<Problem> problems;

    /**
     * A place in a file.
     *
     * @param file its name; empty: it is about all files
     * @param line from 1
     * @param column in characters, from 1
     * @param length how many characters to underline
     * @param message what is there
     */
    public record Place(String file, int line, int column, int length, String message) {}

    /**
     * A problem of a configuration.
     *
     * @param file the name of its file; empty: it is about all files
     * @param diagnostic what is wrong, and where in the file
     * @param related further places that it speaks of, in any of the files
     */
    public record Problem(String file, Diagnostic diagnostic, List<Place> related) {
        @Override
        public String toString() {
            return file.isEmpty() ? diagnostic.toString() : file + ":" + diagnostic;
        }
    }

    /** Which of several policies decides. */
    public enum PolicyOrder {
        /** That of the highest priority. */
        DESCENDING,
        /** That of the lowest. */
        ASCENDING
    }

    /**
     * A hook that writes or reads a key of the promotion context.
     *
     * @param key the key
     * @param hook the hook's name
     * @param point its point
     * @param environment whose; null: it is a hook of the release
     * @param writes whether it exports the key; else it reads it
     * @param required it reads the key, and has no value without it
     */
    public record ContextUse(String key, String hook, Point point, String environment,
            boolean writes, boolean required) {}

    private Configuration(Engine engine, Instance instance, int address, List<Problem> problems) {
        this.engine = engine;
        this.problems = problems;
        handle = new Handle(this, instance, address, "promoflow_configuration_free");
    }

    /**
     * Reads files.
     *
     * @param files their texts by name, in order
     * @return the configuration
     * @throws ConfigurationException they have errors
     */
    public static Configuration read(Map<String, String> files) {
        Engine engine = Engine.shared();
        Instance instance = engine.take(Module.CONFIGURATION);
        return instance.run(call -> {
            Structure list = Structure.array(call);
            files.forEach((name, text) -> list.text(name).text(text));
            int at = list.place();
            int made = call.make("promoflow_configuration_read", at, files.size());
            List<Problem> found = new ArrayList<>();
            call.buffer("promoflow_configuration_format", made, at, files.size(), JSON).lines()
                    .forEach(line -> found.add(problem(Json.parse(line))));
            if (found.stream().anyMatch(
                    one -> one.diagnostic().severity() == Diagnostic.Severity.ERROR)) {
                call.raw("promoflow_configuration_free", made);
                throw new ConfigurationException(found);
            }
            return new Configuration(engine, instance, made, List.copyOf(found));
        });
    }

    /**
     * Reads every {@code *.yaml}, {@code *.yml} and {@code *.json} below a directory, in the order
     * of the paths' bytes. Hidden files and directories are left out, links are not followed.
     *
     * @param directory where they are
     * @return the configuration; its files have the names that they have below the directory
     * @throws IOException a file cannot be read
     * @throws ConfigurationException they have errors
     */
    public static Configuration read(Path directory) throws IOException {
        Map<String, String> files = new TreeMap<>((left, right) -> Arrays.compareUnsigned(
                left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8)));
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
                return !path.equals(directory) && isHidden(path) ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
                    throws IOException {
                if (attributes.isRegularFile() && !isHidden(path) && isManifest(path)) {
                    String name = directory.relativize(path).toString().replace('\\', '/');
                    files.put(name,
                            new String(Files.readAllBytes(path), StandardCharsets.UTF_8));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return read(files);
    }

    private static boolean isHidden(Path path) {
        return path.getFileName().toString().startsWith(".");
    }

    private static boolean isManifest(Path path) {
        String name = path.getFileName().toString();
        return name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json");
    }

    private static Problem problem(Json of) {
        List<Place> related = of.at("related").elements().stream().map(one -> new Place(
                one.at("file").stringOr(""), one.at("line").number(), one.at("column").number(),
                one.at("length").number(), one.at("message").stringOr(""))).toList();
        return new Problem(of.at("file").stringOr(""), new Diagnostic(of.at("code").string(),
                Diagnostic.Severity.valueOf(
                        of.at("severity").string().toUpperCase(java.util.Locale.ROOT)),
                of.at("document").number(), of.at("line").number(), of.at("column").number(),
                of.at("length").number(), of.at("pointer").stringOr(""),
                of.at("message").string(), of.at("hint").stringOr("")), related);
    }

    /** Frees it. A second call does nothing. */
    @Override
    public void close() {
        handle.close();
    }

    /** {@return its warnings and notes} */
    public List<Problem> problems() {
        return problems;
    }

    /**
     * Which flow a trigger starts, which policies its environments have, and why.
     *
     * @param product what is promoted
     * @param message that of the commit; may be empty
     * @param revision a branch or a tag; may be empty
     * @param order which policy decides
     * @return a JSON object, as {@code promoflow resolve --format json} prints it
     * @throws PromoflowException there is no such product
     */
    public String resolve(String product, String message, String revision, PolicyOrder order) {
        return handle.run((call, address) -> call.buffer("promoflow_configuration_resolve",
                address, call.text(product), call.text(message), call.text(revision),
                order.ordinal() + 1));
    }

    /**
     * A flow, with the policies of its environments filled in.
     *
     * @param name the flow's name
     * @param product whose policies; empty: those that ask for no product
     * @param order which policy decides
     * @return the flow, which lives on its own
     * @throws PromoflowException there is no such flow or product
     */
    public Flow flow(String name, String product, PolicyOrder order) {
        String manifest = handle.run((call, address) -> {
            int flow = find(call, address, name, product, order);
            String written = call.buffer("promoflow_flow_write", flow, 2);
            call.raw("promoflow_flow_free", flow);
            return written;
        });
        return engine.load(manifest);
    }

    private static int find(Call call, int address, String name, String product,
            PolicyOrder order) {
        int flow = call.make("promoflow_configuration_flow", address, call.text(name),
                call.text(product), order.ordinal() + 1);
        if (flow == 0) {
            throw PromoflowException.invalid(name, "there is no such flow");
        }
        return flow;
    }

    /**
     * Who exports which key of a flow's context to whom, as far as it is known.
     *
     * @param flow the flow's name
     * @return by key, those that export it first
     * @throws PromoflowException there is no such flow
     */
    public List<ContextUse> contextUses(String flow) {
        return handle.run((call, address) -> {
            int found = find(call, address, flow, "", PolicyOrder.DESCENDING);
            List<String> environments = Flow.environmentNames(call, found);
            call.raw("promoflow_flow_free", found);
            List<ContextUse> uses = new ArrayList<>();
            call.list(true, CONTEXT_USE_BYTES, "promoflow_configuration_context_uses", at -> {
                View view = new View(call, at + 4);
                Point point = Point.of(view.u32());
                int index = view.u32();
                String environment = index < 0 ? null : environments.get(index);
                boolean writes = view.u32() == 1;
                boolean required = view.u32() == 1;
                view.u32();
                String hook = view.text();
                uses.add(new ContextUse(view.text(), hook, point, environment, writes, required));
            }, address, call.text(flow));
            return List.copyOf(uses);
        });
    }
}
