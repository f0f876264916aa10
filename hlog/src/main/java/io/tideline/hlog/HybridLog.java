package io.tideline.hlog;

import io.tideline.epoch.Epoch;
import io.tideline.fault.StoreFault;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * The log as one thing: frontiers, tail, ring and policy. With a device it spills: what becomes read-only is written there and in time
 * leaves the memory, and an append that outruns the device is told to wait. Without one it lives in memory only: its read-only frontier
 * moves by policy, its head moves only with {@link #clear}, and when its memory is used up an append is told so.
 *
 * <p>Operations call it inside an epoch; addresses they read stay in memory until they leave.
 */
public final class HybridLog implements AutoCloseable {
    /** Answer of {@link #reserve}: the log is full. */
    public static final long FULL = TailAllocator.FULL;
    /** Answer of {@link #reserve}: the device is behind; leave the epoch, wait, and look at {@link #failure}. */
    public static final long BEHIND = -2;
    /** The least number of pages of memory. */
    public static final int MIN_PAGES = 8;
    public static final int MIN_PAGE_BITS = 12;
    public static final int MAX_PAGE_BITS = 25;
    /** What stretches of the log are padded to: no device asks for more, and the smallest page is as large. */
    private static final int PAD_BYTES = 4096;
    /** Copied in one stay in the epoch. */
    private static final int COPY_BYTES = 256 << 10;

    private final Epoch epoch;
    private final int pageBits;
    private final long memoryPages;
    private final long mutablePages;
    private final PageRing ring;
    private final Frontiers frontiers;
    private final LogGaps gaps;
    private final TailAllocator tail;
    /** Copies of the ring's, one indirection closer to the operations. */
    private final long ringBase;
    private final long ringMask;
    /** Null in a log that lives in memory only. */
    private final Spill spill;
    /** The last read-only frontier for which an epoch action was registered. */
    private final AtomicLong safeReadOnlyAnnounced = new AtomicLong();

    /**
     * @param pageBits base-2 logarithm of the page size in bytes, {@value #MIN_PAGE_BITS} to {@value #MAX_PAGE_BITS}
     * @param memoryPages pages of memory, at least {@value #MIN_PAGES}
     * @param device where the log spills, null for one that lives in memory only
     */
    public HybridLog(Epoch epoch, int pageBits, long memoryPages, MutabilityPolicy policy, boolean hugePages, LogDevice device, Waits waits) {
        this(epoch, pageBits, memoryPages, policy, hugePages, device, LogExtent.EMPTY, waits);
    }

    /**
     * The same for a log that goes on where an earlier life of the store ended.
     *
     * @param extent what the files hold; nothing of it is in memory
     */
    public HybridLog(Epoch epoch, int pageBits, long memoryPages, MutabilityPolicy policy, boolean hugePages, LogDevice device, LogExtent extent,
            Waits waits) {
        if (pageBits < MIN_PAGE_BITS || pageBits > MAX_PAGE_BITS) {
            throw new IllegalArgumentException("a page of 2^" + pageBits + " bytes; it takes 2^" + MIN_PAGE_BITS + " to 2^" + MAX_PAGE_BITS);
        }
        if (memoryPages < MIN_PAGES) {
            throw new IllegalArgumentException("a log of " + memoryPages + " pages; it takes at least " + MIN_PAGES);
        }
        if (device != null && device.segmentBits() < pageBits) {
            throw new IllegalArgumentException("segments of 2^" + device.segmentBits() + " bytes hold no page of 2^" + pageBits);
        }
        extent.requirePageBits(pageBits);
        this.epoch = epoch;
        this.pageBits = pageBits;
        this.memoryPages = memoryPages;
        this.frontiers = new Frontiers(extent.begin(), extent.tail());
        this.gaps = extent.gaps();
        this.mutablePages = device == null ? policy.mutablePages(memoryPages)
                : Math.min(policy.mutablePages(memoryPages), Spill.maxMutablePages(memoryPages));
        this.ring = new PageRing(pageBits, memoryPages, hugePages);
        this.ringBase = ring.base;
        this.ringMask = ring.mask;
        this.tail = new TailAllocator(ring, pageBits, extent.tail(), new TailAllocator.Pages() {
            @Override
            public boolean open(long page) {
                return page < (frontiers.safeHead() >>> pageBits) + memoryPages && ring.open(page);
            }

            @Override
            public void turned(long page) {
                shiftReadOnly(mutableFrom(page));
                if (spill != null) {
                    spill.wakeEvictor();
                }
            }
        });
        ring.open(extent.tail() >>> pageBits);
        this.spill = device == null ? null : new Spill(device, epoch, frontiers, gaps, ring, tail::tail, () -> mutableFrom(tail() >>> pageBits), pageBits, memoryPages,
                this::makeReadOnlySafe, waits);
    }

    /** A log that lives in memory only. */
    public HybridLog(Epoch epoch, int pageBits, long memoryPages, MutabilityPolicy policy, boolean hugePages) {
        this(epoch, pageBits, memoryPages, policy, hugePages, null, Waits.SYSTEM);
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

    /** The first address that is in memory: a chain that goes below goes on on the device, or has ended if that is below {@link #begin}. */
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
     * @return an address, {@link #FULL} or {@link #BEHIND}
     */
    public long reserve(long sizeBytes) {
        long address = tail.reserve(sizeBytes);
        return address == FULL && spill != null && !tail.isAtLastPage() ? BEHIND : address;
    }

    // --- what everyone may ask ---

    public long begin() {
        return frontiers.begin();
    }

    /** The first address not yet reserved. */
    public long tail() {
        return tail.tail();
    }

    /** What of it does not count. */
    public LogGaps gaps() {
        return gaps;
    }

    /** Where the bytes that can be read from {@code address} on end: with its page, or before a gap. */
    long readableEnd(long address) {
        return gaps.readableEnd(address, (address | maxRecordBytes() - 1) + 1);
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

    /** Has the log's memory resident before it is used. Nobody uses the log yet. */
    public void preTouch() {
        ring.preTouch(tail() >>> pageBits);
    }

    /** Whether there is a device. */
    public boolean spills() {
        return spill != null;
    }

    /** Everything below is on the device. */
    public long flushed() {
        return frontiers.flushed();
    }

    /** Why the log takes no more appends than fit its memory; null while it does. What it holds stays readable. */
    public StoreFault failure() {
        return spill == null ? null : spill.failure();
    }

    /** Throws what {@link #failure} says, if it says anything. */
    public void requireSound() {
        StoreFault failed = failure();
        if (failed != null) {
            throw Flusher.again(failed);
        }
    }

    /** Throws what {@link #failure} says if that will not pass. */
    public void requireMendable() {
        if (spill != null && spill.isFailedForGood()) {
            requireSound();
        }
    }

    /**
     * Throws what {@link #failure} says, unless that may pass and the tail can go on without it: what is written already makes room when it leaves
     * the memory.
     */
    public void requireProgress() {
        long next = (tail() - 1 >>> pageBits) + 1;
        boolean roomIsComing = spill != null && !spill.isFailedForGood() && next < (frontiers.flushed() >>> pageBits) + memoryPages;
        if (!roomIsComing) {
            requireSound();
        }
    }

    /** Whether the tail cannot go on to the next page yet: the budget is used up, or the page's frame is not emptied. */
    public boolean isBehind() {
        long next = (tail() - 1 >>> pageBits) + 1;
        return next >= (frontiers.safeHead() >>> pageBits) + memoryPages || !ring.canOpen(next);
    }

    /** Bytes written to the device since the log was opened. */
    public long writtenBytes() {
        return spill == null ? 0 : spill.writtenBytes();
    }

    /** Bytes of segments that are no longer needed and still being read. */
    public long pendingDeleteBytes() {
        return spill == null ? 0 : spill.pendingDeleteBytes();
    }

    /** Segment files that are open. */
    public int openFiles() {
        return spill == null ? 0 : spill.openFiles();
    }

    Spill spill() {
        return spill;
    }

    /** What the policy leaves mutable while the tail is in that page. */
    private long mutableFrom(long page) {
        return Math.max(page + 1 - mutablePages, 0) << pageBits;
    }

    /** Announces that records below {@code address} are read-only, and lets the epoch make it safe. */
    public void shiftReadOnly(long address) {
        frontiers.raiseReadOnly(Math.min(address, tail()));
        makeReadOnlySafe();
    }

    /** Registers an epoch action for the read-only frontier, unless there is one; if the list of actions is full, a later call does. */
    private void makeReadOnlySafe() {
        long target = frontiers.readOnly();
        long announced = safeReadOnlyAnnounced.get();
        if (announced < target && safeReadOnlyAnnounced.compareAndSet(announced, target) && !epoch.bump(() -> readOnlyIsSafe(target))) {
            safeReadOnlyAnnounced.compareAndSet(target, announced);
        }
    }

    private void readOnlyIsSafe(long address) {
        frontiers.raiseSafeReadOnly(address);
        if (spill != null) {
            spill.wakeFlusher();
        }
    }

    /**
     * Ends a stretch of the log at a boundary that the device can write up to, while others go on behind it, and makes everything below
     * read-only. Called from outside the epoch.
     *
     * @return the boundary
     */
    public long closeStretch() {
        return inside(() -> {
            long end = tail.padBesideOthers(PAD_BYTES);
            shiftReadOnly(end);
            return end;
        });
    }

    /** The same, but what stands below stays as it is. */
    public long padStretch() {
        return inside(() -> tail.padBesideOthers(PAD_BYTES));
    }

    /**
     * Copies what stands between two addresses of a page. Outside the epoch, which it enters for one piece after the other.
     *
     * @return false if that has left the memory
     */
    boolean copy(long from, long to, long target) {
        for (long at = from; at < to; at += COPY_BYTES) {
            long piece = at;
            long isThere = inside(() -> {
                if (piece < head()) {
                    return 0;
                }
                Words.copy(physical(piece), target + piece - from, Math.min(COPY_BYTES, to - piece));
                return 1;
            });
            if (isThere == 0) {
                return false;
            }
        }
        return true;
    }

    private long inside(LongSupplier work) {
        long slot = epoch.claim("the driver of checkpoints");
        try {
            if (!epoch.tryEnter(slot)) {
                throw new AssertionError("a checkpoint of a log is taken whose epoch is closed");
            }
            try {
                return work.getAsLong();
            } finally {
                epoch.exit(slot);
            }
        } finally {
            epoch.release(slot);
        }
    }

    /**
     * Waits until everything below {@code address}, which is read-only or will be, is on the device. Outside the epoch.
     *
     * @throws StoreFault if it could not be written, or not within {@code timeoutNanos}, or if a sync failed before
     */
    public void awaitFlushed(long address, long timeoutNanos) {
        spill.awaitFlushed(address, timeoutNanos);
    }

    /**
     * Makes everything that was flushed so far survive a crash of the machine.
     *
     * @throws StoreFault if nobody knows whether it would; then the log takes no more appends
     */
    public void sync() {
        spill.sync();
    }

    /**
     * What earlier lives wrote between two addresses, the ends of checkpoints or the begin, may not survive a crash of the machine: the next
     * {@link #sync} writes it again, once it has verified it.
     */
    public void distrust(long from, long to) {
        spill.distrust(from, to);
    }

    /** How much of that is still to be written again, the gaps in it counted. */
    public long distrustedBytes() {
        return spill == null ? 0 : spill.distrustedBytes();
    }

    /** Removes the files that lie wholly below an address at or below {@link #begin}, each after its last reader. One thread at a time. */
    public void deleteBelow(long address) {
        spill.deleteBelow(Math.min(address, begin()));
    }

    /**
     * Brings everything to the device and makes it survive a crash of the machine. The tail is padded to a sector. Nobody is inside the epoch,
     * nor will be.
     *
     * @throws StoreFault if that failed; then the log is as it was
     */
    public void flushAll() {
        tail.pad(PAD_BYTES);
        long end = tail();
        frontiers.raiseReadOnly(end);
        frontiers.raiseSafeReadOnly(end);
        spill.flushAndSync();
    }

    /** Drops every record and gives the memory back; the next record stands on the next page. Nobody is inside the epoch, nor will be. */
    public void clear() {
        clear(() -> { });
    }

    /**
     * The same.
     *
     * @param meanwhile empties what points into the log, when nothing can keep the log from being emptied any more
     * @throws StoreFault if the device did not end its writes in time, then nothing was changed
     */
    public void clear(Runnable meanwhile) {
        LongConsumer forget = next -> {
            meanwhile.run();
            forgetAll(next);
        };
        if (spill != null) {
            spill.reset(tail::skipToNextPage, forget);
        } else {
            forget.accept(tail.skipToNextPage());
        }
    }

    private void forgetAll(long next) {
        frontiers.moveAll(next);
        ring.emptyAll();
        if (!ring.open(next >>> pageBits)) {
            throw new AssertionError("the frame of page " + (next >>> pageBits) + " is not empty after a clear");
        }
    }

    /** Whether nothing of the device or of the log's threads touches the log's memory or files any more; asked after {@link #close}. */
    public boolean isIdle() {
        return spill == null || spill.isIdle();
    }

    /**
     * Ends what is under way, then gives the memory back.
     *
     * @throws StoreFault if something did not end in time, so that {@link #isIdle} says false: then the memory is leaked; or if a file could not
     *     be closed
     */
    @Override
    public void close() {
        try {
            if (spill != null) {
                spill.close();
            }
        } finally {
            if (isIdle()) {
                tail.close();
                frontiers.close();
                ring.close();
            }
        }
    }
}
