package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Probe;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Values of 9 to 4096 bytes that say themselves whether they are whole (length, repeated pattern, checksum) are read while others replace
 * them in place, grow them and shrink them. None is torn.
 */
@Tag("doors")
class TornReadTest {
    private static final int SHORTEST = 9;
    private static final int LONGEST = 4096;
    private static final int KEYS = 3;
    private static final int WRITERS = 2;
    private static final int READERS = 3;
    private static final int WRITES = Hammer.share(2_500);

    @AfterEach
    void removeHook() {
        Probe.install(null);
    }

    private static Store open(long seed, int pageSize, boolean spills) {
        StoreConfig.Builder config = StoreConfig.builder().pageSize(pageSize).mutableFraction(0.3).buckets(1).hashSeed(seed).hugePages(false);
        return Store.open(spills ? config.memory(8L * pageSize).segmentSize(4L * pageSize).maxOpenFiles(2)
            .files(new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(seed))).build() : config.memory(32L << 20).build());
    }

    // --- values that say whether they are whole: two bytes of length, one of pattern, the pattern, four of checksum at most ---

    private static byte[] value(int length, int pattern) {
        byte[] value = new byte[length];
        value[0] = (byte) length;
        value[1] = (byte) (length >>> 8);
        value[2] = (byte) pattern;
        for (int i = 3; i < length - 4; i++) {
            value[i] = (byte) (pattern + i);
        }
        int checksum = checksum(value, length - 4);
        for (int i = 0; i < 4; i++) {
            value[length - 4 + i] = (byte) (checksum >>> 8 * i);
        }
        return value;
    }

    private static int checksum(byte[] value, int length) {
        int sum = 1;
        for (int i = 0; i < length; i++) {
            sum = sum * 31 + value[i];
        }
        return sum;
    }

    private static void assertWhole(byte[] value, String replay) {
        assertTrue(value.length >= SHORTEST, () -> "a value of " + value.length + " bytes was never written, " + replay);
        assertEquals(value.length, value[0] & 0xFF | (value[1] & 0xFF) << 8, () -> "torn: the length is another value's, " + replay);
        for (int i = 3; i < value.length - 4; i++) {
            if (value[i] != (byte) (value[2] + i)) {
                throw new AssertionError("torn at byte " + i + " of " + value.length + ", " + replay);
            }
        }
        int checksum = checksum(value, value.length - 4);
        for (int i = 0; i < 4; i++) {
            assertEquals((byte) (checksum >>> 8 * i), value[value.length - 4 + i], () -> "torn at the end of " + value.length + " bytes, " + replay);
        }
    }

    private static byte[] random(SplittableRandom random) {
        int length = random.nextInt(3) == 0 ? SHORTEST + random.nextInt(60) : SHORTEST + random.nextInt(LONGEST - SHORTEST + 1);
        return value(length, random.nextInt(256));
    }

    private static byte[] name(int key) {
        return new byte[] {'k', (byte) key};
    }

    // --- writers ---

    /** Replaces by put, by a function that turns the old value into another, or by compareAndSet. */
    private static void write(Store store, SplittableRandom random, String replay) {
        byte[] key = name(random.nextInt(KEYS));
        switch (random.nextInt(4)) {
            case 0, 1 -> store.put(key, random(random));
            case 2 -> store.rmw(key, new Rmw() {
                @Override
                public RmwAction onAbsent(ValueWriter writer) {
                    throw new AssertionError("the key is there, " + replay);
                }

                @Override
                public RmwAction onPresent(ValueView old, ValueWriter writer) {
                    byte[] bytes = old.toArray();
                    assertWhole(bytes, replay);
                    int length = Math.clamp(bytes.length + random.nextInt(200) - 100, SHORTEST, LONGEST);
                    writer.set(value(length, bytes[2] + 1));
                    return RmwAction.WRITE;
                }
            });
            default -> {
                byte[] old = store.get(key);
                assertWhole(old, replay);
                store.compareAndSet(key, old, random(random));
            }
        }
    }

    // --- readers ---

    private static void read(Store store, Session session, int round, String replay) {
        byte[] key = name(round % KEYS);
        switch (round % 5) {
            case 0 -> assertWhole(store.get(key), replay);
            case 1 -> {
                ValueHolder holder = ValueHolder.growing();
                assertEquals(Status.FOUND, session.get(key, holder));
                assertWhole(holder.toArray(), replay);
            }
            case 2 -> {
                MemorySegment segment = MemorySegment.ofBuffer(ByteBuffer.allocateDirect(LONGEST + 1));
                ValueHolder holder = ValueHolder.over(segment);
                assertEquals(Status.FOUND, session.get(key, holder));
                assertWhole(segment.asSlice(0, holder.length()).toArray(ValueLayout.JAVA_BYTE), replay);
            }
            case 3 -> {
                ValueHolder small = ValueHolder.over(MemorySegment.ofArray(new byte[500]));
                if (session.get(key, small) == Status.FOUND) {
                    assertWhole(small.toArray(), replay);
                } else {
                    assertTrue(small.length() > 500 && small.length() <= LONGEST, replay);
                }
            }
            default -> {
                int[] shown = new int[1];
                store.forEach((name, value) -> {
                    assertWhole(value.toArray(), replay);
                    shown[0]++;
                    return true;
                });
                assertEquals(KEYS, shown[0], "a walk shows each key once, " + replay);
            }
        }
    }

    private static boolean isTested(Store store, long reads, boolean spills) {
        return reads > 0 && (!spills || store.stats().deviceLookups() > 10);
    }

    private static void hammer(long seed, int pageSize, boolean yields, boolean spills) throws Exception {
        String replay = "seed " + seed;
        if (yields) {
            Hammer.yieldAtProbes(seed);
        }
        try (Store store = open(seed, pageSize, spills)) {
            for (int key = 0; key < KEYS; key++) {
                store.put(name(key), value(LONGEST - 1024 * key, key));
            }
            AtomicInteger role = new AtomicInteger();
            AtomicInteger writing = new AtomicInteger(WRITERS);
            AtomicLong reads = new AtomicLong();
            Hammer.run(seed, WRITERS + READERS, random -> {
                if (role.getAndIncrement() < WRITERS) {
                    try {
                        // how much is read meanwhile, and from where, is a matter of speed: as many more writes as it takes to test something
                        for (int i = 0; i < WRITES / (spills ? 4 : 1) || !isTested(store, reads.get(), spills); i++) {
                            write(store, random, replay);
                            if (spills && random.nextInt(80) == 0) {
                                Eviction.ofAll(store);
                            }
                        }
                    } finally {
                        writing.decrementAndGet();
                    }
                } else {
                    try (Session session = store.openSession()) {
                        for (int round = random.nextInt(100); writing.get() > 0; round++) {
                            read(store, session, round, replay);
                            reads.incrementAndGet();
                        }
                    }
                }
                return null;
            });
            assertTrue(isTested(store, reads.get(), spills), replay);
            assertEquals(List.of(), StoreVerifier.verify(store), replay);
        }
    }

    @Test
    void shouldNotTearWhatIsChangedInPlaceOrCopied() throws Exception {
        hammer(1, 64 << 10, false, false);
        hammer(2, 8 << 10, false, false);
        hammer(3, 64 << 10, false, false);
    }

    @Test
    void shouldNotTearWhereWritersYieldUnderTheLatch() throws Exception {
        for (long seed = 11; seed <= 13; seed++) {
            hammer(seed, 8 << 10, true, false);
        }
    }

    @Test
    void shouldNotTearWhatLeavesTheMemory() throws Exception {
        hammer(21, 8 << 10, false, true);
        hammer(22, 8 << 10, true, true);
    }

    /** The planted bug: bytes that a writer changes in the middle of a read must be found torn. */
    @Test
    void shouldCatchATornValue() {
        byte[] first = value(300, 7);
        byte[] second = value(300, 8);
        for (int cut = 3; cut < 300; cut++) {
            byte[] torn = first.clone();
            System.arraycopy(second, 0, torn, 0, cut);
            assertThrowsTorn(torn);
        }
        assertThrowsTorn(Arrays.copyOf(first, 299));
        assertWhole(first, "by hand");
        for (int length = SHORTEST; length <= 600; length++) {
            assertWhole(value(length, length * 3), "length " + length);
        }
    }

    private static void assertThrowsTorn(byte[] torn) {
        String message = assertThrows(AssertionError.class, () -> assertWhole(torn, "planted")).getMessage();
        assertTrue(message.contains("torn"), message);
    }
}
