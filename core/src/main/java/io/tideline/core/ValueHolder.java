package io.tideline.core;

import io.tideline.memory.Words;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A place for the bytes of a value, owned by the caller and used again and again. A growing holder allocates only when a value is longer
 * than all before; one over a segment never does. Not thread-safe.
 */
public final class ValueHolder {
    private static final byte[] EMPTY = {};

    /** Null where the holder is a fixed segment. */
    private byte[] array;
    private final MemorySegment fixed;
    private int length;

    private ValueHolder(byte[] array, MemorySegment fixed) {
        this.array = array;
        this.fixed = fixed;
    }

    /** A holder that grows as values ask. */
    public static ValueHolder growing() {
        return new ValueHolder(EMPTY, null);
    }

    /** A holder over the caller's segment, on or off the heap; longer values end in {@link Status#TOO_SMALL}. */
    public static ValueHolder over(MemorySegment segment) {
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("a holder needs a writable segment");
        }
        return new ValueHolder(null, segment);
    }

    /** Bytes of the value last read, also where it was too long to be copied. */
    public int length() {
        return length;
    }

    /** The array behind a growing holder; the value is its first {@link #length()} bytes, until the next operation with this holder. */
    public byte[] array() {
        if (array == null) {
            throw new IllegalStateException("this holder is over a segment; use segment()");
        }
        return array;
    }

    /** The value as a segment, until the next operation with this holder. */
    public MemorySegment segment() {
        return (array == null ? fixed : MemorySegment.ofArray(array)).asSlice(0, Math.min(length, capacity()));
    }

    /** A copy of the value. */
    public byte[] toArray() {
        return array == null ? segment().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE) : Arrays.copyOf(array, length);
    }

    private long capacity() {
        return array == null ? fixed.byteSize() : array.length;
    }

    /** Whether the length last noted asks for a longer array. */
    boolean mustGrow() {
        return array != null && length > array.length;
    }

    /** Notes the length of a value; whether it fits. */
    boolean accept(int lengthBytes) {
        length = lengthBytes;
        return lengthBytes <= capacity();
    }

    /** Makes room for the length last noted. Never called inside an epoch. */
    void grow() {
        array = new byte[Math.max(length, Math.min(Integer.MAX_VALUE - 8, array.length * 2))];
    }

    void copyFrom(long address) {
        if (array == null) {
            Words.copyOut(address, fixed, 0, length);
        } else {
            Words.copyOut(address, array, 0, length);
        }
    }
}
