package io.tideline.core;

/**
 * The size of each key's newest record, by the key's hash: an open table of primitives, because a log may hold millions of keys. Records come
 * in the order of the log, so a later one replaces an earlier one. Single-threaded.
 */
final class NewestRecords {
    private static final int FIRST_CAPACITY = 1 << 10;

    private long[] hashes = new long[FIRST_CAPACITY];
    /** One more than the size in bytes, 1 for a tombstone; 0 where the place is free. */
    private int[] sizes = new int[FIRST_CAPACITY];
    private int used;
    private long live;
    private long liveBytes;

    /** @param sizeBytes of the record, 0 for a tombstone */
    void put(long hash, int sizeBytes) {
        int place = placeOf(hash);
        if (sizes[place] > 1) {
            live--;
            liveBytes -= sizes[place] - 1;
        }
        if (sizes[place] == 0) {
            used++;
            hashes[place] = hash;
        }
        sizes[place] = sizeBytes + 1;
        if (sizeBytes > 0) {
            live++;
            liveBytes += sizeBytes;
        }
        if (used > sizes.length / 3 * 2) {
            grow();
        }
    }

    private int placeOf(long hash) {
        int mask = sizes.length - 1;
        int place = (int) (hash ^ hash >>> 32) & mask;
        while (sizes[place] != 0 && hashes[place] != hash) {
            place = place + 1 & mask;
        }
        return place;
    }

    private void grow() {
        long[] oldHashes = hashes;
        int[] oldSizes = sizes;
        hashes = new long[Math.multiplyExact(2, oldSizes.length)];
        sizes = new int[hashes.length];
        for (int i = 0; i < oldSizes.length; i++) {
            if (oldSizes[i] != 0) {
                int place = placeOf(oldHashes[i]);
                hashes[place] = oldHashes[i];
                sizes[place] = oldSizes[i];
            }
        }
    }

    /** Keys whose newest record is no tombstone. */
    long live() {
        return live;
    }

    /** What those records take. */
    long liveBytes() {
        return liveBytes;
    }
}
