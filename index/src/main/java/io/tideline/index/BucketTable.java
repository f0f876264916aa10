package io.tideline.index;

import io.tideline.memory.Region;
import io.tideline.memory.Words;

/** The table of home buckets: a power of two of them in one block. */
final class BucketTable implements AutoCloseable {
    private final Region region;
    private final long base;
    private final long offsetMask;

    BucketTable(long buckets, boolean hugePages) {
        region = Region.allocate(buckets << BucketLayout.SIZE_SHIFT, hugePages);
        base = region.address();
        offsetMask = buckets - 1 << BucketLayout.SIZE_SHIFT;
    }

    /** The address of the hash's home bucket, in the form that {@link Words#pin} gives. */
    long bucket(long hash) {
        return Words.pin(base + offset(hash, offsetMask));
    }

    /** The byte offset of a hash's bucket; all in longs, since a table of two billion entries is larger than an int can say. */
    static long offset(long hash, long offsetMask) {
        return hash << BucketLayout.SIZE_SHIFT & offsetMask;
    }

    /** The number of the hash's home bucket. */
    long number(long hash) {
        return offset(hash, offsetMask) >>> BucketLayout.SIZE_SHIFT;
    }

    /** The address of a bucket by its number, for walks over the whole table. */
    long bucketAt(long number) {
        return base + (number << BucketLayout.SIZE_SHIFT);
    }

    long buckets() {
        return (offsetMask >>> BucketLayout.SIZE_SHIFT) + 1;
    }

    long sizeBytes() {
        return region.sizeBytes();
    }

    void preTouch() {
        region.preTouch(0, region.sizeBytes());
    }

    boolean hasHugePages() {
        return region.hasHugePages();
    }

    /** Frees every entry. Nobody is inside the epoch. */
    void clear() {
        region.discard(0, region.sizeBytes());
    }

    @Override
    public void close() {
        region.close();
    }
}
