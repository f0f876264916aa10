package io.tideline.hlog;

/**
 * What of a log the files of earlier lives hold, and where the next life goes on.
 *
 * @param begin the first address that counts
 * @param tail where appends go on: the start of a page behind everything that any life may have written, or the start of the log
 * @param gaps what of it does not count
 */
public record LogExtent(long begin, long tail, LogGaps gaps) {
    /** A log without a past. */
    public static final LogExtent EMPTY = new LogExtent(LogAddress.FIRST, LogAddress.FIRST, LogGaps.NONE);

    public LogExtent {
        if (begin < LogAddress.FIRST || tail < begin || tail > LogAddress.MASK) {
            throw new IllegalArgumentException("a log from " + begin + " to " + tail);
        }
    }

    void requirePageBits(int pageBits) {
        if (tail != LogAddress.FIRST && (tail & (1L << pageBits) - 1) != 0) {
            throw new IllegalArgumentException("a log that goes on at " + tail + ", which is not the start of a page of 2^" + pageBits);
        }
    }
}
