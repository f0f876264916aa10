package io.tideline.cli.bench;

import io.tideline.memory.Region;

/**
 * Free memory that the kernel has at hand. A virtual machine gives back what nobody uses, and its host may hand it out again slower than a disk reads (seen:
 * 0.3 GB a second instead of 4 to 9); who measures what a program does with memory that was used a moment ago, as after a death, takes it before.
 */
final class FreeMemory {

    private FreeMemory() {
    }

    /** Has the kernel give so much memory to this process, at least one byte and all of it, and take it back. */
    static void fetch(long bytes) {
        try (Region region = Region.allocate(bytes, true)) {
            region.preTouch(0, region.sizeBytes());
        }
    }
}
