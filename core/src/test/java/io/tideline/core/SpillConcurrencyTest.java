package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Threads on a store of eight tiny pages whose keys leave the memory all the time, on disks that answer out of order and twice: what is
 * promised in memory holds. {@code -Dtideline.seeds=N} multiplies the seeds.
 */
class SpillConcurrencyTest {
    private static final int THREADS = 4;
    private static final int KEYS = 40;
    private static final int SEEDS = Hammer.share(3);
    private static final int HISTORIES = Hammer.share(25);

    /** What is written. */
    private enum Subject {
        NUMBERS(HistorySubject.LONGS), FUNCTIONS(HistorySubject.LONG_FUNCTIONS), BYTES(HistorySubject.BYTES);

        private final HistorySubject subject;

        Subject(HistorySubject subject) {
            this.subject = subject;
        }
    }

    /** How often what a thread adds to came from the device. */
    private enum Way {
        ONE_BY_ONE, GROUPS, SUBMITTED, FUNCTIONS_OF_BYTES, COMPARE_AND_SET
    }

    @AfterEach
    void removeHook() {
        Probe.install(null);
    }

    private static SimulatedDisk disk(long seed) {
        FaultPlan plan = FaultPlan.ofSeed(seed);
        if (seed % 3 != 0) {
            plan.sometimes(Fault.DOUBLE_COMPLETION, 0.1).sometimes(Fault.FOREIGN_THREAD, 0.1);
        }
        return new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(seed)
            .mode(seed % 4 == 0 ? SimulatedDisk.Mode.INLINE : SimulatedDisk.Mode.THREADS).alignmentBytes(seed % 2 == 0 ? 1 : 512), plan);
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeLinearizable(Subject subject) throws Exception {
        for (long seed = 1; seed <= HISTORIES; seed++) {
            SimulatedDisk disk = disk(seed);
            new History(subject.subject, "spilled " + subject, seed, disk).assertLinearizable();
            assertEquals(List.of(), disk.bugs(), "seed " + seed);
            disk.close();
        }
    }

    private static Store open(SimulatedDisk disk, long seed, int pageSize) {
        return Store.open(StoreConfig.builder().pageSize(pageSize).memory(8L * pageSize).mutableFraction((1 + seed % 6) / 8.0)
            .segmentSize(4L * pageSize).buckets(1L << seed % 5).hashSeed(seed).maxOpenFiles(2).maxPending(4, 10).hugePages(false).files(disk).build());
    }

    private static byte[] name(long key) {
        return ("counter " + key).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    /** Every add of every thread is in the sum, and the store agrees with what each thread was told. */
    @ParameterizedTest
    @EnumSource
    void shouldKeepEveryAdd(Way way) throws Exception {
        long lookups = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            String replay = way + ", seed " + seed;
            Hammer.yieldAtProbes(seed);
            SimulatedDisk disk = disk(seed);
            AtomicLongArray added = new AtomicLongArray(KEYS);
            try (Store store = open(disk, seed, 4096)) {
                Hammer.run(seed, THREADS, random -> {
                    try (Session session = store.openSession()) {
                        for (int round = 0; round < 60; round++) {
                            add(way, store, session, random, added);
                            // beside them, so that the counters leave the memory; and read-only in the middle of a page
                            session.put(Bytes.ofLong(-1 - random.nextInt(3)), new byte[random.nextInt(1500)]);
                            if (random.nextInt(4) == 0) {
                                store.batch(batch -> store.kernel().log.shiftReadOnly(Long.MAX_VALUE));
                            }
                        }
                    }
                    return null;
                });
                for (int key = 0; key < KEYS; key++) {
                    assertEquals(added.get(key), sum(way, store, key), replay + ", key " + key);
                }
                lookups += store.stats().deviceLookups();
                assertEquals(List.of(), StoreVerifier.verify(store), replay);
            }
            assertEquals(List.of(), disk.bugs(), replay);
            assertEquals(0, disk.openFiles(), replay);
            disk.close();
        }
        assertTrue(lookups > SEEDS * 10L, "only " + lookups + " lookups: the test does not test");
    }

    private static long sum(Way way, Store store, int key) {
        if (way != Way.FUNCTIONS_OF_BYTES && way != Way.COMPARE_AND_SET) {
            return store.get(key, 0);
        }
        byte[] value = store.get(name(key));
        return value == null ? 0 : Bytes.toLong(value);
    }

    private static void add(Way way, Store store, Session session, SplittableRandom random, AtomicLongArray added) {
        Surface surface = Surface.values()[random.nextInt(Surface.values().length)];
        int key = random.nextInt(KEYS);
        switch (way) {
            case ONE_BY_ONE -> {
                surface.run(store, session, operations -> operations.add(key, 1));
                added.incrementAndGet(key);
            }
            case GROUPS -> {
                long[] keys = random.longs(1 + random.nextInt(10), 0, KEYS).toArray();
                surface.run(store, session, operations -> {
                    operations.rmwAll(keys, 0, keys.length, Update.ADD, 1);
                    return null;
                });
                for (long each : keys) {
                    added.incrementAndGet((int) each);
                }
            }
            case SUBMITTED -> {
                session.submitRmw(key, Update.ADD, 1, key, (context, status, value) -> {
                    assertTrue(status.isChange(), status.toString());
                    added.incrementAndGet((int) context);
                });
                session.completePending(random.nextInt(3) == 0);
            }
            case FUNCTIONS_OF_BYTES -> {
                surface.run(store, session, operations -> operations.rmw(name(key), new Counting()));
                added.incrementAndGet(key);
            }
            case COMPARE_AND_SET -> {
                boolean done = false;
                while (!done) {
                    byte[] old = surface.run(store, session, operations -> operations.get(name(key)));
                    byte[] next = Counting.next(old);
                    Status status = surface.run(store, session, operations -> old == null ? operations.putIfAbsent(name(key), next)
                        : operations.compareAndSet(name(key), old, next));
                    done = status.isChange();
                }
                added.incrementAndGet(key);
            }
        }
    }

