package io.tideline.core;

import io.tideline.memory.Region;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A session's private off-heap buffer, zero-padded to words, grown on demand. The session gives it back when it is closed; where it is not,
 * the buffer outlives even the store and goes when the session is unreachable, because a callback may still be reading it while another
 * thread closes the store.
 */
final class Scratch implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();
    static final long FIRST_BYTES = 4096;

    /** Counts the bytes of all buffers that were given it; null for none. */
    private final AtomicLong meter;
    private Cleaner.Cleanable block;
    private long address;
    private long capacity;

    Scratch() {
        this(null);
    }

    Scratch(AtomicLong meter) {
        this.meter = meter;
    }

    /** How many bytes a buffer takes once {@link #ensure} was asked for so many. */
    static long bytesFor(long bytes) {
        return Math.max(FIRST_BYTES, Long.highestOneBit(Math.max(bytes, 1) * 2 - 1));
    }

    /** The buffer's address once it has room for {@code bytes}; growing forgets what it held. */
    long ensure(long bytes) {
        if (!hasRoom(bytes)) {
            grow(bytes);
        }
        return address;
    }

    boolean hasRoom(long bytes) {
        return block != null && bytes <= capacity;
    }

    private void grow(long bytes) {
        close();
        Region region = Region.allocate(bytesFor(bytes), false);
        block = CLEANER.register(this, meter == null ? region::close : metered(region, meter));
        address = region.address();
        capacity = region.sizeBytes();
    }

    /** Counts the block now, and no more once it is closed. */
    private static Runnable metered(Region region, AtomicLong meter) {
        meter.addAndGet(region.sizeBytes());
        return () -> {
            region.close();
            meter.addAndGet(-region.sizeBytes());
        };
    }

    long address() {
        return address;
    }

    /** Gives the memory back; called by who is alone in the session. */
    @Override
    public void close() {
        if (block != null) {
            block.clean();
            block = null;
        }
    }
}
