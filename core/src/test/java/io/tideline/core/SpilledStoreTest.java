package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.fault.LockedFault;
import io.tideline.index.BucketLayout;
import io.tideline.memory.NativeFile;
import io.tideline.memory.OpenRings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A store of eight tiny pages whose data is many times as large, with each I/O model. */
@ParameterizedClass
@EnumSource(DeviceModel.class)
class SpilledStoreTest {
    @Parameter
    private DeviceModel model;
    @TempDir
    private Path parent;

    private StoreConfig.Builder config() {
        return StoreConfig.builder().memory(8 * 4096).pageSize(4096).segmentSize(1 << 16).buckets(64).hashSeed(7).ioThreads(2).maxOpenFiles(3)
                .hugePages(false).directory(parent.resolve("store")).device(model);
    }

    @Test
    void shouldReadWhatLeftTheMemory() {
        try (Store store = Store.open(config().buckets(4096).build())) {
            for (long key = 0; key < 20_000; key++) {
                assertTrue(store.put(key, key * 3).isChange());
            }
            StoreStats stats = store.stats();
            assertTrue(stats.head() > 10 * 8 * 4096, stats.toString());
            for (long key = 0; key < 20_000; key += 7) {
                assertEquals(key * 3, store.get(key, -1));
            }
            assertEquals(-1, store.get(20_001, -1));
            assertTrue(store.stats().deviceLookups() > 2000, store.stats().toString());
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
    }

    /** One after the other on the same thread, which must not pile them up on its stack. */
    @Test
    void shouldFollowAChainOfThousandsOfRecords() {
        int records = 2000;
        try (Store store = Store.open(config().buckets(1).build()); Session session = store.openSession()) {
            store.put(0, 42);
            long tag = BucketLayout.tagBits(session.hash.of(0));
            LongStream.iterate(1, key -> key + 1).filter(key -> BucketLayout.tagBits(session.hash.of(key)) == tag).limit(records)
                    .forEach(key -> store.put(key, -key));
            for (long key = -1; key > -1500; key--) {
                store.put(key, key); // drives the chain to the device
            }
            assertEquals(42, store.get(0, -1));
            assertTrue(store.stats().deviceReads() > records, store.stats().toString());
            assertEquals(1, session.getAll(new long[] {0}, new long[1], 0, 1, -1));
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
    }

    @Test
    void shouldChooseTheModelOfEachClassOfFiles() {
        for (DeviceModel scans : DeviceModel.values()) {
            Path directory = parent.resolve(model + "-" + scans);
            try (Store store = Store.open(config().buckets(4096).device(DeviceModel.DIRECT).readDevice(model).scanDevice(scans)
                    .directory(directory).build())) {
                for (int life = 0; life < 2; life++) {
                    for (long key = 0; key < 6000; key++) {
                        store.put(key, key * 3);
                    }
                    for (long key = 0; key < 6000; key += 13) {
                        assertEquals(key * 3, store.get(key, -1), model + ", " + scans);
                    }
                    assertEquals(List.of(), StoreVerifier.verify(store));
                    store.clear();
                    assertEquals(0, store.stats().pendingDeleteBytes());
                }
            }
        }
    }

    @Test
    void shouldCopyHotReadsToTheTailWhereAskedTo() {
        try (Store store = Store.open(config().buckets(4096).copyReadsUp(true).build()); Session session = store.openSession()) {
            for (long key = 0; key < 5000; key++) {
                store.put(key, key * 3);
            }
            ValueHolder holder = ValueHolder.growing();
            long[] keys = {1, 2, 3, 4, 5};
            for (int round = 0; round < 20; round++) {
                for (long key : keys) {
                    assertEquals(key * 3, store.get(key, -1));
                    assertEquals(Status.FOUND, store.get(key + 10, holder));
                    assertEquals((key + 10) * 3, Bytes.toLong(holder.toArray()));
                    session.submitGet(key + 20, key, (context, status, value) -> assertEquals((context + 20) * 3, value.getLong(0)));
                }
                session.completePending(true);
                assertEquals(5, store.getAll(new long[] {31, 32, 33, 34, 35}, new long[5], 0, 5, -1));
            }
            StoreStats stats = store.stats();
            assertEquals(20, stats.copiedUp());
            assertEquals(2 * 20, stats.deviceLookups(), "the second read of a key copies it");
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
    }

    /** A thread looks at a ring of its own, beside that of the device's thread; both are given back. */
    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.0001S"})
    void shouldLookForReadsOnlyIfItIsToldTo(Duration spin) throws IOException {
        assumeTrue(NativeFile.isSupported());
        long before = OpenRings.count();
        try (Store store = Store.open(config().buckets(4096).readSpin(spin).build())) {
            int ofDevice = store.stats().device().startsWith("uring") ? 1 : 0;
            int ofCallers = store.stats().device().equals("uring") && !spin.isZero() ? 1 : 0;
            for (long key = 0; key < 5000; key++) {
                store.put(key, key * 3);
            }
            assertEquals(ofDevice, OpenRings.count() - before);
            assertEquals(3, store.get(1, -1));
            assertEquals(ofDevice + ofCallers, OpenRings.count() - before);
        }
        assertEquals(before, OpenRings.count());
    }

    @Test
    void shouldCountAcrossMemoryAndDevice() {
        try (Store store = Store.open(config().build()); Session session = store.openSession()) {
            for (int round = 1; round <= 5; round++) {
                for (long key = 0; key < 3000; key++) {
                    session.add(key, key);
                }
            }
            for (long key = 0; key < 3000; key++) {
                assertEquals(5 * key, session.get(key, -1));
            }
            assertEquals(3000, store.approximateSize());
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
    }

    /** Every operation on every kind of record, beside a heap map. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldAgreeWithAHeapMap(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<Long, byte[]> map = new HashMap<>();
        ValueHolder holder = ValueHolder.growing();
        try (Store store = Store.open(config().buckets(1L << random.nextInt(8)).copyReadsUp(random.nextBoolean()).build()); Session session = store.openSession()) {
            for (int step = 0; step < 6000; step++) {
                Operations operations = random.nextBoolean() ? store : session;
                long key = random.nextInt(random.nextInt(3) == 0 ? 600 : 20);
                byte[] keyBytes = Bytes.ofLong(key);
                byte[] old = map.get(key);
                byte[] value = Bytes.random(random, random.nextInt(random.nextInt(30) == 0 ? 3000 : 120));
                String at = "seed " + seed + ", step " + step + ", key " + key;
                switch (random.nextInt(9)) {
                    case 0, 1 -> {
                        Status status = operations.put(keyBytes, value);
                        assertTrue(status == Status.APPENDED || (status == Status.CREATED) == (old == null), at + ": " + status);
                        map.put(key, value);
                    }
                    case 2 -> {
                        assertEquals(old == null ? Status.CREATED : Status.FOUND, operations.putIfAbsent(keyBytes, value), at);
                        map.putIfAbsent(key, value);
                    }
                    case 3 -> {
                        assertEquals(old == null ? Status.ABSENT : Status.TOMBSTONED, operations.delete(keyBytes), at);
                        map.remove(key);
                    }
                    case 4 -> {
                        boolean matches = old != null && random.nextBoolean();
                        byte[] expected = matches ? old : new byte[] {1, 2, 3};
                        Status status = operations.compareAndSet(keyBytes, expected, value);
                        assertEquals(old != null && matches, status.isChange(), at + ": " + status);
                        assertEquals(old == null, status == Status.ABSENT, at + ": " + status);
                        if (status.isChange()) {
                            map.put(key, value);
                        }
                    }
                    case 5 -> {
                        Status status = operations.rmw(keyBytes, new Appending(value));
                        assertTrue(status.isChange(), at + ": " + status);
                        map.put(key, Appending.appended(old, value));
                    }
                    case 6 -> assertEquals(old != null, operations.contains(keyBytes), at);
                    case 7 -> {
                        if (random.nextInt(300) == 0) {
                            store.clear();
                            map.clear();
                        }
                    }
                    default -> {
                        assertEquals(old == null ? Status.ABSENT : Status.FOUND, operations.get(keyBytes, holder), at);
                        if (old != null) {
                            assertArrayEquals(old, holder.toArray(), at);
                        }
                    }
                }
            }
            assertEquals(List.of(), StoreVerifier.verify(store), "seed " + seed);
            Map<Long, byte[]> shown = new HashMap<>();
            assertTrue(random.nextInt() != 0);
            store.forEach((key, value) -> {
                shown.put(Bytes.toLong(key.toArray()), value.toArray());
                return true;
            });
            assertEquals(map.keySet(), shown.keySet(), "seed " + seed);
            map.forEach((key, value) -> assertArrayEquals(value, shown.get(key), "seed " + seed + ", key " + key));
        }
    }

    /** Appends to the old value, up to a length. */
    private record Appending(byte[] more) implements Rmw {
        static byte[] appended(byte[] old, byte[] more) {
            if (old == null || old.length + more.length > 3000) {
                return more;
            }
            byte[] all = java.util.Arrays.copyOf(old, old.length + more.length);
            System.arraycopy(more, 0, all, old.length, more.length);
            return all;
        }

        @Override
        public RmwAction onAbsent(ValueWriter writer) {
            writer.set(more);
            return RmwAction.WRITE;
        }

        @Override
        public RmwAction onPresent(ValueView old, ValueWriter writer) {
            writer.set(appended(old.toArray(), more));
            return RmwAction.WRITE;
        }
    }

    @Test
    void shouldTellItsModel() {
        try (Store store = Store.open(config().build()); Store inMemory = Store.open(StoreConfig.builder().build())) {
            StoreStats stats = store.stats();
            assertEquals(stats.deviceFallback().isEmpty(), stats.device().equals(model.name().toLowerCase(Locale.ROOT)), stats.toString());
            assertEquals("none", inMemory.stats().device());
            assertEquals("", inMemory.stats().deviceFallback());
        }
    }

    @Test
    void shouldHoldItsDirectoryAlone() {
        try (Store store = Store.open(config().build())) {
            store.put(1, 1);
            assertThrows(LockedFault.class, () -> Store.open(config().build()));
            assertEquals(1, store.get(1, -1));
        }
    }

    @Test
    void shouldComeBackWithEveryOtherModel() {
        for (int life = 0; life <= DeviceModel.values().length; life++) {
            DeviceModel other = DeviceModel.values()[life % DeviceModel.values().length];
            try (Store store = Store.open(config().device(other).readDevice(model).build())) {
                for (long key = 0; key < 300L * life; key++) {
                    assertEquals(key, store.get(key, -1), "key " + key + " in life " + life);
                }
                for (long key = 300L * life; key < 300L * (life + 1); key++) {
                    store.put(key, key);
                }
            }
        }
    }

    @Test
    void shouldLeaveNoThreadBehind() {
        Store.open(config().build()).close();
        assertFalse(Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.isAlive() && thread.getName().startsWith("tideline-flusher")));
    }
}
