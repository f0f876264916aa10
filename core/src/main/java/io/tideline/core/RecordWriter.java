package io.tideline.core;

import static io.tideline.hlog.RecordLayout.LINK_OFFSET;

import io.tideline.fault.FullFault;
import io.tideline.fault.FullFault.Place;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLatch;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Probe;
import io.tideline.memory.Words;

/** Writes the bytes of records: a new one at the tail, made the newest of its chain, or another value into the place of an old one. */
final class RecordWriter {
    /** There is no old record, or it can no longer change: nothing is sealed. */
    static final long NO_SOURCE = 0;

    private RecordWriter() {
    }

    /**
     * Appends a record of the session's key and value and publishes it. Everything was decided before: the order is reserve, write,
     * seal the source, publish, so a source is sealed for two instructions, and whoever meets it sealed meets the copy soon after.
     *
     * @param flags {@link RecordLayout#TOMBSTONE} or 0
     * @param source the old record in memory, if some thread may still change it, else {@link #NO_SOURCE}
     * @param sourceWord the source's state word when the new value was decided; if it changed since, nothing is published
     * @return false if the operation must start over
     */
    static boolean append(Session session, long flags, long source, long sourceWord) {
        HybridLog log = session.log;
        long sizeBytes = RecordLayout.sizeBytes(session.key.length, session.value.length());
        long address = log.reserve(sizeBytes);
        return address < 0 ? cannotReserve(session, address, sizeBytes) : append(session, address, flags, source, sourceWord);
    }

    /** The same for a live record without a source, if there is room for it just now; whether it was published. */
    static boolean appendIfRoom(Session session) {
        long address = session.log.reserve(RecordLayout.sizeBytes(session.key.length, session.value.length()));
        return address >= 0 && append(session, address, 0, NO_SOURCE, 0);
    }

    private static boolean append(Session session, long address, long flags, long source, long sourceWord) {
        HybridLog log = session.log;
        Key key = session.key;
        Payload value = session.value;
        Probe.at("append.reserved");
        if (address < log.readOnly()) {
            return false; // overtaken by read-only: what is framed as filler stays filler
        }
        long record = log.physical(address);
        long stateWord = RecordLayout.begin(record, key.length, value.length());
        key.copyTo(RecordLayout.keyAddress(record, stateWord));
        value.copyTo(RecordLayout.valueAddress(record, stateWord));
        RecordLayout.finish(record, stateWord, session.slot.address(), flags | session.parity);
        Probe.at("append.written");
        if (source != NO_SOURCE && !RecordLatch.trySeal(source, sourceWord)) {
            RecordLayout.invalidate(record);
            return false;
        }
        Probe.at("append.sealed");
        if (!session.index.compareAndSet(session.slot, address)) {
            if (source != NO_SOURCE) {
                RecordLatch.unseal(source, sourceWord);
            }
            RecordLayout.invalidate(record);
            return false;
        }
        return true;
    }

    private static boolean cannotReserve(Session session, long answer, long sizeBytes) {
        if (answer == HybridLog.FULL) {
            throw full(session.log, sizeBytes);
        }
        session.log.requireProgress();
        session.needs.logRoom();
        return false;
    }

    private static FullFault full(HybridLog log, long sizeBytes) {
        return new FullFault(Place.LOG, "log full: " + log.usedBytes() + " of " + log.memoryBytes() + " bytes of log memory are used and a record of "
                + sizeBytes + " bytes did not fit; nothing was changed. Configure more memory, or clear the store");
    }

    /**
     * Puts the session's value in the place of the old one.
     *
     * @param freeWord the record's free state word when the new value was decided
     * @param slackBytes what {@link RecordLayout#slackInPlace} said
     * @return false if the record changed meanwhile and the operation must start over
     */
    static boolean overwrite(Session session, long record, long freeWord, int slackBytes) {
        if (!RecordLatch.tryLock(record, freeWord)) {
            return false;
        }
        Probe.at("overwrite.locked");
        Payload value = session.value;
        long link = Words.get(record + LINK_OFFSET);
        value.copyTo(RecordLayout.valueAddress(record, freeWord));
        Words.set(record + LINK_OFFSET, RecordLayout.withSlack(link, slackBytes));
        RecordLatch.unlock(record, freeWord, RecordLayout.changedLengthBits(record, freeWord, value.length()));
        return true;
    }

    /** Marks the record deleted where it stands; false if it changed meanwhile and the operation must start over. */
    static boolean tombstone(long record, long freeWord) {
        if (!RecordLatch.tryLock(record, freeWord)) {
            return false;
        }
        Words.set(record + LINK_OFFSET, Words.get(record + LINK_OFFSET) | RecordLayout.TOMBSTONE);
        RecordLatch.unlock(record, freeWord);
        return true;
    }
}
