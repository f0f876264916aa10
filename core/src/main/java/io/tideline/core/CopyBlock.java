package io.tideline.core;

import static io.tideline.hlog.RecordLayout.FREE;
import static io.tideline.hlog.RecordLayout.LENGTHS_MASK;
import static io.tideline.hlog.RecordLayout.LINK_OFFSET;
import static io.tideline.hlog.RecordLayout.LONG_TO_LONG;
import static io.tideline.hlog.RecordLayout.LONG_TO_LONG_VALUE_OFFSET;
import static io.tideline.hlog.RecordLayout.NOT_PLAIN;
import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Probe;
import io.tideline.memory.Words;

/**
 * The copies by which the members of a group replace read-only records of 8-byte values. They are reserved at once and written side by side
 * before the first is published. One after the other, each would wait for memory that is in no cache: its publication is a locked instruction,
 * which waits until all stores before it have arrived, so no two copies could be on their way together.
 *
 * <p>A plan is a guess. A copy is published by a compare-and-set from the very record that it was made of, which nobody can change any more; where that is
 * not the newest by then, the copy's place stays the filler as which it is framed, and its member goes the usual way. A plan is
 * good until the session leaves the epoch, after which nobody may write to its places. Belongs to one session.
 */
final class CopyBlock {
    private static final int COPY_BYTES = (int) RecordLayout.sizeBytes(8, 8);
    /** One copy alone is not worth a plan. */
    private static final int LEAST_COPIES = 2;
    /** How many blocks a page must have room for, because what is left of it when none fits is lost. */
    private static final int BLOCKS_OF_A_PAGE = 8;

    /** By member: the address of its copy, or 0. */
    private final long[] places = new long[GroupOp.SIZE];
    /** By member: whether it replaces what was on the device when it was planned. */
    private final boolean[] areBlind = new boolean[GroupOp.SIZE];
    /** Of the members that have one, in their order. */
    private final int[] members = new int[GroupOp.SIZE];
    private final int mostCopies;
    private int copies;
    private long stay;

    CopyBlock(HybridLog log) {
        mostCopies = Math.min(GroupOp.SIZE, (int) log.maxRecordBytes() / COPY_BYTES / BLOCKS_OF_A_PAGE);
    }

    /** Prepares copies of the records that additions and the like would change if they were not read-only. Whether there are any. */
    boolean planUpdates(Session session, long[] newest, long[] keys, int from, int size, Update update, long operand) {
        HybridLog log = session.log;
        long block = reserve(session, newest, keys, from, size, false);
        for (int i = copies - 1; i >= 0; i--) { // from the last to the first, whose frame is that of the whole block until then
            int member = members[i];
            long old = Words.get(log.physical(newest[member]) + LONG_TO_LONG_VALUE_OFFSET);
            write(log, block + (long) i * COPY_BYTES, member, keys[from + member], Update.apply(update, old, operand));
        }
        return copies > 0;
    }

    /** Prepares what takes the place of records that are read-only, or on the device. Whether there are any. */
    boolean planPuts(Session session, long[] newest, long[] keys, long[] values, int from, int size) {
        HybridLog log = session.log;
        long block = reserve(session, newest, keys, from, size, true);
        for (int i = copies - 1; i >= 0; i--) {
            int member = members[i];
            write(log, block + (long) i * COPY_BYTES, member, keys[from + member], values[from + member]);
        }
        return copies > 0;
    }

    /**
     * Chooses the members and reserves their places, of which it answers the first.
     *
     * @param isBlind whether they need not know what they replace, so that it may be on the device; else the first of those on the device ends the
     *                group, and nothing is planned for the ones behind it
     */
    private long reserve(Session session, long[] newest, long[] keys, int from, int size, boolean isBlind) {
        copies = 0;
        if (session.inPlaceFrom != 0) {
            return 0; // versions are told apart, or a snapshot is made: the usual way knows how
        }
        HybridLog log = session.log;
        long safeReadOnly = log.safeReadOnly();
        if (lowest(newest, size) >= safeReadOnly) {
            return 0;
        }
        long head = log.head();
        long begin = log.begin();
        int last = size;
        for (int i = 0; i < size; i++) {
            places[i] = 0;
            long address = newest[i];
            if (address >= safeReadOnly || i >= last || copies == mostCopies) {
                continue;
            }
            if (address >= head) {
                members[copies] = i;
                copies += plain(log.physical(address), keys[from + i]);
            } else if (address >= begin && isBlind) {
                members[copies++] = i;
            } else if (address >= begin) {
                last = i;
            }
            areBlind[i] = address < head;
        }
        if (copies < LEAST_COPIES) {
            copies = 0;
            return 0;
        }
        long block = log.reserve((long) copies * COPY_BYTES);
        Probe.at("block.reserved");
        if (block < 0 || block < log.readOnly()) {
            copies = 0; // no room just now, or overtaken by read-only: what is framed as filler stays filler
        }
        stay = session.stay();
        return block;
    }

    /** The usual case is that all are mutable, so it costs the least. */
    private static long lowest(long[] newest, int size) {
        long lowest = Long.MAX_VALUE;
        for (int i = 0; i < size; i++) {
            lowest = Math.min(lowest, newest[i]);
        }
        return lowest;
    }

    /**
     * 1 if an immutable record is the key's, alive, and has a value of 8 bytes, else 0. Without a branch: one of them may be taken for the first time after
     * hours, and then the JVM throws the code of all group operations away and interprets them until it is made anew, which takes 0.3 s.
     */
    private static int plain(long record, long key) {
        long different = Words.getAcquire(record + STATE_OFFSET) & LENGTHS_MASK ^ LONG_TO_LONG | Words.get(record + LINK_OFFSET) & NOT_PLAIN
                | Words.get(record + RecordLayout.KEY_OFFSET) ^ key;
        return 1 - (int) ((different | -different) >>> 63);
    }

    private void write(HybridLog log, long address, int member, long key, long value) {
        long record = log.physical(address);
        Words.set(record + RecordLayout.KEY_OFFSET, key);
        Words.set(record + LONG_TO_LONG_VALUE_OFFSET, value);
        RecordLayout.writeFiller(record, COPY_BYTES);
        places[member] = address;
    }

    /**
     * Publishes a member's copy, if it has one and it is what the member would write now.
     *
     * @param newest what the plan was made with
     */
    boolean publish(Session session, int member, long hash, long newest) {
        long address = places[member];
        if (address == 0 || session.stay() != stay || !session.index.find(hash, session.slot) || session.slot.address() != newest) {
            return false;
        }
        HybridLog log = session.log;
        long record = log.physical(address);
        RecordLayout.finish(record, FREE | LONG_TO_LONG, newest, session.parity);
        Probe.at("block.written");
        if (!session.index.compareAndSet(session.slot, address)) {
            RecordLayout.invalidate(record);
            return false;
        }
        session.count(areBlind[member] ? Counter.APPENDED : Counter.COPIED);
        return true;
    }
}
