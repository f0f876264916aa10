package io.tideline.cli.bench.contestant;

import io.tideline.cli.bench.work.OperationStream;
import io.tideline.core.Session;
import io.tideline.core.Update;

/** What one thread does in a run with cuts: it adds to the values of keys, in a session whose operations checkpoints count. Only additions. */
final class Adder {

    /** Of single operations one in so many is timed. */
    private static final int SAMPLE_EVERY = 32;

    private final OperationStream stream;
    private final Session session;
    /** Null where the operations are single calls. */
    private final long[] keys;
    private final int step;

    Adder(OperationStream stream, Session session) {
        int batch = stream.settings().batch();
        this.stream = stream;
        this.session = session;
        this.step = batch == 1 ? SAMPLE_EVERY : Math.min(batch, OperationStream.CHUNK);
        this.keys = batch == 1 ? null : new long[step];
    }

    /** How many operations one call of {@link #add} does. */
    int step() {
        return step;
    }

    /** Does the operations from {@code from} up to {@code to}, at most {@link #step}; how long the batch took, or the last operation of single ones. */
    long add(int from, int to) {
        if (keys == null) {
            for (int i = from; i < to - 1; i++) {
                session.add(stream.key(i), OperationStream.RMW_OPERAND);
            }
            long start = System.nanoTime();
            session.add(stream.key(to - 1), OperationStream.RMW_OPERAND);
            return System.nanoTime() - start;
        }
        for (int i = from; i < to; i++) {
            keys[i - from] = stream.key(i);
        }
        long start = System.nanoTime();
        session.rmwAll(keys, 0, to - from, Update.ADD, OperationStream.RMW_OPERAND);
        return System.nanoTime() - start;
    }
}
