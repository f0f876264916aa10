package io.tideline.core;

/**
 * One finished operation on one key, as a thread saw it.
 *
 * @param first what is written, added or expected
 * @param second what a compareAndSet writes
 * @param status how it ended
 * @param result the value that a read found or an update left; {@link #UNKNOWN} where the operation does not tell
 * @param begin a time at or before its invocation
 * @param end a time at or behind its return
 */
record HistoryEvent(Kind kind, long first, long second, Status status, long result, long begin, long end) {
    static final long UNKNOWN = Long.MIN_VALUE;

    enum Kind { GET, CONTAINS, PUT, PUT_IF_ABSENT, DELETE, UPDATE, COMPARE_AND_SET }

    @Override
    public String toString() {
        return "[%d..%d] %s(%d, %d) -> %s %s".formatted(begin, end, kind, first, second, status, result == UNKNOWN ? "" : result);
    }
}
