package io.tideline.checkpoint;

import io.tideline.checkpoint.SystemState.Phase;

/** Moves a system state as the driver of a checkpoint does, without the rest of a checkpoint. */
public final class Phases {
    private Phases() {
    }

    /** The old version learns that the next one is about to begin. */
    public static void prepare(SystemState state) {
        state.setCut(Long.MAX_VALUE);
        state.setPhase(Phase.PREPARE);
    }

    /** The next version begins, with its records at or above {@code tail}. */
    public static void begin(SystemState state, long tail) {
        state.setCut(tail);
        state.setPhase(Phase.IN_PROGRESS);
    }

    /** The checkpoint is over. */
    public static void rest(SystemState state) {
        state.setPhase(Phase.REST);
    }
}
