package io.tideline.checkpoint;

/** Who is told how far a recovery is with the log, on the thread that opens the store. */
@FunctionalInterface
public interface RecoveryProgress {
    /** Nobody. */
    RecoveryProgress NONE = (bytes, ofBytes) -> { };

    /**
     * At the beginning, now and then, and at the end, where both are the same; where there is nothing to read, never.
     *
     * @param bytes of the log that have been read and verified
     * @param ofBytes that are to be. More than before where the image of the index turned out to be of no use, so that the index is made anew from all of the log
     */
    void at(long bytes, long ofBytes);
}
