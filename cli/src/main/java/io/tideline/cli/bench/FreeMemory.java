package io.tideline.cli.bench;

import io.tideline.memory.Region;

/**
 * Free memory that the kernel has at hand. A virtual machine gives back what nobody uses, and its host may hand it out again slower than a disk reads (seen:
 * 0.3 GB a second instead of 4 to 9); who measures what a program does with memory that was used a moment ago, as after a death, takes it before.
 */
final class FreeMemory {

    private static final long ROUND_BYTES = 2L << 20;

    private FreeMemory() {
    }

    /** Has the kernel give so much memory to this process, all of it, and take it back. */
    static void fetch(long bytes) {
        long rounded = (Math.max(bytes, 1) + ROUND_BYTES - 1) / ROUND_BYTES * ROUND_BYTES;
        try (Region region = Region.allocate(rounded, true)) {
            region.preTouch(0, rounded);
        }
    }
}
