package io.tideline.core;

import io.tideline.core.HistoryEvent.Kind;

/**
 * An operation of one session on one key as the session saw it, from its begin on. Also a read that is no operation of the session: of a walk over
 * all entries. Written by who runs the session; by others only read, later.
 */
final class SimEvent {
    /** How it ended, as far as the session saw. */
    enum Fate {
        /** Not: it runs or waits, or the crash cut it off. */
        OPEN,
        ENDED,
        /** By a fault, so nothing was changed. */
        REFUSED,
        /** By a fault of its group: nobody told whether it is the member that was refused, or the last one before it. */
        IN_DOUBT
    }

    final int session;
    /** Its number; of a read of a walk, that of the session's latest operation when the walk ended. */
    final long serial;
    final boolean isOfWalk;
    final SimKey key;
    final Kind kind;
    final long first;
    final long second;
    final long begin;
    private Fate fate = Fate.OPEN;
    /** Null where nobody told. */
    private Status status;
    private long result = HistoryEvent.UNKNOWN;
    private long end = HistoryEvent.NEVER;
    /** Of a read that was pending: the session's latest operation when it was told what was read. */
    private long toldAt = HistoryEvent.NEVER;
    private boolean isPending;

    SimEvent(int session, long serial, boolean isOfWalk, SimKey key, Kind kind, long first, long second, long begin) {
        this.session = session;
        this.serial = serial;
        this.isOfWalk = isOfWalk;
        this.key = key;
        this.kind = kind;
        this.first = first;
        this.second = second;
        this.begin = begin;
    }

    /** It waits for the device. */
    void pends() {
        isPending = fate == Fate.OPEN;
    }

    /**
     * @param endStatus null if the session was not told
     * @param endResult what a read found, an update left, or another write replaced; {@link HistoryEvent#UNKNOWN} if the session was not told
     */
    void ended(Status endStatus, long endResult, long endTime) {
        if (fate != Fate.OPEN) {
            throw new AssertionError(this + " ended twice");
        }
        fate = Fate.ENDED;
        status = endStatus;
        result = endResult;
        end = endTime;
    }

    /** The same for one that was pending, told when the session had begun that many operations. */
    void ended(Status endStatus, long endResult, long endTime, long latestSerial) {
        ended(endStatus, endResult, endTime);
        toldAt = latestSerial;
    }

    void refused(Fate how, long endTime) {
        fate = how;
        end = endTime;
    }

    Fate fate() {
        return fate;
    }

    long result() {
        return result;
    }

    long end() {
        return end;
    }

    /** Whether it said that it changed something. */
    boolean hasChanged() {
        return status != null && status.isChange();
    }

    /** Whether it may have changed or read something. */
    boolean mayHaveHappened() {
        return fate == Fate.OPEN || fate == Fate.ENDED;
    }

    /** Whether it read the key without being bound to its place among the session's operations. */
    boolean isLooseRead() {
        return isOfWalk || isPending && kind == Kind.GET;
    }

    /**
     * Whether a recovery that keeps the session's operations up to {@code point} keeps what this one saw. Reads that were pending are told apart, as
     * decision 015 says: one of a serial within the prefix may have read behind the cut, and then whatever its session did with that is behind the cut
     * too. So it counts only once an operation is within the prefix that began after the read was told. The same goes for walks.
     */
    boolean isSeenWithin(long point) {
        if (isLooseRead()) {
            return fate == Fate.ENDED && (isOfWalk ? serial : toldAt) < point;
        }
        return serial <= point;
    }

    /**
     * The event as the checker of one key takes it.
     *
     * @param openEnd the end of one that did not end: {@link HistoryEvent#NEVER} where it may not have happened, a time where it has
     */
    HistoryEvent seen(long openEnd) {
        return new HistoryEvent(kind, first, second, status, result, begin, fate == Fate.OPEN ? openEnd : end, this);
    }

    String who() {
        return isOfWalk ? "a walk of s" + session + " behind its " + serial : "(s" + session + ", " + serial + ")";
    }

    @Override
    public String toString() {
        return who() + (isPending ? " pending" : "") + (fate == Fate.ENDED ? "" : " " + fate);
    }

    /** Operation, key and outcome, for a person to read. */
    String describe() {
        return this + " on " + key + ": " + seen(HistoryEvent.NEVER).what();
    }
}
