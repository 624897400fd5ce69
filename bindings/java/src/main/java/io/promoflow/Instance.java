// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import com.dylibso.chicory.runtime.ExportFunction;
import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Memory;
import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.MemoryLimits;
import com.dylibso.chicory.wasm.types.ValType;
import io.promoflow.internal.LinearMemory;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/** An instance of the module: one thread at a time is in it, the others wait. */
final class Instance {
    static final int ABI_MAJOR = 0;
    static final int ABI_MINOR = 2;
    static final int BATCH_VERSION = 1;
    private static final int INITIAL_PAGES = 32;
    private static final int SCRATCH_BYTES = 64;
    /** So a call does not take long if there are very many. */
    private static final int FREED_BY_A_CALL_MAX = 1000;

    private final ReentrantLock lock = new ReentrantLock();
    private final com.dylibso.chicory.runtime.Instance module;
    private final Map<String, ExportFunction> functions = new HashMap<>();
    /** Of all objects here; those whose owners are not reachable are in the queue, too. */
    private final Set<Handle.Pointer> pointers = ConcurrentHashMap.newKeySet();
    private final ReferenceQueue<Object> unreachable = new ReferenceQueue<>();
    private final int scratch;
    /** Memory for the events of a turn, which is kept for the next one. */
    private int room;
    private int roomBytes;
    /** Why nothing can be called any more; null: everything can. */
    private volatile String broken;

    Instance(Module of, int pagesMax) {
        module = com.dylibso.chicory.runtime.Instance.builder(of.load())
                .withMachineFactory(of::create)
                .withImportValues(ImportValues.builder()
                        .addFunction(output("fd_close", ValType.I32))
                        .addFunction(output("fd_seek", ValType.I32, ValType.I64, ValType.I32,
                                ValType.I32))
                        .addFunction(output("fd_write", ValType.I32, ValType.I32, ValType.I32,
                                ValType.I32))
                        .build())
                .withMemoryLimits(new MemoryLimits(INITIAL_PAGES, pagesMax))
                .withMemoryFactory(LinearMemory::new)
                .withStart(false)
                .build();
        raw("_initialize");
        check((int) raw("promoflow_abi_version"), (int) raw("promoflow_batch_version"));
        scratch = (int) raw("malloc", SCRATCH_BYTES);
    }

    /** The library writes nothing, so each of these may answer an error: bad descriptor. */
    private static HostFunction output(String name, ValType... parameters) {
        return new HostFunction("wasi_snapshot_preview1", name,
                FunctionType.of(List.of(parameters), List.of(ValType.I32)),
                (instance, values) -> new long[] {8});
    }

    /** Throws unless this package was made for a module with these versions. */
    static void check(int abi, int batch) {
        int major = abi >>> 16;
        int minor = abi & 0xffff;
        if (major != ABI_MAJOR || minor < ABI_MINOR || batch != BATCH_VERSION) {
            throw new PromoflowException("internal", "promoflow.wasm", "it has interface " + major
                    + "." + minor + " and batches of version " + batch + ", this package needs "
                    + ABI_MAJOR + "." + ABI_MINOR + " and " + BATCH_VERSION
                    + "; build them together");
        }
    }

    Memory memory() {
        return module.memory();
    }

    int scratch() {
        return scratch;
    }

    /** With the instance locked: so many bytes, until the next call of this. */
    int room(int size) {
        if (size > roomBytes) {
            raw("free", room);
            roomBytes = 0;
            room = (int) raw("malloc", 2 * size);
            if (room == 0) {
                throw new PromoflowException("out-of-memory", "", "out of memory");
            }
            roomBytes = 2 * size;
        }
        return room;
    }

    boolean isBroken() {
        return broken != null;
    }

    /** Nothing is called any more: what lived here is closed. */
    void close(String why) {
        lock.lock();
        try {
            broken = why;
        } finally {
            lock.unlock();
        }
    }

    ReferenceQueue<Object> unreachable() {
        return unreachable;
    }

    void keep(Handle.Pointer pointer) {
        pointers.add(pointer);
    }

    /** How many objects live here. */
    int objects() {
        return pointers.size();
    }

    /** Frees an object. It is of no account if that is done, or if the instance was closed. */
    void close(Handle.Pointer pointer) {
        lock.lock();
        try {
            pointers.remove(pointer);
            pointer.clear();
            if (broken == null) {
                pointer.free();
            }
        } catch (TrapException closedMeanwhile) {
            // It went with the instance.
        } finally {
            lock.unlock();
        }
    }

    /** With the instance locked. */
    private void freeUnreachable() {
        for (int n = 0; n < FREED_BY_A_CALL_MAX; ++n) {
            Handle.Pointer pointer = (Handle.Pointer) unreachable.poll();
            if (pointer == null) {
                return;
            }
            pointers.remove(pointer);
            pointer.free();
        }
    }

    /** Runs `body` with the instance locked; memory that it takes is freed afterwards. */
    <T> T run(Function<Call, T> body) {
        lock.lock();
        try {
            if (broken != null) {
                throw new IllegalStateException(broken);
            }
            freeUnreachable();
            Call call = new Call(this);
            try {
                return body.apply(call);
            } finally {
                call.freeTo(0);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Calls a function of the module. A trap ends this instance. */
    long raw(String name, long... values) {
        if (broken != null) {
            throw new IllegalStateException(broken);
        }
        ExportFunction function = functions.get(name);
        if (function == null) {
            function = module.export(name);
            functions.put(name, function);
        }
        try {
            long[] results = function.apply(values);
            return results == null || results.length == 0 ? 0 : results[0];
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError error) {
            // What it was about to do is half done.
            String what = "a trap in " + name + ": " + error.getMessage();
            broken = "closed by " + what;
            throw new TrapException(what, error);
        }
    }

    /** The versions and words of the module, for the tests. */
    List<String> names(String function, int count) {
        return run(call -> {
            List<String> found = new ArrayList<>();
            for (int number = 1; number <= count; ++number) {
                found.add(call.textOf(function, number));
            }
            return found;
        });
    }
}
