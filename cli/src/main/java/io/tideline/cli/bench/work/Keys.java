package io.tideline.cli.bench.work;

/** The keys of every benchmark: {@code keyOf(0)}, {@code keyOf(1)}, … all different and without any order. */
public final class Keys {

    private Keys() {
    }

    /** The key at {@code index}. */
    public static long keyOf(long index) {
        return mix(index + 1);
    }

    /** The finaliser of MurmurHash3, a bijection of 64-bit words. */
    static long mix(long word) {
        long x = word;
        x ^= x >>> 33;
        x *= 0xff51afd7ed558ccdL;
        x ^= x >>> 33;
        x *= 0xc4ceb9fe1a85ec53L;
        return x ^ x >>> 33;
    }
}
