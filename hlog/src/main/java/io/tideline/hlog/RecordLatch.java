package io.tideline.hlog;

import static io.tideline.hlog.RecordLayout.STATE_OFFSET;

import io.tideline.memory.Waits;
import io.tideline.memory.Words;

/**
 * The latch in a record's state word, by which in-place changes, copies and reads of long values exclude each other.
 *
 * <p><b>State.</b> Two state bits, the lengths and a sequence number, in one word.
 *
 * <p><b>Invariants.</b> (1) Only the thread that took a record from free to locked writes its value, lengths, slack or tombstone.
 * (2) Each change ends with a greater sequence number, so two equal state words with neither locked enclose an unchanged record
 * (the number wraps after 2^32 changes within one read). (3) Who sealed a record either publishes its copy or unseals it, in the
 * same method, without waiting; a sealed record that was superseded stays sealed. From free or sealed a record becomes immutable, by one
 * compare-and-set that brings its checksum, behind safeReadOnly; that is final. (4) The key never changes.
 *
 * <p><b>Who writes what.</b> The state word: whoever wins its CAS, then that thread alone until it frees the word.
 *
 * <p><b>Linearisation points.</b> Of a change: the store that frees the word (of an 8-byte value: the store of the value). A fence behind it
 * keeps both from waiting in the processor's store buffer while the operation returns and the next one reads (decision 029).
 * Of a copy: the publication of the copy in the index.
 */
public final class RecordLatch {
    /** A holder does a bounded amount of work, so a short wait nearly always suffices; beyond it the operation leaves the epoch. */
    private static final int SPINS = 256;
    /** What {@link #awaitFree} returns when it gave up: locked, which no other answer is. */
    public static final long BUSY = RecordLayout.LOCKED;

    private RecordLatch() {
    }

    /** The state word once it is not locked, or {@link #BUSY} after a bounded wait. */
    public static long awaitUnlocked(long record, Waits waits) {
        for (int i = 0; i < SPINS; i++) {
            long stateWord = Words.getAcquire(record + STATE_OFFSET);
            if (!RecordLayout.isLocked(stateWord)) {
                return stateWord;
            }
            waits.spin();
        }
        return BUSY;
    }

    /** The state word once it is free, or {@link #BUSY} after a bounded wait: it stayed locked, or a copy of it is on its way. */
    public static long awaitFree(long record, Waits waits) {
        for (int i = 0; i < SPINS; i++) {
            long stateWord = Words.getAcquire(record + STATE_OFFSET);
            if (RecordLayout.state(stateWord) == RecordLayout.FREE) {
                return stateWord;
            }
            waits.spin();
        }
        return BUSY;
    }

    /** Locks the record if nothing changed since {@code freeWord} was read. */
    public static boolean tryLock(long record, long freeWord) {
        if (!Words.compareAndSet(record + STATE_OFFSET, freeWord, RecordLayout.inState(freeWord, RecordLayout.LOCKED))) {
            return false;
        }
        Words.storeStoreFence(); // readers must see the lock before any of the changes under it
        return true;
    }

    /**
     * Locks the record if these are its words still, it is free and alive, its key and its value have 8 bytes, and {@code ahead} is not negative. All that is one branch, which a
     * latched record takes soon enough: the JVM leaves out a side that it has not seen taken, and when the first record behind a cut is too old would throw away all code
     * that this is part of.
     *
     * @param ahead how far the record stands at or above the first address that may be changed
     */
    public static boolean tryLockLongs(long record, long stateWord, long link, long ahead) {
        return (ahead >> 63 | RecordLayout.unlikeFreeLongs(stateWord, link)) == 0 && tryLock(record, stateWord);
    }

    /** Frees a record that was locked from {@code freeWord}, after a change that left its lengths alone. */
    public static void unlock(long record, long freeWord) {
        Words.setAndFence(record + STATE_OFFSET, RecordLayout.nextFree(freeWord));
    }

    /** Frees a record that was locked from {@code freeWord}, with other length bits. */
    public static void unlock(long record, long freeWord, long lengthBits) {
        Words.setAndFence(record + STATE_OFFSET, RecordLayout.nextFree(freeWord, lengthBits));
    }

    /** Seals the record for copying if nothing changed since {@code freeWord} was read. */
    public static boolean trySeal(long record, long freeWord) {
        return Words.compareAndSet(record + STATE_OFFSET, freeWord, RecordLayout.inState(freeWord, RecordLayout.SEALED));
    }

    /**
     * Takes a seal back, because the copy could not be published. Nothing was changed, so the sequence number stays. A record that became
     * immutable meanwhile stays so: nobody needs to seal it any more.
     */
    public static void unseal(long record, long freeWord) {
        Words.compareAndSet(record + STATE_OFFSET, RecordLayout.inState(freeWord, RecordLayout.SEALED), freeWord);
    }

    /** The second look of a validated read: whether the record is as it was when {@code stateWord}, not locked, was read. */
    public static boolean isUnchanged(long record, long stateWord) {
        Words.loadFence();
        long now = Words.get(record + STATE_OFFSET); // plain: the fence orders it behind the reads it validates
        // A seal changes nothing but the state bits, so free and sealed words of one sequence number enclose the same bytes.
        return RecordLayout.inState(now, 0) == RecordLayout.inState(stateWord, 0) && !RecordLayout.isLocked(now);
    }
}
