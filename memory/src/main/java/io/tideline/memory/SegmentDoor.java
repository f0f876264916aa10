package io.tideline.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * The default door: one {@link MemorySegment} that spans the whole address space, with {@link VarHandle}s. A base masked by
 * {@link #pin} once per bucket or record lets C2 prove range and alignment of every access near it, so that none is checked
 * (measured: 71–83 % of C, a segment per region about 50 %).
 */
final class SegmentDoor extends Door {
    /** User addresses have 47 bits; the mask leaves 48 and clears the low three. */
    private static final long PROVABLE = 0x0000_FFFF_FFFF_FFF8L;
    private static final VarHandle WORD = JAVA_LONG.varHandle();

    /** Resolved lazily, so that a JVM that denies native access fails in {@link #open} with a sentence and not in a static initialiser. */
    @SuppressWarnings("restricted") // the one segment over everything is what this class is for
    private static final class Everything {
        static final MemorySegment SEGMENT = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    private SegmentDoor() {
    }

    static SegmentDoor open() {
        try {
            everything();
        } catch (IllegalCallerException | LinkageError denied) {
            throw new IllegalStateException(NativeMemory.NATIVE_ACCESS_DENIED, denied);
        }
        return new SegmentDoor();
    }

    static MemorySegment everything() {
        return Everything.SEGMENT;
    }

    @Override
    String name() {
        return "segment";
    }

    @Override
    long pin(long address) {
        return address & PROVABLE;
    }

    @Override
    long get(long address) {
        return (long) WORD.get(Everything.SEGMENT, address);
    }

    @Override
    long getAcquire(long address) {
        return (long) WORD.getAcquire(Everything.SEGMENT, address);
    }

    @Override
    long getVolatile(long address) {
        return (long) WORD.getVolatile(Everything.SEGMENT, address);
    }

    @Override
    void set(long address, long value) {
        WORD.set(Everything.SEGMENT, address, value);
    }

    @Override
    void setRelease(long address, long value) {
        WORD.setRelease(Everything.SEGMENT, address, value);
    }

    @Override
    void setVolatile(long address, long value) {
        WORD.setVolatile(Everything.SEGMENT, address, value);
    }

    @Override
    boolean compareAndSet(long address, long expected, long value) {
        return WORD.compareAndSet(Everything.SEGMENT, address, expected, value);
    }

    @Override
    long getAndAdd(long address, long delta) {
        return (long) WORD.getAndAdd(Everything.SEGMENT, address, delta);
    }

    @Override
    void copy(long source, long target, long lengthBytes) {
        MemorySegment.copy(Everything.SEGMENT, source, Everything.SEGMENT, target, lengthBytes);
    }

    @Override
    void copyFrom(MemorySegment source, long sourceOffset, long target, long lengthBytes) {
        MemorySegment.copy(source, sourceOffset, Everything.SEGMENT, target, lengthBytes);
    }

    @Override
    void copyTo(long source, MemorySegment target, long targetOffset, long lengthBytes) {
        MemorySegment.copy(Everything.SEGMENT, source, target, targetOffset, lengthBytes);
    }

    @Override
    void copyFrom(byte[] source, int sourceOffset, long target, int lengthBytes) {
        MemorySegment.copy(source, sourceOffset, Everything.SEGMENT, JAVA_BYTE, target, lengthBytes);
    }

    @Override
    void copyTo(long source, byte[] target, int targetOffset, int lengthBytes) {
        MemorySegment.copy(Everything.SEGMENT, JAVA_BYTE, source, target, targetOffset, lengthBytes);
    }

    @Override
    void zero(long address, long lengthBytes) {
        Everything.SEGMENT.asSlice(address, lengthBytes).fill((byte) 0);
    }
}
