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
        ValueView keyView = new ValueView();
        try (LogScan scan = begin(session, end)) {
            for (int attempt = 0; ; ) {
                LogScan.Step step = next(session, scan, end);
                switch (step) {
                    case END -> {
                        return;
                    }
                    case BUSY -> kernel.waits.pause(attempt++);
                    case ON_DEVICE -> scan.load();
                    case RECORD -> {
                        attempt = 0;
                        if (!show(session, keyView, visitor)) {
                            return;
                        }
                    }
                }
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
            for (int attempt = 0; ; ) {
                LogScan.Step step = scan.advance();
                if (step != LogScan.Step.RECORD) {
                    return step;
                }
                if (attempt == 0) {
                    session.needs.forgetDisk();
                }
                Boolean copied = copyIfNewest(session, scan, end);
                if (copied == null) {
                    scan.back(); // the record may leave the memory while we wait
                    session.startOver(attempt++);
                } else if (copied) {
                    return LogScan.Step.RECORD;
                } else {
                    attempt = 0;
                }
            }
        } finally {
            session.leave();
        }
    }

    /** Whether the scan's record is a live entry, now copied; null if that must be tried again. */
    private static Boolean copyIfNewest(Session session, LogScan scan, long end) {
        long record = scan.record();
        long stateWord = RecordLatch.awaitUnlocked(record, session.waits);
        if (stateWord == RecordLatch.BUSY) {
            return null;
        }
        if (RecordLayout.isTombstone(Words.get(record + LINK_OFFSET))) {
            return false;
        }
        int keyBytes = RecordLayout.keyBytes(record, stateWord);
        if (!session.key.scratch.hasRoom(keyBytes)) {
            session.needs.room(session.key.scratch, keyBytes);
            return null;
        }
        Words.copy(RecordLayout.keyAddress(record, stateWord), session.key.scratch.address(), keyBytes);
        session.setKey(keyBytes);
        Boolean newest = isNewest(session, scan.address(), end);
        if (newest == null || !newest) {
            return newest;
        }
        int valueBytes = RecordLayout.valueBytes(record, stateWord);
        if (!session.old.hasRoom(valueBytes)) {
            session.needs.room(session.old, valueBytes);
            return null;
        }
        Words.copy(RecordLayout.valueAddress(record, stateWord), session.old.address(), valueBytes);
        if (!RecordLatch.isUnchanged(record, stateWord)) {
            return null;
        }
        session.oldView.show(session.old.address(), valueBytes);
        return true;
    }

    /** Whether the record at {@code address} is the newest one below {@code end} of the session's key; null if the device must be asked. */
    private static Boolean isNewest(Session session, long address, long end) {
        HybridLog log = session.log;
        long newest = ChainWalk.findBelow(log, session.index.find(session.key.hash), session.key, end);
        if (newest <= address || newest >= log.head()) {
            return newest == address; // where the chain leaves the memory at the record itself, nothing newer is in between
        }
        if (session.needs.lookup != null && session.needs.lookup.isAbout(newest)) {
            return session.needs.lookup.isFound() && session.needs.lookup.address() == address;
        }
        session.needs.disk(newest, end);
        return null;
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
