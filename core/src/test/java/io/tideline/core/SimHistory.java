package io.tideline.core;

import io.tideline.checkpoint.Durability;
import io.tideline.core.HistoryEvent.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What the sessions of a store did, life after life, and what they were told is durable. Times come from one clock through all lives. Each session
 * is written by who runs it; promises by anybody; deaths and recoveries by one, with nobody else there.
 */
final class SimHistory {
    /** How a life ended. */
    enum Death {
        /** The process died: what was committed for the process survives. */
        KILL(Durability.PROCESS),
        /** The power failed: only what was synced survives. */
        POWER_LOSS(Durability.DISK),
        /** The store was closed, so everything survives. */
        CLOSE(Durability.PROCESS);

        /** What a promise must have been made for. */
        private final Durability survived;

        Death(Durability survived) {
            this.survived = survived;
        }
    }

    /** What was there when a life began: of each session the operations up to a point. */
    record Beginning(long[] points, Map<SimKey, Long> contents) {
        RegisterSpec.State of(SimKey key) {
            Long value = contents.get(key);
            return value == null ? RegisterSpec.State.ABSENT : RegisterSpec.State.of(value);
        }
    }

    /**
     * That an operation, and all of its session before it, survives.
     *
     * @param source who said so, for a person to read
     */
    record Promise(int session, long serial, Durability durability, String source) {
    }

    private final int sessions;
    private final LongSupplier clock;
    /** By session; the place of an operation is its serial less one. Those of the running life, behind those that the lives before left. */
    private final List<List<SimEvent>> operations = new ArrayList<>();
    private final List<List<SimEvent>> walks = new ArrayList<>();
    /** By session: behind how many operations it was left a cookie, or was about to be. */
    private final List<List<Long>> cookies = new ArrayList<>();
    /** By session: the serials of submitted updates of which it was told that the store is closed. */
    private final List<List<Long>> dropped = new ArrayList<>();
    /** Of the lives before, as far as their points were not passed backwards; the first is of the empty store. */
    private final List<Beginning> beginnings = new ArrayList<>();
    private final List<CommitPoint> commits = new ArrayList<>();
    private final List<Promise> promises = new ArrayList<>();
    /** How the running life ended; null while it runs. */
    private Death death;

    /** @param clock never goes back; what begins at a time at which something else ended may have overlapped it */
    SimHistory(int sessions, LongSupplier clock) {
        this.sessions = sessions;
        this.clock = clock;
        for (int i = 0; i < sessions; i++) {
            operations.add(new ArrayList<>());
            walks.add(new ArrayList<>());
            cookies.add(new ArrayList<>());
            dropped.add(new ArrayList<>());
        }
        beginnings.add(new Beginning(new long[sessions], Map.of()));
    }

    int sessions() {
        return sessions;
    }

    long now() {
        return clock.getAsLong();
    }

    // --- written by sessions ---

    /** An operation begins, the next one of its session. */
    SimEvent begin(int session, long serial, SimKey key, Kind kind, long first, long second) {
        List<SimEvent> all = operations.get(session);
        if (serial != all.size() + 1) {
            throw new AssertionError("s" + session + " began its operation " + serial + " behind " + all.size() + ": one was not counted, or counted twice");
        }
        SimEvent event = new SimEvent(session, serial, false, key, kind, first, second, now());
        all.add(event);
        return event;
    }

    /** The session's latest operations from this one on never began. */
    void neverBegan(int session, long from) {
        List<SimEvent> all = operations.get(session);
        all.subList((int) Math.min(all.size(), from - 1), all.size()).clear();
    }

    /** A walk over all entries, which ends now, showed this value. */
    void walked(int session, long latestSerial, SimKey key, long value, long begin) {
        SimEvent event = new SimEvent(session, latestSerial, true, key, Kind.GET, 0, 0, begin);
        event.ended(Status.FOUND, value, now());
        walks.get(session).add(event);
    }

    /** The session is left a cookie, behind so many operations. */
    void leaves(int session, long operations) {
        cookies.get(session).add(operations);
    }

    /** A submitted update had no effect, because the store was closed: so no checkpoint may hold it. */
    void droppedByClose(int session, long serial) {
        dropped.get(session).add(serial);
    }

    /** Of those operations, which of the session this point would hold. */
    List<Long> droppedUpTo(int session, long point) {
        return dropped.get(session).stream().filter(serial -> serial <= point).toList();
    }