    /** Counts in a value whose length changes with the count. */
    private static final class Counting implements Rmw {
        static byte[] next(byte[] old) {
            long sum = old == null ? 1 : Bytes.toLong(old) + 1;
            byte[] value = new byte[8 + (int) (sum * 37 % 300)];
            System.arraycopy(Bytes.ofLong(sum), 0, value, 0, 8);
            return value;
        }

        @Override
        public RmwAction onAbsent(ValueWriter writer) {
            writer.set(next(null));
            return RmwAction.WRITE;
        }

        @Override
        public RmwAction onPresent(ValueView old, ValueWriter writer) {
            writer.set(next(old.toArray()));
            return RmwAction.WRITE;
        }
    }

    /** Values that repeat one byte as often as it says are written and read, from memory or device, and walked, while clears come between. */
    @ParameterizedTest
    @ValueSource(ints = {4096, 65536})
    void shouldNeverShowATornValueWhateverIsClearedMeanwhile(int pageSize) throws Exception {
        for (long seed = 1; seed <= SEEDS; seed++) {
            String replay = "seed " + seed;
            Hammer.yieldAtProbes(seed);
            SimulatedDisk disk = disk(seed);
            try (Store store = open(disk, seed, pageSize)) {
                Hammer.run(seed, THREADS, random -> {
                    boolean clears = random.nextInt(THREADS) == 0;
                    for (int round = 0; round < 150; round++) {
                        byte[] key = name(random.nextInt(40));
                        switch (random.nextInt(8)) {
                            case 0, 1, 2, 3 -> store.put(key, whole(random, pageSize));
                            case 4 -> store.delete(key);
                            case 5 -> {
                                if (round % 50 == 5) {
                                    store.forEach((shown, value) -> {
                                        assertWhole(value.toArray(), replay);
                                        return true;
                                    });
                                }
                            }
                            case 6 -> {
                                if (clears && random.nextInt(6) == 0) {
                                    store.clear();
                                }
                            }
                            default -> assertWhole(store.get(key), replay);
                        }
                    }
                    return null;
                });
                Map<String, Integer> shown = new TreeMap<>();
                store.forEach((key, value) -> {
                    assertWhole(value.toArray(), replay);
                    assertEquals(null, shown.put(new String(key.toArray(), java.nio.charset.StandardCharsets.US_ASCII), value.length()), replay);
                    return true;
                });
                shown.forEach((key, length) -> assertEquals(length, store.get(key.getBytes(java.nio.charset.StandardCharsets.US_ASCII)).length, replay));
                assertEquals(List.of(), StoreVerifier.verify(store), replay);
                store.clear();
                assertEquals(0, store.stats().pendingDeleteBytes(), replay);
            }
            assertEquals(List.of(), disk.bugs(), replay);
            disk.close();
        }
    }

    private static byte[] whole(SplittableRandom random, int pageSize) {
        byte[] value = new byte[1 + random.nextInt(random.nextInt(4) == 0 ? pageSize / 2 : 300)];
        java.util.Arrays.fill(value, (byte) value.length);
        return value;
    }

    private static void assertWhole(byte[] value, String replay) {
        if (value != null) {
            for (byte each : value) {
                assertEquals((byte) value.length, each, replay);
            }
        }
    }

    /** Faults that come by chance beside threads: an add is in the sum, or was refused; never both, never neither. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void shouldCountExactlyWhatItDidNotRefuse(int kind) throws Exception {
        Fault[] faults = {Fault.EIO, Fault.SHORT, Fault.BIT_FLIP_ON_READ};
        int refused = 0;
        // How much is read from the disk is a matter of speed: as many more seeds as it takes to meet a fault.
        for (long seed = 1; seed <= SEEDS || refused == 0 && seed <= 100 * SEEDS; seed++) {
            String replay = faults[kind] + ", seed " + seed;
            FaultPlan plan = FaultPlan.ofSeed(seed);
            SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(seed).mode(SimulatedDisk.Mode.THREADS), plan);
            AtomicLongArray added = new AtomicLongArray(KEYS);
            Store store = open(disk, seed, 4096);
            synchronized (disk) {
                plan.sometimes(faults[kind], 0.5);
            }
            try (store) {
                refused += Hammer.run(seed, THREADS, random -> {
                    int faulty = 0;
                    for (int round = 0; round < 80; round++) {
                        int key = random.nextInt(KEYS);
                        try {
                            store.add(key, 1);
                            added.incrementAndGet(key);
                            store.put(Bytes.ofLong(-1 - random.nextInt(3)), new byte[random.nextInt(1500)]);
                        } catch (IoFault | CorruptionFault fault) {
                            faulty++;
                        }
                    }
                    return faulty;
                }).stream().mapToInt(Integer::intValue).sum();
                synchronized (disk) {
                    plan.sometimes(faults[kind], 0);
                }
                for (int key = 0; key < KEYS; key++) {
                    assertEquals(added.get(key), store.get(key, 0), replay + ", key " + key);
                }
                assertEquals(List.of(), StoreVerifier.verify(store), replay);
                for (int attempt = 0; store.stats().flushed() < store.stats().readOnly(); attempt++) {
                    assertTrue(attempt < 60_000, "what failed is not tried again, " + replay);
                    Waits.SYSTEM.pause(attempt);
                }
            }
            disk.close();
        }
        assertTrue(refused > 0, "nothing was refused: the test does not test");
    }
}
