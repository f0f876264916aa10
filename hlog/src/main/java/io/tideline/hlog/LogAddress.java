package io.tideline.hlog;

/**
 * A logical address: 48 bits, a byte position in the log, used once in the life of a store, so a greater address is a younger record.
 * The two smallest values are no positions but marks.
 */
public final class LogAddress {
    public static final int BITS = 48;
    public static final long MASK = (1L << BITS) - 1;

    /** No address at all: the word of a free index entry. */
    public static final long NONE = 0;
    /** The end of a chain: an index entry that is taken but leads to no record, and the previous of a chain's oldest record. */
    public static final long CHAIN_END = 1;
    /** Where the first record of every log stands. */
    public static final long FIRST = 64;

    private LogAddress() {
    }

    /** The first address behind the page of an address. */
    static long pageEnd(long address, long pageBytes) {
        return (address | pageBytes - 1) + 1;
    }
}
