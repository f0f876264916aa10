package io.tideline.cli.bench.contestant;

import io.tideline.cli.bench.work.OperationStream;
import java.util.Optional;

/**
 * The store that a contestant measures. It is opened and loaded by one thread and then used by one {@link Replayer} a thread, for one stream of
 * operations after another.
 */
public interface Subject extends AutoCloseable {

    /** Inserts all keys in order; the value of each is its index. */
    void load();

    /** What one thread uses to replay operations on the keys that were loaded; called after {@link #load}, and closed before the subject is. */
    Replayer newReplayer(OperationStream stream);

    /** How many bytes the store holds by its own account. */
    HeldBytes heldBytes();

    /** What it has asked its disk for so far, if it counts that. */
    default Optional<DeviceCounts> deviceCounts() {
        return Optional.empty();
    }

    @Override
    void close();
}
