package io.tideline.core;

import io.tideline.memory.Region;

/**
 * A session's private off-heap buffer, zero-padded to words, grown on demand and kept until the session is unreachable: a callback may still
 * be reading it while another thread closes the store.
 */
final class Scratch {
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
        region = Region.allocateUntilUnreachable(Math.max(FIRST_BYTES, Long.highestOneBit(Math.max(bytes, 1) * 2 - 1)));
        address = region.address();
        capacity = region.sizeBytes();
    }

    long address() {
        return address;
    }
}
