package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.hlog.HybridLog;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What the operations mean, whatever the configuration and however they are called. */
@Tag("doors")
@ParameterizedClass(name = "{0}")
@MethodSource("io.tideline.core.Variant#all")
class StoreSpecTest {
    @Parameter
    Variant variant;
    private Store store;
    private Session session;
    private KeyKind kind;
    private final SplittableRandom random = new SplittableRandom(99);

    @BeforeEach
    void open() {
        store = variant.open(1234);
        session = store.openSession();
        kind = variant.kind();
    }

    @AfterEach
    void verify() {
        try (Store closing = store) {
            assertEquals(List.of(), StoreVerifier.verify(closing));
            session.close();
        }
    }

    // --- the operations through the variant's surface and kind of keys ---

    /** The i-th key: eight bytes where it must be, else of all kinds of lengths. */
    private byte[] key(int i) {
        return kind == KeyKind.LONG || i % 3 == 0 ? Bytes.ofLong(i) : ("key " + i + "x".repeat(i % 23)).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] value(int length, int seed) {
        byte[] value = new byte[length];
        for (int i = 0; i < length; i++) {
            value[i] = (byte) (seed * 31 + i * 7 + 1);
        }
        return value;
    }

    /** The operation, now and then on records that have all left the memory, if they can. */
    private <T> T run(Function<Operations, T> operation) {
        if (variant.spills() && random.nextInt(4) == 0) {
            Eviction.ofAll(store);
        }
        return variant.surface().run(store, session, operation);
    }

    private void assertStatus(Status expected, Status actual) {
        assertStatus(expected, actual, "");
    }

    private void assertStatus(Status expected, Status actual, String what) {
        assertTrue(variant.allows(expected, actual), () -> "expected " + expected + ", but was " + actual + ". " + what);
    }

    /** How many keys there are: what the store says, or where it may not know, what a walk shows. */
    private long size() {
        long[] shown = new long[1];
        store.forEach((key, value) -> ++shown[0] > 0);
        if (!variant.spills()) {
            assertEquals(shown[0], store.approximateSize());
        }
        return shown[0];
    }

    private Status put(byte[] key, byte[] value) {
        return run(operations -> kind.put(operations, key, value));
    }

    private Status putIfAbsent(byte[] key, byte[] value) {
        return run(operations -> kind.putIfAbsent(operations, key, value));
    }

    private byte[] get(byte[] key) {
        return run(operations -> kind.get(operations, key));
    }

    private Status get(byte[] key, ValueHolder holder) {
        return run(operations -> kind.get(operations, key, holder));
    }

    private boolean contains(byte[] key) {
        return run(operations -> kind.contains(operations, key));
    }

    private Status delete(byte[] key) {
        return run(operations -> kind.delete(operations, key));
    }

    private Status update(byte[] key, LongRmw function, long operand, LongHolder result) {
        return run(operations -> kind.update(operations, key, function, operand, result));
    }

    private Status rmw(byte[] key, Rmw function) {
        return run(operations -> kind.rmw(operations, key, function));
    }

    private Status compareAndSet(byte[] key, byte[] expected, byte[] value) {
        return run(operations -> kind.compareAndSet(operations, key, expected, value));
    }

