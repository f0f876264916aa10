package io.tideline.checkpoint;

import io.tideline.fault.FullFault;
import io.tideline.index.HashIndex;
import io.tideline.memory.Waits;

/**
 * Enters replayed records into an index on a thread of its own: so the next ones are read and verified while the cache misses of these are waited for, and
 * while an image is read that they come on top of. At most {@value #MOST_BATCHES} batches of {@value #BATCH_RECORDS} records, 8 MiB, wait between the two.
 *
 * <p><b>State.</b> How many batches were given, and how many of those are in the index. The thread that gives writes the first and the bytes of
 * the batch that it fills, and then that it is over or given up; the filler's writes the second, and how it failed. Both counts are volatile: a batch is read behind the first
 * and written again behind the second. What is in the index, and what was done before, is seen behind the join in {@link #finish}.
 *
 * <p>Used by one thread, outside the epoch; nobody else uses the index before {@link #finish} has returned.
 */
final class IndexFiller implements AutoCloseable {
    /** As many as make up for the two threads' waking each other. */
    private static final int BATCH_RECORDS = 1024;
    private static final int MOST_BATCHES = 512;
    /** Fewer do not fill the processor's miss buffers, many more would drive each other out of its first cache. */
    private static final int GROUP = 64;

    private final HashIndex index;
    private final Waits waits;
    private final int batches;
    private final long[][] hashes;
    private final long[][] addresses;
    private final Thread giver = Thread.currentThread();
    private final Thread filler;
    private final Runnable before;
    private boolean isStarted;
    /** Of the batch that is being filled. */
    private int records;
    private volatile long given;
    private volatile long entered;
    /** Whether nothing more is given. */
    private volatile boolean isOver;
    private volatile boolean isGivenUp;
    private volatile Throwable failure;
    /** Of all that was touched: kept so that no touch can be left out. */
    private long touched;

    /** With a thread that is started when a batch is full. */
    IndexFiller(HashIndex index, Waits waits) {
        this(index, waits, () -> { }, MOST_BATCHES);
    }

    private IndexFiller(HashIndex index, Waits waits, Runnable before, int batches) {
        this.index = index;
        this.batches = batches;
        this.hashes = new long[batches][];
        this.addresses = new long[batches][];
        this.waits = waits;
        this.before = before;
        this.filler = waits.thread("tideline-replay", this::run);
    }

    /** With a thread that is started at once, and does something else before it enters anything. */
    static IndexFiller behind(Runnable before, HashIndex index, Waits waits) {
        return behind(before, index, waits, MOST_BATCHES);
    }

    /** With another bound of what waits; for tests. */
    static IndexFiller behind(Runnable before, HashIndex index, Waits waits, int batches) {
        IndexFiller filler = new IndexFiller(index, waits, before, batches);
        filler.start();
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
        int batch = (int) (given % batches);
        if (hashes[batch] == null) {
            hashes[batch] = new long[BATCH_RECORDS];
            addresses[batch] = new long[BATCH_RECORDS];
        }
        hashes[batch][records] = keyHash;
        addresses[batch][records++] = address;
        if (records == BATCH_RECORDS) {
            giveBatch();
        }
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
                if (given == entered || isGivenUp) {
                    return;
                }
                enter((int) (entered % batches), BATCH_RECORDS);
                entered++; // one thread writes it
                waits.wake(giver);
            }
        } catch (Throwable failed) {
            failure = failed;
            waits.wake(giver);
        }
    }

    private void enter(int batch, int count) {
        for (int from = 0; from < count; from += GROUP) {
            int to = Math.min(from + GROUP, count);
            long words = 0;
            for (int i = from; i < to; i++) {
                words += index.touch(hashes[batch][i]);
            }
            touched += words;
            for (int i = from; i < to; i++) {
                if (index.raise(hashes[batch][i], addresses[batch][i]) == HashIndex.Raised.FULL) {
                    throw full(index);
                }
            }
        }
    }

    static FullFault full(HashIndex index) {
        return new FullFault("index full: the log has more keys than " + index.buckets() + " buckets with their overflow hold; open the store"
                + " with more buckets. Nothing was changed");
    }

    /**
     * Enters all that was given.
     *
     * @throws FullFault if the index has no room for it
     */
    void finish() {
        end();
        requireSound();
        enter((int) (given % batches), records);
        records = 0;
    }

    /** How the other thread failed, once this is closed; null if it did not. */
    Throwable failure() {
        return failure;
    }

    /** Ends the thread, which leaves what it has not entered by then. */
    @Override
    public void close() {
        isGivenUp = true;
        end();
    }

    private void end() {
        isOver = true;
        if (isStarted) {
            waits.wake(filler);
            waits.join(filler);
        }
    }
}
