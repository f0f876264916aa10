package io.tideline.epoch;

import io.tideline.memory.Waits;

/** A clock that moves by what is waited: a nanosecond a pause, whatever the wall clock says. Of one thread. */
final class ManualWaits implements Waits {
    long now = Long.MAX_VALUE - 10; // any origin, so one that overflows
    int pauses;
    Runnable onPause = () -> { };

    @Override
    public void spin() {
        now++;
    }

    @Override
    public void pause(int attempt) {
        now++;
        pauses++;
        onPause.run();
    }

    @Override
    public long nanoTime() {
        return now;
    }
}
