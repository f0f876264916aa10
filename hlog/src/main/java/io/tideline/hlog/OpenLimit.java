package io.tideline.hlog;

import java.util.function.LongSupplier;

/**
 * How many segment files may be open at once: as many as configured, or fewer where the process may not open as many. All of a log together take half of what
 * is left at most: checkpoints, sockets and the JVM, which loads its classes from files, need the same descriptors, and who asks for one more than there are
 * is refused, whoever took them.
 *
 * <p>Thread-safe. Two that change it at once may leave what either of them says: the next refusal, or the next look, sets it right.
 */
final class OpenLimit {
    /** A limit below the configured one is looked at again after so many openings: next to those, a look costs nothing. */
    static final int OPENINGS_UNTIL_LOOK = 1024;

    private final int configured;
    private final LongSupplier room;
    private final int shares;
    private volatile int most;
    /** Since the last look or refusal. */
    private volatile int openings;

    /**
     * @param room how many more files the process may open
     * @param shares among how many of these the log's half is divided
     */
    OpenLimit(int configured, LongSupplier room, int shares) {
        this.configured = configured;
        this.room = room;
        this.shares = shares;
        this.most = fitting(0);
    }

    private int fitting(int open) {
        return Math.clamp(room.getAsLong() / 2 / shares + open / 2, 1, configured);
    }

    /** At least 1. */
    int most() {
        return most;
    }

    /** A file was opened. One thread at a time. */
    void opened(int open) {
        if (most == configured) {
            return;
        }
        openings = openings + 1;
        if (openings >= OPENINGS_UNTIL_LOOK) {
            openings = 0;
            most = fitting(open);
        }
    }

    /**
     * The process could open no more.
     *
     * @return whether that is a lower limit than before
     */
    boolean lower(int to) {
        int before = most;
        most = Math.clamp(to, 1, before);
        openings = 0;
        return most < before;
    }
}
