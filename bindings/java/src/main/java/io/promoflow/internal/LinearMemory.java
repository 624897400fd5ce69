// SPDX-License-Identifier: Apache-2.0
package io.promoflow.internal;

import com.dylibso.chicory.runtime.ConstantEvaluators;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Memory;
import com.dylibso.chicory.wasm.types.ActiveDataSegment;
import com.dylibso.chicory.wasm.types.DataSegment;
import com.dylibso.chicory.wasm.types.MemoryLimits;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The module's memory as one array: a number is read with one check of bounds. Chicory's own is an
 * array of pages, which costs another look-up for each. An address out of bounds is an
 * IndexOutOfBoundsException, and so a trap.
 */
public final class LinearMemory implements Memory {
    private static final VarHandle SHORTS = view(short[].class);
    private static final VarHandle INTS = view(int[].class);
    private static final VarHandle LONGS = view(long[].class);
    private static final int FAILED = -1;

    private final MemoryLimits limits;
    private byte[] bytes;
    private int pages;

    private static VarHandle view(Class<?> type) {
        return MethodHandles.byteArrayViewVarHandle(type, ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Zeros.
     *
     * @param limits how many pages there are at first and at most; less than 2 GiB
     */
    public LinearMemory(MemoryLimits limits) {
        this.limits = limits;
        pages = limits.initialPages();
        bytes = new byte[pages * PAGE_SIZE];
    }

    @Override
    public int pages() {
        return pages;
    }

    /** The array grows by at least a half, so that its copies cost little in all. */
    @Override
    public int grow(int more) {
        int before = pages;
        long after = before + Integer.toUnsignedLong(more);
        if (after > limits.maximumPages()) {
            return FAILED;
        }
        long room = Math.min(Math.max(after, before + before / 2L), limits.maximumPages());
        if (after * PAGE_SIZE > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) (room * PAGE_SIZE));
        }
        pages = (int) after;
        return before;
    }

    @Override
    public int initialPages() {
        return limits.initialPages();
    }

    @Override
    public int maximumPages() {
        return limits.maximumPages();
    }

    @Override
    public void initialize(Instance instance, DataSegment[] segments) {
        for (DataSegment segment : segments) {
            if (!(segment instanceof ActiveDataSegment active)) {
                throw new UnsupportedOperationException("a passive segment");
            }
            long at = ConstantEvaluators.computeConstantValue(instance,
                    active.offsetInstructions())[0];
            write((int) at, active.data(), 0, active.data().length);
        }
    }

    @Override
    public void write(int at, byte[] from, int offset, int size) {
        System.arraycopy(from, offset, bytes, at, size);
    }

    @Override
    public byte[] readBytes(int at, int size) {
        byte[] read = new byte[size];
        System.arraycopy(bytes, at, read, 0, size);
        return read;
    }

    @Override
    public byte read(int at) {
        return bytes[at];
    }

    @Override
    public short readShort(int at) {
        return (short) SHORTS.get(bytes, at);
    }

    @Override
    public long readU16(int at) {
        return Short.toUnsignedLong(readShort(at));
    }

    @Override
    public int readInt(int at) {
        return (int) INTS.get(bytes, at);
    }

    @Override
    public long readLong(int at) {
        return (long) LONGS.get(bytes, at);
    }

    @Override
    public float readFloat(int at) {
        return Float.intBitsToFloat(readInt(at));
    }

    @Override
    public long readF32(int at) {
        return readInt(at);
    }

    @Override
    public double readDouble(int at) {
        return Double.longBitsToDouble(readLong(at));
    }

    @Override
    public long readF64(int at) {
        return readLong(at);
    }

    @Override
    public void writeByte(int at, byte value) {
        bytes[at] = value;
    }

    @Override
    public void writeShort(int at, short value) {
        SHORTS.set(bytes, at, value);
    }

    @Override
    public void writeI32(int at, int value) {
        INTS.set(bytes, at, value);
    }

    @Override
    public void writeLong(int at, long value) {
        LONGS.set(bytes, at, value);
    }

    @Override
    public void writeF32(int at, float value) {
        writeI32(at, Float.floatToRawIntBits(value));
    }

    @Override
    public void writeF64(int at, double value) {
        writeLong(at, Double.doubleToRawLongBits(value));
    }

    @Override
    public void fill(byte value, int from, int to) {
        Arrays.fill(bytes, from, to, value);
    }

    @Override
    public void copy(int to, int from, int size) {
        System.arraycopy(bytes, from, bytes, to, size);
    }

    @Override
    public void zero() {
        Arrays.fill(bytes, (byte) 0);
    }

    // The module has neither passive segments nor threads.

    @Override
    public boolean shared() {
        return false;
    }

    @Override
    public void initPassiveSegment(int segment, int to, int from, int size) {
        throw new UnsupportedOperationException("a passive segment");
    }

    @Override
    public void drop(int segment) {
        throw new UnsupportedOperationException("a passive segment");
    }

    @SuppressWarnings("removal")
    @Override
    public Object lock(int at) {
        throw new UnsupportedOperationException("a thread");
    }

    @SuppressWarnings("removal")
    @Override
    public int waitOn(int at, int expected, long timeout) {
        throw new UnsupportedOperationException("a thread");
    }

    @SuppressWarnings("removal")
    @Override
    public int waitOn(int at, long expected, long timeout) {
        throw new UnsupportedOperationException("a thread");
    }

    @SuppressWarnings("removal")
    @Override
    public int notify(int at, int count) {
        throw new UnsupportedOperationException("a thread");
    }
}
