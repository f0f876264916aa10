package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Probe;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Threads add to a few keys, to more of them where the store spills, while the read-only frontier rises without pause, so that nearly every update meets a record that some thread
 * takes for mutable and another for read-only. Every update must be in the sum.
 */
@Tag("doors")
@ParameterizedClass(name = "spills: {0}")
@ValueSource(booleans = {false, true})
class LostUpdateTest {
    /** Whether the store has eight pages of memory, and what is added to leaves it now and then. */
    @Parameter
    private boolean spills;
    private static final int ADDERS = 4;
    private static final int KEYS = 3;
    /** So many that some are out of memory when they are added to. */
    private static final int SPILLING_KEYS = 60;
    private static final int ADDS = Probe.isOn() ? 1_000 : 8_000;
    private static final int SEEDS = Hammer.share(4);

    /** One update of a key by one. */
    @FunctionalInterface
    private interface Add {
        void one(Operations operations, int key);
    }

    /** The sum that the key stands for. */
    @FunctionalInterface
    private interface Read {
        long sum(Operations operations, int key);
    }

    @AfterEach
    void removeHook() {
        Probe.install(null);
    }

    private int keys() {
        return spills ? SPILLING_KEYS : KEYS;
    }

    private Store open(long seed) {
        if (spills) {
            return Store.open(StoreConfig.builder().pageSize(4096).memory(8 * 4096).mutableFraction(0.1 + 0.2 * (seed % 3)).segmentSize(1 << 14).buckets(1)
                .hashSeed(seed).hugePages(false).files(new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(seed).alignmentBytes(seed % 2 == 0 ? 1 : 512))).build());
        }
        return Store.open(StoreConfig.builder().pageSize(4096).memory(16L << 20).mutableFraction(1.0 / 4096).buckets(1).hashSeed(seed)
            .hugePages(false).build());
    }

    private void assertExact(Add add, Read read) throws Exception {
        for (long seed = 1; seed <= SEEDS; seed++) {
            String replay = "seed " + seed;
            Hammer.yieldAtProbes(seed);
            try (Store store = open(seed)) {
                Hammer.run(seed, ADDERS, random -> {
                    addAll(store, random, add);
                    return null;
                });
                long sum = 0;
                for (int key = 0; key < keys(); key++) {
                    sum += read.sum(store, key);
                }
                assertEquals((long) ADDERS * ADDS, sum, replay);
                assertTrue(store.stats().copied() > 0, "nothing was copied: the test does not test, " + replay);
                assertTrue(!spills || store.stats().deviceLookups() > 5, () -> "nothing was looked up: the test does not test, " + replay);
                assertEquals(List.of(), StoreVerifier.verify(store), replay);
            }
        }
    }

    /** Makes everything read-only for those who look from now on, or puts it on the device. */
    private void raiseReadOnly(Store store, SplittableRandom random) {
        if (spills && random.nextInt(20) == 0) {
            Eviction.ofAll(store);
        } else if (random.nextInt(3) == 0) {
            store.batch(batch -> store.kernel().log.shiftReadOnly(Long.MAX_VALUE));
        }
    }

    private void addAll(Store store, SplittableRandom random, Add add) {
        try (Session session = store.openSession()) {
            for (int done = 0; done < ADDS;) {
                int group = Math.min(ADDS - done, 1 + random.nextInt(20));
                Surface.values()[random.nextInt(Surface.values().length)].run(store, session, operations -> {
                    for (int i = 0; i < group; i++) {
                        add.one(operations, random.nextInt(keys()));
                    }
                    return null;
                });
                done += group;
                raiseReadOnly(store, random);
            }
        }
    }

    private static byte[] name(int key) {
        return ("counter " + key).getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void shouldKeepEveryAddToALongKey() throws Exception {
        assertExact((operations, key) -> operations.add(key, 1), (operations, key) -> operations.get(key, 0));
    }

    @Test
    void shouldKeepEveryAddToAKeyOfBytes() throws Exception {
        assertExact((operations, key) -> operations.add(name(key), 1), (operations, key) -> {
            byte[] value = operations.get(name(key));
            return value == null ? 0 : Bytes.toLong(value);
        });
    }

    @Test
    void shouldKeepEveryUpdateByAFunctionOfNumbers() throws Exception {
        LongRmw increment = new LongRmw() {
            @Override
            public long onAbsent(long operand) {
                return operand;
            }

            @Override
            public long onPresent(long old, long operand) {
                return old + operand;
            }
        };
        assertExact((operations, key) -> operations.rmw(key, increment, 1, null), (operations, key) -> operations.get(key, 0));
    }

    @Test
    void shouldKeepEveryUpdateByAFunctionOfEightBytes() throws Exception {
        Rmw increment = new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                writer.setLong(1);
                return RmwAction.WRITE;
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                writer.setLong(old.getLong(0) + 1);
                return RmwAction.WRITE;
            }
        };
        assertExact((operations, key) -> operations.rmw(key, increment), (operations, key) -> operations.get(key, 0));
    }

    @Test
    void shouldKeepEveryUpdateOfAValueThatChangesItsLength() throws Exception {
        Rmw increment = new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                return write(1, writer);
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                return write(old.getLong(0) + 1, writer);
            }

            private RmwAction write(long sum, ValueWriter writer) {
                byte[] value = new byte[8 + (int) (sum * 37 % 200)];
                System.arraycopy(Bytes.ofLong(sum), 0, value, 0, 8);
                writer.set(value);
                return RmwAction.WRITE;
            }
        };
        assertExact((operations, key) -> operations.rmw(name(key), increment), (operations, key) -> {
            byte[] value = operations.get(name(key));
            return value == null ? 0 : Bytes.toLong(value);
        });
    }

    @Test
    void shouldKeepEveryCompareAndSetOfNumbers() throws Exception {
        assertExact((operations, key) -> {
            LongHolder old = new LongHolder();
            while (!(operations.get(key, old) == Status.ABSENT ? operations.putIfAbsent(key, 1) : operations.compareAndSet(key, old.value, old.value + 1))
                .isChange()) {
                Thread.onSpinWait();
            }
        }, (operations, key) -> operations.get(key, 0));
    }

    @Test
    void shouldKeepEveryCompareAndSetOfBytes() throws Exception {
        assertExact((operations, key) -> {
            byte[] name = name(key);
            for (Status status = null; status == null || !status.isChange();) {
                byte[] old = operations.get(name);
                status = old == null ? operations.putIfAbsent(name, TokenValue.of(1))
                    : operations.compareAndSet(name, old, TokenValue.of(TokenValue.token(old) + 1));
            }
        }, (operations, key) -> {
            byte[] value = operations.get(name(key));
            return value == null ? 0 : TokenValue.token(value);
        });
    }

    /** A delete ends a run of adds; what it ended is what the next add does not see. Each add that creates begins a run anew. */
    @Test
    void shouldNotLoseADeleteToACopyNorAnAddToADelete() throws Exception {
        for (long seed = 1; seed <= SEEDS; seed++) {
            String replay = "seed " + seed;
            Hammer.yieldAtProbes(seed);
            try (Store store = open(seed)) {
                AtomicInteger created = new AtomicInteger();
                AtomicInteger deleted = new AtomicInteger();
                Hammer.run(seed, ADDERS, random -> {
                    for (int i = 0; i < ADDS; i++) {
                        int key = random.nextInt(keys());
                        if (random.nextInt(4) == 0) {
                            deleted.addAndGet(store.delete(key) == Status.TOMBSTONED ? 1 : 0);
                        } else {
                            created.addAndGet(store.add(key, 1) == Status.CREATED ? 1 : 0);
                        }
                        raiseReadOnly(store, random);
                    }
                    return null;
                });
                int present = 0;
                for (int key = 0; key < keys(); key++) {
                    present += store.contains(key) ? 1 : 0;
                }
                assertEquals(created.get() - deleted.get(), present, "each creation is deleted once or still there, " + replay);
                assertEquals(present, store.approximateSize(), replay);
                assertEquals(List.of(), StoreVerifier.verify(store), replay);
            }
        }
    }

    @Test
    void shouldLetOneOfManyInsertEachKey() throws Exception {
        for (long seed = 1; seed <= SEEDS; seed++) {
            String replay = "seed " + seed;
            Hammer.yieldAtProbes(seed);
            try (Store store = open(seed)) {
                int keys = 400;
                List<Integer> won = Hammer.run(seed, ADDERS, random -> {
                    int wins = 0;
                    for (int key = 0; key < keys; key++) {
                        wins += store.putIfAbsent(key, random.nextLong()) == Status.CREATED ? 1 : 0;
                    }
                    return wins;
                });
                assertEquals(keys, won.stream().mapToInt(Integer::intValue).sum(), replay);
                assertEquals(keys, store.approximateSize(), replay);
                assertEquals(List.of(), StoreVerifier.verify(store), replay);
            }
        }
    }
}
