package io.tideline.hlog;

import java.util.List;

/**
 * What of the log does not count though it lies between begin and tail: stretches that earlier lives of the store left behind. Immutable.
 * There is at most one of each kind for each life, so a log may have many; they are found by bisection.
 */
public final class LogGaps {
    /** A log whose every byte counts. */
    public static final LogGaps NONE = new LogGaps(List.of(), List.of());

    /** Arrays, because a scan asks for every record. */
    private final Skip[] skips;
    private final Undone[] undone;

    /** Nothing from {@code from} on counts, up to {@code to}, where a page begins. */
    public record Skip(long from, long to) {
        public Skip {
            requireRange(from, to);
        }
    }

    /** Records from {@code from} to {@code to} with this {@linkplain RecordLayout#PARITY parity flag} do not count. */
    public record Undone(long from, long to, long parity) {
        public Undone {
            requireRange(from, to);
            if ((parity & ~RecordLayout.PARITY) != 0) {
                throw new IllegalArgumentException("a parity flag of " + parity);
            }
        }
    }

    private static void requireRange(long from, long to) {
        if (from < LogAddress.FIRST || to <= from) {
            throw new IllegalArgumentException("a gap of the log from " + from + " to " + to);
        }
    }

    /**
     * @param skips between the end of what a checkpoint kept and the page on which the next life went on; ascending and apart
     * @param undone what was written behind the cut of a checkpoint that was recovered to; ascending and apart
     */
    public LogGaps(List<Skip> skips, List<Undone> undone) {
        this.skips = skips.toArray(Skip[]::new);
        this.undone = undone.toArray(Undone[]::new);
        for (int i = 1; i < skips.size(); i++) {
            requireApart(skips.get(i - 1).to, skips.get(i).from);
        }
        for (int i = 1; i < undone.size(); i++) {
            requireApart(undone.get(i - 1).to, undone.get(i).from);
        }
    }

    private static void requireApart(long end, long begin) {
        if (begin < end) {
            throw new IllegalArgumentException("gaps of the log that overlap: one ends at " + end + ", the next begins at " + begin);
        }
    }

    /** The first address from {@code address} on that is in no gap. */
    long pass(long address) {
        long at = address;
        for (int i = firstSkipBehind(at); i < skips.length && skips[i].from <= at; i++) {
            at = skips[i].to;
        }
        return at;
    }

    /** Where the bytes that can be read from {@code address} on end: at {@code pageEnd}, or where a gap begins before that. */
    long readableEnd(long address, long pageEnd) {
        int next = firstSkipBehind(address);
        return next < skips.length && skips[next].from >= address ? Math.min(pageEnd, skips[next].from) : pageEnd;
    }

    /** How far a file must reach that holds the log up to {@code end}: to there, or to where the gaps begin that end there or go on behind. */
    long lastNeeded(long end) {
        long last = end;
        for (int i = Math.min(firstSkipBehind(end - 1), skips.length - 1); i >= 0 && skips[i].to >= last; i--) {
            last = Math.min(last, skips[i].from);
        }
        return last;
    }

    /** The place of the first gap that ends behind an address. */
    private int firstSkipBehind(long address) {
        int low = 0;
        int high = skips.length;
        while (low < high) {
            int middle = low + high >>> 1;
            if (skips[middle].to <= address) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Whether the record of that address and link does not count. */
    public boolean isUndone(long address, long link) {
        int low = 0;
        int high = undone.length;
        while (low < high) {
            int middle = low + high >>> 1;
            if (undone[middle].to <= address) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < undone.length && address >= undone[low].from && (link & RecordLayout.PARITY) == undone[low].parity;
    }
}
