package io.tideline.hlog;

import io.tideline.epoch.Epoch;
import io.tideline.memory.Words;

/**
 * The log as one thing: frontiers, tail, ring and policy. Without a device it lives in memory only: its read-only frontier moves by
 * policy, its head moves only with {@link #clear}, and when its memory is used up an append is told so.
 *
 * <p>Operations call it inside an epoch; addresses they read stay in memory until they leave.
 */
public final class HybridLog implements AutoCloseable {
    /** Answer of {@link #reserve}: the log is full. */
    public static final long FULL = TailAllocator.FULL;
    /** The least number of pages of memory. */
    public static final int MIN_PAGES = 8;
    public static final int MIN_PAGE_BITS = 12;
    public static final int MAX_PAGE_BITS = 25;

    private final Epoch epoch;
    private final int pageBits;
    private final long memoryPages;
    private final long mutablePages;
    private final PageRing ring;
    private final Frontiers frontiers = new Frontiers(LogAddress.FIRST);
    private final TailAllocator tail;
    /** Copies of the ring's, one indirection closer to the operations. */
    private final long ringBase;
    private final long ringMask;

    /**
     * @param pageBits base-2 logarithm of the page size in bytes, {@value #MIN_PAGE_BITS} to {@value #MAX_PAGE_BITS}
     * @param memoryPages pages of memory, at least {@value #MIN_PAGES}
     */
    public HybridLog(Epoch epoch, int pageBits, long memoryPages, MutabilityPolicy policy, boolean hugePages) {
        if (pageBits < MIN_PAGE_BITS || pageBits > MAX_PAGE_BITS) {
            throw new IllegalArgumentException("a page of 2^" + pageBits + " bytes; it takes 2^" + MIN_PAGE_BITS + " to 2^" + MAX_PAGE_BITS);
        }
        if (memoryPages < MIN_PAGES) {
            throw new IllegalArgumentException("a log of " + memoryPages + " pages; it takes at least " + MIN_PAGES);
        }
        this.epoch = epoch;
        this.pageBits = pageBits;
        this.memoryPages = memoryPages;
        this.mutablePages = policy.mutablePages(memoryPages);
        this.ring = new PageRing(pageBits, memoryPages, hugePages);
        this.ringBase = ring.base;
        this.ringMask = ring.mask;
        this.tail = new TailAllocator(ring, pageBits, LogAddress.FIRST, new TailAllocator.Pages() {
            @Override
            public boolean open(long page) {
                return page < (frontiers.head() >>> pageBits) + memoryPages && ring.open(page);
            }

            @Override
            public void turned(long page) {
                shiftReadOnly(Math.max(page + 1 - mutablePages, 0) << pageBits);
            }
        });
        ring.open(0);
    }

    // --- what operations ask, inside an epoch ---

    /** Where an address at or above {@link #head} is in memory. */
    public long physical(long address) {
        return Words.pin(ringBase + (address & ringMask));
    }

    /** Loads the line of a record, so that a later look finds it in the cache; returns a word of it, to keep the load alive. */
    public long touch(long address) {
        return Words.get(physical(address));
    }

    /** The first address that counts and is in memory: a chain that goes below has ended. */
    public long head() {
        return frontiers.head();
    }

    /** Records at or above this may be changed in place, until the caller leaves the epoch. */
    public long readOnly() {
        return frontiers.readOnly();
    }

    /** Records below this never change again. */
    public long safeReadOnly() {
        return frontiers.safeReadOnly();
    }

    /**
     * Reserves a place at the tail, framed as filler until its record's link is written.
     *
     * @param sizeBytes a multiple of 16, at most {@link #maxRecordBytes}
     * @return an address, or {@link #FULL}
     */
    public long reserve(long sizeBytes) {
        return tail.reserve(sizeBytes);
    }

    // --- what everyone may ask ---

    public long begin() {
        return frontiers.begin();
    }

    /** The first address not yet reserved. */
    public long tail() {
        return tail.tail();
    }

    /** The longest record: a page. */
    public long maxRecordBytes() {
        return 1L << pageBits;
    }

    public int pageBytes() {
        return 1 << pageBits;
    }

    /** Memory configured, in bytes. */
    public long memoryBytes() {
        return memoryPages << pageBits;
    }

    /** Bytes between head and tail. */
    public long usedBytes() {
        return tail() - head();
    }

    public boolean hasHugePages() {
        return ring.hasHugePages();
    }

    /** Announces that records below {@code address} are read-only, and lets the epoch make it safe. */
    public void shiftReadOnly(long address) {
        long target = Math.min(address, tail());
        if (frontiers.raiseReadOnly(target)) {
            // Were the list of actions full, the frontier would be made safe by a later shift; nothing waits for it.
            epoch.bump(() -> frontiers.raiseSafeReadOnly(target));
        }
    }

    /** Drops every record and gives the memory back; the next record stands on the next page. Nobody is inside the epoch, nor will be. */
    public void clear() {
        long firstPage = frontiers.head() >>> pageBits;
        long next = tail.skipToNextPage();
        frontiers.moveAll(next);
        ring.empty(firstPage, next >>> pageBits);
        if (!ring.open(next >>> pageBits)) {
            throw new AssertionError("the frame of page " + (next >>> pageBits) + " is not empty after a clear");
        }
    }

    @Override
    public void close() {
        tail.close();
        frontiers.close();
        ring.close();
    }
}
