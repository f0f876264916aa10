package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.ClosedFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Walks over a store of eight tiny pages whose keys were rewritten many times over, so that most of its log was superseded on the device. */
class SpilledWalkTest {
    private static final int KEYS = 1500;
    private static final int CAPACITY = 16;

    private final FaultPlan plan = FaultPlan.none();
    private final SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.mode(SimulatedDisk.Mode.THREADS), plan);
    private final Store store = Store.open(StoreConfig.builder().memory(8 * 4096).pageSize(4096).segmentSize(1 << 14).buckets(2048).hashSeed(7)
            .maxPending(CAPACITY, 40).hugePages(false).files(disk).build());
    private final Map<Bytes, byte[]> expected = new HashMap<>();

    @AfterEach
    void close() {
        if (!store.kernel().isClosed()) {
            assertEquals(0, store.kernel().pending.get(), "nothing is under way");
        }
        store.close();
        assertEquals(0, disk.openFiles());
        disk.close();
    }

    /** Keys of 8 bytes and of others, values of several lengths, each written several times, some deleted, some in memory. */
    private void load(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 4 * KEYS; i++) {
            int number = random.nextInt(KEYS);
            byte[] key = number % 3 == 0 ? ("key number " + number).getBytes(java.nio.charset.StandardCharsets.US_ASCII) : Bytes.ofLong(number);
            if (random.nextInt(10) == 0) {
                store.delete(key);
                expected.remove(new Bytes(key));
            } else {
                byte[] value = Bytes.random(random, random.nextInt(20) == 0 ? 600 : 8);
                store.put(key, value);
                expected.put(new Bytes(key), value);
            }
        }
    }

    @Test
    void shouldShowEachKeyOnceAndLookManyUpAtOnce() {
        for (long seed = 1; seed <= 5; seed++) {
            load(seed);
            long before = store.stats().deviceLookups();
            Map<Bytes, byte[]> shown = new HashMap<>();
            int[] most = new int[1];
            store.forEach((key, value) -> {
                most[0] = Math.max(most[0], store.kernel().pending.get());
                assertNull(shown.put(new Bytes(key.toArray()), value.toArray()), "shown twice");
                return true;
            });
            assertEquals(expected.keySet(), shown.keySet(), "seed " + seed);
            expected.forEach((key, value) -> assertArrayEquals(value, shown.get(key)));
            assertTrue(store.stats().deviceLookups() - before > KEYS, "lookups of the walk, seed " + seed);
            assertTrue(most[0] >= CAPACITY - 1 && most[0] <= CAPACITY, most[0] + " lookups were under way at most, seed " + seed);
        }
        assertEquals(List.of(), StoreVerifier.verify(store));
    }

    @Test
    void shouldEndWhereTheVisitorSaysOrThrows() {
        load(1);
        for (int stop = 1; stop < 400; stop += 57) {
            int last = stop;
            int[] shown = new int[1];
            store.forEach((key, value) -> ++shown[0] < last);
            assertEquals(last, shown[0]);
            ArithmeticException thrown = new ArithmeticException("user");
            assertSame(thrown, assertThrows(ArithmeticException.class, () -> store.forEach((key, value) -> {
                if (--shown[0] == 0) {
                    throw thrown;
                }
                return true;
            })));
            assertEquals(0, store.kernel().pending.get());
        }
    }

    @Test
    void shouldThrowWhatTheDeviceDoesAndLeaveNothingUnderWay() {
        load(1);
        int failed = 0;
        for (int after = 1; after < 300; after += 23) {
            int at = after;
            int[] shown = new int[1];
            try {
                store.forEach((key, value) -> {
                    if (++shown[0] == at) {
                        synchronized (disk) {
                            plan.failAt(disk.steps().size() + 5, Fault.EIO);
                        }
                    }
                    return true;
                });
            } catch (IoFault fault) {
                assertTrue(fault.getMessage().contains("EIO"), fault.getMessage());
                failed++;
            }
            assertEquals(0, store.kernel().pending.get());
        }
        assertTrue(failed > 5, failed + " walks met a read that failed");
    }

    @Test
    void shouldKeepItsViewsWhileTheVisitorClosesTheStore() {
        load(1);
        int[] shown = new int[1];
        assertThrows(ClosedFault.class, () -> store.forEach((key, value) -> {
            if (++shown[0] == 100) {
                store.close();
            }
            assertArrayEquals(expected.get(new Bytes(key.toArray())), value.toArray());
            return true;
        }));
        assertEquals(100, shown[0]);
    }

    /** Values of a key only grow, so what is shown lies between what was there at the beginning and at the end. */
    @Test
    void shouldShowEachKeyOnceWithAValueOfItsTimeWhileOthersWrite() throws Exception {
        AtomicLongArray written = new AtomicLongArray(KEYS);
        for (int key = 0; key < KEYS; key++) {
            store.put(key, 0);
        }
        FutureTask<Void> writer = Hammer.start(() -> {
            SplittableRandom random = new SplittableRandom(1);
            for (long version = 1; version <= 4 * KEYS; version++) {
                int key = random.nextInt(KEYS);
                store.put(key, version);
                written.set(key, version);
            }
            return null;
        });
        for (int round = 0; round < 3; round++) {
            long[] before = new long[KEYS];
            for (int key = 0; key < KEYS; key++) {
                before[key] = written.get(key);
            }
            boolean[] shown = new boolean[KEYS];
            long[] value = new long[KEYS];
            store.forEach((key, bytes) -> {
                int number = (int) key.getLong(0);
                assertTrue(!shown[number], "key " + number + " was shown twice");
                shown[number] = true;
                value[number] = bytes.getLong(0);
                return true;
            });
            long last = 0;
            for (int key = 0; key < KEYS; key++) {
                last = Math.max(last, written.get(key));
            }
            for (int key = 0; key < KEYS; key++) {
                assertTrue(shown[key], "key " + key + " was not shown");
                assertTrue(value[key] >= before[key] && value[key] <= last + 1, "key " + key + " with " + value[key]);
            }
        }
        Hammer.await(writer);
        assertEquals(List.of(), StoreVerifier.verify(store));
    }
}
