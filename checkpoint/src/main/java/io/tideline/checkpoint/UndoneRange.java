package io.tideline.checkpoint;

import java.util.List;

/**
 * What a recovery took back: behind the end of the checkpoint that it recovered nothing counts up to the tail with which the next life
 * began, and in front of that end the records of the version that was not committed do not.
 *
 * @param cut no record below it is meant
 * @param end from here on nothing counts
 * @param parity of the version whose records do not count from {@code cut} to {@code end}: 0 or 1
 * @param nextTail where the next life began, greater than {@code cut}
 */
public record UndoneRange(long cut, long end, int parity, long nextTail) {
    static final int WORDS = 4;

    public UndoneRange {
        Addresses.require("the cut of an undone range", cut, Addresses.FIRST);
        Addresses.require("the end of an undone range", end, cut);
        Addresses.require("the tail behind an undone range", nextTail, Math.max(end, cut + 1));
        if (parity != 0 && parity != 1) {
            throw new IllegalArgumentException("an undone range of the parity " + parity + "; it takes 0 or 1");
        }
    }

    /** @param ranges in the order of their addresses, none of them in another */
    static PackedList<UndoneRange> pack(List<UndoneRange> ranges) {
        if (ranges instanceof PackedList<UndoneRange> packed) {
            return packed;
        }
        long[] words = new long[ranges.size() * WORDS];
        long tail = 0;
        int at = 0;
        for (UndoneRange range : ranges) {
            Addresses.require("the cut of an undone range", range.cut, tail);
            words[at++] = range.cut;
            words[at++] = range.end;
            words[at++] = range.parity;
            words[at++] = tail = range.nextTail;
        }
        return packed(words);
    }

    static PackedList<UndoneRange> packed(long[] words) {
        return new PackedList<>(words, WORDS, (row, first) -> new UndoneRange(row[first], row[first + 1], (int) row[first + 2], row[first + 3]));
    }
}
