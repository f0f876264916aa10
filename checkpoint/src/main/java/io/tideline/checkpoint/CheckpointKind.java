package io.tideline.checkpoint;

/** Which parts of a store a checkpoint wrote. */
public enum CheckpointKind {
    /** An image of the index, and the log. */
    FULL(1),
    /** An image of the index alone: what is recovered is still the log of an earlier checkpoint. */
    INDEX_ONLY(2),
    /** The log alone: it is replayed from the newest image of the index on. */
    LOG_ONLY(3);

    /** What stands for it in a file. */
    final int code;

    CheckpointKind(int code) {
        this.code = code;
    }

    static CheckpointKind of(long code) {
        return values()[(int) code - 1];
    }
}
