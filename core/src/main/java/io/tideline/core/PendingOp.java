package io.tideline.core;

/** An operation that waits for the device: its key, what to do once the lookup has ended, and whom to tell. From a {@link PendingRing}. */
final class PendingOp extends DiskLookup {
    /** What is done with the record that was looked up. */
    enum Kind { GET, UPDATE, APPLY }

    private final PendingRing ring;
    final Key key;
    Kind kind;
    LongRmw update;
    long operand;
    Rmw function;
    long context;
    /** Null where the submitter collects the operation itself. */
    Completion completion;

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

    /** Lets go of what the caller gave. */
    void release() {
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
