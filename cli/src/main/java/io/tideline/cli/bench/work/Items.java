package io.tideline.cli.bench.work;

import java.util.function.LongSupplier;

/** Which of the loaded keys the operations of a benchmark touch, one after the other. */
final class Items implements LongSupplier {

    private static final long UNIFORM_SEED = 42;
    private static final long RANK_SEED = 43;
    private static final long SCATTER = 0x12345678;

    private final long keys;
    private final Distribution distribution;
    private final SplitMix64 random;
    private final ZipfRanks ranks;

    Items(long keys, Distribution distribution, Workload workload) {
        this.keys = keys;
        this.distribution = distribution;
        this.random = new SplitMix64((distribution == Distribution.UNIFORM ? UNIFORM_SEED : RANK_SEED) + workload.ownSeed());
        this.ranks = distribution == Distribution.UNIFORM ? null : new ZipfRanks(keys);
    }

    /** The index of the next key to touch, from 0 up to, and without, the number of keys. */
    @Override
    public long getAsLong() {
        long word = random.next();
        return switch (distribution) {
            case UNIFORM -> SplitMix64.below(word, keys);
            case ZIPF -> Long.remainderUnsigned(Keys.mix(ranks.rank(word) + SCATTER), keys);
            case LATEST -> keys - 1 - ranks.rank(word);
        };
    }
}
