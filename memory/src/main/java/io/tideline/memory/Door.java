package io.tideline.memory;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/**
 * One way of reaching off-heap words. {@link Words} holds exactly one of them in a {@code static final}, so the JIT knows its class and
 * inlines it; there is no dispatch left at run time.
 *
 * <p>Addresses are raw, 8-aligned and lie in a live {@link Region}; only {@link CheckedDoor} and {@link HeapTwinDoor} verify that.
 */
abstract class Door {
    /** Chooses by the system property {@code tideline.door}: {@code unsafe}, {@code segment}, {@code checked} or {@code heap}. */
    static Door chosen() {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new UnsupportedOperationException("Tideline runs on little-endian machines; this one is " + ByteOrder.nativeOrder());
        }
        String name = System.getProperty("tideline.door", UnsafeDoor.isExported() ? "unsafe" : "segment");
        return switch (name) {
            case "unsafe" -> UnsafeDoor.open();
            case "segment" -> SegmentDoor.open();
            case "checked" -> new CheckedDoor(SegmentDoor.open());
            case "heap" -> new HeapTwinDoor();
            default -> throw new IllegalArgumentException(
                    "system property tideline.door is '" + name + "'; it takes unsafe, segment, checked or heap");
        };
    }

    abstract String name();

    /** The same address in a form that lets the JIT drop every check of accesses near it. */
    abstract long pin(long address);

    abstract long get(long address);

    abstract long getAcquire(long address);

    abstract long getVolatile(long address);

    abstract void set(long address, long value);

    abstract void setRelease(long address, long value);

    abstract void setVolatile(long address, long value);

    abstract boolean compareAndSet(long address, long expected, long value);

    abstract long getAndAdd(long address, long delta);

    abstract void copy(long source, long target, long lengthBytes);

    abstract void copyFrom(MemorySegment source, long sourceOffset, long target, long lengthBytes);

    abstract void copyTo(long source, MemorySegment target, long targetOffset, long lengthBytes);

    /** From an array, without making an object: this is done under a record's lock. The caller has checked the range of the array. */
    abstract void copyFrom(byte[] source, int sourceOffset, long target, int lengthBytes);

    abstract void copyTo(long source, byte[] target, int targetOffset, int lengthBytes);

    abstract void zero(long address, long lengthBytes);

    /** Told about each region before its first use; only doors that check or emulate care. */
    void opened(long address, long sizeBytes) {
    }

    /** Told about each region after its last use. */
    void closed(long address, long sizeBytes) {
    }

    /** Whether regions are blocks of the process's memory, as opposed to the heap twin's arrays. */
    boolean isNative() {
        return true;
    }
}
