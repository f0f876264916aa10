package io.tideline.cli.bench.work;

/** The keys of every benchmark: {@code keyOf(0)}, {@code keyOf(1)}, … all different and without any order. */
public final class Keys {

    private static final long FIRST_FACTOR = 0xff51afd7ed558ccdL;
    private static final long SECOND_FACTOR = 0xc4ceb9fe1a85ec53L;
    private static final long FIRST_INVERSE = inverse(FIRST_FACTOR);
    private static final long SECOND_INVERSE = inverse(SECOND_FACTOR);

    private Keys() {
    }

    /** The key at {@code index}. */
    public static long keyOf(long index) {
        return mix(index + 1);
    }

    /** Where {@code key} stands: {@code indexOf(keyOf(i))} is {@code i}. */
    public static long indexOf(long key) {
        long x = key;
        x ^= x >>> 33;
        x *= SECOND_INVERSE;
        x ^= x >>> 33;
        x *= FIRST_INVERSE;
        return (x ^ x >>> 33) - 1;
    }

    /** What undoes the multiplication with an odd number, by Newton's method: each step doubles the low bits that are right, at first 3. */
    private static long inverse(long odd) {
        long inverse = odd;
        for (int rightBits = 3; rightBits < Long.SIZE; rightBits *= 2) {
            inverse *= 2 - odd * inverse;
        }
        return inverse;
    }

    /** The finaliser of MurmurHash3, a bijection of 64-bit words. */
    static long mix(long word) {
        long x = word;
        x ^= x >>> 33;
        x *= FIRST_FACTOR;
        x ^= x >>> 33;
        x *= SECOND_FACTOR;
        return x ^ x >>> 33;
    }
}
