package io.tideline.core;

import static io.tideline.hlog.RecordLayout.KEY_OFFSET;
import static io.tideline.hlog.RecordLayout.LENGTHS_MASK;
import static io.tideline.hlog.RecordLayout.LINK_OFFSET;
import static io.tideline.hlog.RecordLayout.LONG_TO_LONG;
import static io.tideline.hlog.RecordLayout.LONG_TO_LONG_VALUE_OFFSET;
import static io.tideline.hlog.RecordLayout.NOT_PLAIN;
import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLatch;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Words;

/**
 * The read. An 8-byte value is one load: it changes in place only into other 8-byte values. All others are copied out between two looks at
 * the state word.
 */
final class ReadOp {
    /** Answer of {@link #findLive}: the chain goes on on the device. */
    static final long ON_DISK = -1;

    private ReadOp() {
    }

    static Status get(Session session, long key, LongHolder value) {
        long hash = session.hash.of(key);
        long record = findLive(session, session.newest(hash), key);
        if (record <= 0) {
            record = record == ON_DISK ? readFromDisk(session, hash, key) : 0;
            if (record == 0) {
                return Status.ABSENT;
            }
        }
        value.value = Words.getAcquire(record + LONG_TO_LONG_VALUE_OFFSET);
        return Status.FOUND;
    }

    static long get(Session session, long key, long ifAbsent) {
        long hash = session.hash.of(key);
        long record = findLive(session, session.newest(hash), key);
        if (record == ON_DISK) {
            record = readFromDisk(session, hash, key);
        }
        return record == 0 ? ifAbsent : Words.getAcquire(record + LONG_TO_LONG_VALUE_OFFSET);
    }

    /**
     * Where the live record of an 8-byte key with an 8-byte value is in memory; 0 if the chain from {@code newest} has none, {@link #ON_DISK}
     * if that is not known yet.
     */
    static long findLive(Session session, long newest, long key) {
        HybridLog log = session.log;
        if (newest < log.head()) {
            return newest < log.begin() ? 0 : ON_DISK;
        }
        long record = log.physical(newest);
        // The case that matters: the newest record of the chain is the key's, alive, with 8 bytes.
        if ((Words.getAcquire(record + STATE_OFFSET) & LENGTHS_MASK) == LONG_TO_LONG && Words.get(record + KEY_OFFSET) == key
                && (Words.get(record + LINK_OFFSET) & NOT_PLAIN) == 0) {
            return record;
        }
        return findLiveInChain(session, newest, key);
    }

    private static long findLiveInChain(Session session, long newest, long key) {
        HybridLog log = session.log;
        long address = ChainWalk.find(log, newest, key);
        if (address == ChainWalk.NOT_FOUND) {
            return 0;
        }
        return address < log.head() ? ON_DISK : live(log.physical(address), address);
    }

    /** The record if it is alive, 0 if it is not. */
    private static long live(long record, long address) {
        long stateWord = Words.getAcquire(record + STATE_OFFSET);
        long link = Words.get(record + LINK_OFFSET);
        if ((link & NOT_PLAIN) != 0) {
            RecordLayout.requireKnown(link, address);
            return 0;
        }
        if ((stateWord & LENGTHS_MASK) != LONG_TO_LONG) {
            throw notEightBytes(record, stateWord);
        }
        return record;
    }

    /** Reads on where the memory ends, outside the epoch. What is found was the key's newest record when the operation looked at the index. */
    static long readFromDisk(Session session, long hash, long key) {
        session.key.setWord(key, hash);
        session.needs.forgetDisk();
        for (int attempt = 0; ; attempt++) {
            long record = findWithLookup(session);
            if (record != ON_DISK) {
                return record;
            }
            session.startOver(attempt);
        }
    }

    /** The live record of the session's 8-byte key, by memory and what the session's lookup knows; 0, or {@link #ON_DISK} where that is not enough. */
    static long findWithLookup(Session session) {
        long address = ChainWalk.find(session.log, session.newest(session.key.hash), session.key);
        if (address == ChainWalk.NOT_FOUND) {
            return 0;
        }
        if (address >= session.log.head()) {
            return live(session.log.physical(address), address);
        }
        DiskLookup lookup = session.needs.lookup;
        if (lookup == null || !lookup.isAbout(address)) {
            session.needs.disk(address);
            return ON_DISK;
        }
        if (!lookup.isFound()) {
            return 0;
        }
        copyUp(session, lookup);
        return live(lookup.record(), lookup.address());
    }

    static IllegalStateException notEightBytes(long record, long stateWord) {
        return new IllegalStateException("the key's value has " + RecordLayout.valueBytes(record, stateWord)
                + " bytes and this operation takes values of 8; read it into a ValueHolder, replace it with put or rmw(key, Rmw)");
    }

