package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Submitted operations and groups on a store of eight tiny pages, most of whose keys are on the device. */
class PendingTest {
    private static final int KEYS = 5000;

    @TempDir
    private Path parent;
    private Store store;

    @BeforeEach
    void load() {
        store = Store.open(StoreConfig.builder().memory(8 * 4096).pageSize(4096).segmentSize(1 << 16).buckets(1024).hashSeed(7).ioThreads(4)
                .maxPending(16, 40).hugePages(false).directory(parent.resolve("store")).build());
        for (long key = 0; key < KEYS; key++) {
            store.put(key, key * 3);
        }
    }

    @AfterEach
    void close() {
        assertEquals(List.of(), StoreVerifier.verify(store));
        store.close();
    }

    @Test
    void shouldAnswerAtOnceInAStoreInMemory() {
        List<String> told = new ArrayList<>();
        Completion tell = (context, status, value) -> told.add(context + " " + status + " " + (value.length() == 8 ? value.getLong(0) : "-"));
        try (Store memory = Store.open(StoreConfig.builder().memory(1 << 20).build()); Session session = memory.openSession()) {
            assertEquals(Status.CREATED, session.submitRmw(1, Update.ADD, 5, 10, tell));
            assertEquals(Status.FOUND, session.submitGet(1, 11, tell));
            assertEquals(Status.ABSENT, session.submitGet(2, 12, tell));
            assertEquals(0, session.completePending(true));
        }
        assertEquals(List.of("10 CREATED 5", "11 FOUND 5", "12 ABSENT -"), told);
    }

    @Test
    void shouldTellEveryCompletionOnce() {
        Map<Long, Long> told = new HashMap<>();
        int pending = 0;
        try (Session session = store.openSession()) {
            for (long key = 0; key < KEYS + 100; key++) {
                Status status = session.submitGet(key, key, (context, outcome, value) -> {
                    assertEquals(context < KEYS ? Status.FOUND : Status.ABSENT, outcome);
                    told.merge(context, outcome == Status.FOUND ? value.getLong(0) : -1, (first, second) -> {
                        throw new AssertionError("told twice of " + context);
                    });
                });
                pending += status == Status.PENDING ? 1 : 0;
                assertTrue(session.pendingOperations() <= 16);
            }
            session.completePending(true);
            assertEquals(0, session.pendingOperations());
        }
        assertTrue(pending > KEYS / 2, pending + " were pending");
        assertEquals(KEYS + 100, told.size());
        told.forEach((key, value) -> assertEquals(key < KEYS ? key * 3 : -1, value));
    }

