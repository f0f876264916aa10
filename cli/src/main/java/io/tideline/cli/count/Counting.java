package io.tideline.cli.count;

import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.ProgressBar;
import io.tideline.core.Session;
import io.tideline.core.Store;
import java.util.Collections;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts all inputs into a store from several threads. The caller's thread hands out the units through a bounded queue and shows the
 * progress; each counting thread takes units until it meets the end. The first thing that goes wrong anywhere ends all of them.
 */
final class Counting {

    /** The slices of a large plain file: enough of them for all threads, each long enough that its border costs nothing. */
    static final long SLICE_BYTES = 4L << 20;

    private static final int QUEUE_UNITS = 256;
    private static final long SHOW_MILLIS = 100;
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
    private final Crew crew;
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
        this.crew = new Crew(threads);
    }

    /**
     * Counts everything.
     *
     * @return the number of tokens, or n-grams, that were counted
     */
    long run() {
        crew.start(this::work);
        try {
            inputs.forEachUnit(sliceBytes, this::handOut);
            for (int i = 0; i < threads; i++) {
                handOut(END);
            }
            while (!crew.await(SHOW_MILLIS)) {
                lookAround();
            }
        } catch (RuntimeException | Error own) {
            crew.fail(own);
        }
        if (crew.hasFailed()) {
            queue.clear();
            queue.addAll(Collections.nCopies(threads, END));
            crew.stop();
            crew.rethrow();
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
        if (crew.hasFailed()) {
            throw new Crew.Abandoned();
        }
        bar.show(sizeDone.sum(), tokensDone.sum());
    }

    private void work() throws InterruptedException {
        try (Session session = store.openSession()) {
            TokenCounter counter = new TokenCounter(session, store.config().directory() != null, gramLength, keyLimitBytes, interruption,
                    crew::hasFailed, tokensDone::add);
            for (InputUnit unit = queue.take(); unit != END; unit = queue.take()) {
                unit.read(counter, sizeDone::add);
            }
            counter.finish();
        }
    }
}
