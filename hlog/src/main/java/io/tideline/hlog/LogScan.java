package io.tideline.hlog;

import static io.tideline.hlog.RecordLayout.FILLER;
import static io.tideline.hlog.RecordLayout.INVALID;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;

/**
 * Walks records in address order, over the device and the memory, stepping over filler and what never became part of a chain. In memory it
 * may pass records that are being changed in place; it must not pass a reservation in progress, so its end is an address that every thread
 * has left behind. From the device it takes whole pages, and every record is verified.
 *
 * <p>Not thread-safe. {@link #advance} is called inside an epoch; between two calls the caller may leave it. {@link #readAhead}, {@link #load} and
 * {@link #close} are called outside, of a log that is open.
 */
public final class LogScan implements AutoCloseable {
    /** How {@link #advance} ended. */
    public enum Step {
        /** {@link #address()} is a record. */
        RECORD,
        /** There are no more. */
        END,
        /** A record stayed locked: leave the epoch, wait, come again. */
        BUSY,
        /** The next page is on the device: leave the epoch, {@link #load} it, come again. */
        ON_DEVICE
    }

    /** Each is a request at least, and its segment is open meanwhile. */
    private static final int MOST_AHEAD = 16;

    private final HybridLog log;
    private final Waits waits;
    private final long end;
    private final PageReader pages;
    private final PageSeal seal;
    private long next;
    /** From {@link #next} to here, at most to the end of its page, there is no gap: so gaps are looked for once a page and not once a record. */
    private long gaplessTo;
    private long address;
    private long record;
    /** As {@link #advance} saw it: outside the epoch the log's may be gone. */
    private long head;

    /**
     * @param end a tail that was read before an epoch passed, so that whatever was reserved below it is framed
     */
    public LogScan(HybridLog log, Waits waits, long end) {
        this(log, waits, log.begin(), end);
    }

    /** The same from an address on at which a record begins, or a gap. */
    public LogScan(HybridLog log, Waits waits, long from, long end) {
        this(log, waits, from, end, 0);
    }

    /**
     * The same.
     *
     * @param aheadBytes how much of the log is read ahead, outside its memory: whole pages, one at least and {@value #MOST_AHEAD} at most
     */
    public LogScan(HybridLog log, Waits waits, long from, long end, long aheadBytes) {
        this.log = log;
        this.waits = waits;
        this.end = end;
        this.next = from;
        this.pages = log.spills() ? new PageReader(log, waits, end, Math.clamp(aheadBytes / log.pageBytes(), 1, MOST_AHEAD)) : null;
        this.seal = log.spills() ? new PageSeal(log.spill().storeId) : null;
    }

    /** Where it goes on. */
    public long position() {
        return next;
    }

    /** The record found by the last {@link #advance}. */
    public long address() {
        return address;
    }

    /** Where that record is in memory: in the log's, until the caller leaves the epoch, or in the scan's, until its next load. */
    public long record() {
        return record;
    }

    public Step advance() {
        for (;;) {
            next = Math.max(next, log.begin());
            if (next >= gaplessTo) {
                next = log.gaps().pass(next);
                gaplessTo = log.readableEnd(next);
            }
            if (next >= end) {
                return Step.END;
            }
            head = log.head();
            boolean onDevice = next < head;
            if (onDevice && !pages.holds(next / log.pageBytes())) {
                return Step.ON_DEVICE;
            }
            Step found = onDevice ? advanceInPage() : advanceInMemory();
            if (found != null) {
                return found;
            }
        }
    }

    /** Null if what stands there is to be stepped over, or looked at again. */
    private Step advanceInMemory() {
        record = log.physical(next);
        long stateWord = RecordLatch.awaitUnlocked(record, waits);
        if (stateWord == RecordLatch.BUSY) {
            return Step.BUSY;
        }
        long link = Words.get(record + RecordLayout.LINK_OFFSET);
        long sizeBytes = RecordLayout.sizeBytes(record, link, stateWord);
        if (!RecordLatch.isUnchanged(record, stateWord)) {
            return null; // its lengths are changing
        }
        requireFramed(link, sizeBytes);
        return pass(link, sizeBytes);
    }

    private Step advanceInPage() {
        record = pages.physical(next);
        int sizeBytes = PageSeal.sizeBytes(record, gaplessTo - next);
        if (sizeBytes < 0 || !seal.isIntact(next, record, pages.bytes(), pages.offset(next), sizeBytes)) {
            throw log.spill().corruption(seal, next, record, sizeBytes);
        }
        long link = Words.get(record + RecordLayout.LINK_OFFSET);
        RecordLayout.requireKnown(link, next);
        return pass(link, sizeBytes);
    }

    private Step pass(long link, long sizeBytes) {
        address = next;
        next += sizeBytes;
        return (link & (FILLER | INVALID)) != 0 || log.gaps().isUndone(address, link) ? null : Step.RECORD;
    }

    private void requireFramed(long link, long sizeBytes) {
        if (link == 0 || sizeBytes <= 0 || sizeBytes > gaplessTo - next) {
            throw new CorruptionFault("log address " + next + " is not the start of a record: link 0x" + Long.toHexString(link)
                    + ", length " + sizeBytes + ", where its page has " + (gaplessTo - next) + " bytes left");
        }
        RecordLayout.requireKnown(link, next);
    }

    /** Goes back, so that the next {@link #advance} finds the same record again: its place in memory may have changed. */
    public void back() {
        next = address;
    }

    /**
     * Has what is read ahead brought from the device before the first {@link #advance}, and waits for it. For who is about to have something else read too:
     * a disk may let one of two that read in order wait for as long as the other reads.
     */
    public void readAhead() {
        long first = log.gaps().pass(Math.max(next, log.begin()));
        if (pages != null && first < end && first < log.head()) {
            pages.readAhead(first / log.pageBytes(), log.head());
        }
    }

    /** Brings the next page from the device; waits for it. What a clear has dropped meanwhile cannot be read and need not be. */
    public void load() {
        try {
            pages.load(next / log.pageBytes(), head);
        } catch (StoreFault failed) {
            if (next >= log.begin()) {
                throw failed;
            }
        }
    }

    @Override
    public void close() {
        if (pages != null) {
            pages.close();
        }
    }
}
