package io.tideline.core;

import io.tideline.hlog.device.SimulatedDisk;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** One way to configure and to call a store; the operations mean the same in each. */
record Variant(int pageSize, int pages, double mutableFraction, long buckets, Surface surface, KeyKind kind, boolean spills) {
    private static final int[] PAGE_SIZES = {4 << 10, 64 << 10};
    private static final int[] PAGES = {8, 96};
    private static final double[] FRACTIONS = {0.1, 0.5, 0.9, 1.0};
    private static final double[] SPILLING_FRACTIONS = {0.1, 0.5};
    private static final long[] BUCKETS = {1, 8, 4096};

    /**
     * Every configuration, each under the next surface and the next kind of key, so that all of those meet all kinds of configurations; a fifth of
     * them where the tests run once more behind another door. The last ones spill: of what they hold only eight pages are in memory.
     */
    static Stream<Variant> all() {
        List<Variant> variants = new ArrayList<>();
        for (int pageSize : PAGE_SIZES) {
            for (int pages : PAGES) {
                for (double fraction : FRACTIONS) {
                    for (long buckets : BUCKETS) {
                        int next = variants.size();
                        variants.add(new Variant(pageSize, pages, fraction, buckets, Surface.values()[next % Surface.values().length],
                            KeyKind.values()[next % KeyKind.values().length], false));
                    }
                }
            }
        }
        for (double fraction : SPILLING_FRACTIONS) {
            for (long buckets : BUCKETS) {
                int next = variants.size();
                variants.add(new Variant(PAGE_SIZES[0], PAGES[0], fraction, buckets, Surface.values()[next % Surface.values().length],
                    KeyKind.values()[next % KeyKind.values().length], true));
            }
        }
        int step = Hammer.isDoorOfTests() ? 1 : 5;
        return IntStream.range(0, variants.size()).filter(i -> i % step == 0).mapToObj(variants::get);
    }

    /** An empty store; one that spills does so to a disk of its own, which needs no closing. */
    Store open(long seed) {
        StoreConfig.Builder config = StoreConfig.builder().memory((long) pageSize * pages).pageSize(pageSize).mutableFraction(mutableFraction)
            .buckets(buckets).hashSeed(seed).hugePages(false);
        if (spills) {
            SimulatedDisk.Options disk = SimulatedDisk.Options.DEFAULT.seed(seed).alignmentBytes(seed % 2 == 0 ? 1 : 512);
            config.segmentSize(4L * pageSize).maxOpenFiles(2).files(new SimulatedDisk(disk));
        }
        return Store.open(config.build());
    }

    /**
     * Whether an operation may end so where the same on a store in memory ends as expected. Where a record is on the device, it is replaced by a new
     * one, and an upsert does not even know whether there is an old one.
     */
    boolean allows(Status expected, Status actual) {
        return actual == expected || spills && switch (expected) {
            case UPDATED_IN_PLACE -> actual == Status.COPIED || actual == Status.APPENDED;
            case COPIED, CREATED -> actual == Status.APPENDED;
            default -> false;
        };
    }

    @Override
    public String toString() {
        return (spills ? "on disk, " : "") + "%d pages of %d KiB, %s mutable, %d buckets, %s, keys as %s".formatted(pages, pageSize >> 10, mutableFraction, buckets, surface, kind);
    }
}
