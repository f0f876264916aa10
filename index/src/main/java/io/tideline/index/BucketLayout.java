package io.tideline.index;

import io.tideline.hlog.LogAddress;
import io.tideline.hlog.RecordLayout;

/**
 * One bucket: 64 bytes, one cache line.
 *
 * <pre>
 *   words 0–6, entries
 *     bits  0–47  log address of the chain's newest record; 1: there is none; a word of 0: free
 *     bits 48–61  tag: the same bits of the hash
 *     bit  62     address lies in the read cache
 *     bit  63     0
 *   word 7, overflow
 *     bits  0–47  number of the overflow bucket that continues this one, 0 if none
 *     bits 48–55  pending operations of version parity 0
 *     bits 56–63  pending operations of version parity 1
 * </pre>
 *
 * The bucket number comes from the low bits of the hash, at most 42 of them, so it is disjoint from the tag at every table size.
 */
public final class BucketLayout {
    public static final int SIZE_BYTES = 64;
    public static final int SIZE_SHIFT = 6;
    public static final int ENTRIES = 7;
    public static final int ENTRIES_BYTES = ENTRIES * 8;
    public static final int OVERFLOW_OFFSET = ENTRIES_BYTES;

    public static final int ADDRESS_BITS = 48;
    public static final long ADDRESS_MASK = (1L << ADDRESS_BITS) - 1;

    static final int TAG_BITS = 14;
    private static final int TAG_SHIFT = ADDRESS_BITS;
    public static final long READ_CACHE = 1L << TAG_SHIFT + TAG_BITS;
    private static final long TAG_MASK = (1L << TAG_BITS) - 1 << TAG_SHIFT;
    /** What a search compares: the tag, and bit 63, which no entry has. */
    private static final long MATCH_MASK = ~ADDRESS_MASK & ~READ_CACHE;

    /** Tables beyond this would use hash bits of the tag. */
    public static final int MAX_BUCKET_BITS = 64 - TAG_BITS - 2;

    static {
        if (TAG_SHIFT + TAG_BITS + 2 != 64 || ENTRIES_BYTES + 8 != SIZE_BYTES || 1 << SIZE_SHIFT != SIZE_BYTES) {
            throw new AssertionError("the fields of a bucket do not add up to a cache line");
        }
    }

    private BucketLayout() {
    }

    /** The tag of a hash, where an entry has it. It may be 0, so what matches must still not be a free entry, whose word is 0. */
    public static long tagBits(long hash) {
        return hash & TAG_MASK;
    }

    /** Whether the entry is taken and has these tag bits. */
    public static boolean matches(long entry, long tagBits) {
        return (entry & MATCH_MASK) == tagBits && entry != 0;
    }

    /** The entry if it is taken and has these tag bits, else 0; without a branch. At most one entry of a bucket chain matches. */
    static long ifMatches(long entry, long tagBits) {
        long difference = entry & MATCH_MASK ^ tagBits;
        return entry & ~((difference | -difference) >> 63);
    }

    /** The bits of {@code flag} if the entry is free, else 0; without a branch. */
    static long ifFree(long entry, long flag) {
        return entry - 1 >> 63 & flag; // of all words without bit 63 only 0 is below 1
    }

    public static long address(long entry) {
        return entry & ADDRESS_MASK;
    }

    /** An entry that is taken. */
    public static long entry(long tagBits, long address) {
        return tagBits | address;
    }

    public static long tagBitsOf(long entry) {
        return entry & MATCH_MASK;
    }

    /** Whether the entry has bits that none has in this version. */
    public static boolean hasForeignBits(long entry) {
        return (entry & ~(TAG_MASK | ADDRESS_MASK)) != 0;
    }

    /** Whether an image may have this entry: leading to no record or to where one can stand below {@code addressLimit}. */
    static boolean isSound(long entry, long addressLimit) {
        long address = address(entry);
        return !hasForeignBits(entry)
                && (address == LogAddress.CHAIN_END || address >= LogAddress.FIRST && address < addressLimit && address % RecordLayout.GRANULE_BYTES == 0);
    }

    /** The number of the overflow bucket, 0 if none. */
    public static long overflow(long overflowWord) {
        return overflowWord & ADDRESS_MASK;
    }

    /** The same word, with its counts of pending operations, leading to another overflow bucket. */
    public static long withOverflow(long overflowWord, long number) {
        return overflowWord & ~ADDRESS_MASK | number;
    }
}
