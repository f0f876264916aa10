package io.tideline.core;

import static io.tideline.hlog.RecordLayout.LINK_OFFSET;

import io.tideline.checkpoint.SystemState;
import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.RecordLayout;
import io.tideline.memory.Probe;
import io.tideline.memory.Words;

/**
 * The only place where an operation meets the phase of a checkpoint (Prasaad et al., Concurrent Prefix Recovery, SIGMOD 2019, §6). In
 * REST there is nothing to meet: what a session keeps for the purpose says so, and the operations' short paths compare with that.
 *
 * <p>A record is of the next version exactly if its address is at or above the cut and its parity is that version's: nothing else in the log
 * looks like that, because the version before the old one, which has the same parity, ended below the cut.
 *
 * <p><b>The old version never builds on the next.</b> An operation that finds a record of the next version at the head of its chain has not
 * changed anything yet; it starts over, and because whoever wrote that record had seen the next version begin, so does it. So in every chain
 * all records of the next version stand above all others, and a recovery that ignores them cuts nothing else off.
 *
 * <p><b>The next version never changes the old one.</b> It replaces its records as if they were read-only: seals, copies, publishes. Behind the
 * cut that goes on until the old one is safe: because it is read-only, or, while it is copied aside, because nobody changes anything below its end.
 */
final class CprGate {
    private CprGate() {
    }

    /** The session, inside the epoch, looks at a state that it has not seen: from here on it works by that. */
    static void meet(Session session, long word) {
        long version = SystemState.version(word);
        Phase phase = SystemState.phase(word);
        session.moveTo(version);
        session.parity = SystemState.parity(version);
        session.isCareful = phase == Phase.PREPARE;
        session.isCutting = phase == Phase.IN_PROGRESS;
        session.isFrozen = phase == Phase.SNAPSHOT;
        session.inPlaceFrom = switch (phase) {
            case PREPARE, IN_PROGRESS -> Long.MAX_VALUE; // the short paths look at no version
            case SNAPSHOT -> session.kernel.state.boundary();
            case WAIT_FLUSH, PERSISTENCE_CALLBACK, REST, INDEX -> 0; // what must not change is read-only
        };
        if (session.isCareful) {
            Probe.at("gate.prepared");
        }
    }

    /** Whether the operation, of the old version, has met the next one: then it starts over. */
    static boolean isOvertaken(Session session, long newest) {
        HybridLog log = session.log;
        return session.isCareful && newest >= session.kernel.state.cut()
                && (Words.getAcquire(log.physical(newest) + LINK_OFFSET) & RecordLayout.PARITY) != session.parity;
    }

    /** Where a chain begins as the session may see it: waits, outside, while that is what the next version wrote. */
    static long awaitNewest(Session session, long hash, long seen) {
        long newest = seen;
        for (int attempt = 0; isOvertaken(session, newest); attempt++) {
            session.startOver(attempt);
            newest = session.index.find(hash);
        }
        return newest;
    }

    /** Whether a record that is not read-only may be changed in place by what the session knows of versions. */
    static boolean mayChange(Session session, long address, long link) {
        if (session.isFrozen) {
            return address >= session.inPlaceFrom;
        }
        return !session.isCutting || address >= session.kernel.state.cut() && (link & RecordLayout.PARITY) == session.parity;
    }
}
