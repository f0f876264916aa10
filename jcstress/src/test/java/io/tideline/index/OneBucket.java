package io.tideline.index;

import io.tideline.epoch.Epoch;
import io.tideline.hlog.LogAddress;
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

    /** Finds the entry, or makes one without a record. */
    public void insert(int tag, Slot slot) {
        for (;;) {
            if (!index.findOrReserve(hash(tag), slot)) {
                throw new AssertionError("no room for tag " + tag);
            }
            if (slot.entry != 0) {
                return;
            }
            index.compareAndSet(slot, LogAddress.CHAIN_END); // or somebody else does
        }
    }

    /** The same as groups do it, which look first and insert later. */
    public void insertFound(int tag, Slot slot) {
        long place = index.freePlace(hash(tag));
        if (index.findTouched(hash(tag)) == LogAddress.NONE) {
            index.insert(place, hash(tag), LogAddress.CHAIN_END, slot);
        }
        insert(tag, slot);
    }

    /** How many entries have this tag; nobody is writing. */
    public int entries(int tag) {
        counted = 0;
        index.forEachBucket((_, bucket) -> {
            for (int at = 0; at < BucketLayout.ENTRIES_BYTES; at += 8) {
                counted += BucketLayout.matches(Words.get(bucket + at), BucketLayout.tagBits(hash(tag))) ? 1 : 0;
            }
        });
        return counted;
    }
}
