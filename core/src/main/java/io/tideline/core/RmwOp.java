package io.tideline.core;

import static io.tideline.hlog.RecordLayout.LINK_OFFSET;
import static io.tideline.hlog.RecordLayout.LONG_TO_LONG_VALUE_OFFSET;
import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLatch;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Words;

/**
 * The read-modify-write. The new value is computed from a copy of the old one, outside every latch; then the record is locked, or sealed
 * and replaced, by a compare-and-set from the very state word under which the copy was made. If anything changed meanwhile the operation
 * starts over, so a function may run more than once and is applied exactly once.
 */
final class RmwOp {
    private RmwOp() {
    }

    // --- values of 8 bytes ---

    /** A built-in update of an 8-byte key. */
    static Status update(Session session, long key, Update update, long operand, LongHolder result) {
        long hash = session.hash.of(key);
        return update(session, hash, session.index.find(hash), key, update, operand, result);
    }

    /** {@code newest} is a hint: where the key's chain began a moment ago, in this stay in the epoch. */
    static Status update(Session session, long hash, long newest, long key, Update update, long operand, LongHolder result) {
        if (tryInPlace(session, newest, key, update, operand, result)) {
            return Status.UPDATED_IN_PLACE;
        }
        session.key.setWord(key, hash);
        return update(session, update, operand, result);
    }

    /** The same, but false, and nothing done, where the key must be looked up on the device. */
    static boolean updateInMemory(Session session, long hash, long newest, long key, Update update, long operand) {
        if (tryInPlace(session, newest, key, update, operand, null)) {
            return true;
        }
        session.key.setWord(key, hash);
        session.needs.forgetDisk();
        return updateUnlessOnDevice(session, update, operand);
    }

    /** Updates the session's key with what its lookup knows; false, and nothing done, where more must be looked up. */
    static boolean updateUnlessOnDevice(Session session, Update update, long operand) {
        for (int attempt = 0; tryUpdate(session, update, false, operand, null) == null; attempt++) {
            if (session.needs.isDisk()) {
                return false;
            }
            session.startOver(attempt);
        }
        return true;
    }

    /** The case that matters: the newest record of the key is mutable, alive, unlatched and holds 8 bytes. */
    private static boolean tryInPlace(Session session, long newest, long key, Update update, long operand, LongHolder result) {
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
        long changed = Update.apply(update, Words.get(record + LONG_TO_LONG_VALUE_OFFSET), operand);
        Words.setRelease(record + LONG_TO_LONG_VALUE_OFFSET, changed);
        RecordLatch.unlock(record, stateWord);
        if (result != null) {
            result.value = changed;
        }
        return true;
    }

    /** An update of the 8-byte value of the session's key, by a built-in or by the user's function. */
    static Status update(Session session, LongRmw function, long operand, LongHolder result) {
        boolean isCallback = !(function instanceof Update);
        session.needs.forgetDisk();
        for (int attempt = 0; ; attempt++) {
            Status done = tryUpdate(session, function, isCallback, operand, result);
            if (done != null) {
                return done;
            }
            session.startOver(attempt);
        }
    }

    /** One attempt of {@link #update}; null if it must start over, or waits for what the session was told it needs. */
    static Status tryUpdate(Session session, LongRmw function, boolean isCallback, long operand, LongHolder result) {
        Target target = session.target;
        Target.Kind kind = target.locate(session, true);
        if (kind == Target.Kind.BUSY) {
            return null;
        }
        if (kind == Target.Kind.ON_DISK) {
            return session.needs.disk(target.diskAddress);
        }
        long changed = kind == Target.Kind.ABSENT ? compute(session, function, isCallback, true, 0, operand)
                : compute(session, function, isCallback, false, target.longValue(), operand);
        Status done = store(session, target, kind, changed);
        if (done != null && result != null) {
            result.value = changed;
        }
        return done;
    }

    private static long compute(Session session, LongRmw function, boolean isCallback, boolean absent, long old, long operand) {
        if (!isCallback) {
            return absent ? function.onAbsent(operand) : function.onPresent(old, operand);
        }
        session.beginCallback();
        try {
            return absent ? function.onAbsent(operand) : function.onPresent(old, operand);
        } finally {
            session.endCallback();
        }
    }

    private static Status store(Session session, Target target, Target.Kind kind, long changed) {
        if (kind != Target.Kind.MUTABLE) {
            session.value.setWord(changed);
            return kind == Target.Kind.ABSENT ? UpsertOp.create(session) : UpsertOp.copy(session, target);
        }
        if (!RecordLatch.tryLock(target.record, target.stateWord)) {
            return null;
        }
        Words.setRelease(RecordLayout.valueAddress(target.record, target.stateWord), changed);
        RecordLatch.unlock(target.record, target.stateWord);
        return Status.UPDATED_IN_PLACE;
    }

    /** Replaces the 8-byte value of the session's key if it is {@code expected}. */
    static Status compareAndSet(Session session, long expected, long changed) {
        session.needs.forgetDisk();
        for (int attempt = 0; ; attempt++) {
            Status done = tryCompareAndSet(session, expected, changed);
            if (done != null) {
                return done;
            }
            session.startOver(attempt);
        }
    }

