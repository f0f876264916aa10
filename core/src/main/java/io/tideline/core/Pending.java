package io.tideline.core;

import io.tideline.fault.ClosedFault;
import io.tideline.fault.FullFault;
import io.tideline.fault.FullFault.Place;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.Words;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The submitted operations of a session. An operation is tried at once; if it meets the device it waits in the ring, and when its lookup has
 * ended it is tried again: what memory holds by then is newer than what was looked up and goes first, and if the key's chain leaves the memory
 * elsewhere by then, it looks there. So a pending update takes effect while it is completed, once.
 *
 * <p>Who submits or completes holds the session from beginning to end, be it outside the epoch, and so is alone with the ring. Behind a close of
 * the store nobody enters the session any more, and {@code claimed} alone tells two threads apart.
 */
final class Pending {
    private static final long DEAD_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Session session;
    private final PendingRing ring;
    private final LongHolder result = new LongHolder();
    private final AtomicBoolean claimed = new AtomicBoolean();
    /** Whether the latest round ended at an update that only a further close of the store can bring to its effect. */
    private boolean isLeftBehind;

    Pending(Session session) {
        this.session = session;
        this.ring = new PendingRing(session);
    }

    int count() {
        return ring.underWay();
    }

    // --- submitting ---

    Status submit(long key, PendingOp.Kind kind, LongRmw update, long operand, Rmw function, long context, Completion completion) {
        return submit(key, null, 0, 0, kind, update, operand, function, context, completion);
    }

    Status submit(byte[] key, int offset, int length, PendingOp.Kind kind, LongRmw update, long operand, Rmw function, long context,
            Completion completion) {
        Objects.checkFromIndexSize(offset, length, key.length);
        return submit(0, key, offset, length, kind, update, operand, function, context, completion);
    }

    /** The key is {@code word} where there are no {@code bytes}. */
    private Status submit(long word, byte[] bytes, int offset, int length, PendingOp.Kind kind, LongRmw update, long operand, Rmw function,
            long context, Completion completion) {
        Objects.requireNonNull(completion);
        session.enter();
        try {
            claim();
            PendingOp op = null;
            boolean pends = false;
            try {
                session.unbegin();
                try {
                    op = take(); // completes others, outside the epoch
                } finally {
                    session.beginOne();
                }
                op.fill(kind, update, operand, function, context, completion);
                if (bytes == null) {
                    session.key.setWord(word, session.hash.of(word));
                } else {
                    Operations.setKey(session, bytes, offset, length, kind == PendingOp.Kind.UPDATE ? Long.BYTES : 0);
                }
                Status status = tryFirst(op);
                pends = status == Status.PENDING;
                return status;
            } finally {
                if (op != null && !pends) {
                    ring.give(op);
                }
                claimed.set(false);
            }
        } finally {
            session.leave();
        }
    }

    private void claim() {
        if (!claimed.compareAndSet(false, true)) {
            throw session.refusal();
        }
    }

    /** An operation to fill in; completes others while there are too many. */
    private PendingOp take() {
        PendingOp op = ring.take();
        while (op == null) {
            completeOne(ring.next(), true);
            session.breathe();
            op = ring.take();
        }
        return op;
    }

    /** The first attempt, inside the epoch; a pending operation has a copy of the key. */
    private Status tryFirst(PendingOp op) {
        if (!session.key.isWord()) {
            session.room(op.key.scratch, session.key.length); // between the attempt and the count nothing may leave the epoch: see begin
        }
        session.needs.forgetDisk();
        Status done = attempt(op, true);
        if (done == null) {
            op.key.copyOf(session.key, session);
            begin(op);
            return Status.PENDING;
        }
        tell(op, done, null, true);
        return done;
    }

    /**
     * An update counts as pending from before the session leaves the epoch in which it was tried, so that a checkpoint that has waited for that finds
     * it. Had it been outside in between, the checkpoint could have waited already, and would cut in front of its effect and behind its serial.
     */
    private void begin(PendingOp op) {
        if (op.isUpdate()) {
            session.kernel.pendingUpdates.incrementAndGet();
            op.setWaiting();
        }
        ring.start(op);
    }

