package io.tideline.cli.count;

import io.tideline.core.Completion;
import io.tideline.core.Status;
import io.tideline.core.ValueView;

/**
 * A fixed part of the input, whose tokens are the operations of one named session, in their order: so the session's serial is how many of
 * them are counted. It is worked at by one thread at a time.
 *
 * <p>An operation that fails is one all the same. From the first of those on the serial says too much; see {@link #firstLost}.
 */
final class Lane implements Completion {

    private static final String NAME = "lane ";

    private final String name;
    private final long resumedFrom;
    private long unskipped;
    private volatile long firstLost = Long.MAX_VALUE;

    /** @param resumedFrom how many tokens an earlier run counted */
    Lane(int number, long resumedFrom) {
        this.name = name(number);
        this.resumedFrom = resumedFrom;
        this.unskipped = resumedFrom;
    }

    /** What the session of a lane is called. */
    static String name(int number) {
        return NAME + number;
    }

    String name() {
        return name;
    }

    long resumedFrom() {
        return resumedFrom;
    }

    /** Passes the next token if an earlier run counted it. */
    boolean skip() {
        if (unskipped == 0) {
            return false;
        }
        unskipped--;
        return true;
    }

    /** How many tokens of an earlier run were not met again. */
    long unskipped() {
        return unskipped;
    }

    @Override
    public void completed(long serial, Status status, ValueView value) {
        // the count is updated, and nobody waits for that
    }

    @Override
    public void failed(long serial, Throwable thrown) {
        lose(serial);
        Completion.super.failed(serial, thrown);
    }

    /** The operation of that serial was not done. */
    void lose(long serial) {
        firstLost = Math.min(firstLost, serial); // one thread at a time
    }

    /** The first serial whose token is not counted though the session has gone on; {@link Long#MAX_VALUE} if there is none. */
    long firstLost() {
        return firstLost;
    }
}
