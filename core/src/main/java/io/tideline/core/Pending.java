package io.tideline.core;

import io.tideline.fault.ClosedFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.Words;
import java.util.List;
import java.util.Objects;

/**
 * The submitted operations of a session. An operation is tried at once; if it meets the device it waits in the ring, and when its lookup has
 * ended it is tried again: what memory holds by then is newer than what was looked up and goes first, and if the key's chain leaves the memory
 * elsewhere by then, it looks there. So a pending update takes effect while it is completed, once.
 */
final class Pending {
    private static final int BYTES_OF_LONG = 8;

    private final Session session;
    private final PendingRing ring;
    private final LongHolder result = new LongHolder();
    private boolean completing;

    Pending(Session session) {
        this.session = session;
        this.ring = session.newRing();
    }

    int count() {
        return ring.underWay();
    }

    Status submit(long key, PendingOp.Kind kind, LongRmw update, long operand, Rmw function, long context, Completion completion) {
        PendingOp op = begin(kind, update, operand, function, context, completion);
        boolean pends = false;
        try {
            session.enter();
            try {
                session.key.setWord(key, session.hash.of(key));
                Status status = tryFirst(op);
                pends = status == Status.PENDING;
                return status;
            } finally {
                session.leave();
            }
        } finally {
            if (!pends) {
                ring.give(op);
            }
        }
    }

    Status submit(byte[] key, int offset, int length, PendingOp.Kind kind, LongRmw update, long operand, Rmw function, long context,
            Completion completion) {
        Objects.checkFromIndexSize(offset, length, key.length);
        PendingOp op = begin(kind, update, operand, function, context, completion);
        boolean pends = false;
        try {
            session.enter();
            try {
                Operations.setKey(session, key, offset, length, kind == PendingOp.Kind.UPDATE ? BYTES_OF_LONG : 0);
                Status status = tryFirst(op);
                pends = status == Status.PENDING;
                return status;
            } finally {
                session.leave();
            }
        } finally {
            if (!pends) {
                ring.give(op);
            }
        }
    }

    private PendingOp begin(PendingOp.Kind kind, LongRmw update, long operand, Rmw function, long context, Completion completion) {
        Objects.requireNonNull(completion);
        refuseInside();
        PendingOp op = ring.take();
        while (op == null) {
            completeOne(true);
            op = ring.take();
        }
        op.kind = kind;
        op.update = update;
        op.operand = operand;
        op.function = function;
        op.context = context;
        op.completion = completion;
        return op;
    }

    private void refuseInside() {
        if (completing) {
            throw Callbacks.refusal();
        }
    }

    /** The first attempt, inside the epoch; a pending operation has a copy of the key. */
    private Status tryFirst(PendingOp op) {
        session.forgetDisk();
        Status done = attempt(op);
        if (done == null) {
            op.key.copyOf(session.key, session);
            session.startPending(ring, op);
            return Status.PENDING;
        }
        tell(op, done);
        return done;
    }

    /** Tries until it is done, or waits for the device: then null. */
    private Status attempt(PendingOp op) {
        for (int attempt = 0; ; attempt++) {
            Status done = switch (op.kind) {
                case GET -> ReadOp.tryShow(session);
                case UPDATE -> RmwOp.tryUpdate(session, op.update, !(op.update instanceof Update), op.operand, result);
                case APPLY -> RmwOp.tryApply(session, op.function);
            };
            if (done != null || session.needsDisk()) {
                return done;
            }
            session.startOver(attempt);
        }
    }

    /** Completes what has ended; with {@code wait} all there is. */
    int complete(boolean wait) {
        refuseInside();
        int completed = 0;
        while (ring.underWay() > 0) {
            int more = completeOne(wait);
            if (more < 0) {
                return completed;
            }
            completed += more;
        }
        return completed;
    }

    /** 1 if an operation was completed, 0 if it went back to the device, -1 if none has ended. */
    private int completeOne(boolean wait) {
        PendingOp op = ring.poll();
        if (op == null) {
            if (!wait) {
                return -1;
            }
            op = awaitOne();
        }
        boolean again = false;
        try {
            session.enterAgain();
            try {
                session.countLookup(op);
                again = resume(op);
            } finally {
                session.leave();
            }
        } catch (ClosedFault closed) {
            op.completion.failed(op.context, closed);
        } finally {
            if (!again) {
                ring.give(op);
            }
        }
        return again ? 0 : 1;
    }

    private PendingOp awaitOne() {
        if (session.isInBatch()) {
            List<Session> batches = session.stepOutsideWithBatches();
            try {
                return ring.await();
            } finally {
                session.stepInsideWithBatches(batches);
            }
        }
        return ring.await();
    }

    /** Goes on with an operation whose lookup has ended, and tells how it ended; true if it looks elsewhere now. */
    private boolean resume(PendingOp op) {
        Status done;
        DiskLookup own = session.lookup;
        session.lookup = op;
        try {
            op.requireRead();
            session.key.copyOf(op.key, session);
            done = attempt(op);
            if (done == null) {
                session.startPending(ring, op);
                return true;
            }
        } catch (StoreFault fault) {
            callOut(() -> op.completion.failed(op.context, fault));
            return false;
        } finally {
            session.lookup = own;
        }
        tell(op, done);
        return false;
    }

    private void tell(PendingOp op, Status status) {
        ValueView view = session.oldView;
        callOut(() -> {
            if (op.kind == PendingOp.Kind.UPDATE) {
                Words.set(session.room8(), result.value);
                view.show(session.room8(), BYTES_OF_LONG);
            } else if (status != Status.FOUND) {
                view.show(session.room8(), 0);
            }
            op.completion.completed(op.context, status, view);
        });
    }

    private void callOut(Runnable call) {
        completing = true;
        try {
            session.callOut(call);
        } finally {
            completing = false;
            session.oldView.hide();
        }
    }

    /** Waits for the device and drops what is pending. */
    void close() {
        ring.close();
    }
}