    /** Tries until it is done, or waits for the device: then null. Before the cut of a checkpoint a new update waits here rather than pend. */
    private Status attempt(PendingOp op, boolean isNew) {
        session.room(session.old, Long.BYTES); // for what is told: once the operation is done nothing may fail
        for (int attempt = 0; ; attempt++) {
            Status done = switch (op.kind) {
                case GET -> ReadOp.tryShow(session);
                case UPDATE -> RmwOp.tryUpdate(session, op.update, !(op.update instanceof Update), op.operand, result);
                case APPLY -> RmwOp.tryApply(session, op.function);
            };
            if (done != null || session.needs.isDisk() && !(isNew && session.isCareful && op.isUpdate())) {
                return done;
            }
            session.startOver(attempt);
        }
    }

    // --- completing ---

    /** Completes what has ended; with {@code wait} all there is. What a completion throws is thrown at once, and the others stay pending. */
    int complete(boolean wait) {
        boolean inside = enter();
        try {
            claim();
            isLeftBehind = false;
            try {
                int completed = 0;
                PendingOp op = next(wait, inside);
                while (op != null) {
                    completed += completeOne(op, inside) ? 1 : 0;
                    op = next(wait, inside);
                }
                return completed;
            } finally {
                claimed.set(false);
            }
        } finally {
            leave(inside);
        }
    }

    /** Completes all there is, whatever completions throw; the first of that, with the others suppressed in it, or null. */
    Throwable completeAll() {
        Throwable first = null;
        while (count() > 0) {
            int before = count();
            try {
                complete(true);
            } catch (Throwable thrown) {
                if (count() == before || isLeftBehind) { // a refusal: what is left cannot be completed now
                    join(thrown, first);
                    throw thrown;
                }
                first = join(first, thrown);
            }
        }
        return first;
    }

    /** The first, with the other suppressed in it; either may be null. */
    static Throwable join(Throwable first, Throwable thrown) {
        if (first == null) {
            return thrown;
        }
        if (thrown != null && first != thrown) {
            first.addSuppressed(thrown);
        }
        return first;
    }

    /**
     * Once the store is gone: tells of the updates that its last checkpoint brought to their effect, or could not, because their serials are in it. Of all
     * else nobody is told. Returns what completions threw, as {@link #completeAll} does; nothing where somebody else is at it.
     */
    Throwable tellDone() {
        Throwable first = null;
        if (claimed.compareAndSet(false, true)) {
            try {
                for (PendingOp op : ring.all()) {
                    if (op.isUpdate() && op.isDone()) {
                        try {
                            result.value = op.result;
                            tell(op, op.status, op.thrown, false);
                        } catch (Throwable thrown) {
                            first = join(first, thrown);
                        } finally {
                            op.release(); // told once
                        }
                    }
                }
            } finally {
                claimed.set(false);
            }
        }
        return first;
    }

    /**
     * Takes the session; whether it is inside, which behind a close of the store it is only in a batch. Where it is not, batches of other sessions are
     * left, because that close waits for them and this may wait for that close.
     */
    private boolean enter() {
        try {
            session.enterAgain();
            return true;
        } catch (ClosedFault closed) {
            boolean inside = session.isBatchOf(Thread.currentThread());
            if (!inside) {
                session.leaveOtherBatches();
            }
            return inside;
        }
    }

    private void leave(boolean inside) {
        if (inside) {
            session.leave();
        } else {
            session.resumeOtherBatches();
        }
    }

    /** The next operation whose lookup has ended; null if there is none, or none that ended and we do not wait. */
    private PendingOp next(boolean wait, boolean inside) {
        if (!wait || ring.underWay() == 0) {
            return ring.poll();
        }
        return inside ? ring.next() : ring.await();
    }

    /** Goes on with an operation whose lookup has ended and tells how it ended; false if it looks elsewhere now. */
    private boolean completeOne(PendingOp op, boolean inside) {
        if (op.isTold()) {
            return false; // by the close of the session, which left it here
        }
        boolean isOurs = !op.isUpdate() || claimOrAwaitEffect(op, inside);
        if (isOurs && !goOn(op, inside)) {
            return false;
        }
        try {
            tell(op, op.status, op.thrown, inside);
        } finally {
            ring.give(op);
        }
        return true;
    }

    /** Brings an operation to its effect; false if it looks elsewhere now. */
    private boolean goOn(PendingOp op, boolean inside) {
        try {
            if (!inside) {
                throw session.kernel.closed();
            }
            op.status = resume(op);
            if (op.status == null) {
                return false;
            }
        } catch (Throwable failed) {
            if (op.isUpdate() && failed instanceof ClosedFault && session.kernel.isClosed() && leaveToLastCheckpoint(op, inside)) {
                return true;
            }
            op.thrown = failed;
        }
        if (op.isUpdate()) {
            session.kernel.pendingUpdates.decrementAndGet();
        }
        return true;
    }

