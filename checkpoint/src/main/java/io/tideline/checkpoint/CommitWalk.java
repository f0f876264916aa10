package io.tideline.checkpoint;

import io.tideline.epoch.Epoch;
import io.tideline.fault.CorruptionFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.LogScan;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
import org.agrona.collections.Long2LongHashMap;

/**
 * The way down a chain to the newest record that a checkpoint holds, while the store goes on: past everything that was written behind the
 * checkpoint, in memory or on the device. What it finds is true for good, because a published record's link never changes.
 *
 * <p><b>State.</b> {@code committed}: of each chain, from its newest record between the cut and {@code known}, if that is not the checkpoint's, to
 * the newest that is. So it has as many entries as there are chains that were written to behind the checkpoint.
 *
 * <p><b>Invariants.</b> (1) Every record below {@code known} is published, so what an entry of the index leads to, read after {@code known} moved,
 * has no other record of its chain between itself and {@code known}. (2) What lies above is walked record by record only in memory. Where a chain has
 * left that, the log is read on in the order of addresses, each record once: single reads would be slower than those who write.
 *
 * <p>One thread, outside the epoch.
 */
public final class CommitWalk implements LongUnaryOperator, AutoCloseable {
    private static final long PASS_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);
    /** How many records it passes in one stay in the epoch. */
    private static final int STEPS = 256;
    private static final long NOT_MET = -1;

    private final Epoch epoch;
    private final HybridLog log;
    private final Waits waits;
    private final long cut;
    private final long end;
    private final long parity;
    private final long slot;
    private final Long2LongHashMap committed = new Long2LongHashMap(NOT_MET);
    private long known;
    /** The address that is asked about while the log is read on, and the answer. */
    private long asked = NOT_MET;
    private long answer = NOT_MET;

    /** @param newest what the checkpoint consists of */
    public CommitWalk(Epoch epoch, HybridLog log, Waits waits, Manifest newest) {
        this.epoch = epoch;
        this.log = log;
        this.waits = waits;
        this.cut = newest.log().cut();
        this.known = cut;
        this.end = newest.log().end();
        this.parity = SystemState.parity(newest.version());
        this.slot = epoch.claim("an image of the index");
    }

    /** Below it everything is the checkpoint's. */
    long cut() {
        return cut;
    }

    /**
     * Reads the log on.
     *
     * @param until a tail that was read before an epoch passed, so that whatever was reserved below it is published
     */
    void readOn(long until) {
        try (LogScan scan = new LogScan(log, waits, known, until)) {
            long busySince = 0;
            for (int attempt = 0; ; ) {
                switch (pass(scan)) {
                    case END -> {
                        known = until;
                        return;
                    }
                    case ON_DEVICE -> scan.load();
                    case BUSY -> { // whoever locked the record ends that within a stay in the epoch
                        long now = waits.nanoTime();
                        busySince = attempt == 0 ? now : busySince;
                        if (now - busySince > PASS_TIMEOUT_NANOS) {
                            throw staysInside();
                        }
                        waits.pause(attempt++);
                    }
                    case RECORD -> attempt = 0;
                }
            }
        }
    }

    /** Notes some records; the last step of the scan. */
    private LogScan.Step pass(LogScan scan) {
        enter();
        try {
            LogScan.Step step = LogScan.Step.RECORD;
            for (int i = 0; i < STEPS && step == LogScan.Step.RECORD; i++) {
                step = scan.advance();
                if (step == LogScan.Step.RECORD) {
                    note(scan.address(), Words.getAcquire(scan.record() + RecordLayout.LINK_OFFSET));
                }
            }
            return step;
        } finally {
            epoch.exit(slot);
        }
    }

    private void note(long address, long link) {
        if (address < end && (link & RecordLayout.PARITY) == parity) {
            return; // the checkpoint's own
        }
        long previous = below(address, link);
        long older = committed.remove(previous); // the previous of no other record behind the cut
        long found = older == NOT_MET ? previous : older;
        committed.put(address, found);
        if (address == asked) {
            answer = found;
        }
    }

    private static long below(long address, long link) {
        long previous = RecordLayout.previous(link);
        if (previous >= address) {
            throw new CorruptionFault("the chain of log address " + address + " goes up, to " + previous + "; no image of the index was taken");
        }
        return previous;
    }

    /** From an address that the index has just now to that of the newest record of its chain which the checkpoint holds, or the end of chains. */
    @Override
    public long applyAsLong(long newest) {
        long at = newest;
        while (at >= known) {
            long reached = walkInMemory(at);
            if (reached == at) {
                return readOnFor(at);
            }
            at = reached;
        }
        long found = at < cut ? NOT_MET : committed.get(at);
        return found == NOT_MET ? requireCommitted(at) : found;
    }

    /** The last address that it came to: below what is known, or no longer in memory. */
    private long walkInMemory(long from) {
        enter();
        try {
            long at = from;
            for (int i = 0; i < STEPS && at >= known && at >= log.head(); i++) {
                at = below(at, Words.getAcquire(log.physical(at) + RecordLayout.LINK_OFFSET));
            }
            return at;
        } finally {
            epoch.exit(slot);
        }
    }

    private long readOnFor(long address) {
        long until = log.tail();
        if (!epoch.awaitAllPassed(PASS_TIMEOUT_NANOS)) {
            throw staysInside();
        }
        asked = address;
        answer = NOT_MET;
        readOn(until);
        return answer == NOT_MET ? requireCommitted(address) : answer;
    }

    private IoFault staysInside() {
        return new IoFault("the checkpoint ended, because somebody stays inside the store for more than "
                + TimeUnit.NANOSECONDS.toSeconds(PASS_TIMEOUT_NANOS) + " s: " + epoch.inside() + "; nothing was committed");
    }

    private long requireCommitted(long address) {
        if (address >= end) {
            throw new CorruptionFault("a chain leads to log address " + address + ", where no record stands; no image of the index was taken");
        }
        return address;
    }

    private void enter() {
        if (!epoch.tryEnter(slot)) {
            throw new AssertionError("an image of an index is written whose epoch is closed");
        }
    }

    @Override
    public void close() {
        epoch.release(slot);
    }
}
