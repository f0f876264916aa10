package io.tideline.hlog;

import static io.tideline.hlog.RecordLayout.FILLER;
import static io.tideline.hlog.RecordLayout.INVALID;

import io.tideline.fault.CorruptionFault;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;

/**
 * Walks records in address order, stepping over filler and what never became part of a chain. It may pass records that are being changed
 * in place; it must not pass a reservation in progress, so its end is an address that every thread has left behind.
 *
 * <p>Not thread-safe. {@link #advance} is called inside an epoch; between two calls the caller may leave it.
 */
public final class LogScan {
    /** How {@link #advance} ended. */
    public enum Step {
        /** {@link #address()} is a record. */
        RECORD,
        /** There are no more. */
        END,
        /** A record stayed locked: leave the epoch, wait, come again. */
        BUSY
    }

    private final HybridLog log;
    private final Waits waits;
    private final long end;
    private long next;
    private long address;

    /**
     * @param end a tail that was read before an epoch passed, so that whatever was reserved below it is framed
     */
    public LogScan(HybridLog log, Waits waits, long end) {
        this.log = log;
        this.waits = waits;
        this.end = end;
        this.next = log.begin();
    }

    /** The record found by the last {@link #advance}. */
    public long address() {
        return address;
    }

    public Step advance() {
        for (;;) {
            next = Math.max(next, log.head());
            if (next >= end) {
                return Step.END;
            }
            long record = log.physical(next);
            long stateWord = RecordLatch.awaitUnlocked(record, waits);
            if (stateWord == RecordLatch.BUSY) {
                return Step.BUSY;
            }
            long link = Words.get(record + RecordLayout.LINK_OFFSET);
            long sizeBytes = RecordLayout.sizeBytes(record, link, stateWord);
            if (!RecordLatch.isUnchanged(record, stateWord)) {
                continue; // its lengths are changing: look again
            }
            requireFramed(link, sizeBytes);
            address = next;
            next += sizeBytes;
            if ((link & (FILLER | INVALID)) == 0) {
                return Step.RECORD;
            }
        }
    }

    private void requireFramed(long link, long sizeBytes) {
        long pageEnd = (next | log.pageBytes() - 1) + 1;
        if (link == 0 || sizeBytes <= 0 || sizeBytes > pageEnd - next) {
            throw new CorruptionFault("log address " + next + " is not the start of a record: link 0x" + Long.toHexString(link)
                    + ", length " + sizeBytes + ", where its page has " + (pageEnd - next) + " bytes left");
        }
        RecordLayout.requireKnown(link, next);
    }
}
