// SPDX-License-Identifier: Apache-2.0
package io.promoflow.internal;

import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Memory;
import com.dylibso.chicory.runtime.TrapException;
import com.dylibso.chicory.wasm.ChicoryException;

/**
 * What the compiled module calls. The compiler generates a class of this name, too, which checks in
 * every function and loop whether the thread was interrupted, and then throws in the middle of it:
 * an interrupt, as that of a pool that shuts down, would leave the module's memory in disorder. A
 * call of the module takes microseconds and need not be interrupted, so this class takes the place
 * of that one (pom.xml deletes the other). It has what this module uses; whatever else a later one
 * needs is an error of linking at the first call, which the tests make.
 */
final class CoreMachineShaded {
    private CoreMachineShaded() {}

    public static void checkInterruption() {}

    public static long[] callHostFunction(Instance instance, int function, long[] values) {
        return instance.imports().function(function).handle().apply(instance, values);
    }

    public static long[] callIndirect(long[] values, int type, int function, Instance instance) {
        throw new ChicoryException("a function of another instance");
    }

    // Unsigned comparisons, which the classes of the module were redirected to: build-support/
    // Redirect.java says why. None may use compareUnsigned(), or add the smallest number to both.

    public static int i32_ge_u(int left, int right) {
        return I32_GE_U(left, right);
    }

    public static int I32_LT_U(int left, int right) {
        return Integer.toUnsignedLong(left) < Integer.toUnsignedLong(right) ? 1 : 0;
    }

    public static int I32_LE_U(int left, int right) {
        return Integer.toUnsignedLong(left) <= Integer.toUnsignedLong(right) ? 1 : 0;
    }

    public static int I32_GT_U(int left, int right) {
        return Integer.toUnsignedLong(left) > Integer.toUnsignedLong(right) ? 1 : 0;
    }

    public static int I32_GE_U(int left, int right) {
        return Integer.toUnsignedLong(left) >= Integer.toUnsignedLong(right) ? 1 : 0;
    }

    public static int I64_LT_U(long left, long right) {
        return left < right ^ (left ^ right) < 0 ? 1 : 0;
    }

    public static int I64_LE_U(long left, long right) {
        return 1 - I64_LT_U(right, left);
    }

    public static int I64_GT_U(long left, long right) {
        return I64_LT_U(right, left);
    }

    public static int I64_GE_U(long left, long right) {
        return 1 - I64_LT_U(left, right);
    }

    public static int memoryGrow(int pages, Memory memory) {
        return memory.grow(pages);
    }

    public static int memoryPages(Memory memory) {
        return memory.pages();
    }

    /** Out of bounds if the sum is beyond 2 GiB: a memory is never larger. */
    private static int address(int at, int offset) {
        return at < 0 ? at : at + offset;
    }

    public static byte memoryReadByte(int at, int offset, Memory memory) {
        return ((LinearMemory) memory).read(address(at, offset));
    }

    public static short memoryReadShort(int at, int offset, Memory memory) {
        return ((LinearMemory) memory).readShort(address(at, offset));
    }

    public static int memoryReadInt(int at, int offset, Memory memory) {
        return ((LinearMemory) memory).readInt(address(at, offset));
    }

    public static long memoryReadLong(int at, int offset, Memory memory) {
        return ((LinearMemory) memory).readLong(address(at, offset));
    }

    public static float memoryReadFloat(int at, int offset, Memory memory) {
        return Float.intBitsToFloat(memoryReadInt(at, offset, memory));
    }

    public static double memoryReadDouble(int at, int offset, Memory memory) {
        return Double.longBitsToDouble(memoryReadLong(at, offset, memory));
    }

    public static void memoryWriteByte(int at, byte value, int offset, Memory memory) {
        ((LinearMemory) memory).writeByte(address(at, offset), value);
    }

    public static void memoryWriteShort(int at, short value, int offset, Memory memory) {
        ((LinearMemory) memory).writeShort(address(at, offset), value);
    }

    public static void memoryWriteInt(int at, int value, int offset, Memory memory) {
        ((LinearMemory) memory).writeI32(address(at, offset), value);
    }

    public static void memoryWriteLong(int at, long value, int offset, Memory memory) {
        ((LinearMemory) memory).writeLong(address(at, offset), value);
    }

    public static void memoryWriteFloat(int at, float value, int offset, Memory memory) {
        memoryWriteInt(at, Float.floatToRawIntBits(value), offset, memory);
    }

    public static void memoryWriteDouble(int at, double value, int offset, Memory memory) {
        memoryWriteLong(at, Double.doubleToRawLongBits(value), offset, memory);
    }

    public static long readGlobal(int index, Instance instance) {
        return instance.global(index).getValue();
    }

    public static void writeGlobal(long value, int index, Instance instance) {
        instance.global(index).setValue(value);
    }

    public static RuntimeException throwCallStackExhausted(StackOverflowError error) {
        return new ChicoryException("call stack exhausted", error);
    }

    public static RuntimeException throwIndirectCallTypeMismatch() {
        return new ChicoryException("indirect call type mismatch");
    }

    public static RuntimeException throwTrapException() {
        return new TrapException("unreachable");
    }

    public static RuntimeException throwUnknownFunction(int function) {
        return new ChicoryException("unknown function " + function);
    }
}
