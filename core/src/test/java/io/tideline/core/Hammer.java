package io.tideline.core;

import io.tideline.memory.Probe;
import io.tideline.memory.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
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

    /**
     * How often to do what is worth {@code full} times: {@code -Dtideline.seeds=N} times as often, and a quarter as often where the test runs once
     * more behind another door, which cannot tell a wrong address from a right one.
     */
    static int share(int full) {
        return Math.max(1, full * Integer.getInteger("tideline.seeds", 1) / (isDoorOfTests() ? 1 : 4));
    }

    /** Whether this JVM checks every access to memory. */
    static boolean isDoorOfTests() {
        return Words.doorName().equals("checked");
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

    /** Begins the work on a thread of its own. */
    static <T> FutureTask<T> start(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    /** What the work returned; what it threw is thrown here, as itself where that is possible. */
    static <T> T await(Future<T> task) throws Exception {
        try {
            return task.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof Exception exception) {
                throw exception;
            }
            throw failed;
        }
    }

    /** Does the work on another thread while the caller waits. */
    static <T> T elsewhere(Callable<T> work) throws Exception {
        return await(start(work));
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
