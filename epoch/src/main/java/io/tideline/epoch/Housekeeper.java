package io.tideline.epoch;

import io.tideline.memory.Waits;

/**
 * The thread that makes sure registered actions run, whoever sleeps: it looks again with back-off until the list is empty, and parks
 * while there is nothing to do. It feeds the {@link StallWatch}.
 */
public final class Housekeeper implements AutoCloseable {
    private final Epoch epoch;
    private final Waits waits;
    private final StallWatch stallWatch;
    /** Null where nobody keeps house. */
    private final Thread thread;
    private volatile boolean closed;

    public Housekeeper(Epoch epoch, Waits waits) {
        this(epoch, waits, StallWatch.THRESHOLD_NANOS);
    }

    Housekeeper(Epoch epoch, Waits waits, long stallThresholdNanos) {
        this(epoch, waits, stallThresholdNanos, true);
        epoch.onPending(() -> waits.wake(thread));
        waits.start(thread);
    }

    private Housekeeper(Epoch epoch, Waits waits, long stallThresholdNanos, boolean hasThread) {
        this.epoch = epoch;
        this.waits = waits;
        this.stallWatch = new StallWatch(stallThresholdNanos);
        this.thread = hasThread ? waits.thread("tideline-housekeeper", this::run) : null;
    }

    /** One that does nothing, for model checkers, which steer every thread themselves: an action runs when somebody leaves or waits for it. */
    public static Housekeeper withoutThread(Epoch epoch, Waits waits) {
        return new Housekeeper(epoch, waits, StallWatch.THRESHOLD_NANOS, false);
    }

    public StallWatch stallWatch() {
        return stallWatch;
    }

    private void run() {
        int attempt = 0;
        while (!closed) {
            Thread.interrupted(); // nobody has a reason to interrupt this thread, and while interrupted it could not pause
            if (!epoch.isPending()) {
                stallWatch.progressed();
                attempt = 0;
                waits.await(() -> closed || epoch.isPending());
            } else if (epoch.drain() > 0) {
                stallWatch.progressed();
                attempt = 0;
            } else {
                stallWatch.waited(waits.nanoTime(), epoch);
                waits.pause(attempt++);
            }
        }
    }

    /** Stops the thread and waits for its end; actions still registered stay so. */
    @Override
    public void close() {
        closed = true;
        if (thread == null) {
            return;
        }
        waits.wake(thread);
        waits.join(thread);
    }
}
