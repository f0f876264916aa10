package io.tideline.hlog;

import io.tideline.memory.HugePages;
import io.tideline.memory.Region;
import io.tideline.memory.Words;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The memory of the log: one contiguous block of page frames, used in a circle, so that an address becomes a place in memory by a mask.
 *
 * <p>A mask needs a power of two of frames. Where the log may have fewer pages in memory, the others are address space only: the memory of a
 * page that leaves is moved, by the page tables, to the frame whose turn is next. Given back and taken anew it would be cleared by the kernel,
 * page fault by page fault, by whoever appends.
 *
 * <p><b>State.</b> Per frame: {@link #EMPTY}, all zeros, or the number of the page it holds, or {@link #ARRIVING} while memory is moved to it.
 *
 * <p><b>Invariants.</b> (1) A frame is opened for a page only from EMPTY, by one thread. (2) An open frame belongs to its page until it is
 * emptied, when nobody can reach that page any more.
 */
final class PageRing implements AutoCloseable {
    private static final long EMPTY = -1;
    private static final long ARRIVING = -2;
    /**
     * Small pages of a ring with more frames are given back: each that was moved may become a mapping of its own, and a process has 65,530 of them by default, for all
     * that it does.
     */
    private static final long MOST_MAPPINGS = 4096;

    private final Region region;
    private final int pageBits;
    private final long frames;
    private final long pages;
    /** Whether there are more frames than pages may be in memory. */
    private final boolean isSparse;
    /** Whether moving the memory of all its pages leaves the process mappings enough. */
    private final boolean isMovable;
    private final AtomicLongArray pageOfFrame;
    final long base;
    final long mask;

    /**
     * @param pages how many pages the ring must hold; the address range is the next power of two, memory is taken only by open pages
     */
    PageRing(int pageBits, long pages, boolean hugePages) {
        this.pageBits = pageBits;
        this.pages = pages;
        this.frames = Long.highestOneBit(pages * 2 - 1);
        this.isSparse = frames > pages;
        this.isMovable = frames <= MOST_MAPPINGS || 1L << pageBits >= HugePages.SIZE_BYTES;
        this.region = Region.allocate(frames << pageBits, hugePages);
        this.base = region.address();
        this.mask = (frames << pageBits) - 1;
        this.pageOfFrame = new AtomicLongArray(Math.toIntExact(frames));
        for (int frame = 0; frame < frames; frame++) {
            pageOfFrame.set(frame, EMPTY);
        }
    }

    /** Where an address is in memory, in the form that {@link Words#pin} gives. */
    long physical(long address) {
        return Words.pin(base + (address & mask));
    }

    /** Makes the page's frame its own; false if the frame still holds an older page. Any number of threads may try. */
    boolean open(long page) {
        int frame = frame(page);
        return pageOfFrame.compareAndSet(frame, EMPTY, page) || pageOfFrame.get(frame) == page;
    }

    /** Whether {@link #open} would give the page its frame. */
    boolean canOpen(long page) {
        long holder = pageOfFrame.get(frame(page));
        return holder == EMPTY || holder == page;
    }

    /** Empties every frame and gives its memory back: zeros again, ready for others. Nobody can reach any page. */
    void emptyAll() {
        for (int frame = 0; frame < frames; frame++) {
            if (pageOfFrame.get(frame) != EMPTY) {
                region.discard((long) frame << pageBits, 1L << pageBits);
                pageOfFrame.set(frame, EMPTY);
            }
        }
    }

    /**
     * Empties one frame whose page nobody can reach. Its memory is kept, and zeros are written, so that who opens it next waits for no fault;
     * where there are more frames than pages in memory it goes to the frame that is opened when this page is gone, or in time all frames would
     * hold memory.
     */
    void recycle(long page) {
        int frame = frame(page);
        if (pageOfFrame.get(frame) != page) {
            throw new AssertionError("frame " + frame + " holds page " + pageOfFrame.get(frame) + " and is recycled as page " + page);
        }
        if (!isSparse) {
            zero(frame);
        } else if (!handOn(frame, frame(page + pages))) {
            region.discard((long) frame << pageBits, 1L << pageBits);
        }
        pageOfFrame.set(frame, EMPTY);
    }

    /** Moves a frame's memory to an empty one; false if that is open already, or the memory cannot be moved. */
    private boolean handOn(int from, int to) {
        if (!isMovable || !pageOfFrame.compareAndSet(to, EMPTY, ARRIVING)) {
            return false;
        }
        boolean moved = region.move((long) from << pageBits, (long) to << pageBits, 1L << pageBits);
        if (moved) {
            zero(to);
        }
        pageOfFrame.set(to, EMPTY);
        return moved;
    }

    private void zero(int frame) {
        Words.zero(base + ((long) frame << pageBits), 1L << pageBits);
    }

    private int frame(long page) {
        return (int) (page & frames - 1);
    }

    /** Has the memory of the pages from {@code page} on resident, as many as may be in memory, before they are opened. */
    void preTouch(long page) {
        long first = frame(page);
        long atEnd = Math.min(pages, frames - first);
        region.preTouch(first << pageBits, atEnd << pageBits);
        region.preTouch(0, pages - atEnd << pageBits);
    }

    boolean hasHugePages() {
        return region.hasHugePages();
    }

    @Override
    public void close() {
        region.close();
    }
}
