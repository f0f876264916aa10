package io.tideline.core;

import io.tideline.hlog.HybridLog;

/**
 * What the running operation of a session needs before it can go on: a record that has left the memory, room at the tail, or room in a buffer.
 * An attempt says what it lacks and ends; then it is waited for outside the epoch, or left to a {@link PendingRing}, and the operation begins
 * anew. Owned by the session.
 */
final class Needs {
    private final Session session;
    private final HybridLog log;
    private final Throttle throttle;
    /** What the device said about the running operation's key; null until one meets the device. */
    DiskLookup lookup;
    private long diskAddress;
    private long diskEnd;
    private boolean logRoom;
    private Scratch lacking;
    private int lackingBytes;

    Needs(Session session, Throttle throttle) {
        this.session = session;
        this.log = session.log;
        this.throttle = throttle;
    }

    /** An operation begins that may meet the device. */
    void forgetDisk() {
        if (lookup != null) {
            lookup.forget();
        }
    }

    /** The running operation needs the key's chain from this address on, which is on the device. Always null, for "start over". */
    Status disk(long address) {
        return disk(address, Long.MAX_VALUE);
    }

    /** The same, where only what stands below {@code end} counts. */
    Status disk(long address, long end) {
        diskAddress = address;
        diskEnd = end;
        return null;
    }

    /** The running operation needs room at the tail that the device has not made yet. */
    void logRoom() {
        logRoom = true;
    }

    /** The running operation needs room in one of the session's buffers. */
    void room(Scratch scratch, int bytes) {
        lacking = scratch;
        lackingBytes = bytes;
    }

    /** Whether the attempt that ended waits for a record on the device. */
    boolean isDisk() {
        return diskAddress != 0;
    }

    /** Whether it waits for the device, to read or to write. */
    boolean isDevice() {
        return diskAddress != 0 || logRoom;
    }

    /** Leaves the epoch with all batches of this thread and waits for the device; whoever called looks at the gate next. */
    void awaitDevice() {
        session.stepOutsideWithBatches();
        try {
            if (diskAddress != 0) {
                readDisk();
            } else {
                throttle.awaitRoom(session.passesGate());
            }
        } finally {
            diskAddress = 0;
            logRoom = false;
            session.stepInsideWithBatches();
        }
    }

    private void readDisk() {
        if (lookup == null) {
            lookup = new DiskLookup(log, session.waits, session.key, session.kernel.readBufferBytes);
        }
        lookup.run(diskAddress, diskEnd);
        session.countLookup(lookup);
        lookup.requireRead();
    }

    /** Where the running operation's chain goes on on the device: somebody else looks there, so it is not needed any more. */
    long takeDiskAddress() {
        long address = diskAddress;
        diskAddress = 0;
        return address;
    }

    /** Below which what stands there counts; see {@link #takeDiskAddress}. */
    long diskEnd() {
        return diskEnd;
    }

    /** Makes the room that a buffer lacks, outside the epoch; false if that is not what was needed. */
    boolean makeRoom() {
        if (lacking == null) {
            return false;
        }
        Scratch growing = lacking;
        lacking = null;
        growing.ensure(lackingBytes);
        return true;
    }

    /** Gives the buffers back. */
    void close() {
        if (lookup != null) {
            lookup.close();
        }
    }
}
