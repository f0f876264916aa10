package io.tideline.cli.bench.contestant;

/** The store that a contestant measures. It is opened and loaded by one thread and then used by one {@link Replayer} a thread. */
public interface Subject extends AutoCloseable {

    /** Inserts all keys in order; the value of each is its index. */
    void load();

    /** What one thread uses to replay operations; called after {@link #load}. */
    Replayer newReplayer();

    /** How many bytes the store holds by its own account. */
    HeldBytes heldBytes();

    /** How many records were read from disk so far. */
    default long deviceReads() {
        return 0;
    }

    @Override
    void close();
}
