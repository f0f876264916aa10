package io.tideline.epoch;

import io.tideline.memory.Region;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;

/**
 * The off-heap words of one {@link Epoch}. They outlive its close and are given back when nobody can reach it any more: a thread that saw
 * an open store a moment ago may still announce in its slot, or look at the drain list behind its exit, and must find words there rather
 * than crash the JVM. What the epoch protects is not kept; only these few pages are.
 */
final class EpochMemory {
    private static final Cleaner CLEANER = Cleaner.create();

    private final List<Region> regions = new ArrayList<>();

    EpochMemory() {
        CLEANER.register(this, freeing(regions));
    }

    /** Static, because an action that holds the memory itself would keep it reachable. */
    private static Runnable freeing(List<Region> regions) {
        return () -> {
            synchronized (regions) {
                regions.forEach(Region::close);
            }
        };
    }

    /** The address of {@code sizeBytes} zeros. */
    long allocate(long sizeBytes) {
        Region region = Region.allocate(sizeBytes, false);
        synchronized (regions) {
            regions.add(region);
        }
        return region.address();
    }
}
