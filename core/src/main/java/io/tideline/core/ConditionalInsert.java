package io.tideline.core;

/** The write that leaves a key alone which is already there. */
final class ConditionalInsert {
    private ConditionalInsert() {
    }

    /** Writes the session's value under the session's key, if that is absent. */
    static Status putIfAbsent(Session session) {
        session.needs.forgetDisk();
        for (int attempt = 0; ; attempt++) {
            Status done = tryInsert(session);
            if (done != null) {
                return done;
            }
            session.startOver(attempt);
        }
    }

    private static Status tryInsert(Session session) {
        return switch (session.target.locate(session, true)) {
            case BUSY -> null;
            case ON_DISK -> session.needs.disk(session.target.diskAddress);
            case ABSENT -> UpsertOp.create(session);
            case MUTABLE, READ_ONLY -> Status.FOUND;
        };
    }
}
