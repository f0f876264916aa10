package io.tideline.core;

import static io.tideline.hlog.RecordLayout.LINK_OFFSET;
import static io.tideline.hlog.RecordLayout.LONG_TO_LONG_VALUE_OFFSET;
import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLatch;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Words;

/** The blind write: in place where the record may change and the value fits, else a new record at the tail. */
final class UpsertOp {
    private UpsertOp() {
    }

    static Status put(Session session, long key, long value) {
        long hash = session.hash.of(key);
        return put(session, hash, session.index.find(hash), key, value);
    }

    /** {@code newest} is a hint: where the key's chain began a moment ago, in this stay in the epoch. */
    static Status put(Session session, long hash, long newest, long key, long value) {
        if (tryInPlace(session, newest, key, value)) {
            return Status.UPDATED_IN_PLACE;
        }
        session.key.setWord(key, hash);
        session.value.setWord(value);
        return put(session);
    }

    /** The case that matters: the newest record of the key is mutable, alive, unlatched and holds 8 bytes. */
    private static boolean tryInPlace(Session session, long newest, long key, long value) {
        HybridLog log = session.log;
        long readOnly = Math.max(log.readOnly(), session.inPlaceFrom);
        if (newest < readOnly) {
            return false;
        }
        long address = ChainWalk.find(log, newest, key);
        long record = log.physical(address);
        long stateWord = Words.getAcquire(record + STATE_OFFSET);
        // Where the record is too old to be in memory, or there is none, its frame is mapped all the same, and the words are not believed.
        if (!RecordLatch.tryLockLongs(record, stateWord, Words.get(record + LINK_OFFSET), address - readOnly)) {
            return false;
        }
        Words.setRelease(record + LONG_TO_LONG_VALUE_OFFSET, value);
        RecordLatch.unlock(record, stateWord);
        return true;
    }

    /** Writes the session's value under the session's key. */
    static Status put(Session session) {
        session.needs.forgetDisk();
        for (int attempt = 0; ; attempt++) {
            Status done = tryPut(session);
            if (done != null) {
                return done;
            }
            session.startOver(attempt);
        }
    }

    private static Status tryPut(Session session) {
        Target target = session.target;
        return switch (target.locate(session, true)) {
            case BUSY -> null;
            case ABSENT -> create(session);
            case MUTABLE -> replace(session, target);
            case READ_ONLY -> copy(session, target);
            case ON_DISK -> append(session);
        };
    }

    /** A record for a key that has none. */
    static Status create(Session session) {
        if (!RecordWriter.append(session, 0, RecordWriter.NO_SOURCE, 0)) {
            return null;
        }
        session.count(Counter.CREATED);
        return Status.CREATED;
    }

    /** A record for a key that may have one on the device: an upsert need not know. */
    private static Status append(Session session) {
        if (!RecordWriter.append(session, 0, RecordWriter.NO_SOURCE, 0)) {
            return null;
        }
        session.count(Counter.APPENDED);
        return Status.APPENDED;
    }

    /** Another value in the place of a mutable record, or behind it if it does not fit there. */
    static Status replace(Session session, Target target) {
        int slackBytes = RecordLayout.slackInPlace(target.record, target.link, target.stateWord, session.value.length());
        if (slackBytes < 0) {
            return copy(session, target);
        }
        return RecordWriter.overwrite(session, target.record, target.stateWord, slackBytes) ? Status.UPDATED_IN_PLACE : null;
    }

    /** A new record for a key that has one. */
    static Status copy(Session session, Target target) {
        if (!RecordWriter.append(session, 0, target.source, target.stateWord)) {
            return null;
        }
        session.count(Counter.COPIED);
        return Status.COPIED;
    }
}
