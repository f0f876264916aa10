package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Keys and values of every length that borders on something: what the README's table of limits allows is taken and read back, one byte more
 * is refused by a sentence that names the limit, before anything is touched.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("all")
class SizesTest {
    private static final long SEED = 20;
    private static final byte[] RANDOM = Bytes.random(new SplittableRandom(SEED), 2 << 20);
    /** Records of so many pages stay reachable in one test. */
    private static final int PAGES = 96;
    /** What a record with a short header may hold, as the README says. */
    private static final int SHORT_KEY = 4094;
    private static final int SHORT_VALUE = 262_143;

    /** A page size and a kind of key. */
    record Sizes(int pageSize, KeyKind kind) {
        @Override
        public String toString() {
            return "pages of " + (pageSize >> 10) + " KiB, keys as " + kind;
        }
    }

    static Stream<Sizes> all() {
        return Stream.of(4 << 10, 512 << 10).flatMap(page -> Stream.of(KeyKind.values()).map(kind -> new Sizes(page, kind)));
    }

    @Parameter
    Sizes sizes;
    private int pageSize;
    private KeyKind kind;
    private Store store;
    private final SplittableRandom random = new SplittableRandom(SEED);

    @BeforeEach
    void open() {
        pageSize = sizes.pageSize;
        kind = sizes.kind;
        store = Store.open(StoreConfig.builder().pageSize(pageSize).memory((long) pageSize * PAGES).mutableFraction(1).buckets(64).hashSeed(SEED)
            .hugePages(false).build());
    }

    @AfterEach
    void verify() {
        try (Store closing = store) {
            assertEquals(List.of(), StoreVerifier.verify(closing));
        }
    }

    // --- the limits, reckoned from the README ---

    private static int pad8(int bytes) {
        return (bytes + 7) & -8;
    }

    /** The longest value beside a key; -1 if the key alone is too long. */
    private int maxValue(int keyBytes) {
        int room = pageSize - 16 - pad8(keyBytes);
        return keyBytes > SHORT_KEY || room > SHORT_VALUE ? room - 8 : room;
    }

    /** The longest key beside a value. */
    private int maxKey(int valueBytes) {
        int key = pageSize;
        while (maxValue(key) < valueBytes) {
            key--;
        }
        return key;
    }

    @Test
    void shouldAgreeWithTheLimitsOfTheReadme() {
        assertEquals(pageSize - (pageSize > 256 << 10 ? 32 : 24), maxValue(8));
        assertEquals(pageSize - (pageSize > 4096 ? 24 : 16), maxKey(0));
    }

    private List<Integer> keyLengths() {
        List<Integer> lengths = new ArrayList<>(List.of(0, 1, 7, 8, 9, 15, 16, 17, 255, 256, 257, 1000, maxKey(0), maxKey(1), maxKey(8)));
        if (pageSize > 4096) {
            lengths.addAll(List.of(SHORT_KEY - 1, SHORT_KEY, SHORT_KEY + 1, SHORT_KEY + 2));
        }
        return lengths.stream().filter(kind::takes).sorted().distinct().toList();
    }

    private List<Integer> valueLengths(int keyBytes) {
        int max = maxValue(keyBytes);
        return Stream.of(0, 1, 7, 8, 9, 15, 16, 17, 255, 256, 257, 4079, 4080, 4096, SHORT_VALUE, SHORT_VALUE + 1, max - 1, max)
            .filter(length -> length >= 0 && length <= max).sorted().distinct().toList();
    }

    private byte[] bytes(int length) {
        int from = random.nextInt(RANDOM.length - length);
        return Arrays.copyOfRange(RANDOM, from, from + length);
    }

