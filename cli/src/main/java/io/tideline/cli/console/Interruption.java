package io.tideline.cli.console;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Ctrl-C, as the commands see it: a request to stop that long work looks at often, and a border between runs that end without a result
 * and runs whose result is out.
 *
 * <p>The result of a run (its output and its JSON file) is published in one piece by {@link #publish}. A request that comes before it
 * makes sure that nothing is published at all; one that comes during it waits until it is complete; one that comes later changes nothing.
 */
public final class Interruption {

    /** What is thrown through a command that was stopped; {@code Main} turns it into {@link ExitCode#INTERRUPTED}. */
    public static final class Stopped extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private Stopped() {
            super("stopped before the end", null, false, false);
        }
    }

    private static final int PATIENCE_SECONDS = 2;
    /** How long a run that was asked to stop may take to clean up after itself. */
    private static final int CLEAN_UP_SECONDS = 10;

    private final ReentrantLock border = new ReentrantLock();
    private final PrintStream errors;
    private Runnable beforeMessage = () -> { };
    private final CountDownLatch over = new CountDownLatch(1);
    private boolean published;
    private volatile boolean requested;
    private volatile Runnable cleanUp;

    public Interruption(PrintStream errors) {
        this.errors = errors;
    }

    /**
     * Asks the run to stop and tells the user so, unless its result is already out. Called from the shutdown hook, so it returns within
     * seconds even if nobody takes the output that is being published.
     */
    public void request() {
        boolean outsideOfPublication;
        try {
            outsideOfPublication = border.tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException unexpected) {
            Thread.currentThread().interrupt();
            return;
        }
        if (!outsideOfPublication) {
            return;
        }
        try {
            if (!published && !requested) {
                requested = true;
                beforeMessage.run();
                errors.println("tideline: interrupted before the end, so there is no result.");
                errors.flush();
            }
        } finally {
            border.unlock();
        }
    }

    /** Says what must be done before the process ends, if the run does not come to do it itself. */
    public void cleanUp(Runnable action) {
        cleanUp = action;
    }

    /**
     * Gives a run that must clean up some time to come to its end, and cleans up where it does not. Called from the shutdown hook; a run that
     * leaves nothing behind is not waited for.
     */
    public void awaitCleanUp() {
        Runnable action = cleanUp;
        if (action == null) {
            return;
        }
        try {
            if (!over.await(CLEAN_UP_SECONDS, TimeUnit.SECONDS)) {
                action.run();
            }
        } catch (InterruptedException unexpected) {
            Thread.currentThread().interrupt();
            action.run();
        }
    }

    /** Whether the run was asked to stop. */
    public boolean isRequested() {
        return requested;
    }

    /** Ends the caller's work with {@link Stopped} if the run was asked to stop. */
    public void check() {
        if (requested) {
            throw new Stopped();
        }
    }

    /** Runs {@code action}, which must be short, before the message of a request: it leaves the cursor at the start of a line. */
    public void beforeMessage(Runnable action) {
        border.lock();
        try {
            beforeMessage = action;
        } finally {
            border.unlock();
        }
    }

    /** Makes the result of the run public, all of it or, if the run was asked to stop before, nothing ({@link Stopped}). */
    public void publish(Runnable result) {
        border.lock();
        try {
            check();
            result.run();
            published = true;
        } finally {
            border.unlock();
        }
    }

    /** Says that the run is over, whatever its end: a later request is silent. */
    public void runIsOver() {
        over.countDown();
        border.lock();
        try {
            published = true;
        } finally {
            border.unlock();
        }
    }
}
