package io.tideline.core;

import static io.tideline.hlog.RecordLayout.LINK_OFFSET;
import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.hlog.HybridLog;
import io.tideline.hlog.LogScan;
import io.tideline.hlog.RecordLatch;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Words;
import java.util.concurrent.TimeUnit;

/**
 * The walk over all entries: in the order of the log, up to the tail at its beginning, each record that is the newest one of its key below
 * that tail. Records are copied inside the epoch and shown outside it.
 *
 * <p>Whether a record on the device is the newest one may have to be looked up there. The walk goes on meanwhile, with as many lookups under
 * way as a session may have pending; a record that turns out to be the newest is what its lookup has found, and is shown from there, later than
 * its place in the log. The answer holds however late it comes: nothing below the tail at the beginning is added to a chain any more.
 */
final class EntryWalk {
    private static final long SETTLE_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Kernel kernel;
    private final Session session;
    private final EntryVisitor visitor;
    private final long end;
    private final PendingRing ring;
    private final ValueView keyView = new ValueView();
    /** For the next record that must be looked up; its context is the record's address. */
    private PendingOp free;
    private boolean stopped;

    private EntryWalk(Kernel kernel, Session session, EntryVisitor visitor, long end) {
        this.kernel = kernel;
        this.session = session;
        this.visitor = visitor;
        this.end = end;
        this.ring = new PendingRing(session);
    }

    static void walk(Kernel kernel, Session session, EntryVisitor visitor) {
        EntryWalk walk = new EntryWalk(kernel, session, visitor, settledTail(kernel));
        try (LogScan scan = walk.begin()) {
            walk.run(scan);
        } finally {
            walk.ring.close();
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

    private LogScan begin() {
        session.enter();
        try {
            return new LogScan(session.log, session.waits, end);
        } finally {
            session.leave();
        }
    }

    private void run(LogScan scan) {
        for (int attempt = 0; !stopped; ) {
            makeFree();
            LogScan.Step step = next(scan);
            switch (step) {
                case END -> {
                    showRest();
                    return;
                }
                case BUSY -> kernel.waits.pause(attempt++);
                case ON_DEVICE -> scan.load();
                case RECORD -> {
                    attempt = 0;
                    if (free != null) {
                        show(session.key.scratch.address(), session.key.length, session.oldView);
                    } // else it is being looked up
                }
            }
        }
    }

    /** Takes an operation for the next lookup; if as many as may be are under way, waits for one of them first. */
    private void makeFree() {
        while (free == null && !stopped) {
            free = ring.take();
            if (free == null) {
                showIfNewest(ring.await());
            }
        }
    }

    private void showRest() {
        while (ring.underWay() > 0 && !stopped) {
            showIfNewest(ring.await());
        }
    }

    /** Goes on to the next entry, and copies it to the session's key and old scratch or begins to look up whether it is one. */
    private LogScan.Step next(LogScan scan) {
        session.enter();
        try {
            for (int attempt = 0; ; ) {
                LogScan.Step step = scan.advance();
                if (step != LogScan.Step.RECORD) {
                    return step;
                }
                Boolean copied = copyIfNewest(scan);
                if (copied == null && session.needs.isDisk()) {
                    lookUp(scan.address());
                    return LogScan.Step.RECORD;
                }
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

    /** Whether the scan's record is a live entry, now copied; null if that must be tried again, or looked up. */
    private Boolean copyIfNewest(LogScan scan) {
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
        Boolean newest = isNewest(scan.address());
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

    /** Whether the record at {@code address} is the newest one below the end of the session's key; null if the device must be asked. */
    private Boolean isNewest(long address) {
        HybridLog log = session.log;
        long newest = ChainWalk.findBelow(log, session.index.find(session.key.hash), session.key, end);
        if (newest <= address || newest >= log.head()) {
            return newest == address; // where the chain leaves the memory at the record itself, nothing newer is in between
        }
        session.needs.disk(newest, end);
        return null;
    }

    private void lookUp(long address) {
        PendingOp op = free;
        free = null;
        op.context = address;
        op.key.copyOf(session.key, session);
        ring.start(op);
    }

    private void showIfNewest(PendingOp op) {
        try {
            count(op);
            op.requireRead();
            if (op.isFound() && op.address() == op.context) {
                long record = op.record();
                long stateWord = Words.get(record + STATE_OFFSET);
                ValueView value = session.oldView;
                value.show(RecordLayout.valueAddress(record, stateWord), RecordLayout.valueBytes(record, stateWord));
                show(RecordLayout.keyAddress(record, stateWord), RecordLayout.keyBytes(record, stateWord), value);
            }
        } finally {
            ring.give(op);
        }
    }

    private void count(PendingOp op) {
        session.enter();
        try {
            session.countLookup(op);
        } finally {
            session.leave();
        }
    }

    private void show(long key, int keyBytes, ValueView value) {
        keyView.show(key, keyBytes);
        try {
            stopped = !visitor.visit(keyView, value);
        } finally {
            keyView.hide();
            value.hide();
        }
    }
}
