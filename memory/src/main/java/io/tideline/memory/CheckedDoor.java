package io.tideline.memory;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The door of the tests: every access must be 8-aligned and lie wholly inside one live {@link Region}, else it ends in an
 * {@link AssertionError} that names the address, where a production door would read foreign memory or crash the JVM. Before each ordered access
 * it tells the {@link Probe}.
 */
final class CheckedDoor extends Door {
    private final Door inner;
    /** Pairs {begin, end} of live regions, sorted; replaced as a whole under the monitor, read without it. */
    private volatile long[] live = {};

    CheckedDoor(Door inner) {
        this.inner = inner;
    }

    @Override
    synchronized void opened(long address, long sizeBytes) {
        long[] next = Arrays.copyOf(live, live.length + 2);
        int at = next.length - 2;
        while (at > 0 && next[at - 2] > address) {
            next[at] = next[at - 2];
            next[at + 1] = next[at - 1];
            at -= 2;
        }
        next[at] = address;
        next[at + 1] = address + sizeBytes;
        live = next;
    }

    @Override
    synchronized void closed(long address, long sizeBytes) {
        long[] before = live;
        long[] next = new long[before.length - 2];
        int to = 0;
        for (int from = 0; from < before.length; from += 2) {
            if (before[from] != address) {
                next[to] = before[from];
                next[to + 1] = before[from + 1];
                to += 2;
            }
        }
        live = next;
    }

    private long checked(long address, long lengthBytes) {
        if ((address & 7) != 0) {
            throw new AssertionError("access to address 0x" + Long.toHexString(address) + ", which is not 8-aligned");
        }
        if (lengthBytes == 0) {
            return address; // touches nothing, and an empty value may end where its region does
        }
        long[] regions = live;
        int low = 0;
        int high = regions.length / 2 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (address < regions[2 * middle]) {
                high = middle - 1;
            } else if (address >= regions[2 * middle + 1]) {
                low = middle + 1;
            } else if (lengthBytes <= regions[2 * middle + 1] - address) {
                return address;
            } else {
                throw new AssertionError("access of " + lengthBytes + " bytes at 0x" + Long.toHexString(address)
                        + " runs past the end of its region at 0x" + Long.toHexString(regions[2 * middle + 1]));
            }
        }
        throw new AssertionError("access to 0x" + Long.toHexString(address) + ", which is in no live region");
    }

    @Override
    String name() {
        return "checked";
    }

    @Override
    long pin(long address) {
        return inner.pin(address);
    }

    @Override
    long get(long address) {
        return inner.get(checked(address, 8));
    }

    @Override
    long getAcquire(long address) {
        Probe.atWord();
        return inner.getAcquire(checked(address, 8));
    }

    @Override
    long getVolatile(long address) {
        Probe.atWord();
        return inner.getVolatile(checked(address, 8));
    }

    @Override
    void set(long address, long value) {
        inner.set(checked(address, 8), value);
    }

    @Override
    void setRelease(long address, long value) {
        Probe.atWord();
        inner.setRelease(checked(address, 8), value);
    }

    @Override
    void setVolatile(long address, long value) {
        Probe.atWord();
        inner.setVolatile(checked(address, 8), value);
    }

    @Override
    boolean compareAndSet(long address, long expected, long value) {
        Probe.atWord();
        return inner.compareAndSet(checked(address, 8), expected, value);
    }

    @Override
    long getAndAdd(long address, long delta) {
        Probe.atWord();
        return inner.getAndAdd(checked(address, 8), delta);
    }

    @Override
    void copy(long source, long target, long lengthBytes) {
        inner.copy(checked(source, lengthBytes), checked(target, lengthBytes), lengthBytes);
    }

    @Override
    void copyFrom(MemorySegment source, long sourceOffset, long target, long lengthBytes) {
        inner.copyFrom(source, sourceOffset, checked(target, lengthBytes), lengthBytes);
    }

    @Override
    void copyTo(long source, MemorySegment target, long targetOffset, long lengthBytes) {
        inner.copyTo(checked(source, lengthBytes), target, targetOffset, lengthBytes);
    }

    @Override
    void copyFrom(byte[] source, int sourceOffset, long target, int lengthBytes) {
        inner.copyFrom(source, sourceOffset, checked(target, lengthBytes), lengthBytes);
    }

    @Override
    void copyTo(long source, byte[] target, int targetOffset, int lengthBytes) {
        inner.copyTo(checked(source, lengthBytes), target, targetOffset, lengthBytes);
    }

    @Override
    void zero(long address, long lengthBytes) {
        inner.zero(checked(address, lengthBytes), lengthBytes);
    }
}
