package io.tideline.core;

import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLayout;
import io.tideline.index.KeyHash;
import io.tideline.memory.Region;
import io.tideline.memory.Words;
import java.util.Arrays;

/**
 * What a store that nobody is using holds under a key, found by a walk of its own; from it follows how the next operation must end.
 */
final class LogPeek {
    private static final Region SCRATCH = Region.allocate(64 << 10, false);

    /** The log address of the key's newest record; 0 if it has none. */
    final long address;
    final boolean tombstone;
    final int valueBytes;
    private final HybridLog log;
    private final long record;

    private LogPeek(HybridLog log, long address) {
        this.log = log;
        this.address = address;
        this.record = address == 0 ? 0 : log.physical(address);
        this.tombstone = address != 0 && RecordLayout.isTombstone(Words.get(record));
        this.valueBytes = address == 0 ? -1 : RecordLayout.valueBytes(record, stateWord());
    }

    static LogPeek at(Store store, byte[] key) {
        Kernel kernel = store.kernel();
        HybridLog log = kernel.log;
        long address = kernel.index.find(hash(kernel.hash, key));
        while (address >= log.head()) {
            long record = log.physical(address);
            if (Arrays.equals(key, keyOf(record))) {
                return new LogPeek(log, address);
            }
            address = RecordLayout.previous(Words.get(record));
        }
        return new LogPeek(log, 0);
    }

    static long hash(KeyHash hash, byte[] key) {
        if (key.length == 8) {
            return hash.of(Bytes.toLong(key));
        }
        synchronized (SCRATCH) {
            Words.copyIn(key, 0, key.length, SCRATCH.address());
            return hash.of(SCRATCH.address(), key.length);
        }
    }

    private static byte[] keyOf(long record) {
        long stateWord = Words.get(record + RecordLayout.STATE_OFFSET);
        byte[] key = new byte[RecordLayout.keyBytes(record, stateWord)];
        Words.copyOut(RecordLayout.keyAddress(record, stateWord), key, 0, key.length);
        return key;
    }

    /** Where the record is in memory. */
    long record() {
        return record;
    }

    long stateWord() {
        return Words.get(record + RecordLayout.STATE_OFFSET);
    }

    boolean isLive() {
        return address != 0 && !tombstone;
    }

    /** How a write of so many bytes ends if it finds room. */
    Status write(int newBytes) {
        if (!isLive()) {
            return Status.CREATED;
        }
        boolean inPlace = isMutable() && RecordLayout.slackInPlace(record, Words.get(record), stateWord(), newBytes) >= 0;
        return inPlace ? Status.UPDATED_IN_PLACE : Status.COPIED;
    }

    boolean isMutable() {
        return address >= log.readOnly();
    }

    /** Whether the log has room for a record of these lengths. */
    static boolean hasRoom(Store store, int keyBytes, int newBytes) {
        HybridLog log = store.kernel().log;
        long sizeBytes = RecordLayout.sizeBytes(keyBytes, newBytes);
        long page = log.pageBytes();
        long used = (log.tail() - 1 & page - 1) + 1;
        long lastPage = log.head() / page + log.memoryBytes() / page - 1;
        return used + sizeBytes <= page || (log.tail() - 1) / page < lastPage;
    }
}
