package io.tideline.cli.stress;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What a process says of its sessions while it works, in a mapped file that survives it: how far each has begun operations, has seen them
 * end, and knows them durable. Each word has one writer at a time, and is read when that is dead, or only to be shown; an operation that follows a
 * note begins with a compare-and-set, so the note is there before.
 */
final class KillLedger {

    /** How far the process has come. */
    enum Phase { NONE, OPENING, WORKING, CLOSING, CLOSED }

    private static final int PHASE = 0;
    private static final int COMMIT = 8;
    private static final int CHECKPOINTS = 16;
    private static final int SESSIONS = 64;
    private static final int SESSION_BYTES = 64;
    private static final int ISSUED = 0;
    private static final int ACKNOWLEDGED = 8;
    private static final int DURABLE = 16;

    private final MappedByteBuffer words;

    private KillLedger(MappedByteBuffer words) {
        this.words = words;
    }

    /** Maps the file, and makes it if it is not there. */
    static KillLedger map(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MappedByteBuffer words = channel.map(FileChannel.MapMode.READ_WRITE, 0, SESSIONS + KillScript.SESSIONS * SESSION_BYTES);
            words.order(ByteOrder.nativeOrder());
            return new KillLedger(words);
        }
    }

    Phase phase() {
        return Phase.values()[(int) words.getLong(PHASE)];
    }

    void phase(Phase phase) {
        words.putLong(PHASE, phase.ordinal());
    }

    /** The newest checkpoint that was acknowledged; 0 before the first. */
    long commit() {
        return words.getLong(COMMIT);
    }

    void commit(long number) {
        words.putLong(COMMIT, number);
    }

    /** How many were acknowledged in all lives. */
    long checkpoints() {
        return words.getLong(CHECKPOINTS);
    }

    void countCheckpoint() {
        words.putLong(CHECKPOINTS, checkpoints() + 1);
    }

    private static int at(int session, int word) {
        return SESSIONS + session * SESSION_BYTES + word;
    }

    /** The last operation that may have begun. */
    long issued(int session) {
        return words.getLong(at(session, ISSUED));
    }

    void issued(int session, long serial) {
        words.putLong(at(session, ISSUED), serial);
    }

    /** The last operation that has ended, or was submitted. */
    long acknowledged(int session) {
        return words.getLong(at(session, ACKNOWLEDGED));
    }

    void acknowledged(int session, long serial) {
        words.putLong(at(session, ACKNOWLEDGED), serial);
    }

    /** The last operation that a checkpoint holds. */
    long durable(int session) {
        return words.getLong(at(session, DURABLE));
    }

    void durable(int session, long serial) {
        words.putLong(at(session, DURABLE), serial);
    }
}
