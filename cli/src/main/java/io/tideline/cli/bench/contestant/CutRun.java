package io.tideline.cli.bench.contestant;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.cli.bench.timeline.Cut;
import io.tideline.cli.bench.timeline.Timeline;
import io.tideline.cli.bench.work.CutPlan;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.core.CheckpointRequest;
import io.tideline.core.CommitPoint;
import io.tideline.core.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * One run of operations beside which cuts are made. Each adding thread publishes how many operations it did by plain stores to a line of its own,
 * so that counting costs it nothing; the thread that runs the run adds them up every {@link #PERIOD_NANOS}, by a schedule that does not shift when
 * it comes late. Cuts have a thread and a schedule of their own; one that would begin while the one before is under way is left out.
 */
final class CutRun {

    /** What the speed of the slowest and the fastest moment is measured over. */
    static final long PERIOD_NANOS = Duration.ofMillis(100).toNanos();

    private static final long LONGEST_LATENCY_NANOS = Duration.ofSeconds(60).toNanos();
    private static final int LATENCY_DIGITS = 3;
    private static final long CUT_TIMEOUT_SECONDS = 300;
    private static final long LOOK_MILLIS = 2;
    /** Longs between the counters of two threads: two cache lines, because lines are fetched in pairs. */
    private static final int COUNTER_STRIDE = 16;

    private final Store store;
    private final OperationStream stream;
    private final List<Adder> adders;
    private final AtomicLong position;
    private final CutPlan plan;
    private final AtomicLongArray done;
    private final CountDownLatch ready;
    private final CountDownLatch go = new CountDownLatch(1);
    /** Zero when the time is over, or something failed. */
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final List<Cut> cuts = new ArrayList<>();
    private volatile boolean over;
    private volatile boolean isCutting;
    private long startNanos;

    /**
     * What a run showed.
     *
     * @param during latencies of batches, or of some single operations, that began or ended while a cut was made
     * @param between of the others
     */
    record Outcome(Timeline timeline, List<Cut> cuts, Histogram during, Histogram between) {
    }

    /** @param position the counter that chunks of operations are taken from; the next run goes on where this one ends */
    CutRun(Store store, OperationStream stream, List<Adder> adders, AtomicLong position, CutPlan plan) {
        this.store = store;
        this.stream = stream;
        this.adders = adders;
        this.position = position;
        this.plan = plan;
        this.done = new AtomicLongArray((adders.size() + 1) * COUNTER_STRIDE);
        this.ready = new CountDownLatch(adders.size());
    }

    /** Runs it, once, for {@code nanos}, and to the end of the cut that is under way then. What any thread throws ends it and is thrown here. */
    Outcome run(long nanos) throws InterruptedException {
        List<Histogram> during = adders.stream().map(_ -> newHistogram()).toList();
        List<Histogram> between = adders.stream().map(_ -> newHistogram()).toList();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < adders.size(); i++) {
            int number = i;
            threads.add(start("adder-" + i, () -> add(number, during.get(number), between.get(number))));
        }
        if (plan.kind() != CutPlan.Kind.NONE) {
            threads.add(start("cutter", () -> cut(nanos)));
        }
        ready.await();
        startNanos = System.nanoTime();
        go.countDown();
        Timeline.Builder timeline = count(nanos);
        over = true;
        ended.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        if (failure.get() != null) {
            throw new IllegalStateException("a thread of the run failed: " + failure.get(), failure.get());
        }
        return new Outcome(timeline.build(), List.copyOf(cuts), sum(during), sum(between));
    }

    private Thread start(String name, Body body) {
        return Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                body.run();
            } catch (Throwable thrown) {
                failure.compareAndSet(null, thrown);
                over = true;
                ready.countDown(); // who failed before the start must not hold it up
                ended.countDown();
            }
        });
    }

    /** What a thread of the run does. */
    private interface Body {

        void run() throws Exception;
    }

    private Timeline.Builder count(long nanos) throws InterruptedException {
        Timeline.Builder timeline = new Timeline.Builder(PERIOD_NANOS / 2);
        timeline.begin(StolenTime.nanos());
        for (long now = 0; now < nanos && failure.get() == null; ) {
            long due = Math.min((now / PERIOD_NANOS + 1) * PERIOD_NANOS, nanos);
            ended.await(due - now, TimeUnit.NANOSECONDS);
            long total = 0;
            for (int i = 1; i <= adders.size(); i++) {
                total += done.getOpaque(i * COUNTER_STRIDE);
            }
            now = Math.max(elapsed(), now + 1);
            timeline.add(now, total, StolenTime.nanos());
        }
        return timeline;
    }

    private long elapsed() {
        return System.nanoTime() - startNanos;
    }

    private void add(int number, Histogram during, Histogram between) throws InterruptedException {
        Adder adder = adders.get(number);
        int counter = (number + 1) * COUNTER_STRIDE;
        ready.countDown();
        go.await();
        long operations = 0;
        while (!over) {
            int from = stream.chunkStart(position.getAndAdd(OperationStream.CHUNK));
            int end = from + OperationStream.CHUNK;
            for (int at = from; at < end; ) {
                int next = Math.min(at + adder.step(), end);
                boolean wasCutting = isCutting;
                long latency = adder.add(at, next);
                (wasCutting || isCutting ? during : between).recordValue(Math.clamp(latency, 0, LONGEST_LATENCY_NANOS));
                operations += next - at;
                done.setOpaque(counter, operations);
                at = next;
            }
        }
    }

    private void cut(long nanos) throws InterruptedException, ExecutionException, TimeoutException {
        go.await();
        long before = 0;
        for (long due = plan.everyNanos(); due < nanos; due = (elapsed() / plan.everyNanos() + 1) * plan.everyNanos()) {
            if (ended.await(Math.max(due - elapsed(), 0), TimeUnit.NANOSECONDS)) {
                return;
            }
            long written = store.stats().deviceWrittenBytes();
            long start = elapsed();
            isCutting = true;
            long imageBytes = plan.kind() == CutPlan.Kind.CHECKPOINT ? checkpoint(plan.hasImage(before, due)) : shift();
            isCutting = false;
            cuts.add(new Cut(start, elapsed(), store.stats().deviceWrittenBytes() - written, imageBytes));
            before = due;
        }
    }

    private long checkpoint(boolean withImage) throws InterruptedException, ExecutionException, TimeoutException {
        CommitPoint taken = store.checkpoint(withImage ? CheckpointRequest.full() : CheckpointRequest.logOnly()).get(CUT_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        return taken.kind() == CheckpointKind.FULL ? bytesOf(store.config().directory().resolve("checkpoints"), taken.number() + "-") : 0;
    }

    private static long bytesOf(Path folder, String prefix) {
        try (Stream<Path> files = Files.list(folder)) {
            long bytes = 0;
            for (Path file : files.filter(path -> path.getFileName().toString().startsWith(prefix)).toList()) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (NoSuchFileException none) {
            return 0;
        } catch (IOException refused) {
            throw new UncheckedIOException("cannot look at " + folder, refused);
        }
    }

    /** Ends when what became read-only is on the device; it has no image. */
    private long shift() throws InterruptedException, TimeoutException {
        long readOnly = store.shiftReadOnly();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CUT_TIMEOUT_SECONDS);
        CountDownLatch never = new CountDownLatch(1);
        while (store.stats().flushed() < readOnly) {
            if (System.nanoTime() - deadline > 0) {
                throw new TimeoutException("what became read-only was not written within " + CUT_TIMEOUT_SECONDS + " s");
            }
            never.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }
        return 0;
    }

    private static Histogram newHistogram() {
        return new Histogram(LONGEST_LATENCY_NANOS, LATENCY_DIGITS);
    }

    private static Histogram sum(List<Histogram> parts) {
        Histogram all = newHistogram();
        parts.forEach(all::add);
        return all;
    }
}
