package io.tideline.checkpoint;

import java.util.List;

/**
 * A range of log addresses that hold nothing: no scan, replay or compaction looks at what stands there.
 *
 * @param from the first of them
 * @param to the address behind the last, greater than {@code from}
 */
public record SkippedRange(long from, long to) {
    static final int WORDS = 2;

    public SkippedRange {
        Addresses.require("the begin of a skipped range", from, Addresses.FIRST);
        Addresses.require("the end of a skipped range", to, from + 1);
    }

    /** @param ranges in the order of their addresses, none of them in another */
    static PackedList<SkippedRange> pack(List<SkippedRange> ranges) {
        if (ranges instanceof PackedList<SkippedRange> packed) {
            return packed;
        }
        long[] words = new long[ranges.size() * WORDS];
        long end = 0;
        int at = 0;
        for (SkippedRange range : ranges) {
            Addresses.require("the begin of a skipped range", range.from, end);
            words[at++] = range.from;
            words[at++] = end = range.to;
        }
        return packed(words);
    }

    static PackedList<SkippedRange> packed(long[] words) {
        return new PackedList<>(words, WORDS, (row, first) -> new SkippedRange(row[first], row[first + 1]));
    }
}
