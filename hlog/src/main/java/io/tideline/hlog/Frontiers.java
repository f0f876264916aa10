package io.tideline.hlog;

import io.tideline.memory.Region;
import io.tideline.memory.Words;

/**
 * Where the regions of the log meet: begin ≤ safeHead ≤ head ≤ flushed ≤ safeReadOnly ≤ readOnly ≤ tail, each monotonic. In a log that
 * lives in memory only, head and flushed stay where begin is.
 *
 * <p>A frontier says what was announced; its "safe" twin says what every thread has seen, and is moved by an epoch action. The tail
 * lives in {@link TailAllocator}. Operations read these words once each, inside an epoch; an old value is safe there.
 */
final class Frontiers implements AutoCloseable {
    private static final int HEAD = 8;
    private static final int SAFE_READ_ONLY = 16;
    private static final int READ_ONLY = 24;
    private static final int FLUSHED = 32;
    private static final int SAFE_HEAD = 40;

    private final Region region = Region.allocate(4096, false);
    private final long words = region.address();
    /** On the heap: lookups ask for it outside the epoch, on threads of the device, where the log may be closed already. */
    private volatile long begin;

    /** A log that goes on at {@code first}, with nothing in memory, and whose first address that counts is {@code begin}. */
    Frontiers(long begin, long first) {
        moveAll(first);
        this.begin = begin;
    }

    /** The first address that still counts. */
    long begin() {
        return begin;
    }

    /** The first address that is in memory. */
    long head() {
        return Words.getAcquire(words + HEAD);
    }

    /** Records below this never change again: every thread knows that they are read-only. */
    long safeReadOnly() {
        return Words.getAcquire(words + SAFE_READ_ONLY);
    }

    /** Records from here on may be changed in place by whoever reads this value. */
    long readOnly() {
        return Words.getAcquire(words + READ_ONLY);
    }

    boolean raiseReadOnly(long address) {
        return Words.raise(words + READ_ONLY, address);
    }

    boolean raiseSafeReadOnly(long address) {
        return Words.raise(words + SAFE_READ_ONLY, address);
    }

    /** Everything below is on the device, and was verified by nobody yet. */
    long flushed() {
        return Words.getAcquire(words + FLUSHED);
    }

    /** Frames of pages below this can be reached by nobody. */
    long safeHead() {
        return Words.getAcquire(words + SAFE_HEAD);
    }

    boolean raiseFlushed(long address) {
        return Words.raise(words + FLUSHED, address);
    }

    boolean raiseHead(long address) {
        return Words.raise(words + HEAD, address);
    }

    boolean raiseSafeHead(long address) {
        return Words.raise(words + SAFE_HEAD, address);
    }

    /** Moves every frontier up to one address; nobody is inside the epoch. */
    void moveAll(long address) {
        Words.raise(words + READ_ONLY, address);
        Words.raise(words + SAFE_READ_ONLY, address);
        Words.raise(words + FLUSHED, address);
        Words.raise(words + HEAD, address);
        Words.raise(words + SAFE_HEAD, address);
        begin = Math.max(begin, address);
    }

    @Override
    public void close() {
        region.close();
    }
}
