package io.tideline.hlog;

import io.tideline.memory.Probe;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Threads that start together, each with its own randomness from one seed. */
final class Hammer {
    private static final long TIMEOUT_SECONDS = 60;

    /** What one thread does. */
    @FunctionalInterface
    interface Work<T> {
        T run(SplittableRandom random) throws Exception;
    }

    private Hammer() {
    }

    /** Runs the work on every thread and gives back what each returned; what one threw is thrown here. */
    static <T> List<T> run(long seed, int threads, Work<T> work) throws Exception {
        SplittableRandom seeds = new SplittableRandom(seed);
        CountDownLatch start = new CountDownLatch(threads);
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            List<Future<T>> futures = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                SplittableRandom random = seeds.split();
                futures.add(executor.submit(() -> {
                    start.countDown();
                    start.await();
                    return work.run(random);
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
            }
            return results;
        }
    }

    /** Makes threads yield now and then at the probe points, where the JVM has them. */
    static void yieldAtProbes(long seed) {
        if (!Probe.isOn()) {
            return;
        }
        AtomicLong visits = new AtomicLong(seed);
        Probe.install(point -> {
            if (new SplittableRandom(visits.getAndIncrement()).nextInt(8) == 0) {
                Thread.yield();
            }
        });
    }
}
