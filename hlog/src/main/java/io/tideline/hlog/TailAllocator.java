package io.tideline.hlog;

import io.tideline.memory.Probe;
import io.tideline.memory.Region;
import io.tideline.memory.Words;

/**
 * Hands out the log's space at its tail (FASTER, SIGMOD 2018, §5.1).
 *
 * <p><b>State.</b> One word: the page in the high bits, the offset in the low ones. The offset is 16 bits wider than a page needs.
 *
 * <p><b>Invariants.</b> (1) A successful add that ends inside the page owns what it added. (2) Of the adds that do not fit a page,
 * exactly one starts at or before the page's end; it frames the rest of the page as filler. (3) Nobody adds while the offset is seen
 * beyond the page, so it exceeds the page by at most one reservation per thread inside, and never carries into the page number.
 * (4) A page is turned by one CAS, after its successor was opened.
 *
 * <p><b>Who writes what.</b> The word: everyone, by add; the turner, by CAS.
 *
 * <p><b>Linearisation point.</b> Of a reservation: the add.
 */
final class TailAllocator implements AutoCloseable {
    /** Answer of {@link #reserve}: the next page cannot be opened. */
    static final long FULL = -1;

    /** What happens around a page turn. */
    interface Pages {
        /** Makes the page's memory usable, or says false; called by any number of threads. */
        boolean open(long page);

        /** Told once per page, by the thread that turned to it. */
        void turned(long page);
    }

    private final PageRing ring;
    private final Pages pages;
    private final int pageBits;
    private final long pageBytes;
    private final int offsetBits;
    private final Region region = Region.allocate(4096, false);
    private final long tailWord = region.address();

    TailAllocator(PageRing ring, int pageBits, long first, Pages pages) {
        this.ring = ring;
        this.pages = pages;
        this.pageBits = pageBits;
        this.pageBytes = 1L << pageBits;
        this.offsetBits = 64 - (LogAddress.BITS - pageBits);
        Words.setVolatile(tailWord, word(first));
    }

    private long word(long address) {
        return address >>> pageBits << offsetBits | address & pageBytes - 1;
    }

    private long page(long word) {
        return word >>> offsetBits;
    }

    private long offset(long word) {
        return word & (1L << offsetBits) - 1;
    }

    /**
     * Reserves a place, already framed as filler, or {@link #FULL}. {@code sizeBytes} is a multiple of 16 and at most a page.
     *
     * <p>Who sees the offset beyond the page adds nothing. That is rare, so it has no branch of its own: the JVM would leave it out until it is met for the first
     * time, and throw away all code that this is part of then. It goes with what is met at the end of each page.
     */
    long reserve(long sizeBytes) {
        for (;;) {
            long isInside = ~(pageBytes - offset(Words.getVolatile(tailWord)) >> 63);
            long word = Words.getAndAdd(tailWord, sizeBytes & isInside);
            long offset = offset(word);
            Probe.at("tail.added");
            if (offset + sizeBytes <= (pageBytes & isInside)) {
                long address = (page(word) << pageBits) + offset;
                RecordLayout.writeFiller(ring.physical(address), sizeBytes);
                return address;
            }
            if (!endPage(word, isInside)) {
                return FULL;
            }
        }
    }

    /** At the end of a page, of which {@code word} is what the add found: the one that crossed it frames the rest. False if the next page cannot be opened. */
    private boolean endPage(long word, long isInside) {
        long offset = offset(word);
        if (offset < (pageBytes & isInside)) {
            RecordLayout.writeFiller(ring.physical((page(word) << pageBits) + offset), pageBytes - offset);
        }
        return turn();
    }

    /** Turns the page unless somebody else has; false if the next one cannot be opened. */
    private boolean turn() {
        for (;;) {
            long word = Words.getVolatile(tailWord);
            if (offset(word) <= pageBytes) {
                return true;
            }
            long next = page(word) + 1;
            if (next >= 1L << LogAddress.BITS - pageBits || !pages.open(next)) {
                return false;
            }
            Probe.at("tail.turning");
            if (Words.compareAndSet(tailWord, word, next << offsetBits)) {
                pages.turned(next);
                return true;
            }
        }
    }

    /** The first address not yet reserved. */
    long tail() {
        long word = Words.getVolatile(tailWord);
        return (page(word) << pageBits) + Math.min(offset(word), pageBytes);
    }

    /** Whether the pages that addresses can name are used up. */
    boolean isAtLastPage() {
        return page(Words.getVolatile(tailWord)) + 1 >= 1L << LogAddress.BITS - pageBits;
    }

    /** Fills up with filler to a multiple of {@code alignmentBytes}, which divides a page. Nobody is inside the epoch. */
    void pad(int alignmentBytes) {
        long tail = tail();
        long gap = -tail & alignmentBytes - 1;
        if (gap > 0 && reserve(gap) != tail) {
            throw new AssertionError("somebody reserved beside the padding at " + tail);
        }
    }

    /** The same from inside the epoch, beside others who reserve; the boundary that everything reserved before lies below. */
    long padBesideOthers(int alignmentBytes) {
        for (;;) {
            long word = Words.getVolatile(tailWord);
            long offset = offset(word);
            if (offset > pageBytes) {
                return page(word) + 1 << pageBits; // whoever went beyond has framed the rest of the page, or does so inside the epoch
            }
            long gap = -offset & alignmentBytes - 1;
            if (gap == 0) {
                return (page(word) << pageBits) + offset;
            }
            if (Words.compareAndSet(tailWord, word, word + gap)) {
                Probe.at("tail.padded");
                long address = (page(word) << pageBits) + offset;
                RecordLayout.writeFiller(ring.physical(address), gap);
                return address + gap;
            }
        }
    }

    /** Leaves the rest of the page as filler and goes to the start of the next, whose memory the caller opens. Nobody is inside the epoch. */
    long skipToNextPage() {
        long tail = tail();
        long next = ((tail - 1) >>> pageBits) + 1 << pageBits;
        if (tail < next) {
            RecordLayout.writeFiller(ring.physical(tail), next - tail);
        }
        Words.setVolatile(tailWord, word(next));
        return next;
    }

    @Override
    public void close() {
        region.close();
    }
}
