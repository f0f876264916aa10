package io.tideline.core;

import static io.tideline.hlog.RecordLayout.FREE;
import static io.tideline.hlog.RecordLayout.LENGTHS_MASK;
import static io.tideline.hlog.RecordLayout.LINK_OFFSET;
import static io.tideline.hlog.RecordLayout.LONG_TO_LONG_BYTES;
import static io.tideline.hlog.RecordLayout.LONG_TO_LONG_VALUE_OFFSET;
import static io.tideline.hlog.RecordLayout.NOT_PLAIN;
import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.hlog.HybridLog;
import io.tideline.hlog.LogAddress;
import io.tideline.hlog.RecordLayout;
import io.tideline.index.HashIndex;
import io.tideline.memory.Probe;
import io.tideline.memory.Words;

/**
 * The records that members of a group append: for keys that have none, and in the place of records that are read-only or, where nobody asks what they
 * replace, on the device. They are reserved at once and written side by side before the first is published. One after the other, each would wait for memory
 * that is in no cache: its publication is a locked instruction, which waits until all stores before it have arrived, so no two records could be on
 * their way together.
 *
 * <p>A plan is a guess. A record is published only where the index still says what it said when the record was written: by a compare-and-set from
 * the very record that it replaces, which nobody can change any more, or, as the first of its tag, at a place that is still free. Else it becomes an invalid record, and its member goes the
 * usual way. A plan is good until the session leaves the epoch, after which nobody may write to its places: they stay the fillers as which they are framed.
 *
 * <p>What is rare in a store whose keys are there has no branch of its own. The JVM leaves out the side of a branch that was not taken while it watched, and where
 * it is taken at last, in the first moments behind a cut for instance, throws the code of all group operations away and interprets them until it is made anew, which
 * takes 0.3 s. New keys are the exception: the first group that has some, in a store that has only seen updates, meets such a branch.
 *
 * <p>Belongs to one session.
 */
final class AppendBlock {
    /** One record alone is not worth a plan. */
    private static final int LEAST_RECORDS = 2;
    /** How many blocks a page must have room for, because what is left of it when none fits is lost. */
    private static final int BLOCKS_OF_A_PAGE = 8;

    private static final int LINE_BYTES = 64;

    private final HybridLog log;
    /** By member: where its entry would stand, should it need one; or 0. */
    private final long[] entryPlaces = new long[GroupOp.SIZE];
    /** Whether those were noted before the keys of this group were looked up. It costs a tenth of an update in place, so a group without new keys does not. */
    private boolean arePlacesKnown;
    private boolean expectsNewKeys;
    /** By member: the address of its record, or 0. */
    private final long[] places = new long[GroupOp.SIZE];
    /** Of the members that have one, in their order. */
    private final int[] members = new int[GroupOp.SIZE];
    private int records;
    private long recordBytes;
    private long lengthBits;
    /** What they were when this was planned: by these a member is told that makes a key, or replaces one on the device. */
    private long begin;
    private long head;
    private long stay;
    /** Keeps the JIT from dropping loads whose only purpose is to fetch a line. */
    private long fetched;

    AppendBlock(HybridLog log) {
        this.log = log;
    }

    /** Begins a group, whose keys are looked up next: if the last one had new keys, notes where their entries would stand. */
    void expect(HashIndex index, long[] hashes, int size) {
        arePlacesKnown = expectsNewKeys;
        if (expectsNewKeys) {
            findPlaces(index, hashes, size);
        }
    }

    /** Prepares what additions and the like would append, but not for keys on the device. */
    void planUpdates(Session session, long[] hashes, long[] newest, long[] keys, int from, int size, Update update, long operand) {
        long block = reserve(session, hashes, newest, keys, from, size, Long.BYTES, false);
        for (int i = records - 1; i >= 0; i--) { // from the last to the first, whose frame is that of the whole block until then
            int member = members[i];
            long value = newest[member] < begin ? operand
                    : Update.apply(update, Words.get(log.physical(newest[member]) + LONG_TO_LONG_VALUE_OFFSET), operand);
            write(block, i, keys[from + member], value);
        }
    }

    /** Prepares what upserts would append. */
    void planPuts(Session session, long[] hashes, long[] newest, long[] keys, long[] values, int from, int size) {
        long block = reserve(session, hashes, newest, keys, from, size, Long.BYTES, true);
        for (int i = records - 1; i >= 0; i--) {
            int at = from + members[i];
            write(block, i, keys[at], values[at]);
        }
    }

    /** The same for values that stand end to end in {@code values}, {@code valueBytes} each. */
    void planPuts(Session session, long[] hashes, long[] newest, long[] keys, byte[] values, int valueBytes, int from, int size) {
        if (RecordLayout.needsLongLengths(Long.BYTES, valueBytes)) {
            return; // so long that one waits for no other
        }
        long block = reserve(session, hashes, newest, keys, from, size, valueBytes, true);
        for (int i = records - 1; i >= 0; i--) {
            int at = from + members[i];
            write(block, i, keys[at], values, at * valueBytes, valueBytes);
        }
    }

