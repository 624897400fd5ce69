// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.util.function.BiFunction;

/** An object in an instance. It is freed when it is closed, or when its owner is not reachable. */
final class Handle {
    private final Pointer pointer;
    private final Object owner;

    /** `owner`: the object of this package whose handle it is. */
    Handle(Object owner, Instance instance, int address, String free) {
        pointer = new Pointer(owner, instance, address, free);
        this.owner = owner;
        instance.keep(pointer);
    }

    Instance instance() {
        return pointer.instance;
    }

    void close() {
        pointer.instance.close(pointer);
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

    /**
     * Where the object is. Its instance keeps it; when the owner is not reachable any more, it is
     * in the instance's queue, and the next call frees the object. So no thread that frees waits
     * for one that works, and what is freed keeps pace with what is made.
     */
    static final class Pointer extends PhantomReference<Object> {
        private final Instance instance;
        private final String free;
        /** Read and written with the instance locked; 0: it was freed. */
        private int address;

        private Pointer(Object owner, Instance instance, int address, String free) {
            super(owner, instance.unreachable());
            this.instance = instance;
            this.address = address;
            this.free = free;
        }

        /** With the instance locked. */
        void free() {
            if (address != 0) {
                instance.raw(free, address);
                address = 0;
            }
        }
    }
}
