package io.tideline.cli.bench.contestant;

/**
 * What a store holds by its own account; all zero for a store that has no such parts.
 *
 * @param index the bytes of the index without overflow
 * @param overflow the bytes of the overflow buckets in use
 * @param usedLog the bytes of the log that records fill
 */
public record HeldBytes(long index, long overflow, long usedLog) {

    /** The account of a store that lives on the Java heap. */
    public static final HeldBytes NONE = new HeldBytes(0, 0, 0);
}
