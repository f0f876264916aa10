package io.tideline.cli.count;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** The threads that count, and the first thing that goes wrong in any of them or around them, which ends all. */
final class Crew {

    /** What each of them does. */
    @FunctionalInterface
    interface Work {

        void run() throws Exception;
    }

    /** Ends a thread whose work is of no use any more, because another one failed. */
    static final class Abandoned extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Abandoned() {
            super("another thread failed first", null, false, false);
        }
    }

    /** How long threads that were told to stop may take; one that waits for the standard input may never hear of it. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(1);

    private final int threads;
    private final CountDownLatch running;
    private final List<Thread> members = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    Crew(int threads) {
        this.threads = threads;
        this.running = new CountDownLatch(threads);
    }

    void start(Work work) {
        for (int i = 0; i < threads; i++) {
            members.add(Thread.ofPlatform().daemon().name("count-" + i).start(() -> run(work)));
        }
    }

    private void run(Work work) {
        try {
            work.run();
        } catch (Throwable wrong) {
            fail(wrong);
        } finally {
            running.countDown();
        }
    }

    void fail(Throwable wrong) {
        failure.compareAndSet(null, wrong);
    }

    boolean hasFailed() {
        return failure.get() != null;
    }

    /** Whether all of them have ended within that time. */
    boolean await(long millis) {
        try {
            return running.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException unexpected) {
            throw new IllegalStateException("the thread that hands out the work was interrupted", unexpected);
        }
    }

    /** Waits for the others after a failure, which they see at their next piece; those that wait for bytes are woken. */
    void stop() {
        if (!await(STOP_PATIENCE.toMillis())) {
            members.forEach(Thread::interrupt);
        }
    }

    /** Throws what went wrong first. */
    void rethrow() {
        switch (failure.get()) {
            case RuntimeException fault -> throw fault;
            case Error error -> throw error;
            case Throwable other -> throw new IllegalStateException(other);
        }
    }
}
