package io.tideline.epoch;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * Names who keeps the epoch from moving. A session that stays inside (blocked in a callback, parked in a batch, dead) holds back every
 * action of the store; when one has waited for longer than the threshold its holders are logged, once per stall, and kept for statistics.
 *
 * <p>Used by the {@link Housekeeper}'s thread only; {@link #lastStall()} may be read by anyone.
 */
public final class StallWatch {
    /** Long enough that no healthy operation comes near it, short enough to be read in the log of an incident. */
    public static final long THRESHOLD_NANOS = 5_000_000_000L;

    private static final Logger LOG = System.getLogger(StallWatch.class.getName());

    private final long thresholdNanos;
    private long waitingSince;
    private boolean waiting;
    private boolean reported;
    private volatile List<String> lastStall = List.of();

    StallWatch(long thresholdNanos) {
        this.thresholdNanos = thresholdNanos;
    }

    /** The owners named by the latest stall; empty if there was none. */
    public List<String> lastStall() {
        return lastStall;
    }

    /** Something ran, or nothing waits. */
    void progressed() {
        waiting = false;
        reported = false;
    }

    /** An action still waits at {@code nowNanos}. */
    void waited(long nowNanos, Epoch epoch) {
        if (!waiting) {
            waiting = true;
            waitingSince = nowNanos;
        } else if (!reported && nowNanos - waitingSince >= thresholdNanos) {
            reported = true;
            lastStall = List.copyOf(epoch.holders());
            LOG.log(Level.WARNING, "the epoch has not moved for {0} ms; inside are: {1}. Nothing may block in a batch or a callback",
                    (nowNanos - waitingSince) / 1_000_000, lastStall);
        }
    }
}
