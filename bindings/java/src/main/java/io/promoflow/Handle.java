// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.function.BiFunction;

/** An object in an instance. It is freed when it is closed, or when its owner is not reachable. */
final class Handle {
    private static final Cleaner CLEANER = Cleaner.create();

    private final Pointer pointer;
    private final Object owner;
    private final Cleaner.Cleanable cleanable;

    /** `owner`: the object of this package whose handle it is. */
    Handle(Object owner, Instance instance, int pointer, String free) {
        this.pointer = new Pointer(instance, pointer, free);
        this.owner = owner;
        cleanable = CLEANER.register(owner, this.pointer);
    }

    Instance instance() {
        return pointer.instance;
    }

    void close() {
        cleanable.clean();
    }

    <T> T run(BiFunction<Call, Integer, T> body) {
        try {
            return pointer.instance.run(call -> body.apply(call, address()));
        } finally {
            Reference.reachabilityFence(owner);
        }
    }

    /** With the instance locked. */
    int address() {
        if (pointer.address == 0) {
            throw new IllegalStateException(
                    "this " + owner.getClass().getSimpleName() + " was closed");
        }
        return pointer.address;
    }

    /** Its address is read and written with the instance locked. */
    private static final class Pointer implements Runnable {
        private final Instance instance;
        private final String free;
        private int address;

        Pointer(Instance instance, int address, String free) {
            this.instance = instance;
            this.address = address;
            this.free = free;
        }

        @Override
        public void run() {
            if (instance.isBroken()) {
                return;
            }
            try {
                instance.run(call -> call.raw(free, address));
                address = 0;
            } catch (IllegalStateException | TrapException closedMeanwhile) {
                // It went with the instance.
            }
        }
    }
}
