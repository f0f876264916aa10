package io.tideline.core;

/**
 * One operation on one key, as a thread saw it.
 *
 * @param first what is written, added or expected
 * @param second what a compareAndSet writes
 * @param status how it ended; null where that is not known
 * @param result the value that a read found, an update left or another write replaced; {@link #UNKNOWN} where the operation does not tell
 * @param begin a time at or before its invocation
 * @param end a time at or behind its return; {@link #NEVER} where it did not return, and may not have happened at all
 * @param by who did it, for a person to read; null where nobody asks
 */
record HistoryEvent(Kind kind, long first, long second, Status status, long result, long begin, long end, Object by) {
    static final long UNKNOWN = Long.MIN_VALUE;
    static final long NEVER = Long.MAX_VALUE;

    enum Kind { GET, CONTAINS, PUT, PUT_IF_ABSENT, DELETE, UPDATE, COMPARE_AND_SET }

    HistoryEvent(Kind kind, long first, long second, Status status, long result, long begin, long end) {
        this(kind, first, second, status, result, begin, end, null);
    }

    /** Whether both are blind writes of one session, this one the later, and the other one happened for sure. */
    boolean mustFollow(HistoryEvent other) {
        return kind == Kind.PUT && other.kind == Kind.PUT && other.end != NEVER && by instanceof SimEvent mine && other.by instanceof SimEvent theirs
                && mine.session == theirs.session && mine.serial > theirs.serial;
    }

    /** The operation and its outcome, without its times. */
    String what() {
        return "%s(%d, %d) -> %s%s".formatted(kind, first, second, status == null ? "not told" : status, result == UNKNOWN ? "" : " " + result);
    }

    @Override
    public String toString() {
        return "[%d..%s] %s%s".formatted(begin, end == NEVER ? "" : end, by == null ? "" : by + " ", what());
    }
}