    /**
     * A close has shut the gate in front of an update that was claimed. It is left to that close's checkpoint: that holds the session up to a serial
     * that counts the update, so it brings it to its effect before. False, and claimed again, where there is none, or it has failed.
     *
     * @throws ClosedFault if the close has not come to its end and may be called again: the update stays pending, for that one's checkpoint
     */
    private boolean leaveToLastCheckpoint(PendingOp op, boolean inside) {
        op.unclaim();
        waitWhile(() -> op.isClaimed() || op.isWaiting() && session.kernel.isEnding(), inside); // that checkpoint may give it back
        if (!op.isDone() && !session.kernel.isFreed() && !session.isPooled()) {
            ring.putBack(op);
            isLeftBehind = true;
            throw new ClosedFault("the store takes no more operations, and is not closed yet; what was submitted takes effect in the close that comes to its end. Complete it,"
                    + " or close the session, once the store is closed or abandoned");
        }
        return !claimOrAwaitEffect(op, inside);
    }

    /** Takes the part of bringing an update to its effect; false once somebody else has brought it there. */
    private boolean claimOrAwaitEffect(PendingOp op, boolean inside) {
        while (!op.claim()) {
            waitWhile(op::isClaimed, inside);
            if (op.isDone()) {
                result.value = op.result;
                return false;
            }
        }
        return true;
    }

    /** Outside the epoch, where who is waited for may need this thread to be. */
    private void waitWhile(BooleanSupplier lasts, boolean inside) {
        if (inside) {
            session.stepOutsideWithBatches();
        }
        try {
            for (int attempt = 0; lasts.getAsBoolean(); attempt++) {
                session.waits.pause(attempt);
            }
        } finally {
            if (inside) {
                session.stepInsideWithBatches();
            }
        }
    }

    /** Null if the operation looks elsewhere now. */
    private Status resume(PendingOp op) {
        session.breathe(); // whoever was outside looks at the gate first
        session.countLookup(op);
        DiskLookup own = session.needs.lookup;
        session.needs.lookup = op;
        try {
            op.requireRead();
            session.key.copyOf(op.key, session);
            Status done = attemptAgain(op);
            if (done == null) {
                if (op.isUpdate()) {
                    op.setWaiting();
                }
                ring.start(op);
            }
            return done;
        } finally {
            session.needs.lookup = own;
        }
    }

    /** One more attempt: meanwhile the operation runs beside those that the session has begun, though it was counted when it was submitted. */
    private Status attemptAgain(PendingOp op) {
        session.beginOne();
        try {
            return attempt(op, false);
        } finally {
            session.unbegin();
        }
    }

    /** Tells the completion once, outside the epoch; nobody closes the session meanwhile. What it throws goes to the caller. */
    private void tell(PendingOp op, Status status, Throwable thrown, boolean inside) {
        ValueView view = session.oldView;
        if (inside) {
            session.stepOutsideWithBatches();
        }
        session.beginCallback();
        try {
            if (thrown != null) {
                op.completion.failed(op.context, thrown);
            } else {
                show(op, status, view);
                op.completion.completed(op.context, status, view);
            }
        } finally {
            view.hide();
            session.endCallback();
            if (inside) {
                session.stepInsideWithBatches();
            }
        }
    }

    private void show(PendingOp op, Status status, ValueView view) {
        long room = session.old.address();
        if (op.kind == PendingOp.Kind.UPDATE) {
            Words.set(room, result.value);
            view.show(room, Long.BYTES);
        } else if (status != Status.FOUND) {
            view.show(room, 0);
        }
    }

    /**
     * Brings updates whose lookups have ended to their effect, in place of the session, in which anything may go on meanwhile; it tells their
     * completions later.
     *
     * @param helper a session of the caller's, to work in
     * @param deadline of the clock of this store: behind it no further one is begun, since each may wait for memory
     * @param onRefused told of what kept an update from its effect that is not the user's own
     * @return how many it brought there, or the user's own function kept from it
     * @throws FullFault if the disk has no room for one and nobody can submit it again, because the store is being closed: it stays pending
     */
    int drain(Session helper, long deadline, Consumer<StoreFault> onRefused) {
        int drained = 0;
        for (PendingOp op : ring.all()) {
            if (session.waits.nanoTime() - deadline > 0) {
                break;
            }
            if (op.isClaimable() && op.claim()) {
                if (bringToEffect(op, helper) instanceof StoreFault refused) {
                    onRefused.accept(refused);
                } else {
                    drained++;
                }
            }
        }
        return drained;
    }