    private static Status tryCompareAndSet(Session session, long expected, long changed) {
        Target target = session.target;
        Target.Kind kind = target.locate(session, false);
        return switch (kind) {
            case BUSY -> null;
            case ON_DISK -> session.needs.disk(target.diskAddress);
            case ABSENT -> Status.ABSENT;
            case MUTABLE, READ_ONLY -> target.longValue() == expected ? store(session, target, kind, changed) : Status.MISMATCH;
        };
    }

    // --- values of any length ---

    /** Applies the user's function to the session's key. */
    static Status apply(Session session, Rmw function) {
        session.needs.forgetDisk();
        session.room(session.value.scratch, 1); // so that a function of short values runs once
        for (int attempt = 0; ; attempt++) {
            Status done = tryApply(session, function);
            if (done != null) {
                return done;
            }
            session.startOver(attempt);
        }
    }

    /** One attempt of {@link #apply}; null if it must start over, or waits for what the session was told it needs. */
    static Status tryApply(Session session, Rmw function) {
        Target target = session.target;
        Target.Kind kind = target.locate(session, true);
        if (kind == Target.Kind.ON_DISK) {
            return session.needs.disk(target.diskAddress);
        }
        if (kind == Target.Kind.BUSY || kind != Target.Kind.ABSENT && !copyOld(session, target)) {
            return null;
        }
        RmwAction action = call(session, function, kind == Target.Kind.ABSENT);
        return switch (action) {
            case LEAVE -> Status.LEFT;
            case DELETE -> kind == Target.Kind.ABSENT ? Status.LEFT : DeleteOp.delete(session, target, kind == Target.Kind.MUTABLE);
            case WRITE -> {
                session.requireFits(session.key.length, session.writer.length());
                if (session.writer.lacksRoom()) {
                    session.needs.room(session.value.scratch, session.writer.length());
                    yield null;
                }
                session.value.setScratch(session.writer.length());
                yield switch (kind) {
                    case ABSENT -> UpsertOp.create(session);
                    case MUTABLE -> UpsertOp.replace(session, target);
                    case READ_ONLY -> UpsertOp.copy(session, target);
                    case BUSY, ON_DISK -> throw new AssertionError();
                };
            }
        };
    }

    /** Shows the session a validated copy of the old value; false if it changed meanwhile, or the session must make room for it first. */
    static boolean copyOld(Session session, Target target) {
        int lengthBytes = RecordLayout.valueBytes(target.record, target.stateWord);
        if (!session.old.hasRoom(lengthBytes)) {
            session.needs.room(session.old, lengthBytes);
            return false;
        }
        Words.copy(RecordLayout.valueAddress(target.record, target.stateWord), session.old.address(), lengthBytes);
        if (!RecordLatch.isUnchanged(target.record, target.stateWord)) {
            return false;
        }
        session.oldView.show(session.old.address(), lengthBytes);
        return true;
    }

    private static RmwAction call(Session session, Rmw function, boolean absent) {
        session.beginCallback();
        session.writer.begin();
        try {
            RmwAction action = absent ? function.onAbsent(session.writer) : function.onPresent(session.oldView, session.writer);
            if (action == null) {
                throw new IllegalStateException("the read-modify-write function returned null; it returns WRITE, DELETE or LEAVE");
            }
            return action;
        } finally {
            session.writer.end();
            session.oldView.hide();
            session.endCallback();
        }
    }

    /** Replaces the value of the session's key by the session's value if it equals {@code expectedBytes} bytes in the session's old scratch. */
    static Status compareAndSet(Session session, int expectedBytes) {
        session.needs.forgetDisk();
        for (int attempt = 0; ; attempt++) {
            Status done = tryCompareAndSet(session, expectedBytes);
            if (done != null) {
                return done;
            }
            session.startOver(attempt);
        }
    }

    private static Status tryCompareAndSet(Session session, int expectedBytes) {
        Target target = session.target;
        Target.Kind kind = target.locate(session, false);
        if (kind == Target.Kind.BUSY) {
            return null;
        }
        if (kind == Target.Kind.ON_DISK) {
            return session.needs.disk(target.diskAddress);
        }
        if (kind == Target.Kind.ABSENT) {
            return Status.ABSENT;
        }
        boolean equal = RecordLayout.valueBytes(target.record, target.stateWord) == expectedBytes && isOld(session, target, expectedBytes);
        if (!RecordLatch.isUnchanged(target.record, target.stateWord)) {
            return null;
        }
        if (!equal) {
            return Status.MISMATCH;
        }
        return kind == Target.Kind.MUTABLE ? UpsertOp.replace(session, target) : UpsertOp.copy(session, target);
    }

    private static boolean isOld(Session session, Target target, int expectedBytes) {
        long value = RecordLayout.valueAddress(target.record, target.stateWord);
        long expected = session.old.address();
        for (int at = 0; at < expectedBytes; at += 8) {
            if (Words.get(value + at) != Words.get(expected + at)) {
                return false;
            }
        }
        return true;
    }
}
