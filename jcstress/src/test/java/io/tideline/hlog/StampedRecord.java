package io.tideline.hlog;

import io.tideline.epoch.Epoch;
import io.tideline.epoch.SmallEpoch;
import io.tideline.jcstress.Ring;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;

/** A record at the tail of a log of its own, which one thread changes in place while another makes it read-only and stamps it as the flusher does. */
public final class StampedRecord {
    private static final Ring<StampedRecord> RECORDS = new Ring<>(StampedRecord::new);
    private static final int KEY_BYTES = 8;
    private static final int VALUE_BYTES = 256;
    private static final int MAX_TURNS = 61;
    private static final long OLD = 1;
    private static final long NEW = 2;

    private final Epoch epoch = SmallEpoch.make();
    private final long slot = epoch.claim("writer");
    private final HybridLog log = new HybridLog(epoch, HybridLog.MIN_PAGE_BITS, HybridLog.MIN_PAGES, MutabilityPolicy.ofFraction(1), false);
    private final PageSeal seal = new PageSeal(1);
    private final int sizeBytes = (int) RecordLayout.sizeBytes(KEY_BYTES, VALUE_BYTES);
    private long address;
    private long record;
    private long value;

    private StampedRecord() {
    }

    /** A record of the old value, free and mutable. */
    public static StampedRecord take() {
        StampedRecord next = RECORDS.next();
        next.append();
        return next;
    }

    private void append() {
        address = log.reserve(sizeBytes);
        if (address == HybridLog.FULL) {
            log.clear();
            address = log.reserve(sizeBytes);
        }
        record = log.physical(address);
        long stateWord = RecordLayout.begin(record, KEY_BYTES, VALUE_BYTES);
        value = RecordLayout.valueAddress(record, stateWord);
        Words.set(RecordLayout.keyAddress(record, stateWord), 1);
        fill(OLD);
        RecordLayout.finish(record, stateWord, LogAddress.CHAIN_END, 0);
    }

    private void fill(long word) {
        for (int at = 0; at < VALUE_BYTES; at += 8) {
            Words.set(value + at, word);
        }
    }

    /** What an operation does between its look at the record and its change of it: it takes a different time for each record. */
    private void decide() {
        for (long turn = address / sizeBytes % MAX_TURNS; turn > 0; turn--) {
            Waits.SYSTEM.spin();
        }
    }

    /** Changes the value as an operation does: inside the epoch, if the record is mutable, under its lock. What became of it. */
    public String change() {
        if (!epoch.tryEnter(slot)) {
            throw new AssertionError("the slot is idle and lets nobody in");
        }
        try {
            if (address < log.readOnly()) {
                return "refused";
            }
            long freeWord = RecordLatch.awaitFree(record, Waits.SYSTEM);
            decide();
            if (freeWord == RecordLatch.BUSY || !RecordLatch.tryLock(record, freeWord)) {
                return "stamped under the writer";
            }
            fill(NEW);
            RecordLatch.unlock(record, freeWord);
            return "changed";
        } finally {
            epoch.exit(slot);
        }
    }

    /** Changes the value, if the record is mutable, but neither inside the epoch nor under the lock. */
    public void changeUnlatched() {
        if (address >= log.readOnly()) {
            decide();
            fill(NEW);
        }
    }

    /** Seals the record for a copy and takes the seal back, as one does whose copy could not be published. Whether there was anything to seal. */
    public boolean sealAndUnseal() {
        long stateWord = Words.getAcquire(record + RecordLayout.STATE_OFFSET);
        if (RecordLayout.state(stateWord) != RecordLayout.FREE || !RecordLatch.trySeal(record, stateWord)) {
            return false;
        }
        decide();
        RecordLatch.unseal(record, stateWord);
        return true;
    }

    /** Makes the record read-only, waits until everybody knows that, and stamps it. */
    public void makeReadOnlyAndStamp() {
        log.shiftReadOnly(address + sizeBytes);
        while (log.safeReadOnly() < address + sizeBytes) {
            epoch.drain();
            Waits.SYSTEM.spin();
        }
        seal.seal(address, address + sizeBytes, record);
    }

    /** The same, without waiting for those who took the record for mutable. */
    public void makeReadOnlyAndStampAtOnce() {
        log.shiftReadOnly(address + sizeBytes);
        seal.seal(address, address + sizeBytes, record);
    }

    /** Which value the record has, if it is immutable and its checksum is that of its bytes. */
    public String verdict() {
        if (RecordLayout.state(Words.getAcquire(record + RecordLayout.STATE_OFFSET)) != RecordLayout.IMMUTABLE) {
            return "not immutable";
        }
        if (!seal.isIntact(address, record, sizeBytes)) {
            return "damaged";
        }
        long first = Words.get(value);
        for (int at = 8; at < VALUE_BYTES; at += 8) {
            if (Words.get(value + at) != first) {
                return "torn";
            }
        }
        return first == NEW ? "new" : first == OLD ? "old" : "torn";
    }
}
