package io.tideline.epoch;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * Names who keeps the epoch from moving. A session that stays inside (blocked in a callback, parked in a batch, dead) holds back every
 * action of the store; when the oldest one has waited for longer than the threshold its holders are logged, once per stall, and kept for
 * statistics. That actions come and go elsewhere is no stall: the oldest one changes.
 *
 * <p>Used by the {@link Housekeeper}'s thread only; {@link #lastStall()} may be read by anyone.
 */
public final class StallWatch {
    /** Long enough that no healthy operation comes near it, short enough to be read in the log of an incident. */
    public static final long THRESHOLD_NANOS = 5_000_000_000L;

    /** No epoch: they begin at 1. */
    private static final long NOTHING = 0;

    static final String RUNNING_ACTION = "an epoch action that does not return";

    private static final Logger LOG = System.getLogger(StallWatch.class.getName());

    private final long thresholdNanos;
    private long waitingSince;
    /** The epoch that the oldest action waits for, {@link #NOTHING} while none does. */
    private long waitingFor = NOTHING;
    private boolean reported;
    private volatile List<String> lastStall = List.of();

    StallWatch(long thresholdNanos) {
        this.thresholdNanos = thresholdNanos;
    }

    /** The owners named by the latest stall, or an action that did not return; empty if there was none. */
    public List<String> lastStall() {
        return lastStall;
    }

    /** Something ran, or nothing waits. */
    void progressed() {
        waitingFor = NOTHING;
        reported = false;
    }

    /** An action still waits at {@code nowNanos}. */
    void waited(long nowNanos, Epoch epoch) {
        long oldest = epoch.oldestPending();
        if (oldest != waitingFor) {
            waitingFor = oldest;
            waitingSince = nowNanos;
            reported = false;
        } else if (!reported && nowNanos - waitingSince >= thresholdNanos) {
            reported = true;
            List<String> holders = epoch.holders();
            // Nobody holds it back, yet it counts as pending: it was taken out and has not come back.
            lastStall = holders.isEmpty() ? List.of(RUNNING_ACTION) : List.copyOf(holders);
            LOG.log(Level.WARNING, "the epoch has not moved for {0} ms; inside are: {1}. Nothing may block in a batch or a callback; sessions of"
                    + " threads that died there are closed by Store.reapSessions",
                    (nowNanos - waitingSince) / 1_000_000, lastStall);
        }
    }
}
