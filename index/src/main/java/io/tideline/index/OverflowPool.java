package io.tideline.index;

import io.tideline.epoch.Epoch;
import io.tideline.memory.Region;
import io.tideline.memory.Words;
import java.util.ArrayDeque;

/**
 * Overflow buckets, by number from 1.
 *
 * <p><b>State.</b> Address space for all of them, of which the used part is resident; how many were ever handed out; the retired ones; of
 * those that came out of an image, a list of the spare ones, each of which leads to the next by its overflow word.
 *
 * <p><b>Invariants.</b> (1) A bucket is handed out zeroed and to one taker. (2) A bucket that others may have seen is handed out again only
 * after every thread inside at its retirement has left.
 *
 * <p>Everything is under the monitor, which nobody waits under: a bucket is taken once per several hundred inserts, for the life of the table.
 */
final class OverflowPool implements AutoCloseable {
    /** Answer of {@link #take}: none is left. */
    static final long EXHAUSTED = 0;

    private record Retired(long number, long epoch) {
    }

    private final Epoch epoch;
    private final Region region;
    private final long base;
    private final long capacity;
    private final ArrayDeque<Retired> retired = new ArrayDeque<>();
    private long handedOut;
    /** The first of the spare buckets, 0 if there is none. */
    private long spare;
    private long spares;

    OverflowPool(Epoch epoch, long capacity, boolean hugePages) {
        this.epoch = epoch;
        this.capacity = capacity;
        this.region = Region.allocate(capacity + 1 << BucketLayout.SIZE_SHIFT, hugePages);
        this.base = region.address();
    }

    /** The address of a bucket. */
    long address(long number) {
        return Words.pin(base + (number << BucketLayout.SIZE_SHIFT));
    }

    /** The number of a zeroed bucket, or {@link #EXHAUSTED}. */
    long take() {
        return take(epoch.safe());
    }

    private synchronized long take(long safe) {
        Retired oldest = retired.peek();
        if (oldest != null && oldest.epoch <= safe) {
            retired.poll();
            Words.zero(address(oldest.number), BucketLayout.SIZE_BYTES);
            return oldest.number;
        }
        if (spare != 0) {
            return takeSpare();
        }
        return handedOut == capacity ? EXHAUSTED : ++handedOut;
    }

    private long takeSpare() {
        long number = spare;
        spare = BucketLayout.overflow(Words.get(address(number) + BucketLayout.OVERFLOW_OFFSET));
        spares--;
        Words.zero(address(number), BucketLayout.SIZE_BYTES);
        return number;
    }

    /** Gives back a bucket that nobody else has ever seen. */
    synchronized void giveBack(long number) {
        retired.addFirst(new Retired(number, 0));
    }

    /** Gives back a bucket that was unlinked just now and that others may still be looking at. */
    void retire(long number) {
        retire(new Retired(number, epoch.current()));
    }

    private synchronized void retire(Retired unlinked) {
        retired.addLast(unlinked);
    }

    /** Buckets in use. */
    synchronized long used() {
        return handedOut - retired.size() - spares;
    }

    /** The greatest number that was ever handed out. */
    synchronized long handedOut() {
        return handedOut;
    }

    /** How many buckets there may be. */
    long capacity() {
        return capacity;
    }

    /** Takes the first {@code count} buckets, at most {@link #capacity}, for what an image holds of them. The pool is empty. */
    synchronized void restore(long count) {
        handedOut = count;
    }

    /** Gives back a restored bucket that no other leads to. */
    synchronized void spare(long number) {
        Words.set(address(number) + BucketLayout.OVERFLOW_OFFSET, spare);
        spare = number;
        spares++;
    }

    /** Gives everything back. Nobody is inside the epoch. */
    synchronized void clear() {
        long bytes = (handedOut + 1 << BucketLayout.SIZE_SHIFT) + 4095 & -4096L;
        region.discard(0, Math.min(bytes, region.sizeBytes()));
        retired.clear();
        spare = 0;
        spares = 0;
        handedOut = 0;
    }

    @Override
    public void close() {
        region.close();
    }
}
