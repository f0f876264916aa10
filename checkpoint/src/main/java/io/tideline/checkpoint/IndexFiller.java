package io.tideline.checkpoint;

import io.tideline.fault.FullFault;
import io.tideline.fault.FullFault.Place;
import io.tideline.index.HashIndex;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;

/**
 * Enters replayed records into an index on a thread of its own: so the next ones are read and verified while the cache misses of these are waited for, and
 * while an image is read that they come on top of. What waits between the two stands in memory of its own, in batches of {@value #BATCH_RECORDS} records.
 *
 * <p><b>State.</b> How many batches were given, and how many of those are in the index. The thread that gives writes the first and the bytes of
 * the batch that it fills, and then that it is over or given up; the filler's writes the second, from which batch on both enter, and how it failed. All of
 * these are volatile: a batch is read behind the count of those given and written again behind the count of those entered.
 *
 * <p>What waits when it is over, both enter, the one what belongs to even home buckets, the other the rest: they touch no bucket in common. What the filler entered, and what
 * was done before, the giver sees behind {@code sharedFrom}, and the last of it behind the join.
 *
 * <p>Used by one thread, outside the epoch; nobody else uses the index before {@link #finish} has returned.
 */
final class IndexFiller implements AutoCloseable {
    /** As many as make up for the two threads' waking each other. */
    private static final int BATCH_RECORDS = 1024;
    /** A hash, and the address of its record. */
    private static final int PAIR_BYTES = 2 * Long.BYTES;
    private static final int BATCH_BYTES = BATCH_RECORDS * PAIR_BYTES;
    private static final long LEAST_WAITING_BYTES = 8 << 20;
    /** Of records of 32 bytes as much as a disk reads in half a second or less, besides an image that takes as long. */
    private static final long MOST_WAITING_BYTES = 64 << 20;
    /** Fewer do not fill the processor's miss buffers, many more would drive each other out of its first cache. */
    private static final int GROUP = 64;
    private static final long NOT_YET = -1;
    /** In place of a parity: all home buckets. */
    private static final int ALL = -1;

    private final HashIndex index;
    private final Waits waits;
    private final int batches;
    /** A circle of batches, each of pairs of a hash and an address. */
    private final Region waiting;
    private final long firstBatch;
    private final Thread giver = Thread.currentThread();
    private final Thread filler;
    private final Runnable before;
    private boolean isStarted;
    private boolean isClosed;
    /** Of the batch that is being filled. */
    private int records;
    private volatile long given;
    private volatile long entered;
    /** The first batch that both enter. */
    private volatile long sharedFrom = NOT_YET;
    /** Whether nothing more is given. */
    private volatile boolean isOver;
    private volatile boolean isGivenUp;
    private volatile Throwable failure;
    /** Of what was touched: kept so that no touch can be left out. Both threads write it, and nobody reads it. */
    private long touched;

    /** With a thread that is started when a batch is full. */
    IndexFiller(HashIndex index, Waits waits) {
        this(index, waits, () -> { }, batches(LEAST_WAITING_BYTES));
    }

    private IndexFiller(HashIndex index, Waits waits, Runnable before, int batches) {
        this.index = index;
        this.batches = batches;
        this.waits = waits;
        this.before = before;
        this.filler = waits.thread("tideline-replay", this::run);
        this.waiting = Region.allocate((long) batches * BATCH_BYTES, false);
        this.firstBatch = waiting.address();
    }

    /**
     * With a thread that is started at once, and does something else before it enters anything.
     *
     * @param spareBytes how much memory there is for what waits meanwhile; it takes 8 to 64 MiB
     */
    static IndexFiller behind(Runnable before, HashIndex index, Waits waits, long spareBytes) {
        return ofBatches(before, index, waits, batches(Math.clamp(spareBytes, LEAST_WAITING_BYTES, MOST_WAITING_BYTES)));
    }

    private static int batches(long bytes) {
        return (int) (bytes / BATCH_BYTES);
    }

