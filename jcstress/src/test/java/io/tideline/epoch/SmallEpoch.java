package io.tideline.epoch;

import io.tideline.memory.Waits;

/** An epoch of few slots, cheap enough for one to each state. */
public final class SmallEpoch {
    private static final int SLOTS = 2;
    private static final int ACTIONS = 8;

    private SmallEpoch() {
    }

    public static Epoch make() {
        return new Epoch(Waits.SYSTEM, SLOTS, ACTIONS);
    }
}
