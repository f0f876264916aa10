package io.tideline.checkpoint;

import io.tideline.hlog.RecordLayout;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * Whether operations are let in, how far a checkpoint is, and of which version the records are that are written now: one word, so that an
 * operation that has entered the epoch learns all of it by one load, and that nothing has changed by one comparison.
 *
 * <p><b>Who writes what.</b> The gate: whoever clears or closes the store. Phase and version: the driver of the checkpoint. Everybody who was
 * inside at a change has left or looked again once an epoch has passed.
 */
public final class SystemState {
    /** How far a checkpoint is (Prasaad et al., Concurrent Prefix Recovery, SIGMOD 2019, §6, with the waiting for pending operations first). */
    public enum Phase {
        /** There is none. */
        REST,
        /** The index is being written beside operations, which take no notice. */
        INDEX,
        /**
         * Operations still belong to the old version, take care not to see what the next one wrote, and wait for the device rather than
         * leaving anything pending.
         */
        PREPARE,
        /** Operations belong to the next version and change nothing of the old one in place. */
        IN_PROGRESS,
        /** All records of the old version lie in front of a boundary and are on their way to the device. */
        WAIT_FLUSH,
        /** The same, and in front of the boundary nothing is changed in place, because it is copied aside. */
        SNAPSHOT,
        /** They are there, or aside; the manifest is being published, and the sessions are told. */
        PERSISTENCE_CALLBACK
    }

    /** Who is let in. */
    public enum Gate { OPEN, PAUSED, CLOSED }

    private static final Phase[] PHASES = Phase.values();
    private static final Gate[] GATES = Gate.values();
    private static final int PHASE_SHIFT = 2;
    private static final int VERSION_SHIFT = 8;
    /** Of a new store. Even, so that its records have the parity bit 0, like those of a store without checkpoints. */
    public static final long FIRST_VERSION = 2;

    private static final AtomicLongFieldUpdater<SystemState> WORD = AtomicLongFieldUpdater.newUpdater(SystemState.class, "word");

    /** A field of its own: each operation reads it. */
    private volatile long word;
    private volatile long cut = Long.MAX_VALUE;
    private volatile long boundary;

    public SystemState(long version) {
        word = version << VERSION_SHIFT;
    }

    /** All of it, for the static questions. Never negative. */
    public long word() {
        return word;
    }

    public static Gate gate(long word) {
        return GATES[(int) (word & (1 << PHASE_SHIFT) - 1)];
    }

    public static Phase phase(long word) {
        return PHASES[(int) (word >>> PHASE_SHIFT) & (1 << VERSION_SHIFT - PHASE_SHIFT) - 1];
    }

    /** Of records that an operation writes which is let in under this word. */
    public static long version(long word) {
        return word >>> VERSION_SHIFT;
    }

    /** The flag of records of that version. */
    public static long parity(long version) {
        return (version & 1) == 0 ? 0 : RecordLayout.PARITY;
    }

    public Gate gate() {
        return gate(word);
    }

    public Phase phase() {
        return phase(word);
    }

    public long version() {
        return version(word);
    }

    /** Whoever enters from here on meets another gate. */
    public void setGate(Gate gate) {
        WORD.updateAndGet(this, old -> old & -1L << PHASE_SHIFT | gate.ordinal());
    }

    /** Whoever enters from here on meets another phase; IN_PROGRESS begins the next version. */
    void setPhase(Phase phase) {
        WORD.updateAndGet(this, old -> {
            long version = version(old) + (phase == Phase.IN_PROGRESS ? 1 : 0);
            return version << VERSION_SHIFT | (long) phase.ordinal() << PHASE_SHIFT | gate(old).ordinal();
        });
    }

    /** A tail below which every record is of the old version; not known while there is a largest address. Read after the phase. */
    public long cut() {
        return cut;
    }

    void setCut(long address) {
        cut = address;
    }

    /** Below it nothing is changed in place in the phase {@link Phase#SNAPSHOT}. Read after the phase. */
    public long boundary() {
        return boundary;
    }

    void setBoundary(long address) {
        boundary = address;
    }
}
