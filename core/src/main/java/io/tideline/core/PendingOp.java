package io.tideline.core;

import java.util.concurrent.atomic.AtomicInteger;

/** An operation that waits for the device: its key, what to do once the lookup has ended, and whom to tell. From a {@link PendingRing}. */
final class PendingOp extends DiskLookup {
    // Who brings a pending update to its effect: the session that submitted it or, before a checkpoint's cut, the driver of that.
    private static final int NOBODY = 0;
    private static final int WAITING = 1;
    private static final int CLAIMED = 2;
    private static final int DONE = 3;

    /** What is done with the record that was looked up. */
    enum Kind { GET, UPDATE, APPLY }

    private final PendingRing ring;
    final Key key;
    Kind kind;
    LongRmw update;
    long operand;
    Rmw function;
    long context;
    private final AtomicInteger stage = new AtomicInteger(NOBODY);
    /** What became of it, once somebody else than its session brought it to its effect. */
    Status status;
    Throwable thrown;
    long result;
    /** Null where the submitter collects the operation itself. */
    Completion completion;
    /** Whether the submitter has met it again since it was started. */
    boolean isCollected;

    PendingOp(PendingRing ring, Session session, Key key) {
        super(session.log, session.waits, key, session.readBufferBytes());
        this.ring = ring;
        this.key = key;
    }

    /** Takes what the caller gave. */
    void fill(Kind newKind, LongRmw newUpdate, long newOperand, Rmw newFunction, long newContext, Completion newCompletion) {
        kind = newKind;
        update = newUpdate;
        operand = newOperand;
        function = newFunction;
        context = newContext;
        completion = newCompletion;
    }

    @Override
    void onEnd() {
        ring.ended(this);
    }

    /** Whether it changes something, so that a checkpoint has to wait for it. */
    boolean isUpdate() {
        return kind != Kind.GET;
    }

    /** It is about to be looked up, and whoever claims it then may go on. */
    void setWaiting() {
        expect(); // before it can be claimed: an earlier lookup's end is not this one's
        stage.set(WAITING);
    }

    /** Takes the part of bringing it to its effect; false if somebody else has. */
    boolean claim() {
        return stage.compareAndSet(WAITING, CLAIMED);
    }

    /** Gives that part back: nothing of it has taken effect, and its lookup has ended. */
    void unclaim() {
        stage.set(WAITING);
    }

    /** Whether somebody is bringing it to its effect. */
    boolean isClaimed() {
        return stage.get() == CLAIMED;
    }

    /** Whether nobody has begun to bring it to its effect. */
    boolean isWaiting() {
        return stage.get() == WAITING;
    }

    /** Whether it waits, and its lookup has ended. */
    boolean isClaimable() {
        return stage.get() == WAITING && hasEnded();
    }

    /** Whether it was told already, and let go. */
    boolean isTold() {
        return completion == null;
    }

    /** It has taken effect, or failed: {@link #status}, {@link #thrown} and {@link #result} say how. */
    void setDone() {
        stage.set(DONE);
    }

    boolean isDone() {
        return stage.get() == DONE;
    }

    /** Lets go of what the caller gave. */
    void release() {
        stage.set(NOBODY);
        status = null;
        thrown = null;
        update = null;
        function = null;
        completion = null;
        forget();
    }

    @Override
    void close() {
        super.close();
        key.scratch.close();
    }
}
