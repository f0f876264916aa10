package io.tideline.epoch;

import static io.tideline.epoch.EpochSlotLayout.GENERATION_OFFSET;
import static io.tideline.epoch.EpochSlotLayout.MARK;
import static io.tideline.epoch.EpochSlotLayout.OWNER_WORDS_OFFSET;
import static io.tideline.epoch.EpochSlotLayout.SIZE_BYTES;
import static io.tideline.epoch.EpochSlotLayout.UNOWNED;
import static io.tideline.epoch.EpochSlotLayout.held;
import static io.tideline.epoch.EpochSlotLayout.idle;

import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.Lock;

/**
 * The slots in which epochs are announced. The table grows by linking chunks that never move, and a slot's address stays good as long as
 * anybody can reach the table, closed or not.
 *
 * <p><b>State.</b> Chunks of slots off the heap; {@code chunks}, their addresses, replaced as a whole; owners and free slots under the lock.
 *
 * <p><b>Invariants.</b> (1) A slot is owned by at most one claimant. (2) A chunk is in {@code chunks} before any of its slots is claimed,
 * so a scan that misses a chunk ran before anybody could announce in it. (3) Owning and being inside change by compare-and-set of the same
 * word, so a slot that is given back lets nobody in: a late user is refused and never overwritten by the next owner. (4) The word of an idle slot
 * is another one for each owner, and entering is a compare-and-set from it: so a late user of an earlier owner does not get into the slot's
 * next life, not even for a moment.
 *
 * <p><b>Who writes what.</b> A slot's words: its owner; the generation the table, while nobody owns the slot. Everything else: under the lock, off the operations' path.
 */
final class EpochTable {
    private final int slotsPerChunk;
    private final Lock lock;
    /** Kept reachable by this list; the slots live as long as it does. */
    private final List<Region> regions = new ArrayList<>();
    private final ArrayDeque<Long> free = new ArrayDeque<>();
    /** Owner names by slot number (chunk × slots per chunk + place), null where unowned. */
    private final ArrayList<String> owners = new ArrayList<>();
    private volatile long[] chunks = {};
    private boolean closed;

    EpochTable(Waits waits, int slotsPerChunk) {
        this.lock = waits.lock();
        this.slotsPerChunk = slotsPerChunk;
    }

    /** Takes a free slot, linking a new chunk if there is none. Its owner words are zero. */
    long claim(String owner) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("no slot for " + owner + ": the epoch is closed");
            }
            if (free.isEmpty()) {
                grow();
            }
            long slot = free.poll();
            owners.set(number(slot), owner);
            Words.zero(slot + OWNER_WORDS_OFFSET, SIZE_BYTES - OWNER_WORDS_OFFSET);
            Words.setRelease(slot + GENERATION_OFFSET, Words.get(slot + GENERATION_OFFSET) + 1); // plain: only written here, under the lock
            Words.setRelease(slot, idleWord(slot));
            return slot;
        } finally {
            lock.unlock();
        }
    }

    /** The word of a slot with nobody inside, as long as it has the owner of this moment. */
    static long idleWord(long slot) {
        return idle(Words.getAcquire(slot + GENERATION_OFFSET));
    }

    private void grow() {
        Region region = Region.allocateUntilUnreachable((long) slotsPerChunk * SIZE_BYTES);
        regions.add(region);
        long chunk = region.address();
        for (int i = 0; i < slotsPerChunk; i++) {
            long slot = chunk + (long) i * SIZE_BYTES;
            Words.set(slot, UNOWNED); // plain: published by the chunk array
            free.add(slot);
            owners.add(null);
        }
        long[] next = Arrays.copyOf(chunks, chunks.length + 1);
        next[chunks.length] = chunk;
        chunks = next;
    }

    private int number(long slot) {
        long[] known = chunks;
        for (int chunk = 0; chunk < known.length; chunk++) {
            long offset = slot - known[chunk];
            if (offset >= 0 && offset < (long) slotsPerChunk * SIZE_BYTES && offset % SIZE_BYTES == 0) {
                return chunk * slotsPerChunk + (int) (offset / SIZE_BYTES);
            }
        }
        throw new IllegalArgumentException("0x" + Long.toHexString(slot) + " is no slot of this table");
    }

    /** Gives a slot back; refused while somebody is inside. False while somebody other than its owner holds it. */
    boolean release(long slot) {
        lock.lock();
        try {
            int number = number(slot);
            if (owners.get(number) == null) {
                throw new IllegalStateException("slot " + number + " is not owned; was it released twice?");
            }
            // An owned slot lets nobody in already where its owner left it for good, or where the epoch was closed.
            long idle = idleWord(slot);
            long found = Words.compareAndSet(slot, idle, UNOWNED) ? UNOWNED : Words.getVolatile(slot);
            if (found == held(idle) || found == idle) {
                return false;
            }
            if (found != UNOWNED) {
                throw new IllegalStateException("slot " + number + " of " + owners.get(number) + " is released while somebody is inside");
            }
            owners.set(number, null);
            free.addFirst(slot);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The smallest announced epoch, or {@code ifIdle} if nobody is inside. Whoever asks has published what readers must see, and fenced. */
    long oldest(long ifIdle) {
        long oldest = ifIdle;
        for (long chunk : chunks) {
            for (int i = 0; i < slotsPerChunk; i++) {
                long announced = Words.getVolatile(chunk + (long) i * SIZE_BYTES);
                if (announced < oldest) {
                    oldest = announced;
                }
            }
        }
        return oldest;
    }

    /** How many slots have somebody inside, as far as a scan beside their changes can tell. */
    int countInside() {
        int inside = 0;
        for (long chunk : chunks) {
            for (int i = 0; i < slotsPerChunk; i++) {
                if (Words.getVolatile(chunk + (long) i * SIZE_BYTES) < MARK) {
                    inside++;
                }
            }
        }
        return inside;
    }

    /** The owners inside with an epoch of at most {@code epoch}. */
    List<String> insideSince(long epoch) {
        lock.lock();
        try {
            List<String> names = new ArrayList<>();
            for (int number = 0; number < owners.size(); number++) {
                long announced = Words.getVolatile(slot(number));
                if (announced <= epoch) {
                    names.add(owners.get(number));
                }
            }
            return names;
        } finally {
            lock.unlock();
        }
    }

    /** How many slots are owned. */
    int owned() {
        lock.lock();
        try {
            return owners.size() - free.size();
        } finally {
            lock.unlock();
        }
    }

    /** How many slots exist. */
    int capacity() {
        lock.lock();
        try {
            return owners.size();
        } finally {
            lock.unlock();
        }
    }

    private long slot(int number) {
        return chunks[number / slotsPerChunk] + (long) (number % slotsPerChunk) * SIZE_BYTES;
    }

    /** Lets nobody in any more. Slots keep their owners, who may still give them back. */
    void close() {
        lock.lock();
        try {
            closed = true;
            for (int number = 0; number < owners.size(); number++) {
                Words.compareAndSet(slot(number), idleWord(slot(number)), UNOWNED);
            }
        } finally {
            lock.unlock();
        }
    }
}
