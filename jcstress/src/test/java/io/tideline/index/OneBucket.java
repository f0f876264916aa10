package io.tideline.index;

import io.tideline.epoch.Epoch;
import io.tideline.jcstress.Ring;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;

/** An index of a single home bucket, empty but for what a case puts there. */
public final class OneBucket {
    private static final Epoch EPOCH = new Epoch(Waits.SYSTEM);
    private static final Ring<OneBucket> BUCKETS = new Ring<>(OneBucket::new);

    public final HashIndex index = new HashIndex(EPOCH, 1, 4, false);
    /** Where the home bucket is in memory. */
    public final long address;
    private int counted;

    private OneBucket() {
        long[] home = new long[1];
        index.forEachBucket((_, bucket) -> home[0] = bucket);
        address = home[0];
    }

    public static OneBucket take() {
        OneBucket bucket = BUCKETS.next();
        bucket.index.clear();
        return bucket;
    }

    /** A hash whose tag is {@code tag}. */
    public static long hash(int tag) {
        return (long) tag << BucketLayout.ADDRESS_BITS;
    }

    /** Finds or makes the entry, coming again while somebody else is at it. */
    public void insert(int tag, Slot slot) {
        for (;;) {
            switch (index.findOrCreate(hash(tag), slot)) {
                case FOUND -> {
                    return;
                }
                case BUSY -> Thread.onSpinWait();
                case FULL -> throw new AssertionError("no room for tag " + tag);
            }
        }
    }

    /** How many entries, tentative ones included, have this tag; nobody is writing. */
    public int entries(int tag) {
        counted = 0;
        index.forEachBucket((_, bucket) -> {
            for (int at = 0; at < BucketLayout.ENTRIES_BYTES; at += 8) {
                counted += BucketLayout.matchesEvenTentative(Words.get(bucket + at), BucketLayout.tagBits(hash(tag))) ? 1 : 0;
            }
        });
        return counted;
    }
}