    /**
     * Chooses the members and reserves their places, of which it answers the first.
     *
     * @param isBlind whether they need not know what they replace, so that it may be on the device; else the first of those on the device ends the
     *                group, and nothing is planned for the ones behind it
     */
    private long reserve(Session session, long[] hashes, long[] newest, long[] keys, int from, int size, int valueBytes, boolean isBlind) {
        records = 0;
        long safeReadOnly = log.safeReadOnly();
        // nothing lies below 0, which this is while versions are told apart, or a snapshot is made: the usual way knows how
        long limit = ifZero(session.inPlaceFrom, safeReadOnly);
        long lowest = lowest(newest, size);
        expectsNewKeys = lowest == LogAddress.NONE;
        if (lowest < limit) {
            if (expectsNewKeys && !arePlacesKnown) { // the first group of them
                findPlaces(session.index, hashes, size);
                findAgain(session.index, hashes, newest, size);
            }
            recordBytes = RecordLayout.sizeBytes(Long.BYTES, valueBytes);
            lengthBits = RecordLayout.lengthBits(Long.BYTES, valueBytes);
            choose(newest, keys, from, size, safeReadOnly, isBlind);
        }
        if (records < LEAST_RECORDS) { // one branch with the usual case that all are mutable, see the class
            records = 0;
            return 0;
        }
        long block = log.reserve(records * recordBytes);
        Probe.at("block.reserved");
        // no records where there is no room just now, which is a negative address, or read-only has overtaken the block, which then stays filler
        records &= (int) ~(block - log.readOnly() >> 63);
        for (int i = 0; i < records; i++) {
            places[members[i]] = block + i * recordBytes;
        }
        fetch(block, records * recordBytes);
        stay = session.stay();
        return block;
    }

    /**
     * Loads the lines of a block that is to be written. Stores arrive in their order, so each that misses the caches keeps all behind it waiting; loads do not wait
     * for each other.
     */
    private void fetch(long block, long bytes) {
        long sum = 0;
        for (long at = -(block & LINE_BYTES - 1); at < bytes; at += LINE_BYTES) { // from the start of its first line, which lies in the same page
            sum ^= log.touch(block + at);
        }
        fetched = sum;
    }

    /** Before the tags are looked for: see {@link HashIndex#freePlace}. */
    private void findPlaces(HashIndex index, long[] hashes, int size) {
        for (int i = 0; i < size; i++) {
            entryPlaces[i] = index.freePlace(hashes[i]);
        }
    }

    private static void findAgain(HashIndex index, long[] hashes, long[] newest, int size) {
        for (int i = 0; i < size; i++) {
            newest[i] = index.findTouched(hashes[i]);
        }
    }

    private void choose(long[] newest, long[] keys, int from, int size, long safeReadOnly, boolean isBlind) {
        head = log.head();
        begin = log.begin();
        int most = (int) Math.min(GroupOp.SIZE, log.maxRecordBytes() / (recordBytes * BLOCKS_OF_A_PAGE));
        int last = size;
        for (int i = 0; i < size; i++) {
            places[i] = 0;
            long address = newest[i];
            if (address >= safeReadOnly || i >= last || records == most) {
                continue;
            }
            if (address >= head) {
                members[records] = i;
                records += plain(log.physical(address), keys[from + i]);
            } else if (address < begin || isBlind) {
                members[records++] = i;
            } else {
                last = i;
            }
        }
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
     * 1 if an immutable record is the key's, alive, and has a value of as many bytes, else 0. Without a branch, see the class.
     */
    private int plain(long record, long key) {
        long different = Words.getAcquire(record + STATE_OFFSET) & LENGTHS_MASK ^ lengthBits | Words.get(record + LINK_OFFSET) & NOT_PLAIN
                | Words.get(record + RecordLayout.KEY_OFFSET) ^ key;
        return (int) ifZero(different, 1);
    }

    /** {@code value} if the word is 0, else 0. Without a branch, see the class. */
    private static long ifZero(long word, long value) {
        return value & ~((word | -word) >> 63);
    }

    private void write(long block, int number, long key, long value) {
        long record = log.physical(block + (long) number * LONG_TO_LONG_BYTES);
        Words.set(record + RecordLayout.KEY_OFFSET, key);
        Words.set(record + LONG_TO_LONG_VALUE_OFFSET, value);
        RecordLayout.writeFiller(record, LONG_TO_LONG_BYTES);
    }

    private void write(long block, int number, long key, byte[] values, int offset, int valueBytes) {
        long record = log.physical(block + number * recordBytes);
        Words.set(record + RecordLayout.KEY_OFFSET, key);
        Words.copyIn(values, offset, valueBytes, RecordLayout.valueAddress(record, FREE | lengthBits));
        RecordLayout.writeFiller(record, recordBytes);
    }

    /**
     * Publishes a member's record, if it has one of a plan that was made in this stay in the epoch, and that is what the member would append now.
     *
     * @param newest what the plan was made with
     */
    boolean publish(Session session, int member, long hash, long newest) {
        long address = ifZero(session.stay() ^ stay, places[member]);
        if (address == 0) {
            return false;
        }
        boolean isFirst = newest == LogAddress.NONE;
        long record = log.physical(address);
        RecordLayout.finish(record, FREE | lengthBits, isFirst ? LogAddress.CHAIN_END : newest, session.parity);
        Probe.at("block.written");
        boolean isPublished = isFirst ? session.index.insert(entryPlaces[member], hash, address, session.slot) : session.index.replace(hash, newest, address);
        if (!isPublished) {
            RecordLayout.invalidate(record);
            return false;
        }
        session.count(newest < begin ? Counter.CREATED : newest < head ? Counter.APPENDED : Counter.COPIED);
        return true;
    }
}
