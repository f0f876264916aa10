package io.tideline.hlog;

import io.tideline.epoch.Epoch;
import io.tideline.memory.Waits;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * When the flusher rests. A checkpoint has it seal the whole log in the very moment in which operations are dear, because they copy what they change. So while
 * operations have all processors, it rests {@value #RESTS} times as long as it had one, between a millisecond and 50 at a time; but never before what memory is waited for, which is what
 * the policy of mutability made read-only. Where a processor is free, or nobody operates, it does not rest at all.
 */
final class FlushPace {
    /** How long it rests, in times of what it has worked. */
    private static final int RESTS = 3;
    /** Pages may be small, and nobody rests for microseconds. */
    private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    /** A page of the largest size takes long. */
    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Epoch epoch;
    private final LongSupplier due;
    private final Waits waits;
    private final int processors;
    /** By the clock of the waits; only the flusher's thread. */
    private long restsUntil;
    /** What was worked and not rested for, in nanoseconds of rest. */
    private long owed;

    /** @param due below which address memory is waited for */
    FlushPace(Epoch epoch, LongSupplier due, Waits waits) {
        this.epoch = epoch;
        this.due = due;
        this.waits = waits;
        this.processors = waits.processors();
        this.restsUntil = waits.nanoTime();
    }

    /** The flusher had a processor for so long. */
    void worked(long nanos) {
        owed = Math.min(owed + RESTS * nanos, LONGEST_NANOS);
        if (owed >= SHORTEST_NANOS) {
            restsUntil = waits.nanoTime() + owed;
            owed = 0;
        }
    }

    /** Whether what is to be written from {@code address} on has time. */
    boolean isResting(long address) {
        return waits.nanoTime() - restsUntil < 0 && address >= due.getAsLong() && epoch.insideNow() >= processors;
    }
}
