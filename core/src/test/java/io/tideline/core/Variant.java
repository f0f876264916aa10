package io.tideline.core;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** One way to configure and to call a store; the operations mean the same in each. */
record Variant(int pageSize, int pages, double mutableFraction, long buckets, Surface surface, KeyKind kind) {
    private static final int[] PAGE_SIZES = {4 << 10, 64 << 10};
    private static final int[] PAGES = {8, 96};
    private static final double[] FRACTIONS = {0.1, 0.5, 0.9, 1.0};
    private static final long[] BUCKETS = {1, 8, 4096};

    /**
     * Every configuration, each under the next surface and the next kind of key, so that all of those meet all kinds of configurations; a fifth of
     * them where the tests run once more behind another door.
     */
    static Stream<Variant> all() {
        List<Variant> variants = new ArrayList<>();
        for (int pageSize : PAGE_SIZES) {
            for (int pages : PAGES) {
                for (double fraction : FRACTIONS) {
                    for (long buckets : BUCKETS) {
                        int next = variants.size();
                        variants.add(new Variant(pageSize, pages, fraction, buckets, Surface.values()[next % Surface.values().length],
                            KeyKind.values()[next % KeyKind.values().length]));
                    }
                }
            }
        }
        int step = Hammer.isDoorOfTests() ? 1 : 5;
        return IntStream.range(0, variants.size()).filter(i -> i % step == 0).mapToObj(variants::get);
    }

    Store open(long seed) {
        return Store.open(StoreConfig.builder().memory((long) pageSize * pages).pageSize(pageSize).mutableFraction(mutableFraction)
            .buckets(buckets).hashSeed(seed).hugePages(false).build());
    }

    @Override
    public String toString() {
        return "%d pages of %d KiB, %s mutable, %d buckets, %s, keys as %s".formatted(pages, pageSize >> 10, mutableFraction, buckets, surface, kind);
    }
}
