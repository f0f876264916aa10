package io.tideline.core;

import io.tideline.hlog.RecordLayout;

/** The delete: a tombstone in the record where it may change, else a record that is nothing but a tombstone. */
final class DeleteOp {
    private DeleteOp() {
    }

    /** Deletes the session's key. */
    static Status delete(Session session) {
        session.needs.forgetDisk();
        for (int attempt = 0; ; attempt++) {
            Status done = tryDelete(session);
            if (done != null) {
                return done;
            }
            session.startOver(attempt);
        }
    }

    private static Status tryDelete(Session session) {
        Target target = session.target;
        return switch (target.locate(session, false)) {
            case BUSY -> null;
            case ON_DISK -> session.needs.disk(target.diskAddress);
            case ABSENT -> Status.ABSENT;
            case MUTABLE -> delete(session, target, true);
            case READ_ONLY -> delete(session, target, false);
        };
    }

    /** Ends the key of a target that is mutable or read-only. */
    static Status delete(Session session, Target target, boolean mutable) {
        return mutable ? deleted(session, RecordWriter.tombstone(target.record, target.stateWord)) : append(session, target);
    }

    private static Status append(Session session, Target target) {
        session.value.setEmpty();
        return deleted(session, RecordWriter.append(session, RecordLayout.TOMBSTONE, target.source, target.stateWord));
    }

    private static Status deleted(Session session, boolean done) {
        if (!done) {
            return null;
        }
        session.count(Counter.DELETED);
        return Status.TOMBSTONED;
    }
}
