package io.tideline.cli.count;

import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.ProgressBar;
import io.tideline.core.Session;
import io.tideline.core.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts all inputs into a store from several threads. The caller's thread hands out the units through a bounded queue and shows the
 * progress; each counting thread takes units until it meets the end. The first thing that goes wrong anywhere ends all of them.
 */
final class Counting {

    /** Ends a thread whose work is of no use any more, because another one failed. */
    static final class Abandoned extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Abandoned() {
            super("another thread failed first", null, false, false);
        }
    }

    /** The slices of a large plain file: enough of them for all threads, each long enough that its border costs nothing. */
    static final long SLICE_BYTES = 4L << 20;

    private static final int QUEUE_UNITS = 256;
    private static final long SHOW_MILLIS = 100;
    /** How long threads that were told to stop may take; one that waits for the standard input may never hear of it. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(1);
    private static final InputUnit END = (reader, sizeDone) -> { };

    private final Store store;
    private final Inputs inputs;
    private final int threads;
    private final int gramLength;
    private final int keyLimitBytes;
    private final long sliceBytes;
    private final Interruption interruption;
    private final ProgressBar bar;
    private final BlockingQueue<InputUnit> queue;
    private final CountDownLatch running;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final LongAdder sizeDone = new LongAdder();
    private final LongAdder tokensDone = new LongAdder();

    Counting(Store store, Inputs inputs, int threads, int gramLength, int keyLimitBytes, long sliceBytes,
            Interruption interruption, ProgressBar bar) {
        this.store = store;
        this.inputs = inputs;
        this.threads = threads;
        this.gramLength = gramLength;
        this.keyLimitBytes = keyLimitBytes;
        this.sliceBytes = sliceBytes;
        this.interruption = interruption;
        this.bar = bar;
        this.queue = new ArrayBlockingQueue<>(Math.max(QUEUE_UNITS, threads));
        this.running = new CountDownLatch(threads);
    }

    /**
     * Counts everything.
     *
     * @return the number of tokens, or n-grams, that were counted
     */
    long run() {
        List<Thread> workers = new ArrayList<>(threads);
        for (int i = 0; i < threads; i++) {
            workers.add(Thread.ofPlatform().daemon().name("count-" + i).start(this::work));
        }
        try {
            inputs.forEachUnit(sliceBytes, this::handOut);
            for (int i = 0; i < threads; i++) {
                handOut(END);
            }
            while (!running.await(SHOW_MILLIS, TimeUnit.MILLISECONDS)) {
                lookAround();
            }
        } catch (InterruptedException unexpected) {
            throw new IllegalStateException("the thread that hands out the work was interrupted", unexpected);
        } catch (RuntimeException | Error own) {
            failure.compareAndSet(null, own);
        }
        if (failure.get() != null) {
            stop(workers);
            rethrowFailure();
        }
        return tokensDone.sum();
    }

    private void handOut(InputUnit unit) {
        try {
            while (!queue.offer(unit, SHOW_MILLIS, TimeUnit.MILLISECONDS)) {
                lookAround();
            }
        } catch (InterruptedException unexpected) {
            throw new IllegalStateException("the thread that hands out the work was interrupted", unexpected);
        }
    }

    private void lookAround() {
        interruption.check();
        if (failure.get() != null) {
            throw new Abandoned();
        }
        bar.show(sizeDone.sum(), tokensDone.sum());
    }

    private void work() {
        try (Session session = store.openSession()) {
            TokenCounter counter = new TokenCounter(session, store.config().directory() != null, gramLength, keyLimitBytes, interruption,
                    () -> failure.get() != null, tokensDone::add);
            for (InputUnit unit = queue.take(); unit != END; unit = queue.take()) {
                unit.read(counter, sizeDone::add);
            }
            counter.finish();
        } catch (Throwable wrong) {
            failure.compareAndSet(null, wrong);
        } finally {
            running.countDown();
        }
    }

    /** Threads that wait for units get an end, those that count see the failure at their next piece, those that wait for bytes are woken. */
    private void stop(List<Thread> workers) {
        queue.clear();
        queue.addAll(Collections.nCopies(threads, END));
        try {
            if (!running.await(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                workers.forEach(Thread::interrupt);
            }
        } catch (InterruptedException unexpected) {
            throw new IllegalStateException("the thread that hands out the work was interrupted", unexpected);
        }
    }

    private void rethrowFailure() {
        switch (failure.get()) {
            case RuntimeException fault -> throw fault;
            case Error error -> throw error;
            case Throwable other -> throw new IllegalStateException(other);
        }
    }
}
