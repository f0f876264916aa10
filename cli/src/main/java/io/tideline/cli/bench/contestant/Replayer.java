package io.tideline.cli.bench.contestant;

import io.tideline.cli.bench.work.OperationStream;
import org.HdrHistogram.Histogram;

/**
 * What one thread does in a window: it replays stretches of the operations on one store. The loops are written here once, and each kind
 * of store says only how it reads, upserts and adds. A process has one kind of store, so the compiler sees one implementation and
 * inlines it.
 */
public abstract class Replayer implements AutoCloseable {

    private static final int SAMPLE_EVERY = 32;

    private final OperationStream stream;
    private Histogram latencies;
    private long absent;
    /** Of all that was read: kept so that no read can be optimised away. */
    private long sum;

    protected Replayer(OperationStream stream) {
        this.stream = stream;
    }

    /** Reads the value of {@code key}, of a longer value its first word, or calls {@link #missed} and answers with anything. */
    protected abstract long read(long key);

    /** Makes {@code value} the value of {@code key}, of a longer value its first word. */
    protected abstract void upsert(long key, long value);

    /** Adds {@link OperationStream#RMW_OPERAND} to the value of {@code key}, of a longer value to its first word. */
    protected abstract void rmw(long key);

    /** Gives back what belongs to this thread alone; no window runs any more. */
    @Override
    public void close() {
    }

    protected final OperationStream stream() {
        return stream;
    }

    /** Counts a read that did not find its key. */
    protected final void missed() {
        missed(1);
    }

    /** Counts reads that did not find their key. */
    protected final void missed(int reads) {
        absent += reads;
    }

    /** Takes values that were read, so that no read can be left out. */
    protected final void took(long values) {
        sum += values;
    }

    /** Replays operations from {@code from} up to {@code to}; overridden by who puts brackets around several of them. */
    protected void replayChunk(int from, int to, long shift) {
        replayStretch(from, to, shift);
    }

    /** Brings what is still under way to its end; called once behind the last chunk of a window, inside its time. Overridden by who leaves anything under way. */
    protected void end() {
    }

    /** Replays operations without anything around them. */
    protected final void replayStretch(int from, int to, long shift) {
        if (latencies == null) {
            replay(from, to, shift);
        } else {
            replayTimed(from, to, shift);
        }
    }

    private void replay(int from, int to, long shift) {
        if (stream.settings().workload().isOfOneKind()) {
            switch (stream.settings().workload().onlyKind()) {
                case READ -> replayReads(from, to);
                case UPSERT -> replayUpserts(from, to);
                case RMW -> replayRmws(from, to);
            }
        } else {
            replayKinds(from, to, shift);
        }
    }

    /** Replays reads alone; overridden by who can do several at once. */
    protected void replayReads(int from, int to) {
        OperationStream operations = stream;
        long read = 0;
        for (int i = from; i < to; i++) {
            read += read(operations.key(i));
        }
        took(read);
    }

    /** Replays upserts alone; overridden by who can do several at once. */
    protected void replayUpserts(int from, int to) {
        OperationStream operations = stream;
        for (int i = from; i < to; i++) {
            upsert(operations.key(i), i);
        }
    }

    /** Replays read-modify-writes alone; overridden by who can do several at once. */
    protected void replayRmws(int from, int to) {
        OperationStream operations = stream;
        for (int i = from; i < to; i++) {
            rmw(operations.key(i));
        }
    }

    /** Replays operations of several kinds; overridden by who can do several at once. */
    protected void replayKinds(int from, int to, long shift) {
        OperationStream operations = stream;
        long read = 0;
        for (int i = from; i < to; i++) {
            long key = operations.key(i, shift);
            switch (operations.kind(i)) {
                case READ -> read += read(key);
                case UPSERT -> upsert(key, i);
                case RMW -> rmw(key);
            }
        }
        sum += read;
    }

    /** Replays operations and times some of them, each alone; overridden by who has several under way. */
    protected void replayTimed(int from, int to, long shift) {
        for (int i = from; i < to; i += SAMPLE_EVERY) {
            int timed = i + SAMPLE_EVERY - 1;
            if (timed >= to) {
                replay(i, to, shift);
                return;
            }
            replay(i, timed, shift);
            long start = System.nanoTime();
            replay(timed, timed + 1, shift);
            time(start);
        }
    }

    /** The key of the operation that {@link #replayStretch} does at a place. */
    protected final long keyAt(int place, long shift) {
        return stream.settings().workload().isOfOneKind() ? stream.key(place) : stream.key(place, shift);
    }

    /** Whether operations are timed: then each does all its work in its own time. */
    protected final boolean isTiming() {
        return latencies != null;
    }

    /** Whether the operation at that place of a stretch is one that is timed. */
    protected static boolean isTimed(int place) {
        return place % SAMPLE_EVERY == SAMPLE_EVERY - 1;
    }

    /** Records that an operation which began at {@code startNanos} has ended now. */
    protected final void time(long startNanos) {
        latencies.recordValue(Math.clamp(System.nanoTime() - startNanos, 0, latencies.getHighestTrackableValue()));
    }

    /** Begins a window that records latencies in {@code histogram}, or none if it is null. */
    final void begin(Histogram histogram) {
        latencies = histogram;
        absent = 0;
    }

    /** How many reads of the window did not find their key. */
    final long absent() {
        return absent;
    }

    /** Something that depends on every value read. */
    final long sum() {
        return sum;
    }
}
