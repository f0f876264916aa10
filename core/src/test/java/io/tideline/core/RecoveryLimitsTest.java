package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.Durability;
import io.tideline.fault.LockedFault;
import io.tideline.hlog.device.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recoveries into little memory, of a long life, and of many at once. */
@Tag("spill")
class RecoveryLimitsTest {
    private static final int CHECKPOINTS = 10_000;
    private static final int RACERS = 20;

    private static StoreConfig.Builder config(int pages) {
        return StoreConfig.builder().memory((long) pages << 12).pageSize(1 << 12).segmentSize(1 << 16).buckets(256).hashSeed(7).maxPending(4, 8)
                .hugePages(false);
    }

    @Test
    void shouldRecoverIntoAQuarterOfTheMemory() throws Exception {
        for (long seed = 1; seed <= 6; seed++) {
            SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(seed).mode(SimulatedDisk.Mode.THREADS));
            SplittableRandom random = new SplittableRandom(seed);
            byte[][] values = new byte[400][];
            try (Store store = Store.open(config(32).files(disk).build())) {
                for (int i = 0; i < 1200; i++) {
                    int key = random.nextInt(values.length);
                    values[key] = Bytes.random(random, 400);
                    store.put(key, values[key]);
                    if (i == 300) {
                        store.checkpoint().get(60, TimeUnit.SECONDS);
                    }
                }
                CheckpointRequest request = seed % 2 == 0 ? CheckpointRequest.full() : CheckpointRequest.logOnly();
                store.checkpoint(seed > 4 ? request.snapshot() : request).get(60, TimeUnit.SECONDS);
                disk = disk.crash(seed);
            }
            for (int life = 0; life < 2; life++) {
                try (Store store = Store.open(config(8).files(disk).build())) {
                    assertEquals(8 << 12, store.stats().logMemoryBytes());
                    for (int key = 0; key < values.length; key++) {
                        ValueHolder holder = ValueHolder.growing();
                        Status status = store.get(key, holder);
                        assertArrayEquals(values[key], status == Status.FOUND ? holder.toArray() : null, "key " + key + ", seed " + seed);
                    }
                    assertEquals(List.of(), StoreVerifier.verify(store));
                    for (int i = 0; i < 200; i++) {
                        int key = random.nextInt(values.length);
                        values[key] = Bytes.random(random, 400);
                        store.put(key, values[key]);
                    }
                }
            }
            disk.close();
        }
    }

    @Test
    void shouldLetOneOfManyOpeningsWin(@TempDir Path parent) throws Exception {
        Path directory = parent.resolve("store");
        try (Store store = Store.open(config(16).directory(directory).build())) {
            store.put(1, 2);
        }
        for (int round = 0; round < 5; round++) {
            race(directory, 2);
        }
    }

    @Test
    void shouldLetOneOfManyMakeAStore(@TempDir Path parent) throws Exception {
        for (int round = 0; round < 5; round++) {
            race(parent.resolve("store " + round), -1);
        }
    }

    /** @param found what the store has of key 1 */
    private static void race(Path directory, long found) throws Exception {
        AtomicInteger opened = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        CyclicBarrier together = new CyclicBarrier(RACERS);
        List<Future<Void>> racers = new ArrayList<>();
        for (int i = 0; i < RACERS; i++) {
            racers.add(Hammer.start(() -> {
                together.await(60, TimeUnit.SECONDS);
                Store winner = null;
                try {
                    winner = Store.open(config(16).directory(directory).build());
                    opened.incrementAndGet();
                    assertEquals(found, winner.get(1, -1));
                } catch (LockedFault other) {
                    refused.incrementAndGet();
                }
                together.await(60, TimeUnit.SECONDS); // nobody closes before all have tried
                if (winner != null) {
                    winner.close();
                }
                return null;
            }));
        }
        for (Future<Void> racer : racers) {
            Hammer.await(racer);
        }
        assertEquals(1, opened.get(), "one winner");
        assertEquals(RACERS - 1, refused.get());
    }

    /** More than any count of bits that others keep a version in; what it takes does not grow with their number. */
    @Test
    void shouldTakeTenThousandCheckpointsInOneLife() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1));
        List<Integer> files = new ArrayList<>();
        List<Long> memory = new ArrayList<>();
        try (Store store = Store.open(config(8).files(disk).build()); Session session = store.openSession("one")) {
            for (int i = 1; i <= CHECKPOINTS; i++) {
                session.put(i % 50, i);
                session.add(1000, 1);
                CheckpointRequest request = i % 100 == 0 ? CheckpointRequest.full() : i % 10 == 3 ? CheckpointRequest.logOnly().snapshot()
                        : i % 100 == 42 ? CheckpointRequest.indexOnly() : CheckpointRequest.logOnly();
                CommitPoint point = store.checkpoint(request.durability(Durability.PROCESS)).get(60, TimeUnit.SECONDS);
                assertEquals(i, point.number());
                assertEquals(2L * (request.kind() == CheckpointKind.INDEX_ONLY ? i - 1 : i), point.serials().get("one"));
                if (i % 500 == 0) {
                    files.add(disk.list().size());
                    memory.add(store.stats().readBufferBytes() + store.stats().indexBytes() + store.stats().logMemoryBytes());
                    if (i < CHECKPOINTS) {
                        store.clear(); // or else the log would grow
                    }
                }
            }
            session.put(1, 77);
            session.add(1000, 5);
            assertEquals(CHECKPOINTS + 1, store.checkpoint().get(60, TimeUnit.SECONDS).number());
            assertEquals(CHECKPOINTS + 3 - CHECKPOINTS / 100, store.stats().checkpoints().version(), "images of the index alone begin no version");
        }
        System.out.println("files " + files + ", bytes " + memory);
        int most = files.subList(0, 4).stream().mapToInt(Integer::intValue).max().orElseThrow();
        assertTrue(files.stream().allMatch(count -> count <= most + 2), files::toString);
        assertEquals(1, memory.subList(1, memory.size()).stream().distinct().count(), memory::toString);
        try (SimulatedDisk left = disk.crash(1); Store again = Store.open(config(8).files(left).build())) {
            assertEquals(77, again.get(1, -1));
            assertEquals(500 + 5, again.get(1000, -1), "what was added since the last clear");
            for (int key = 2; key < 50; key++) {
                assertEquals(CHECKPOINTS - 50 + key, again.get(key, -1));
            }
            assertEquals(CHECKPOINTS, again.get(0, -1));
            try (Session session = again.resumeSession("one")) {
                assertEquals(2L * CHECKPOINTS + 2, session.serial());
            }
        }
    }
}
