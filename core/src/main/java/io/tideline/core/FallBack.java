package io.tideline.core;

import io.tideline.checkpoint.LostGeneration;
import io.tideline.checkpoint.Manifest;
import io.tideline.fault.CorruptionFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The attempts of one opening: where the caller allows it, a checkpoint that turns out to be damaged is passed over, and the next attempt takes
 * an older one. It never ends in an empty store: where all are damaged, the opening fails.
 */
final class FallBack {
    private final boolean isAllowed;
    private final List<LostGeneration> lost = new ArrayList<>();
    /** What the attempt that runs has taken; null while it has found none. */
    private Manifest taken;

    FallBack(boolean isAllowed) {
        this.isAllowed = isAllowed;
    }

    /** Those that attempts passed over because something that they name is damaged. */
    List<LostGeneration> lost() {
        return lost;
    }

    /** The running attempt recovers to this manifest. */
    void takes(Optional<Manifest> newest) {
        taken = newest.orElse(null);
    }

    /** A checkpoint whose manifest is gone; the attempts to come pass it over as the running one does. */
    LostGeneration passOverGone(long generation, CorruptionFault damage) {
        LostGeneration gone = LostGeneration.unreadable(generation, damage);
        lost.add(gone);
        return gone;
    }

    /** The running attempt ended, and changed nothing. Returns if there is to be another one. */
    void passOver(CorruptionFault damage) {
        if (!isAllowed || taken == null) {
            throw damage;
        }
        lost.add(LostGeneration.of(taken, damage));
        taken = null;
    }
}
