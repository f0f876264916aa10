package io.tideline.cli.bench.contestant;

import com.sun.management.ThreadMXBean;
import io.tideline.cli.bench.work.OperationStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;

/** One measured window: every replayer, on a thread of its own, replays chunks of the operations until the time is over. */
final class Window {

    private static final long LONGEST_LATENCY_NANOS = Duration.ofSeconds(10).toNanos();
    private static final int LATENCY_DIGITS = 3;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /**
     * What a window showed.
     *
     * @param operations how many operations were done
     * @param nanos the time between the first start and the last end
     * @param allocatedBytes what the replaying threads allocated on the heap
     * @param absent how many reads did not find their key
     * @param latencies of some of the operations, empty unless the window was timed
     */
    record Outcome(long operations, long nanos, long allocatedBytes, long absent, Histogram latencies) {
    }

    /** One thread's part, written by that thread and read after it ended. */
    private static final class Part {
        private long operations;
        private long allocatedBytes;
        private long startNanos;
        private long endNanos;
        private Histogram latencies;
    }

    private final OperationStream stream;
    private final List<Replayer> replayers;
    private final AtomicLong position;
    private final CountDownLatch ready;
    private final CountDownLatch go = new CountDownLatch(1);
    private final CountDownLatch failed = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean over;

    /** @param position the counter that chunks are taken from; the next window goes on where this one ends */
    Window(OperationStream stream, List<Replayer> replayers, AtomicLong position) {
        this.stream = stream;
        this.replayers = replayers;
        this.position = position;
        this.ready = new CountDownLatch(replayers.size());
    }

    /** Runs the window, once, for {@code nanos}. What a replayer throws ends it and is thrown here. */
    Outcome run(long nanos, boolean timed) throws InterruptedException {
        List<Part> parts = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (Replayer replayer : replayers) {
            Part part = new Part();
            part.latencies = timed ? newHistogram() : null;
            parts.add(part);
            threads.add(Thread.ofPlatform().daemon().name("replayer-" + threads.size()).start(() -> work(replayer, part)));
        }
        ready.await();
        go.countDown();
        boolean cutShort = failed.await(nanos, TimeUnit.NANOSECONDS);
        over = true;
        for (Thread thread : threads) {
            thread.join();
        }
        Throwable thrown = failure.get();
        if (cutShort || thrown != null) {
            throw new IllegalStateException("a thread that replays operations failed: " + thrown, thrown);
        }
        return outcome(parts);
    }

    private void work(Replayer replayer, Part part) {
        try {
            replayer.begin(part.latencies);
            ready.countDown();
            go.await();
            replay(replayer, part);
        } catch (Throwable thrown) {
            failure.compareAndSet(null, thrown);
            failed.countDown();
        }
    }

    private void replay(Replayer replayer, Part part) {
        long operations = 0;
        part.startNanos = System.nanoTime();
        long allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
        do {
            long chunk = position.getAndAdd(OperationStream.CHUNK);
            int from = stream.chunkStart(chunk);
            replayer.replayChunk(from, from + OperationStream.CHUNK, stream.shift(chunk));
            operations += OperationStream.CHUNK;
        } while (!over);
        replayer.end();
        part.allocatedBytes = THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore;
        part.endNanos = System.nanoTime();
        part.operations = operations;
    }

    private Outcome outcome(List<Part> parts) {
        Histogram latencies = newHistogram();
        parts.stream().filter(part -> part.latencies != null).forEach(part -> latencies.add(part.latencies));
        // Differences to one start, because the clock's values may wrap around.
        long origin = parts.getFirst().startNanos;
        long start = parts.stream().mapToLong(part -> part.startNanos - origin).min().orElseThrow();
        long end = parts.stream().mapToLong(part -> part.endNanos - origin).max().orElseThrow();
        return new Outcome(
                parts.stream().mapToLong(part -> part.operations).sum(),
                end - start,
                parts.stream().mapToLong(part -> part.allocatedBytes).sum(),
                replayers.stream().mapToLong(Replayer::absent).sum(),
                latencies);
    }

    private static Histogram newHistogram() {
        return new Histogram(LONGEST_LATENCY_NANOS, LATENCY_DIGITS);
    }
}
