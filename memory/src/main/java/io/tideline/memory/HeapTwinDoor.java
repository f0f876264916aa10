package io.tideline.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The door for model checkers, which see only the heap: a region is an {@link AtomicLongArray}, an address a region number and an
 * offset. Numbers are reused in a circle, so a test may drop thousands of regions without closing them; of those opened, the newest
 * {@value #REGIONS} are reachable.
 */
final class HeapTwinDoor extends Door {
    private static final int REGIONS = 1 << 12;
    private static final int OFFSET_BITS = 32;

    private final AtomicLongArray[] words = new AtomicLongArray[REGIONS];
    private int next;

    /** A block of zeros; its address looks like a 2 MiB-aligned raw one. */
    synchronized long allocate(long sizeBytes) {
        if (sizeBytes > 1L << OFFSET_BITS) {
            throw new IllegalArgumentException("a region of " + sizeBytes + " bytes; the heap twin takes at most 2^" + OFFSET_BITS);
        }
        int region = next;
        next = (next + 1) % REGIONS;
        words[region] = new AtomicLongArray(Math.toIntExact((sizeBytes + 7) / 8));
        return ((long) region + 1) << OFFSET_BITS;
    }

    private AtomicLongArray region(long address) {
        return words[(int) (address >>> OFFSET_BITS) - 1];
    }

    private static int index(long address) {
        if ((address & 7) != 0) {
            throw new AssertionError("access to address 0x" + Long.toHexString(address) + ", which is not 8-aligned");
        }
        return (int) ((address & ((1L << OFFSET_BITS) - 1)) >>> 3);
    }

    @Override
    boolean isNative() {
        return false;
    }

    @Override
    String name() {
        return "heap";
    }

    @Override
    long pin(long address) {
        return address;
    }

    @Override
    long get(long address) {
        return region(address).get(index(address));
    }

    @Override
    long getAcquire(long address) {
        return region(address).get(index(address));
    }

    @Override
    long getVolatile(long address) {
        return region(address).get(index(address));
    }

    @Override
    void set(long address, long value) {
        region(address).set(index(address), value);
    }

    @Override
    void setRelease(long address, long value) {
        region(address).set(index(address), value);
    }

    @Override
    void setVolatile(long address, long value) {
        region(address).set(index(address), value);
    }

    @Override
    boolean compareAndSet(long address, long expected, long value) {
        return region(address).compareAndSet(index(address), expected, value);
    }

    @Override
    long getAndAdd(long address, long delta) {
        return region(address).getAndAdd(index(address), delta);
    }

    @Override
    void copy(long source, long target, long lengthBytes) {
        for (long at = 0; at < lengthBytes; at += 8) {
            set(target + at, get(source + at));
        }
    }

    @Override
    void copyFrom(MemorySegment source, long sourceOffset, long target, long lengthBytes) {
        for (long at = 0; at < lengthBytes; at += 8) {
            long word = 0;
            for (long i = Math.min(8, lengthBytes - at) - 1; i >= 0; i--) {
                word = word << 8 | source.get(JAVA_BYTE, sourceOffset + at + i) & 0xFF;
            }
            set(target + at, word);
        }
    }

    @Override
    void copyTo(long source, MemorySegment target, long targetOffset, long lengthBytes) {
        for (long at = 0; at < lengthBytes; at++) {
            target.set(JAVA_BYTE, targetOffset + at, (byte) (get(source + (at & ~7L)) >>> ((at & 7) * 8)));
        }
    }

    @Override
    void copyFrom(byte[] source, int sourceOffset, long target, int lengthBytes) {
        for (int at = 0; at < lengthBytes; at += 8) {
            set(target + at, Words.lastWord(source, sourceOffset + at, Math.min(8, lengthBytes - at)));
        }
    }

    @Override
    void copyTo(long source, byte[] target, int targetOffset, int lengthBytes) {
        for (int at = 0; at < lengthBytes; at++) {
            target[targetOffset + at] = (byte) (get(source + (at & ~7)) >>> ((at & 7) * 8));
        }
    }

    @Override
    void zero(long address, long lengthBytes) {
        for (long at = 0; at < lengthBytes; at += 8) {
            set(address + at, 0);
        }
    }
}
