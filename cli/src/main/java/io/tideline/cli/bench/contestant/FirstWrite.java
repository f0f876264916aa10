package io.tideline.cli.bench.contestant;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks, beside the loading, for the moment from which on a store has written to its disk. Until then the pages in memory take all, and the disk has nothing to do; from
 * then on it has to keep pace.
 */
final class FirstWrite {

    private static final long LOOK_NANOS = Duration.ofMillis(1).toNanos();

    private final Subject subject;
    private final Thread thread;
    private volatile boolean isOver;
    private volatile Moment moment;

    /** Looks from now on, if the subject counts what it writes. */
    FirstWrite(Subject subject) {
        this.subject = subject;
        this.isOver = subject.deviceCounts().isEmpty();
        this.thread = Thread.ofPlatform().daemon().name("first-write").start(this::look);
    }

    /**
     * When it was seen.
     *
     * @param nanoTime by {@link System#nanoTime}
     * @param writtenBytes how much was on disk by then
     */
    record Moment(long nanoTime, long writtenBytes) {
    }

    /** Empty as long as nothing is known to be on disk. */
    Optional<Moment> moment() {
        return Optional.ofNullable(moment);
    }

    private void look() {
        while (!isOver && moment == null) {
            long now = System.nanoTime(); // in front of the count, because it would be in favour of the store behind it
            long writtenBytes = subject.deviceCounts().orElseThrow().writtenBytes();
            if (writtenBytes > 0) {
                moment = new Moment(now, writtenBytes);
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** Behind it nobody asks the subject. */
    void stop() throws InterruptedException {
        isOver = true;
        thread.join();
    }
}