    static boolean contains(Session session) {
        HybridLog log = session.log;
        Key key = session.key;
        session.needs.forgetDisk();
        long address = ChainWalk.find(log, session.newest(key.hash), key);
        for (int attempt = 0; address != ChainWalk.NOT_FOUND && address < log.head(); attempt++) {
            if (session.needs.lookup != null && session.needs.lookup.isAbout(address)) {
                return session.needs.lookup.isFound();
            }
            session.needs.disk(address);
            session.startOver(attempt);
            address = ChainWalk.find(log, session.newest(key.hash), key);
        }
        if (address == ChainWalk.NOT_FOUND) {
            return false;
        }
        long link = Words.getAcquire(log.physical(address) + LINK_OFFSET);
        RecordLayout.requireKnown(link, address);
        return !RecordLayout.isTombstone(link);
    }

    /** Reads the session's key into a holder. */
    static Status get(Session session, ValueHolder value) {
        session.needs.forgetDisk();
        for (int attempt = 0; ; attempt++) {
            Status done = tryGet(session, value);
            if (done != null) {
                return done;
            }
            if (value.mustGrow()) {
                growOutside(session, value);
            } else {
                session.startOver(attempt);
            }
        }
    }

    private static void growOutside(Session session, ValueHolder value) {
        session.outside(value::grow);
    }

    private static Status tryGet(Session session, ValueHolder value) {
        HybridLog log = session.log;
        Key key = session.key;
        long address = ChainWalk.find(log, session.newest(key.hash), key);
        if (address == ChainWalk.NOT_FOUND) {
            return Status.ABSENT;
        }
        if (address < log.head()) {
            return getFromDisk(session, value, address);
        }
        long record = log.physical(address);
        long stateWord = RecordLatch.awaitUnlocked(record, session.waits);
        if (stateWord == RecordLatch.BUSY) {
            return null;
        }
        long link = Words.get(record + LINK_OFFSET);
        if ((link & NOT_PLAIN) != 0) {
            RecordLayout.requireKnown(link, address);
            return Status.ABSENT;
        }
        boolean fits = value.accept(RecordLayout.valueBytes(record, stateWord));
        if (fits) {
            value.copyFrom(RecordLayout.valueAddress(record, stateWord));
        }
        if (!RecordLatch.isUnchanged(record, stateWord) || value.mustGrow()) {
            return null;
        }
        return fits ? Status.FOUND : Status.TOO_SMALL;
    }

    /** One attempt to read the session's key into its old scratch, for showing; null if it must start over, or waits for the device. */
    static Status tryShow(Session session) {
        Target target = session.target;
        return switch (target.locate(session, false)) {
            case BUSY -> null;
            case ON_DISK -> session.needs.disk(target.diskAddress);
            case ABSENT -> Status.ABSENT;
            case MUTABLE, READ_ONLY -> show(session, target);
        };
    }

    private static Status show(Session session, Target target) {
        if (!RmwOp.copyOld(session, target)) {
            return null;
        }
        if (session.needs.lookup != null && target.record == session.needs.lookup.record()) {
            copyUp(session, session.needs.lookup);
        }
        return Status.FOUND;
    }

    private static Status getFromDisk(Session session, ValueHolder value, long address) {
        DiskLookup lookup = session.needs.lookup;
        if (lookup == null || !lookup.isAbout(address)) {
            return session.needs.disk(address);
        }
        if (!lookup.isFound()) {
            return Status.ABSENT;
        }
        long stateWord = Words.get(lookup.record() + STATE_OFFSET);
        boolean fits = value.accept(RecordLayout.valueBytes(lookup.record(), stateWord));
        if (value.mustGrow()) {
            return null;
        }
        if (!fits) {
            return Status.TOO_SMALL;
        }
        copyUp(session, lookup);
        value.copyFrom(RecordLayout.valueAddress(lookup.record(), stateWord));
        return Status.FOUND;
    }

    /**
     * Copies what was read from the device to the tail, if the store is to do that and the key is hot: a record of the same key and value,
     * published only if the chain is as it was. Where there is no room just now, nothing happens.
     */
    private static void copyUp(Session session, DiskLookup lookup) {
        if (session.recentReads == null || !session.recentReads.isAgain(session.key.hash) || session.log.failure() != null
                || session.target.locate(session, false) != Target.Kind.READ_ONLY
                || session.target.record != lookup.record()) {
            return;
        }
        long stateWord = session.target.stateWord;
        session.value.setPlace(RecordLayout.valueAddress(lookup.record(), stateWord), RecordLayout.valueBytes(lookup.record(), stateWord));
        if (RecordWriter.appendIfRoom(session)) {
            session.count(Counter.COPIED_UP);
        }
    }
}
