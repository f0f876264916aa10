package io.tideline.checkpoint;

import io.tideline.fault.FullFault;
import io.tideline.index.HashIndex;
import io.tideline.memory.Waits;

/**
 * Enters replayed records into an index on a thread of its own: so the next ones are read and verified while the cache misses of these are waited for, and
 * while an image is read that they come on top of. At most {@value #BATCHES} batches of {@value #BATCH_RECORDS} records, 8 MiB, wait between the two.
 *
 * <p><b>State.</b> How many batches were given, and how many of those are in the index. The thread that gives writes the first and the bytes of
 * the batch that it fills; the filler's writes the second, and how it failed.
 *
 * <p>Used by one thread, outside the epoch; nobody else uses the index before {@link #finish} has returned.
 */
final class IndexFiller implements AutoCloseable {
    /** As many as make up for the two threads' waking each other. */
    private static final int BATCH_RECORDS = 1024;
    private static final int BATCHES = 512;
    /** Fewer do not fill the processor's miss buffers, many more would drive each other out of its first cache. */
    private static final int GROUP = 64;

    private final HashIndex index;
    private final Waits waits;
    private final long[][] hashes = new long[BATCHES][];
    private final long[][] addresses = new long[BATCHES][];
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
    private volatile Throwable failure;
    /** Of all that was touched: kept so that no touch can be left out. */
    private long touched;

    /** With a thread that is started when a batch is full. */
    IndexFiller(HashIndex index, Waits waits) {
        this(index, waits, () -> { });
    }

    private IndexFiller(HashIndex index, Waits waits, Runnable before) {
        this.index = index;
        this.waits = waits;
        this.before = before;
        this.filler = waits.thread("tideline-replay", this::run);
    }

    /** With a thread that is started at once, and does something else before it enters anything. */
    static IndexFiller behind(Runnable before, HashIndex index, Waits waits) {
        IndexFiller filler = new IndexFiller(index, waits, before);
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
        int batch = (int) (given % BATCHES);
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
        waits.await(() -> given - entered < BATCHES || failure != null);
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
                if (given == entered) {
                    return;
                }
                enter((int) (entered % BATCHES), BATCH_RECORDS);
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
        close();
        requireSound();
        enter((int) (given % BATCHES), records);
        records = 0;
    }

    /** Ends the thread; what was not given in whole batches is not entered. */
    @Override
    public void close() {
        isOver = true;
        if (isStarted) {
            waits.wake(filler);
            waits.join(filler);
        }
    }
}
