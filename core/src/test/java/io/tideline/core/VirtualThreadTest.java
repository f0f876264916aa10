package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls without a session from more virtual threads than any table of threads would hold. */
class VirtualThreadTest {
    private static final int THREADS = 100_000;
    private static final int KEYS = 100;
    private static final int READS = 3;

    @Test
    void shouldServeAHundredThousandVirtualThreads() {
        try (Store store = Store.open(StoreConfig.builder().memory(1 << 20).pageSize(4096).mutableFraction(0.5).hashSeed(5).build())) {
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < THREADS; i++) {
                    long key = i % KEYS;
                    threads.submit(() -> store.add(key, 1));
                }
            }
            for (long key = 0; key < KEYS; key++) {
                assertEquals(THREADS / KEYS, store.get(key, -1), "key " + key);
            }
            assertEquals(List.of(), store.kernel().epoch.inside());
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
    }

    /** More of them than there are sessions for calls without one; who waits for one must let those run that have one. */
    @ParameterizedTest
    @EnumSource(DeviceModel.class)
    void shouldReadFromTheDiskThoughManyAreInterrupted(DeviceModel device, @TempDir Path directory) throws InterruptedException {
        int keys = 100_000;
        int readers = 1_400;
        try (Store store = Store.open(StoreConfig.builder().memory(1 << 19).pageSize(1 << 14).buckets(1 << 15).device(device).hashSeed(5)
                .directory(directory.resolve("store")).build())) {
            for (long key = 0; key < keys; key++) {
                store.put(key, 3 * key);
            }
            AtomicInteger read = new AtomicInteger();
            AtomicReference<Throwable> wrong = new AtomicReference<>();
            List<Thread> threads = IntStream.range(0, readers).mapToObj(i -> Thread.ofVirtual().uncaughtExceptionHandler((thread, thrown) -> wrong.set(thrown))
                    .unstarted(() -> {
                        SplittableRandom random = new SplittableRandom(i);
                        if (i % 3 == 0) {
                            Thread.currentThread().interrupt();
                        }
                        for (int j = 0; j < READS; j++) {
                            long key = random.nextInt(keys);
                            assertEquals(3 * key, store.get(key, -1));
                            read.incrementAndGet();
                        }
                        assertEquals(i % 3 == 0, Thread.interrupted(), "an interrupt is for its owner");
                    })).toList();
            threads.forEach(Thread::start);
            for (Thread each : threads) {
                assertTrue(each.join(Duration.ofSeconds(120)), read + " of " + READS * readers + " reads ended");
            }
            assertNull(wrong.get());
            assertEquals(READS * readers, read.get());
            assertTrue(store.stats().deviceLookups() > readers, store.stats().toString());
        }
    }
}
