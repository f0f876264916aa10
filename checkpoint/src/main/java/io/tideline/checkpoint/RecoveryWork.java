package io.tideline.checkpoint;

/**
 * What an opening had to read to have the index again, and how long that took; all zero where there was nothing.
 *
 * @param imageBytes of the image of the index; 0 where none was of use
 * @param imageNanos reading, checking and placing it, or finding that it is of no use
 * @param replayedBytes of the log, from where the image left it to where the newest checkpoint ends
 * @param replayNanos reading, checking and entering what they hold, before and behind the image; what was done beside it is in that one's
 */
public record RecoveryWork(long imageBytes, long imageNanos, long replayedBytes, long replayNanos) {
    /** Of an opening that had nothing to read. */
    public static final RecoveryWork NONE = new RecoveryWork(0, 0, 0, 0);

    /** Bytes that were read. */
    public long bytes() {
        return imageBytes + replayedBytes;
    }

    /** The time that took. */
    public long nanos() {
        return imageNanos + replayNanos;
    }
}