    @Test
    void shouldUpdateEachKeyOnceHoweverManySessionsArePending() throws Exception {
        List<Future<?>> all = new ArrayList<>();
        try (var executor = java.util.concurrent.Executors.newFixedThreadPool(3)) {
            for (int thread = 0; thread < 3; thread++) {
                long seed = thread;
                all.add(executor.submit(() -> {
                    SplittableRandom random = new SplittableRandom(seed);
                    long[] keys = random.longs(KEYS, 0, Long.MAX_VALUE).toArray();
                    Integer[] order = new Integer[KEYS];
                    Arrays.setAll(order, i -> i);
                    Arrays.sort(order, java.util.Comparator.comparingLong(i -> keys[i]));
                    try (Session session = store.openSession()) {
                        for (int key : order) {
                            session.submitRmw(key, Update.ADD, 1, key, (context, status, value) -> assertTrue(status.isChange()));
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        for (long key = 0; key < KEYS; key++) {
            assertEquals(key * 3 + 3, store.get(key, -1), "key " + key);
        }
        assertTrue(Math.abs(KEYS - store.approximateSize()) <= store.stats().appended());
    }

    @Test
    void shouldApplyFunctionsToValuesOfBytes() {
        byte[] more = {1, 2, 3, 4, 5};
        Rmw appending = new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                writer.set(more);
                return RmwAction.WRITE;
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                byte[] all = Arrays.copyOf(old.toArray(), old.length() + more.length);
                System.arraycopy(more, 0, all, old.length(), more.length);
                writer.set(all);
                return RmwAction.WRITE;
            }
        };
        try (Session session = store.openSession()) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 500; i++) {
                    byte[] key = ("key number " + i).getBytes(java.nio.charset.StandardCharsets.UTF_8);
                    session.submitRmw(key, 0, key.length, appending, i, (context, status, value) -> assertTrue(status.isChange(), status.toString()));
                }
            }
            session.completePending(true);
        }
        for (int i = 0; i < 500; i++) {
            byte[] value = store.get(("key number " + i).getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5}, value, "key number " + i);
        }
    }

    @Test
    void shouldOverlapTheReadsOfAGroup() {
        long[] keys = LongStream.range(0, KEYS + 50).map(i -> KEYS + 49 - i).toArray();
        long[] values = new long[keys.length];
        assertEquals(KEYS, store.getAll(keys, values, 0, keys.length, -7));
        for (int i = 0; i < keys.length; i++) {
            assertEquals(keys[i] < KEYS ? keys[i] * 3 : -7, values[i], "key " + keys[i]);
        }
        assertTrue(store.stats().deviceLookups() > KEYS / 2);
    }

    @Test
    void shouldAnswerBatchesByFutures() throws Exception {
        long[] keys = LongStream.range(0, KEYS + 1).toArray();
        var updated = store.rmwAllAsync(keys, Update.ADD, 1);
        Arrays.fill(keys, -1); // they are the caller's again
        updated.get(60, java.util.concurrent.TimeUnit.SECONDS);
        List<java.util.concurrent.CompletableFuture<long[]>> reads = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            reads.add(store.getAllAsync(LongStream.range(0, KEYS + 2).toArray(), -7));
        }
        for (var read : reads) {
            long[] values = read.get(60, java.util.concurrent.TimeUnit.SECONDS);
            for (int key = 0; key < KEYS; key++) {
                assertEquals(key * 3L + 1, values[key], "key " + key);
            }
            assertEquals(1, values[KEYS]);
            assertEquals(-7, values[KEYS + 1]);
        }
    }

    @Test
    void shouldUpdateAGroupWhereverItsKeysAre() {
        long[] keys = LongStream.concat(LongStream.range(0, KEYS), LongStream.range(0, KEYS)).toArray();
        store.batch(session -> session.rmwAll(keys, 0, keys.length, Update.ADD, 1));
        for (long key = 0; key < KEYS; key++) {
            assertEquals(key * 3 + 2, store.get(key, -1), "key " + key);
        }
    }

    @Test
    void shouldCompleteInsideABatch() {
        long[] sum = new long[1];
        try (Session session = store.openSession()) {
            session.batch(batch -> {
                for (long key = 0; key < 300; key++) {
                    batch.submitGet(key, key, (context, status, value) -> sum[0] += value.getLong(0));
                }
                batch.completePending(true);
            });
        }
        assertEquals(3 * 299 * 300 / 2, sum[0]);
    }

    @Test
    void shouldRefuseCallsFromACompletion() {
        try (Session session = store.openSession()) {
            assertThrows(IllegalStateException.class, () -> {
                session.submitGet(1, 1, (context, status, value) -> store.get(2, -1));
                session.completePending(true);
            });
            assertThrows(IllegalStateException.class, () -> {
                session.submitGet(1, 1, (context, status, value) -> session.completePending(true));
                session.completePending(true);
            });
            assertEquals(3, session.get(1, -1));
        }
    }

    @Test
    void shouldDropWhatIsPendingWhenTheStoreClosesFirst() {
        Session session = store.openSession();
        for (long key = 0; key < 10; key++) {
            session.submitGet(key, key, (context, status, value) -> { });
        }
        Store other = store;
        store.close();
        session.close();
        store = other;
        load2();
    }

    private void load2() {
        store = Store.open(StoreConfig.builder().memory(8 * 4096).pageSize(4096).build());
    }
}
