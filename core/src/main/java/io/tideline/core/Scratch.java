package io.tideline.core;

import io.tideline.memory.Region;

/** A session's private off-heap buffer, zero-padded to words, grown on demand and kept. */
final class Scratch implements AutoCloseable {
    private static final long FIRST_BYTES = 4096;

    private Region region;
    private long address;
    private long capacity;

    /** The buffer's address once it has room for {@code bytes}; growing forgets what it held. */
    long ensure(long bytes) {
        if (bytes > capacity || region == null) {
            grow(bytes);
        }
        return address;
    }

    boolean hasRoom(long bytes) {
        return region != null && bytes <= capacity;
    }

    private void grow(long bytes) {
        close();
        region = Region.allocate(Math.max(FIRST_BYTES, Long.highestOneBit(Math.max(bytes, 1) * 2 - 1)), false);
        address = region.address();
        capacity = region.sizeBytes();
    }

    long address() {
        return address;
    }

    @Override
    public void close() {
        if (region != null) {
            region.close();
            region = null;
            capacity = 0;
        }
    }
}
