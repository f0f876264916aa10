package io.tideline.cli.bench.work;

/** A seeded sequence of 64-bit random words (Steele, Lea, Flood, "Fast splittable pseudorandom number generators"). */
public final class SplitMix64 {

    private static final long INCREMENT = 0x9e3779b97f4a7c15L;

    private long state;

    public SplitMix64(long seed) {
        this.state = seed;
    }

    /** The next word. */
    public long next() {
        state += INCREMENT;
        long z = state;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    /** A word as a number from 0 up to, and without, {@code bound}: the high half of their product. */
    public static long below(long word, long bound) {
        return Math.unsignedMultiplyHigh(word, bound);
    }
}
