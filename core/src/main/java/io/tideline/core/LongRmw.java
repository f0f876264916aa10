package io.tideline.core;

/** A read-modify-write of 8-byte values; runs under the same rules as {@link Rmw}. */
public interface LongRmw {
    /** The value that an absent key gets. */
    long onAbsent(long operand);

    /** The value that replaces {@code old}. */
    long onPresent(long old, long operand);
}