    /** How many operations of the session are in the history. */
    long begun(int session) {
        return operations.get(session).size();
    }

    SimEvent operation(int session, long serial) {
        return operations.get(session).get((int) serial - 1);
    }

    // --- promises ---

    /** Whoever was told that operations are durable notes it; what comes behind the death is not for this world. */
    synchronized void promised(Promise promise) {
        if (death == null) {
            promises.add(promise);
        }
    }

    /** A checkpoint was committed, and its caller told. */
    synchronized void committed(CommitPoint point) {
        if (death == null) {
            commits.add(point);
        }
    }

    synchronized List<Promise> promises() {
        return List.copyOf(promises);
    }

    synchronized List<CommitPoint> commits() {
        return List.copyOf(commits);
    }

    /** Promises that the death cannot take back. */
    List<Promise> binding() {
        return promises().stream().filter(promise -> promise.durability == Durability.DISK || death.survived == Durability.PROCESS).toList();
    }

    // --- deaths and recoveries ---

    /** The life ends: promises from here on do not count, and what is not done by then was cut off or goes on in a world that is gone. */
    synchronized void died(Death how) {
        death = how;
    }

    Death death() {
        return death;
    }

    /** A store holds this after the death; from here on the next life runs. What is behind the points never happened. */
    synchronized void recovered(long[] points, long[] cookiesKept, Map<SimKey, Long> contents) {
        for (int session = 0; session < sessions; session++) {
            long point = points[session];
            neverBegan(session, point + 1);
            walks.get(session).removeIf(walk -> !walk.isSeenWithin(point));
            long kept = cookiesKept[session];
            cookies.get(session).removeIf(left -> left > kept);
            dropped.get(session).clear();
        }
        beginnings.removeIf(beginning -> !isAtMost(beginning.points, points));
        beginnings.add(new Beginning(points.clone(), Map.copyOf(contents)));
        commits.clear();
        List<Promise> kept = binding();
        promises.clear();
        promises.addAll(kept);
        for (int session = 0; session < sessions; session++) {
            // What a power loss left is on the disk; what a kill left need not be.
            promises.add(new Promise(session, points[session], death == Death.KILL ? Durability.PROCESS : Durability.DISK, "the recovery before"));
        }
        death = null;
    }

    static boolean isAtMost(long[] points, long[] others) {
        for (int i = 0; i < points.length; i++) {
            if (points[i] > others[i]) {
                return false;
            }
        }
        return true;
    }

    // --- read by checkers ---

    /** Behind how many operations, up to so many, the session was left a cookie. */
    List<Long> left(int session, long upTo) {
        return cookies.get(session).stream().filter(at -> at <= upTo).toList();
    }

    /** The newest known contents that these points include. */
    Beginning beginningBefore(long[] points) {
        for (int i = beginnings.size() - 1; i >= 0; i--) {
            if (isAtMost(beginnings.get(i).points, points)) {
                return beginnings.get(i);
            }
        }
        throw new AssertionError("no recovery is before " + Arrays.toString(points));
    }

    /** What the running life began with. */
    Beginning beginning() {
        return beginnings.getLast();
    }

    /** The operations of a session behind one point and up to another, or the last one. */
    List<SimEvent> between(int session, long after, long upTo) {
        List<SimEvent> all = operations.get(session);
        return all.subList((int) Math.min(after, all.size()), (int) Math.min(upTo, all.size()));
    }

    /** The walks of a session in the running life, and in those before it that these points do not include. */
    List<SimEvent> walksBehind(int session, long after) {
        return walks.get(session).stream().filter(walk -> walk.serial >= after).toList();
    }

    /** Of one key: what happened behind a beginning, in the order of sessions and serials. */
    Map<SimKey, List<SimEvent>> byKey(Beginning beginning) {
        Map<SimKey, List<SimEvent>> byKey = new HashMap<>();
        for (int session = 0; session < sessions; session++) {
            long after = beginning.points[session];
            for (SimEvent event : between(session, after, Long.MAX_VALUE)) {
                byKey.computeIfAbsent(event.key, _ -> new ArrayList<>()).add(event);
            }
            for (SimEvent walk : walksBehind(session, after)) {
                byKey.computeIfAbsent(walk.key, _ -> new ArrayList<>()).add(walk);
            }
        }
        return byKey;
    }
}
