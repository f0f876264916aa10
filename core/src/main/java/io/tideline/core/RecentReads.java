package io.tideline.core;

/**
 * Which keys were read from the device not long ago: whoever is asked for again is hot, and worth a copy in memory. One read alone is not, or a
 * sweep over cold keys would drive out what is hot. The idea is the doorkeeper of TinyLFU (Einziger, Friedman, Manes, "TinyLFU: A Highly Efficient
 * Cache Admission Policy", section 3.4.2), here a table in which a newer key takes the place of an older one, so that it forgets by itself.
 *
 * <p>Any thread may ask; the races are benign. Threads that ask at once may miss each other's keys, and two keys in a few billions are taken for one another: then a
 * record is copied later than it could be, or one too many is.
 */
final class RecentReads {
    /** About as many as records of that length fill the log memory: whoever is read less often than those are driven out gains nothing from a copy. */
    private static final int BYTES_PER_KEY = 256;
    private static final int LEAST_KEYS = 1 << 10;
    /** 64 MiB; who has so many reads between two of one key does not find that one hot. */
    private static final int MOST_KEYS = 1 << 24;
    private static final int HALF_BITS = 32;

    /** Half of a hash each, at the place that bits of its other half name. */
    private final int[] seen;

    RecentReads(long logMemoryBytes) {
        seen = new int[(int) Long.highestOneBit(Math.clamp(logMemoryBytes / BYTES_PER_KEY, LEAST_KEYS, MOST_KEYS))];
    }

    /** Whether a key of this hash was read before; it was from now on. */
    boolean isAgain(long hash) {
        int place = (int) hash & seen.length - 1;
        int mark = (int) (hash >>> HALF_BITS) | 1; // never the 0 of a free place
        boolean again = seen[place] == mark;
        seen[place] = mark;
        return again;
    }
}
