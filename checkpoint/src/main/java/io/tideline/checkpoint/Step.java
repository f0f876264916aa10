package io.tideline.checkpoint;

import io.tideline.checkpoint.SystemState.Phase;

/** What one concern does in the phases of a checkpoint. All of it runs on the driver's thread, outside the epoch, and may wait. */
public interface Step {
    /** Called just before a phase is published. */
    default void before(Phase phase) {
    }

    /** Called when everybody who is inside the epoch knows the phase. */
    default void in(Phase phase) {
    }

    /** Called when the checkpoint came to nothing, after operations were told: removes what was written for it. */
    default void failed() {
    }
}
