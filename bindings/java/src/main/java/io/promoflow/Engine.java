// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A pool of instances of the module. Most programs need not know of it: {@link Flow#load(String)}
 * uses {@link #shared()}. It and all objects made with it may be used by any number of threads;
 * calls of objects that live in the same instance wait for one another.
 */
public final class Engine implements AutoCloseable {
    private static final int PAGE_BYTES = 65536;
    private static final int PAGES_MIN = 32;
    private static final int PAGES_MAX = 32767;

    private final Map<Module, Pool> pools = new EnumMap<>(Module.class);
    private final int pagesMax;
    private int size;

    /** The instances of one module. */
    private static final class Pool {
        private final List<Instance> instances = new ArrayList<>();
        private int next;
    }

    /**
     * What an engine may use.
     *
     * @param instances how many calls can be at work at once; 0: as many as there are processors
     * @param memoryBytesMax the memory of each instance, beyond which the module traps: from 2 MiB
     *     to 2 GiB; 0: 2 GiB
     */
    public record Options(int instances, long memoryBytesMax) {}

    private Engine(int size, int pagesMax) {
        this.size = size;
        this.pagesMax = pagesMax;
    }

    private static final class Shared {
        static final Engine ENGINE = create(new Options(0, 0));
    }

    /** {@return the engine of all who do not make their own} */
    public static Engine shared() {
        return Shared.ENGINE;
    }

    /**
     * Makes an engine. Its instances are made as they are needed.
     *
     * @param options what it may use
     * @return the engine
     * @throws PromoflowException an option is out of range
     */
    public static Engine create(Options options) {
        long pages = options.memoryBytesMax() == 0 ? PAGES_MAX
                : Math.min(options.memoryBytesMax() / PAGE_BYTES, PAGES_MAX);
        if (pages < PAGES_MIN || options.memoryBytesMax() > 1L << 31) {
            throw PromoflowException.invalid("memoryBytesMax", "it is from 2 MiB to 2 GiB");
        }
        if (options.instances() < 0) {
            throw PromoflowException.invalid("instances", "it is not negative");
        }
        int size = options.instances() == 0 ? Runtime.getRuntime().availableProcessors()
                : options.instances();
        return new Engine(size, (int) pages);
    }

    Instance take() {
        return take(Module.CORE);
    }

    /** Gives one instance after another; those that have trapped are replaced. */
    synchronized Instance take(Module module) {
        if (size == 0) {
            throw new IllegalStateException("this Engine was closed");
        }
        Pool pool = pools.computeIfAbsent(module, one -> new Pool());
        if (pool.instances.size() < size) {
            Instance made = new Instance(module, pagesMax);
            pool.instances.add(made);
            return made;
        }
        pool.next = (pool.next + 1) % size;
        if (pool.instances.get(pool.next).isBroken()) {
            pool.instances.set(pool.next, new Instance(module, pagesMax));
        }
        return pool.instances.get(pool.next);
    }

    /** Frees the engine; its objects are closed. A second call does nothing. */
    @Override
    public synchronized void close() {
        pools.values().forEach(pool -> pool.instances.forEach(
                instance -> instance.close("its Engine was closed")));
        pools.clear();
        size = 0;
    }

    /** {@return the version of the library, such as {@code 0.2.0}} */
    public String version() {
        return take().run(call -> call.textOf("promoflow_version"));
    }

    /**
     * Reads the one flow of a text.
     *
     * @param text YAML or JSON
     * @return the flow
     * @throws ManifestException the text has errors, or several flows
     */
    public Flow load(String text) {
        return load(Call.utf8(text));
    }

    /**
     * Reads the one flow of a text.
     *
     * @param text YAML or JSON, in UTF-8
     * @return the flow
     * @throws ManifestException the text has errors, or several flows
     */
    public Flow load(byte[] text) {
        return Flow.make(this,
                call -> call.make("promoflow_manifest_read", call.bytes(text), 0));
    }

    /**
     * Begins a flow in code.
     *
     * @param name the flow's name
     * @param trigger the environment that triggers it
     * @return a builder without steps
     */
    public FlowBuilder builder(String name, String trigger) {
        return new FlowBuilder(this, name, trigger);
    }
}
