package io.tideline.checkpoint;

import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.hlog.HybridLog;
import io.tideline.memory.Probe;
import java.util.List;

/**
 * The step that tells the operations of the old version from those of the next (Prasaad et al., SIGMOD 2019, §6). Pending operations of the
 * old version take effect first, in PREPARE, whoever submitted them; then the tail becomes the cut, the next version begins, and each session
 * is moved into it: by itself when it enters next, or from here if nobody is inside it.
 */
public final class VersionCut implements Step {
    /** Who operates on the store. */
    public interface Sessions {
        /** Brings every pending operation to its effect; returns when none is left. No new ones come meanwhile. */
        void drainPending();

        /** Waits until every session is of that version, moves those that nobody is inside, and says how far the named ones were before. */
        List<SessionPoint> moveTo(long version);
    }

    private final SystemState state;
    private final HybridLog log;
    private final Sessions sessions;
    private List<SessionPoint> points = List.of();

    public VersionCut(SystemState state, HybridLog log, Sessions sessions) {
        this.state = state;
        this.log = log;
        this.sessions = sessions;
    }

    @Override
    public void before(Phase phase) {
        if (phase == Phase.PREPARE) {
            state.setCut(Long.MAX_VALUE);
        } else if (phase == Phase.IN_PROGRESS) {
            state.setCut(log.tail());
        }
    }

    @Override
    public void in(Phase phase) {
        if (phase == Phase.PREPARE) {
            sessions.drainPending();
        } else if (phase == Phase.IN_PROGRESS) {
            points = sessions.moveTo(state.version());
            Probe.at("cut.passed");
        }
    }

    /** Records below it are of the old version; from there on their parity tells. */
    public long address() {
        return state.cut();
    }

    /** How far each named session's operations belong to the checkpoint. */
    public List<SessionPoint> points() {
        return points;
    }
}