    /** The same with so many batches. */
    static IndexFiller ofBatches(Runnable before, HashIndex index, Waits waits, int batches) {
        IndexFiller filler = new IndexFiller(index, waits, before, batches);
        try {
            filler.start();
        } catch (Throwable refused) {
            filler.close();
            throw refused;
        }
        return filler;
    }

    private void start() {
        waits.start(filler);
        isStarted = true;
    }

    /**
     * Takes a record.
     *
     * @throws FullFault if the index has no room for one that was given before
     */
    void give(long keyHash, long address) {
        long pair = batch(given) + (long) PAIR_BYTES * records;
        Words.set(pair, keyHash);
        Words.set(pair + Long.BYTES, address);
        if (++records == BATCH_RECORDS) {
            giveBatch();
        }
    }

    private long batch(long number) {
        return firstBatch + number % batches * BATCH_BYTES;
    }

    private void giveBatch() {
        if (!isStarted) {
            start();
        }
        records = 0;
        given++; // one thread writes it
        waits.wake(filler);
        waits.await(() -> given - entered < batches || failure != null);
        requireSound();
    }

    private void requireSound() {
        switch (failure) {
            case null -> { }
            case RuntimeException fault -> throw fault;
            case Error bug -> throw bug;
            case Throwable unknown -> throw new AssertionError("the index could not be filled", unknown);
        }
    }

    private void run() {
        try {
            before.run();
            for (;;) {
                waits.await(() -> given > entered || isOver);
                if (isGivenUp) {
                    return;
                }
                if (isOver) {
                    sharedFrom = entered;
                    waits.wake(giver);
                    enterShare(entered, 0);
                    return;
                }
                enter(batch(entered), BATCH_RECORDS, ALL);
                entered++; // one thread writes it
                waits.wake(giver);
            }
        } catch (Throwable failed) {
            failure = failed;
            waits.wake(giver);
        }
    }

    /** Enters what of all batches from that on belongs to home buckets of one parity. */
    private void enterShare(long from, int parity) {
        for (long number = from; number < given && !isGivenUp; number++) {
            enter(batch(number), BATCH_RECORDS, parity);
        }
    }

    private void enter(long batch, int count, int parity) {
        long words = 0;
        for (int from = 0; from < count; from += GROUP) {
            long first = batch + (long) PAIR_BYTES * from;
            long end = batch + (long) PAIR_BYTES * Math.min(from + GROUP, count);
            for (long pair = first; pair < end; pair += PAIR_BYTES) {
                long hash = Words.get(pair);
                if (isOf(parity, hash)) {
                    words += index.touch(hash);
                }
            }
            for (long pair = first; pair < end; pair += PAIR_BYTES) {
                long hash = Words.get(pair);
                if (isOf(parity, hash) && index.raise(hash, Words.get(pair + Long.BYTES)) == HashIndex.Raised.FULL) {
                    throw full(index);
                }
            }
        }
        touched = words;
    }

    private boolean isOf(int parity, long hash) {
        return parity == ALL || index.homeParity(hash) == parity;
    }

    static FullFault full(HashIndex index) {
        return new FullFault(Place.INDEX, "index full: the log has more keys than " + index.buckets() + " buckets with their overflow hold; open the store"
                + " with more buckets. Nothing was changed");
    }

    /**
     * Enters all that was given.
     *
     * @throws FullFault if the index has no room for it
     */
    void finish() {
        if (isStarted) {
            isOver = true;
            waits.wake(filler);
            waits.await(() -> sharedFrom != NOT_YET || failure != null);
            requireSound();
            enterShare(sharedFrom, 1);
            waits.join(filler);
            requireSound();
        }
        enter(batch(given), records, ALL);
        records = 0;
    }

    /** How the other thread failed, once this is closed; null if it did not. */
    Throwable failure() {
        return failure;
    }

    /** Ends the thread, which leaves what it has not entered by then; idempotent. */
    @Override
    public void close() {
        isGivenUp = true;
        end();
        if (!isClosed) {
            isClosed = true;
            waiting.close();
        }
    }

    private void end() {
        isOver = true;
        if (isStarted) {
            waits.wake(filler);
            waits.join(filler);
        }
    }
}