    /** What kept it from that; null for nothing. */
    private static Throwable bringToEffect(PendingOp op, Session helper) {
        Throwable kept = null;
        try {
            bringToEffectOrThrow(op, helper);
        } catch (Throwable failed) {
            if (helper.kernel.isClosed() && failed instanceof FullFault full && full.place() == Place.DISK) {
                op.unclaim();
                throw full;
            }
            kept = failed;
        }
        op.thrown = kept;
        op.setDone();
        helper.kernel.pendingUpdates.decrementAndGet();
        return kept;
    }

    private static void bringToEffectOrThrow(PendingOp op, Session helper) {
        LongHolder changed = new LongHolder();
        helper.enter();
        try {
            bringToEffectInside(op, helper, changed);
        } finally {
            helper.leave();
        }
    }

    private static void bringToEffectInside(PendingOp op, Session helper, LongHolder changed) {
        DiskLookup own = helper.needs.lookup;
        helper.countLookup(op);
        helper.needs.lookup = op;
        try {
            op.requireRead();
            helper.key.copyOf(op.key, helper);
            op.status = attempt(op, helper, own, changed);
            op.result = changed.value;
        } finally {
            if (helper.needs.lookup == op) {
                helper.needs.lookup = own;
            }
        }
    }

    private static Status attempt(PendingOp op, Session helper, DiskLookup own, LongHolder changed) {
        for (int attempt = 0; ; attempt++) {
            Status done = op.kind == PendingOp.Kind.UPDATE
                    ? RmwOp.tryUpdate(helper, op.update, !(op.update instanceof Update), op.operand, changed) : RmwOp.tryApply(helper, op.function);
            if (done != null) {
                return done;
            }
            if (helper.needs.lookup == op && helper.needs.isDisk()) {
                helper.needs.lookup = own; // the chain leaves the memory elsewhere by now
            }
            helper.startOver(attempt);
        }
    }

    /**
     * Brings the updates of a session whose thread has died to their effect, waits for the device and gives the buffers back. If it died in the middle of
     * submitting or completing, the ring is left as it is, and its buffers are leaked.
     *
     * @return how many updates nobody was told of that took no effect
     * @throws IoFault if the device does not end what it was asked in time; then nothing was closed, and a later call goes on
     */
    int closeForTheDead(Session helper) {
        long deadline = session.waits.nanoTime() + DEAD_TIMEOUT_NANOS;
        for (int attempt = 0; ring.all().stream().anyMatch(PendingOp::isWaiting); ) {
            if (drain(helper, deadline, _ -> { }) > 0) { // counted below
                attempt = 0;
                deadline = session.waits.nanoTime() + DEAD_TIMEOUT_NANOS;
            } else if (session.waits.nanoTime() - deadline > 0) {
                throw new IoFault("session " + session.name() + " is not reaped yet, because its submitted operations still wait for the device after "
                        + TimeUnit.NANOSECONDS.toSeconds(DEAD_TIMEOUT_NANOS) + " s");
            } else {
                session.waits.pause(attempt++);
            }
        }
        int failed = (int) ring.all().stream().filter(op -> op.isUpdate() && op.isDone() && op.thrown != null).count();
        if (claimed.compareAndSet(false, true)) {
            close();
        }
        return failed;
    }

    /** Nobody is told what becomes of it; whoever is bringing it to its effect ends that first, because its buffers go next. */
    private void drop(PendingOp op) {
        if (op.claim()) {
            session.kernel.pendingUpdates.decrementAndGet();
            return;
        }
        for (int attempt = 0; op.isClaimed(); attempt++) {
            session.waits.pause(attempt);
        }
    }

    /**
     * Takes the ring for good, so that behind a closed gate too nobody is shown what is about to be freed; then it is for {@link #close}. False where another thread is at it, or
     * has left something that a further close of the store is to bring to its effect.
     */
    boolean takeForGood() {
        if (!claimed.compareAndSet(false, true)) {
            return false;
        }
        boolean isMine = count() == 0 || session.kernel.isFreed();
        claimed.set(isMine);
        return isMine;
    }

    /** Waits for the device and drops what is pending. */
    void close() {
        ring.awaitAll();
        ring.all().forEach(this::drop);
        ring.close();
    }
}