    private static Rmw writing(byte[] value, boolean asSegment) {
        return new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                if (asSegment) {
                    writer.set(MemorySegment.ofArray(value));
                } else {
                    writer.set(value);
                }
                return RmwAction.WRITE;
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                return onAbsent(writer);
            }
        };
    }

    /** At the speed of a vector where they are equal. */
    private static void assertEqual(byte[] expected, byte[] actual, String what) {
        if (!Arrays.equals(expected, actual)) {
            assertArrayEquals(expected, actual, what);
        }
    }

    private void assertHolds(byte[] key, byte[] value) {
        assertEqual(value, kind.get(store, key), "key of " + key.length + " bytes, value of " + value.length);
        assertTrue(kind.contains(store, key));
        ValueHolder exact = ValueHolder.over(MemorySegment.ofArray(new byte[value.length]));
        assertEquals(Status.FOUND, kind.get(store, key, exact));
        assertEqual(value, exact.toArray(), "into a segment");
        if (value.length > 0) {
            ValueHolder tooSmall = ValueHolder.over(MemorySegment.ofArray(new byte[value.length - 1]));
            assertEquals(Status.TOO_SMALL, kind.get(store, key, tooSmall));
            assertEquals(value.length, tooSmall.length());
        }
    }

    // --- what fits ---

    @Test
    void shouldTakeAndGiveBackEveryLengthByEveryOperation() {
        for (int keyBytes : keyLengths()) {
            for (int valueBytes : valueLengths(keyBytes)) {
                String what = "key of " + keyBytes + " bytes, value of " + valueBytes;
                byte[] key = bytes(keyBytes);
                byte[] first = bytes(valueBytes);
                byte[] second = bytes(valueBytes);
                assertEquals(Status.CREATED, kind.put(store, key, first), what);
                assertHolds(key, first);
                assertEquals(Status.UPDATED_IN_PLACE, kind.put(store, key, second), what);
                assertHolds(key, second);
                assertEquals(Status.UPDATED_IN_PLACE, kind.compareAndSet(store, key, second, first), what);
                assertHolds(key, first);
                assertEquals(Status.UPDATED_IN_PLACE, kind.rmw(store, key, writing(second, valueBytes % 2 == 0)), what);
                assertHolds(key, second);
                assertEquals(Status.FOUND, kind.putIfAbsent(store, key, first), what);
                if (valueBytes == 8) {
                    LongHolder result = new LongHolder();
                    assertEquals(Status.UPDATED_IN_PLACE, kind.update(store, key, Update.ADD, 1, result), what);
                    assertEquals(Bytes.toLong(second) + 1, result.value);
                }
                assertEquals(1, store.approximateSize());
                assertEquals(Status.TOMBSTONED, kind.delete(store, key), what);
                assertFalse(kind.contains(store, key));
                store.clear();
                assertEquals(Status.CREATED, kind.putIfAbsent(store, key, second), what);
                assertHolds(key, second);
                store.clear();
                assertEquals(Status.CREATED, kind.rmw(store, key, writing(first, valueBytes % 2 != 0)), what);
                assertHolds(key, first);
                store.forEach((shownKey, shownValue) -> {
                    assertEqual(key, shownKey.toArray(), what);
                    assertEqual(first, shownValue.toArray(), what);
                    return true;
                });
                store.clear();
            }
        }
    }

    @Test
    void shouldGrowToTheLongestAndShrinkAgain() {
        for (int keyBytes : keyLengths()) {
            byte[] key = bytes(keyBytes);
            List<Integer> lengths = valueLengths(keyBytes);
            List<Integer> upAndDown = new ArrayList<>(lengths);
            upAndDown.addAll(lengths.reversed());
            for (int valueBytes : upAndDown) {
                byte[] value = bytes(valueBytes);
                kind.put(store, key, value);
                assertHolds(key, value);
            }
            store.clear();
        }
    }

    // --- what does not ---

    /** Refused with a sentence that names what was asked for and the limit; the store is as it was. */
    private void assertRefused(int length, Executable operation) {
        StoreStats before = store.stats();
        String message = assertThrows(IllegalArgumentException.class, operation).getMessage();
        assertTrue(message.contains(length + " bytes") && message.contains("page size of " + pageSize + " bytes"), message);
        StoreStats after = store.stats();
        assertEquals(before.tail(), after.tail());
        assertEquals(before.logUsedBytes(), after.logUsedBytes());
        assertEquals(before.size(), after.size());
        assertEquals(before.copied(), after.copied());
    }

    @Test
    void shouldRefuseAValueOneByteTooLong() {
        for (int keyBytes : keyLengths()) {
            byte[] key = bytes(keyBytes);
            byte[] fits = bytes(maxValue(keyBytes));
            byte[] tooLong = bytes(fits.length + 1);
            for (boolean present : new boolean[] {false, true}) {
                if (present) {
                    kind.put(store, key, fits);
                }
                assertRefused(tooLong.length, () -> kind.put(store, key, tooLong));
                assertRefused(tooLong.length, () -> kind.putIfAbsent(store, key, tooLong));
                assertRefused(tooLong.length, () -> kind.compareAndSet(store, key, fits, tooLong));
                assertRefused(tooLong.length, () -> kind.compareAndSet(store, key, tooLong, fits));
                assertRefused(tooLong.length, () -> kind.rmw(store, key, writing(tooLong, false)));
                assertRefused(tooLong.length, () -> kind.rmw(store, key, writing(tooLong, true)));
                assertEquals(present, kind.contains(store, key));
                assertEquals(present ? 1 : 0, store.approximateSize());
            }
            assertHolds(key, fits);
            store.clear();
        }
    }

    @Test
    void shouldRefuseAValueThatNoKeyCouldHave() {
        for (int length : new int[] {pageSize, pageSize + 1, 2 * pageSize}) {
            byte[] tooLong = bytes(length);
            byte[] key = bytes(8);
            assertRefused(length, () -> kind.put(store, key, tooLong));
            assertRefused(length, () -> kind.rmw(store, key, writing(tooLong, false)));
            assertRefused(length, () -> kind.rmw(store, key, writing(tooLong, true)));
            assertFalse(kind.contains(store, key));
        }
    }

    @Test
    void shouldRefuseAKeyOneByteTooLong() {
        byte[] present = bytes(8);
        byte[] value = bytes(9);
        kind.put(store, present, value);
        byte[] none = {};
        for (int length : new int[] {maxKey(0) + 1, pageSize, pageSize + 1, 2 * pageSize}) {
            if (kind.takes(length)) {
                byte[] key = bytes(length);
                assertRefused(length, () -> kind.put(store, key, none));
                assertRefused(length, () -> kind.putIfAbsent(store, key, none));
                assertRefused(length, () -> kind.compareAndSet(store, key, none, none));
                assertRefused(length, () -> kind.rmw(store, key, writing(none, false)));
                assertRefused(length, () -> kind.update(store, key, Update.ADD, 1, null));
                assertRefused(length, () -> kind.get(store, key));
                assertRefused(length, () -> kind.contains(store, key));
                assertRefused(length, () -> kind.delete(store, key));
            }
        }
        assertHolds(present, value);
    }

    @Test
    void shouldRefuseANumberWhereTheKeyLeavesNoRoomForIt() {
        int length = maxKey(8) + 1;
        if (kind.takes(length)) {
            byte[] key = bytes(length);
            assertRefused(length, () -> kind.update(store, key, Update.ADD, 1, null));
            assertFalse(kind.contains(store, key));
        }
    }

    /** Segments longer than an int can say, over a file without contents: only their length is looked at. */
    @Test
    void shouldRefuseSegmentsBeyondEveryArray(@TempDir Path folder) throws IOException {
        byte[] key = bytes(8);
        byte[] value = bytes(20);
        kind.put(store, key, value);
        MemorySegment small = MemorySegment.ofArray(key);
        for (long length : new long[] {Integer.MAX_VALUE, 1L << 31, 1L << 32, (1L << 32) + 8}) {
            try (Arena arena = Arena.ofConfined(); RandomAccessFile file = new RandomAccessFile(folder.resolve("empty").toFile(), "rw")) {
                file.setLength(length);
                assertLengthRefused(small, file.getChannel().map(MapMode.READ_ONLY, 0, length, arena), value);
            }
            assertHolds(key, value);
        }
    }

    private void assertLengthRefused(MemorySegment small, MemorySegment huge, byte[] value) {
        String length = huge.byteSize() + " bytes";
        List<Executable> operations = List.of(
            () -> store.put(small, huge), () -> store.put(huge, small), () -> store.putIfAbsent(small, huge), () -> store.delete(huge),
            () -> store.get(huge, ValueHolder.growing()), () -> store.contains(huge), () -> store.compareAndSet(small, huge, small),
            () -> store.compareAndSet(small, small, huge), () -> store.rmw(huge, Update.ADD, 1, null), () -> store.rmw(huge, writing(value, false)),
            () -> store.rmw(small, new Rmw() {
                @Override
                public RmwAction onAbsent(ValueWriter writer) {
                    throw new AssertionError("the key is there");
                }

                @Override
                public RmwAction onPresent(ValueView old, ValueWriter writer) {
                    writer.set(huge);
                    return RmwAction.WRITE;
                }
            }));
        for (Executable operation : operations) {
            String message = assertThrows(IllegalArgumentException.class, operation).getMessage();
            assertTrue(message.contains(length) && message.contains("page size of " + pageSize + " bytes"), message);
        }
    }
}
