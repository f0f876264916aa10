package io.tideline.core;

import static io.tideline.hlog.RecordLayout.LINK_OFFSET;

import io.tideline.hlog.HybridLog;
import io.tideline.hlog.LogScan;
import io.tideline.hlog.RecordLatch;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Words;
import java.util.concurrent.TimeUnit;

/**
 * The walk over all entries: in the order of the log, up to the tail at its beginning, each record that is the newest one of its key below
 * that tail. Records are copied inside the epoch and shown outside it.
 */
final class EntryWalk {
    private static final long SETTLE_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private EntryWalk() {
    }

    static void walk(Kernel kernel, Session session, EntryVisitor visitor) {
        long end = settledTail(kernel);
        LogScan scan = begin(session, end);
        ValueView keyView = new ValueView();
        for (int attempt = 0; ; ) {
            LogScan.Step step = next(session, scan, end);
            if (step == LogScan.Step.END) {
                return;
            }
            if (step == LogScan.Step.BUSY) {
                kernel.waits.pause(attempt++);
                continue;
            }
            attempt = 0;
            if (!show(session, keyView, visitor)) {
                return;
            }
        }
    }

    /** A tail below which every reservation is finished: everybody inside has left since it was read. */
    private static long settledTail(Kernel kernel) {
        long tail = kernel.whileOpen(kernel.log::tail);
        if (!kernel.epoch.awaitAllPassed(SETTLE_TIMEOUT_NANOS)) {
            throw new IllegalStateException("cannot walk the entries: still inside an operation after "
                    + TimeUnit.NANOSECONDS.toSeconds(SETTLE_TIMEOUT_NANOS) + " s: " + kernel.epoch.inside());
        }
        return tail;
    }

    private static LogScan begin(Session session, long end) {
        session.enter();
        try {
            return new LogScan(session.log, session.waits, end);
        } finally {
            session.leave();
        }
    }

    /** Goes on to the next entry and copies it to the session's key and old scratch. */
    private static LogScan.Step next(Session session, LogScan scan, long end) {
        session.enter();
        try {
            for (;;) {
                LogScan.Step step = scan.advance();
                if (step != LogScan.Step.RECORD) {
                    return step;
                }
                Boolean copied = copyIfNewest(session, scan.address(), end);
                for (int attempt = 0; copied == null; attempt++) {
                    session.startOver(attempt);
                    copied = copyIfNewest(session, scan.address(), end);
                }
                if (copied) {
                    return LogScan.Step.RECORD;
                }
            }
        } finally {
            session.leave();
        }
    }

    /** Whether the record is a live entry, now copied; null if that must be tried again. */
    private static Boolean copyIfNewest(Session session, long address, long end) {
        HybridLog log = session.log;
        if (address < log.head()) {
            return false; // cleared meanwhile
        }
        long record = log.physical(address);
        long stateWord = RecordLatch.awaitUnlocked(record, session.waits);
        if (stateWord == RecordLatch.BUSY) {
            return null;
        }
        if (RecordLayout.isTombstone(Words.get(record + LINK_OFFSET))) {
            return false;
        }
        int keyBytes = RecordLayout.keyBytes(record, stateWord);
        if (!session.key.scratch.hasRoom(keyBytes)) {
            session.needRoom(session.key.scratch, keyBytes);
            return null;
        }
        Words.copy(RecordLayout.keyAddress(record, stateWord), session.key.scratch.address(), keyBytes);
        session.setKey(keyBytes);
        long newest = session.index.find(session.key.hash);
        while (newest >= end) {
            newest = RecordLayout.previous(Words.getAcquire(log.physical(newest) + LINK_OFFSET));
        }
        if (ChainWalk.find(log, newest, session.key) != address) {
            return false;
        }
        int valueBytes = RecordLayout.valueBytes(record, stateWord);
        if (!session.old.hasRoom(valueBytes)) {
            session.needRoom(session.old, valueBytes);
            return null;
        }
        Words.copy(RecordLayout.valueAddress(record, stateWord), session.old.address(), valueBytes);
        if (!RecordLatch.isUnchanged(record, stateWord)) {
            return null;
        }
        session.oldView.show(session.old.address(), valueBytes);
        return true;
    }

    private static boolean show(Session session, ValueView keyView, EntryVisitor visitor) {
        keyView.show(session.key.scratch.address(), session.key.length);
        try {
            return visitor.visit(keyView, session.oldView);
        } finally {
            keyView.hide();
            session.oldView.hide();
        }
    }
}
