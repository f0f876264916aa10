package io.tideline.hlog.device;

/** What a step of a {@link SimulatedDisk} is, as far as faults care. */
public enum Io {
    READ, WRITE, SYNC, CREATE, OPEN, TRUNCATE, LIST, RENAME, DELETE, SYNC_DIRECTORY;

    /** Whether it is asked for by an {@link IoRequest}, and so ends in a completion. */
    boolean isTransfer() {
        return this == READ || this == WRITE || this == SYNC;
    }
}
