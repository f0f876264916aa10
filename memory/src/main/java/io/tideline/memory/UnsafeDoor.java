package io.tideline.memory;

import java.lang.foreign.MemorySegment;
import org.agrona.UnsafeApi;

/** Raw addresses through the JDK's internal Unsafe, which the user opens with {@code --add-exports java.base/jdk.internal.misc=ALL-UNNAMED}. */
final class UnsafeDoor extends Door {
    /** Resolved only behind an open door, so that {@link #isExported} can be asked in any JVM. */
    private static final class Arrays {
        static final long BASE_BYTES = UnsafeApi.arrayBaseOffset(byte[].class);
    }

    private UnsafeDoor() {
    }

    static boolean isExported() {
        return Object.class.getModule().isExported("jdk.internal.misc", UnsafeApi.class.getModule()); // it is Agrona that calls
    }

    static UnsafeDoor open() {
        if (!isExported()) {
            throw new IllegalStateException("tideline.door=unsafe needs the JVM flag --add-exports java.base/jdk.internal.misc=ALL-UNNAMED");
        }
        return new UnsafeDoor();
    }

    @Override
    String name() {
        return "unsafe";
    }

    @Override
    long pin(long address) {
        return address;
    }

    @Override
    long get(long address) {
        return UnsafeApi.getLong(null, address);
    }

    @Override
    long getAcquire(long address) {
        return UnsafeApi.getLongAcquire(null, address);
    }

    @Override
    long getVolatile(long address) {
        return UnsafeApi.getLongVolatile(null, address);
    }

    @Override
    void set(long address, long value) {
        UnsafeApi.putLong(null, address, value);
    }

    @Override
    void setRelease(long address, long value) {
        UnsafeApi.putLongRelease(null, address, value);
    }

    @Override
    void setVolatile(long address, long value) {
        UnsafeApi.putLongVolatile(null, address, value);
    }

    @Override
    boolean compareAndSet(long address, long expected, long value) {
        return UnsafeApi.compareAndSetLong(null, address, expected, value);
    }

    @Override
    long getAndAdd(long address, long delta) {
        return UnsafeApi.getAndAddLong(null, address, delta);
    }

    @Override
    void copy(long source, long target, long lengthBytes) {
        UnsafeApi.copyMemory(source, target, lengthBytes);
    }

    @Override
    void copyFrom(MemorySegment source, long sourceOffset, long target, long lengthBytes) {
        MemorySegment.copy(source, sourceOffset, SegmentDoor.everything(), target, lengthBytes);
    }

    @Override
    void copyTo(long source, MemorySegment target, long targetOffset, long lengthBytes) {
        MemorySegment.copy(SegmentDoor.everything(), source, target, targetOffset, lengthBytes);
    }

    @Override
    void copyFrom(byte[] source, int sourceOffset, long target, int lengthBytes) {
        UnsafeApi.copyMemory(source, Arrays.BASE_BYTES + sourceOffset, null, target, lengthBytes);
    }

    @Override
    void copyTo(long source, byte[] target, int targetOffset, int lengthBytes) {
        UnsafeApi.copyMemory(null, source, target, Arrays.BASE_BYTES + targetOffset, lengthBytes);
    }

    @Override
    void zero(long address, long lengthBytes) {
        UnsafeApi.setMemory(address, lengthBytes, (byte) 0);
    }
}