    private static Rmw always(RmwAction action, byte[] written) {
        return new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                writer.set(written);
                return action;
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                writer.set(written);
                return action;
            }
        };
    }

    // --- reading and writing ---

    @Test
    void shouldFindNothingInAnEmptyStore() {
        for (int i = 0; i < 5; i++) {
            assertNull(get(key(i)));
            assertFalse(contains(key(i)));
            assertStatus(Status.ABSENT, delete(key(i)));
            assertStatus(Status.ABSENT, compareAndSet(key(i), value(8, 1), value(8, 2)));
        }
        assertEquals(0, size());
    }

    @Test
    void shouldReadWhatWasWritten() {
        for (int i = 0; i < 60; i++) {
            assertStatus(Status.CREATED, put(key(i), value(i % 40, i)));
            assertEquals(i + 1, size());
        }
        for (int i = 0; i < 60; i++) {
            assertArrayEquals(value(i % 40, i), get(key(i)), "key " + i);
            assertTrue(contains(key(i)));
        }
        assertNull(get(key(60)));
    }

    @Test
    void shouldReplaceInPlaceWhatIsMutableAndAsLong() {
        for (int length : new int[] {0, 1, 7, 8, 9, 16, 17, 300}) {
            put(key(length), value(length, 1));
            assertStatus(Status.UPDATED_IN_PLACE, put(key(length), value(length, 2)), "length " + length);
            assertArrayEquals(value(length, 2), get(key(length)));
        }
        assertEquals(8, size());
    }

    @Test
    void shouldGrowAndShrinkThroughEveryLength() {
        for (int length = 0; length <= 70; length++) {
            put(key(1), value(length, length));
            assertArrayEquals(value(length, length), get(key(1)), "grown to " + length);
        }
        for (int length = 70; length >= 0; length--) {
            put(key(1), value(length, length + 100));
            assertArrayEquals(value(length, length + 100), get(key(1)), "shrunk to " + length);
        }
        assertEquals(1, size());
    }

    @Test
    void shouldShrinkAndGrowInPlaceWithinItsSlack() {
        put(key(1), value(600, 1));
        for (int length : new int[] {9, 599, 17, 300, 600}) {
            assertStatus(Status.UPDATED_IN_PLACE, put(key(1), value(length, length)), "length " + length);
            assertArrayEquals(value(length, length), get(key(1)));
        }
        assertStatus(Status.COPIED, put(key(1), value(620, 2)));
        assertStatus(Status.COPIED, put(key(1), value(8, 3)), "eight bytes are read without a second look: never in place of others");
        assertStatus(Status.COPIED, put(key(1), value(9, 4)));
        assertArrayEquals(value(9, 4), get(key(1)));
    }

    @Test
    void shouldMissADeletedKeyAndTakeItAgain() {
        for (int round = 0; round < 10; round++) {
            assertStatus(Status.CREATED, put(key(7), value(12, round)), "round " + round);
            assertStatus(Status.TOMBSTONED, delete(key(7)));
            assertNull(get(key(7)));
            assertFalse(contains(key(7)));
            assertStatus(Status.ABSENT, delete(key(7)));
            assertEquals(0, size());
        }
        assertStatus(Status.CREATED, putIfAbsent(key(7), value(3, 1)));
        assertArrayEquals(value(3, 1), get(key(7)));
    }

    @Test
    void shouldInsertOnlyWhatIsAbsent() {
        assertStatus(Status.CREATED, putIfAbsent(key(1), value(8, 1)));
        assertStatus(Status.FOUND, putIfAbsent(key(1), value(8, 2)));
        assertStatus(Status.FOUND, putIfAbsent(key(1), value(30, 3)));
        assertArrayEquals(value(8, 1), get(key(1)));
        assertEquals(1, size());
    }

    @Test
    void shouldKeepKeysApartThatPaddingMakesEqual() {
        kind = kind == KeyKind.LONG ? KeyKind.ARRAY : kind;
        for (int length = 0; length < 40; length++) {
            assertStatus(Status.CREATED, put(new byte[length], value(length, length)), "length " + length);
        }
        for (int length = 0; length < 40; length++) {
            assertArrayEquals(value(length, length), get(new byte[length]));
        }
    }

    @Test
    void shouldReachOneRecordByEveryNameOfEightBytes() {
        byte[] key = Bytes.ofLong(0x1122334455667788L);
        put(key, Bytes.ofLong(99));
        for (KeyKind other : KeyKind.values()) {
            assertArrayEquals(Bytes.ofLong(99), other.get(store, key), other.name());
            assertStatus(Status.UPDATED_IN_PLACE, other.put(store, key, Bytes.ofLong(99)), other.name());
        }
        assertEquals(99, store.get(0x1122334455667788L, 0));
        assertEquals(1, size());
    }

    @Test
    void shouldLeaveTheHolderOfAMissAlone() {
        LongHolder holder = new LongHolder();
        holder.value = 77;
        assertStatus(Status.ABSENT, store.get(5, holder));
        assertEquals(77, holder.value);
        assertEquals(-3, store.get(5, -3));
    }

    @Test
    void shouldSayHowMuchAFixedHolderWouldNeed() {
        put(key(1), value(20, 1));
        for (int room : new int[] {0, 1, 19, 20, 21}) {
            byte[] array = new byte[room];
            ValueHolder holder = ValueHolder.over(MemorySegment.ofArray(array));
            assertStatus(room >= 20 ? Status.FOUND : Status.TOO_SMALL, get(key(1), holder), "room " + room);
            assertEquals(20, holder.length());
            assertArrayEquals(room >= 20 ? Arrays.copyOf(value(20, 1), room) : new byte[room], array, "room " + room);
        }
    }

    // --- read-modify-write ---

    @Test
    void shouldUpdateByEachBuiltIn() {
        LongHolder result = new LongHolder();
        for (Update update : Update.values()) {
            byte[] key = key(3 * update.ordinal());
            assertStatus(Status.CREATED, update(key, update, -5, result));
            assertEquals(-5, result.value);
            long value = -5;
            for (long operand : new long[] {3, -9, 0, Long.MAX_VALUE, Long.MIN_VALUE, 1}) {
                value = switch (update) {
                    case ADD -> value + operand;
                    case PUT -> operand;
                    case MIN -> Math.min(value, operand);
                    case MAX -> Math.max(value, operand);
                };
                assertStatus(Status.UPDATED_IN_PLACE, update(key, update, operand, result));
                assertEquals(value, result.value, update + " " + operand);
                assertArrayEquals(Bytes.ofLong(value), get(key));
            }
        }
    }

    private static final LongRmw SUBTRACT = new LongRmw() {
        @Override
        public long onAbsent(long operand) {
            return -operand;
        }

        @Override
        public long onPresent(long old, long operand) {
            return old - operand;
        }
    };

    @Test
    void shouldUpdateByTheCallersFunctionOfNumbers() {
        LongRmw square = new LongRmw() {
            @Override
            public long onAbsent(long operand) {
                return operand;
            }

            @Override
            public long onPresent(long old, long operand) {
                return old * old - operand;
            }
        };
        LongHolder result = new LongHolder();
        assertStatus(Status.CREATED, update(key(1), square, 7, result));
        assertEquals(7, result.value);
        assertStatus(Status.UPDATED_IN_PLACE, update(key(1), square, 1, null));
        assertArrayEquals(Bytes.ofLong(48), get(key(1)));
        delete(key(1));
        assertStatus(Status.CREATED, update(key(1), square, 2, result));
        assertEquals(2, result.value);
    }

    @Test
    void shouldRefuseNumbersWhereTheValueHasAnotherLength() {
        for (int length : new int[] {0, 7, 9, 100}) {
            byte[] key = key(3 * length);
            put(key, value(length, 1));
            String message = assertThrows(IllegalStateException.class, () -> update(key, Update.ADD, 1, null)).getMessage();
            assertTrue(message.contains(length + " bytes") && message.contains("8"), message);
            assertThrows(IllegalStateException.class, () -> update(key, SUBTRACT, 1, null));
            assertArrayEquals(value(length, 1), get(key), "nothing was changed");
        }
    }

    @Test
    void shouldApplyTheCallersFunction() {
        assertStatus(Status.LEFT, rmw(key(1), always(RmwAction.LEAVE, value(5, 1))));
        assertStatus(Status.LEFT, rmw(key(1), always(RmwAction.DELETE, value(5, 1))));
        assertNull(get(key(1)));
        assertEquals(0, size());
        assertStatus(Status.CREATED, rmw(key(1), always(RmwAction.WRITE, value(40, 1))));
        assertArrayEquals(value(40, 1), get(key(1)));
        assertStatus(Status.LEFT, rmw(key(1), always(RmwAction.LEAVE, value(5, 1))));
        assertArrayEquals(value(40, 1), get(key(1)));
        assertStatus(Status.UPDATED_IN_PLACE, rmw(key(1), always(RmwAction.WRITE, value(33, 2))));
        assertArrayEquals(value(33, 2), get(key(1)));
        assertStatus(Status.COPIED, rmw(key(1), always(RmwAction.WRITE, value(500, 3))));
        assertArrayEquals(value(500, 3), get(key(1)));
        assertStatus(Status.UPDATED_IN_PLACE, rmw(key(1), always(RmwAction.WRITE, new byte[0])));
        assertArrayEquals(new byte[0], get(key(1)));
        assertStatus(Status.TOMBSTONED, rmw(key(1), always(RmwAction.DELETE, value(5, 1))));
        assertNull(get(key(1)));
        assertEquals(0, size());
        assertStatus(Status.CREATED, rmw(key(1), always(RmwAction.WRITE, value(8, 1))));
    }

    @Test
    void shouldShowTheOldValueWholeToTheFunction() {
        for (int length : new int[] {0, 1, 8, 9, 31, 300, 2000}) {
            byte[] key = key(3 * length);
            put(key, value(length, 9));
            rmw(key, new Rmw() {
                @Override
                public RmwAction onAbsent(ValueWriter writer) {
                    throw new AssertionError("the key is there");
                }

                @Override
                public RmwAction onPresent(ValueView old, ValueWriter writer) {
                    assertEquals(length, old.length());
                    assertArrayEquals(value(length, 9), old.toArray());
                    byte[] copy = new byte[length + 2];
                    assertEquals(length, old.copyTo(copy, 1));
                    for (int i = 0; i < length; i++) {
                        assertEquals(value(length, 9)[i], old.getByte(i));
                        assertEquals(value(length, 9)[i], copy[i + 1]);
                    }
                    for (int i = 0; i + 8 <= length; i++) {
                        assertEquals(Bytes.toLong(Arrays.copyOfRange(value(length, 9), i, i + 8)), old.getLong(i), "offset " + i);
                    }
                    assertThrows(IndexOutOfBoundsException.class, () -> old.getByte(length));
                    assertThrows(IndexOutOfBoundsException.class, () -> old.getByte(-1));
                    assertThrows(IndexOutOfBoundsException.class, () -> old.getLong(length - 7));
                    writer.set(old);
                    return RmwAction.WRITE;
                }
            });
            assertArrayEquals(value(length, 9), get(key), "the view written back");
        }
    }

    @Test
    void shouldTakeWhatTheFunctionPutLast() {
        Rmw twice = new Rmw() {
            @Override
            public RmwAction onAbsent(ValueWriter writer) {
                writer.set(value(3000, 1));
                writer.setLong(5);
                writer.set(MemorySegment.ofArray(value(21, 2)));
                writer.set(value(50, 3), 10, 20);
                return RmwAction.WRITE;
            }

            @Override
            public RmwAction onPresent(ValueView old, ValueWriter writer) {
                return RmwAction.WRITE;
            }
        };
        rmw(key(1), twice);
        assertArrayEquals(Arrays.copyOfRange(value(50, 3), 10, 30), get(key(1)));
        rmw(key(1), twice);
        assertArrayEquals(new byte[0], get(key(1)), "a function that puts nothing writes an empty value");
    }

    // --- compareAndSet ---

    @Test
    void shouldReplaceOnlyTheExpectedValue() {
        for (int length : new int[] {0, 1, 7, 8, 9, 100}) {
            byte[] key = key(3 * length);
            assertStatus(Status.ABSENT, compareAndSet(key, value(length, 1), value(length, 2)));
            put(key, value(length, 1));
            assertStatus(length == 0 ? Status.UPDATED_IN_PLACE : Status.MISMATCH, compareAndSet(key, value(length, 2), value(length, 3)));
            assertStatus(Status.MISMATCH, compareAndSet(key, value(length + 16, 1), value(length, 3)), "another length");
            assertArrayEquals(length == 0 ? new byte[0] : value(length, 1), get(key));
            assertStatus(Status.UPDATED_IN_PLACE, compareAndSet(key, value(length, 1), value(length, 4)));
            assertArrayEquals(value(length, 4), get(key));
            delete(key);
            assertStatus(Status.ABSENT, compareAndSet(key, value(length, 4), value(length, 5)));
        }
    }

    @Test
    void shouldCompareEveryByte() {
        byte[] key = key(1);
        byte[] value = value(37, 1);
        put(key, value);
        for (int at = 0; at < value.length; at++) {
            byte[] other = value.clone();
            other[at] ^= (byte) 0x80;
            assertStatus(Status.MISMATCH, compareAndSet(key, other, value(3, 1)), "byte " + at);
        }
        assertStatus(Status.MISMATCH, compareAndSet(key, Arrays.copyOf(value, 36), value(3, 1)));
        assertStatus(Status.MISMATCH, compareAndSet(key, Arrays.copyOf(value, 38), value(3, 1)));
        assertStatus(Status.UPDATED_IN_PLACE, compareAndSet(key, value, value(30, 1)));
        assertStatus(Status.COPIED, compareAndSet(key, value(30, 1), value(300, 1)));
        assertArrayEquals(value(300, 1), get(key));
    }

    @Test
    void shouldNotCompareWhatALongerValueLeftBehind() {
        put(key(1), value(31, 1));
        put(key(1), value(17, 2));
        assertStatus(Status.UPDATED_IN_PLACE, compareAndSet(key(1), value(17, 2), value(31, 3)));
        assertArrayEquals(value(31, 3), get(key(1)));
    }

    // --- records that are read-only ---

    /** Makes what is there read-only: by putting it on the device, by filling pages where the policy then does it, else by hand. */
    private void makeReadOnly() {
        if (variant.spills()) {
            Eviction.ofAll(store);
            return;
        }
        HybridLog log = store.kernel().log;
        if (variant.mutableFraction() == 1.0 || variant.pages() > 8) {
            log.shiftReadOnly(Long.MAX_VALUE);
            return;
        }
        long tail = log.tail();
        for (int i = 100; log.readOnly() < tail; i++) {
            put(key(i), value(variant.pageSize() / 2 - 200, i));
        }
    }

    @Test
    void shouldCopyWhatIsReadOnly() {
        for (int length : new int[] {0, 8, 9, 40}) {
            put(key(3 * length), value(length, 1));
        }
        put(key(1), value(8, 1));
        put(key(2), value(8, 1));
        put(key(4), value(8, 1));
        put(key(5), value(20, 1));
        makeReadOnly();
        long size = size();
        for (int length : new int[] {0, 8, 9, 40}) {
            assertArrayEquals(value(length, 1), get(key(3 * length)));
            assertStatus(Status.COPIED, put(key(3 * length), value(length, 2)), "length " + length);
            assertArrayEquals(value(length, 2), get(key(3 * length)));
            assertStatus(Status.UPDATED_IN_PLACE, put(key(3 * length), value(length, 3)), "the copy is mutable");
        }
        LongHolder result = new LongHolder();
        assertStatus(Status.COPIED, update(key(1), Update.ADD, 1, result));
        assertEquals(Bytes.toLong(value(8, 1)) + 1, result.value);
        assertArrayEquals(Bytes.ofLong(result.value), get(key(1)));
        assertStatus(Status.MISMATCH, compareAndSet(key(2), value(8, 2), value(8, 3)));
        assertStatus(Status.COPIED, compareAndSet(key(2), value(8, 1), value(8, 3)));
        assertArrayEquals(value(8, 3), get(key(2)));
        assertStatus(Status.FOUND, putIfAbsent(key(4), value(8, 9)));
        assertEquals(size, size());
        assertStatus(Status.TOMBSTONED, delete(key(4)));
        assertNull(get(key(4)));
        assertStatus(Status.ABSENT, delete(key(4)));
        assertStatus(Status.TOMBSTONED, rmw(key(5), always(RmwAction.DELETE, value(1, 1))));
        assertNull(get(key(5)));
        assertEquals(size - 2, size());
        assertStatus(Status.CREATED, put(key(4), value(8, 5)));
        assertArrayEquals(value(8, 5), get(key(4)));
    }

    @Test
    void shouldMissWhatWasDeletedBeforeItBecameReadOnly() {
        put(key(3), value(8, 1));
        put(key(6), value(20, 1));
        delete(key(3));
        delete(key(6));
        makeReadOnly();
        long size = size();
        assertNull(get(key(3)));
        assertFalse(contains(key(6)));
        assertStatus(Status.ABSENT, delete(key(3)));
        assertStatus(Status.CREATED, update(key(3), Update.ADD, 4, null));
        assertStatus(Status.CREATED, putIfAbsent(key(6), value(2, 2)));
        assertEquals(size + 2, size());
    }

    // --- the whole ---

    @Test
    void shouldShowEachEntryOnce() {
        Map<Bytes, Bytes> expected = new HashMap<>();
        for (int i = 0; i < 50; i++) {
            put(key(i), value(i % 30, i));
            expected.put(new Bytes(key(i)), new Bytes(value(i % 30, i)));
        }
        for (int i = 0; i < 50; i += 4) {
            delete(key(i));
            expected.remove(new Bytes(key(i)));
        }
        for (int i = 1; i < 50; i += 5) {
            if (expected.containsKey(new Bytes(key(i)))) {
                put(key(i), value(70, i));
                expected.put(new Bytes(key(i)), new Bytes(value(70, i)));
            }
        }
        Map<Bytes, Bytes> shown = new HashMap<>();
        store.forEach((key, value) -> {
            assertNull(shown.put(new Bytes(key.toArray()), new Bytes(value.toArray())), "shown twice");
            return true;
        });
        assertEquals(expected, shown);
    }

    @Test
    void shouldStopShowingWhenToldTo() {
        for (int i = 0; i < 20; i++) {
            put(key(i), value(8, i));
        }
        List<Bytes> shown = new ArrayList<>();
        store.forEach((key, value) -> {
            shown.add(new Bytes(key.toArray()));
            return shown.size() < 7;
        });
        assertEquals(7, shown.size());
    }

    @Test
    void shouldForgetEverythingWhenCleared() {
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 40; i++) {
                assertStatus(Status.CREATED, put(key(i), value(10, i)), "round " + round);
            }
            store.clear();
            assertEquals(0, size());
            for (int i = 0; i < 40; i++) {
                assertNull(get(key(i)), "round " + round);
            }
            store.forEach((key, value) -> {
                throw new AssertionError("an entry survived");
            });
        }
    }

    @Test
    void shouldNumberTheOperationsOfASession() {
        long before = session.serial();
        session.put(1, 1);
        session.get(2, 0);
        session.batch(inside -> {
            inside.put(3, 3);
            inside.delete(3);
            assertEquals(before + 4, inside.serial());
        });
        session.contains(1);
        assertEquals(before + 5, session.serial());
    }
}
