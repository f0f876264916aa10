package io.tideline.core;

import static io.tideline.hlog.RecordLayout.KEY_LENGTH_MASK;
import static io.tideline.hlog.RecordLayout.KEY_OFFSET;
import static io.tideline.hlog.RecordLayout.LINK_OFFSET;
import static io.tideline.hlog.RecordLayout.LONG_KEY;
import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Words;

/**
 * The way down a chain of records, from the newest to the first one of a key, as far as it is in memory. A walk that comes to the log's head
 * answers with the address behind it, where the chain goes on on the device: callers tell it by its being below the head. Inside an epoch. Keys never change, so they are compared
 * whatever the state of their record.
 */
final class ChainWalk {
    /** The chain ended without a record of the key. */
    static final long NOT_FOUND = 0;

    private ChainWalk() {
    }

    /**
     * The log address of the newest record of an 8-byte key at or below {@code newest}, an address below the head, or {@link #NOT_FOUND}. A
     * chain that has nothing in memory is cut short by the caller, so that the JIT always sees this loop run.
     */
    static long find(HybridLog log, long newest, long key) {
        long head = log.head();
        long address = newest;
        do {
            long record = log.physical(address);
            long stateWord = Words.getAcquire(record + STATE_OFFSET);
            if ((stateWord & KEY_LENGTH_MASK) == LONG_KEY) {
                if (Words.get(record + KEY_OFFSET) == key) {
                    return address;
                }
            } else if (isLongLengthsMatch(record, stateWord, key)) {
                return address;
            }
            address = previous(record, address);
        } while (address >= head);
        return below(log, address);
    }

    /** What a chain that leaves the memory at {@code address} answers: the address, unless the chain has ended. */
    static long below(HybridLog log, long address) {
        return address >= log.begin() ? address : NOT_FOUND;
    }

    /** The next record down; a record whose key could be anywhere, because of a flag we do not know, is refused and not stepped over. */
    private static long previous(long record, long address) {
        long link = Words.get(record + LINK_OFFSET);
        if ((link & RecordLayout.UNKNOWN_FLAGS) != 0) {
            RecordLayout.requireKnown(link, address);
        }
        return RecordLayout.previous(link);
    }

    /** The rare record whose lengths are in an own word may have an 8-byte key too. */
    private static boolean isLongLengthsMatch(long record, long stateWord, long key) {
        return RecordLayout.keyBytes(record, stateWord) == 8 && Words.get(RecordLayout.keyAddress(record, stateWord)) == key;
    }

    /** The log address of the newest record of the key at or below {@code newest}, an address below the head, or {@link #NOT_FOUND}. */
    static long find(HybridLog log, long newest, Key key) {
        long head = log.head();
        if (newest < head) {
            return below(log, newest);
        }
        if (key.isWord()) {
            return find(log, newest, key.word);
        }
        long address = newest;
        while (address >= head) {
            long record = log.physical(address);
            long stateWord = Words.getAcquire(record + STATE_OFFSET);
            if (isOf(key, record, stateWord)) {
                return address;
            }
            address = previous(record, address);
        }
        return below(log, address);
    }

    /** Whether a record is one of the key. */
    static boolean isOf(Key key, long record, long stateWord) {
        return RecordLayout.keyBytes(record, stateWord) == key.length && key.isAt(RecordLayout.keyAddress(record, stateWord));
    }

    /** The same as {@link #find}, stepping over what stands at or above {@code end}. */
    static long findBelow(HybridLog log, long newest, Key key, long end) {
        long head = log.head();
        long address = newest;
        while (address >= Math.max(end, head)) {
            address = previous(log.physical(address), address);
        }
        return find(log, address, key);
    }
}
