package io.tideline.core;

import static io.tideline.hlog.RecordLayout.LINK_OFFSET;
import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.fault.FullFault;
import io.tideline.fault.FullFault.Place;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLatch;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Words;

/** What a writing operation found under its key, and what it may do to it. Owned by one session; good until it leaves the epoch. */
final class Target {
    /** How to go on. */
    enum Kind {
        /** No record of the key, or a tombstone: a new record makes the key. */
        ABSENT,
        /** The record may be changed in place, if it did not change since {@link #stateWord}. */
        MUTABLE,
        /** The record is read-only: a new one replaces it. */
        READ_ONLY,
        /** The chain goes on on the device, at {@link #diskAddress}, and the session does not know yet what is there. */
        ON_DISK,
        /** Somebody is at the record, or the session was overtaken: start over. */
        BUSY
    }

    /** Where the record is in memory. */
    long record;
    /** Its state word: free, unless no thread can change the record any more. */
    long stateWord;
    long link;
    /** The record, if it must be sealed before a copy replaces it, else {@link RecordWriter#NO_SOURCE}. */
    long source;
    /** Where the chain leaves the memory, if it was followed so far. */
    long diskAddress;

    /** Looks the session's key up; with {@code create} the index has an entry, or a place for one, afterwards. */
    Kind locate(Session session, boolean create) {
        HybridLog log = session.log;
        // Inside an epoch: as long as we stay, safeReadOnly cannot pass the readOnly that we read here.
        long readOnly = log.readOnly();
        long safeReadOnly = log.safeReadOnly();
        source = RecordWriter.NO_SOURCE;
        if (create) {
            if (!session.index.findOrReserve(session.key.hash, session.slot)) {
                throw new FullFault(Place.INDEX, "index full: all " + session.index.overflowBuckets() + " overflow buckets behind "
                        + session.index.buckets() + " buckets are taken; nothing was changed. Configure more buckets");
            }
        } else if (!session.index.find(session.key.hash, session.slot)) {
            return Kind.ABSENT;
        }
        if (CprGate.isOvertaken(session, session.slot.address())) {
            return Kind.BUSY;
        }
        long address = ChainWalk.find(log, session.slot.address(), session.key);
        if (address == ChainWalk.NOT_FOUND) {
            return Kind.ABSENT;
        }
        if (address < log.head()) {
            return onDisk(session, address);
        }
        record = log.physical(address);
        boolean canChange = address >= safeReadOnly;
        stateWord = canChange ? RecordLatch.awaitFree(record, session.waits) : Words.getAcquire(record + STATE_OFFSET);
        if (canChange && stateWord == RecordLatch.BUSY) {
            return Kind.BUSY;
        }
        link = Words.get(record + LINK_OFFSET);
        RecordLayout.requireKnown(link, address);
        if (RecordLayout.isTombstone(link)) {
            return Kind.ABSENT; // final: a tombstone is never taken back, so it needs no seal
        }
        source = canChange ? record : RecordWriter.NO_SOURCE;
        return address >= readOnly && (session.inPlaceFrom == 0 || CprGate.mayChange(session, address, link)) ? Kind.MUTABLE : Kind.READ_ONLY;
    }

    /** What the session's lookup found, a record in its buffer that is as immutable as any, or that it must look. */
    private Kind onDisk(Session session, long address) {
        diskAddress = address;
        DiskLookup lookup = session.needs.lookup;
        if (lookup == null || !lookup.isAbout(address)) {
            return Kind.ON_DISK;
        }
        if (!lookup.isFound()) {
            return Kind.ABSENT;
        }
        record = lookup.record();
        stateWord = Words.get(record + STATE_OFFSET);
        link = Words.get(record + LINK_OFFSET);
        return Kind.READ_ONLY;
    }

    /** The value where it stands, if it has 8 bytes. It may change until the record is locked or sealed from {@link #stateWord}. */
    long longValue() {
        if (RecordLayout.valueBytes(record, stateWord) != 8) {
            throw ReadOp.notEightBytes(record, stateWord);
        }
        return Words.getAcquire(RecordLayout.valueAddress(record, stateWord));
    }
}
