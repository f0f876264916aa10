package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.tideline.fault.FullFault;
import io.tideline.hlog.RecordLayout;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a group of writes appends: for new keys, and in the place of records that are read-only; and what others may do while that is prepared. */
@Tag("spill")
class AppendBlockTest {
    private static final int KEYS = 40;
    private static final int RECORD_BYTES = 32;
    private static final long[] KEYS_OF_ALL = keys(KEYS);

    private final SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(3).mode(SimulatedDisk.Mode.THREADS));
    private Store store;

    @AfterEach
    void verify() {
        Probe.install(null);
        if (store != null) {
            assertEquals(List.of(), StoreVerifier.verify(store));
            store.close();
        }
    }

    private void open(int pageBytes) {
        store = Store.open(StoreConfig.builder().memory(8L * pageBytes).pageSize(pageBytes).segmentSize(1 << 16).buckets(1024).hashSeed(7).hugePages(false)
                .files(disk).build());
    }

    private static long[] keys(int count) {
        long[] keys = new long[count];
        Arrays.setAll(keys, i -> i);
        return keys;
    }

    /** The same values as bytes, end to end. */
    private static byte[] bytes(LongUnaryOperator valueOf) {
        ByteBuffer bytes = ByteBuffer.allocate(KEYS * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < KEYS; i++) {
            bytes.putLong(valueOf.applyAsLong(i));
        }
        return bytes.array();
    }

    private void openReadOnly(int pageBytes) {
        open(pageBytes);
        store.putAll(keys(KEYS), keys(KEYS), 0, KEYS);
        makeReadOnly();
    }

    /** And waits until the tail can turn its page: where it cannot, a block gets no room, and its members go one by one. */
    private void evictAll() {
        Eviction.ofAll(store);
        await(() -> !store.kernel().log.isBehind());
    }

    private void await(BooleanSupplier condition) {
        long deadline = Waits.SYSTEM.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        for (int attempt = 0; !condition.getAsBoolean(); attempt++) {
            assertTrue(Waits.SYSTEM.nanoTime() - deadline < 0, store.stats().toString());
            Waits.SYSTEM.pause(attempt);
        }
    }

    private void makeReadOnly() {
        long readOnly = store.shiftReadOnly();
        await(() -> store.kernel().log.safeReadOnly() >= readOnly); // a thread of the store may be inside
    }

    private void assertAdded(long... added) {
        for (int key = 0; key < KEYS; key++) {
            assertEquals(key + (key < added.length ? added[key] : added[added.length - 1]), store.get(key, -1), "key " + key);
        }
    }

    /** A group that writes 40 keys: each its number and 7 more. New ones, of additions, get 7. */
    record Group(String name, Consumer<Operations> run) {
        boolean isPut() {
            return name.startsWith("put");
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Group> groups() {
        return Stream.of(new Group("putAll", on -> {
            long[] values = keys(KEYS);
            Arrays.setAll(values, i -> i + 7);
            on.putAll(keys(KEYS), values, 0, KEYS);
        }), new Group("putAll of bytes", on -> on.putAll(keys(KEYS), bytes(i -> i + 7), Long.BYTES, 0, KEYS)),
                new Group("rmwAll", on -> on.rmwAll(keys(KEYS), 0, KEYS, Update.ADD, 7)));
    }

    @ParameterizedTest
    @MethodSource("groups")
    void shouldWriteTheCopiesOfAGroupSideBySide(Group group) {
        openReadOnly(1 << 14);
        long tail = store.stats().tail();
        AtomicInteger appended = countOf("append.reserved");
        group.run.accept(store);
        assertEquals(0, appended.get(), "appended one by one");
        assertEquals(tail + KEYS * RECORD_BYTES, store.stats().tail());
        assertEquals(KEYS, store.stats().copied());
        assertEquals(KEYS, store.approximateSize());
        group.run.accept(store); // in place
        assertEquals(tail + KEYS * RECORD_BYTES, store.stats().tail());
        assertAdded(group.isPut() ? 7 : 14);
    }

    @ParameterizedTest
    @MethodSource("groups")
    void shouldWriteTheNewKeysOfAGroupSideBySide(Group group) {
        open(1 << 14);
        long tail = store.stats().tail();
        AtomicInteger appended = countOf("append.reserved");
        group.run.accept(store);
        assertEquals(0, appended.get(), "appended one by one");
        assertEquals(tail + KEYS * RECORD_BYTES, store.stats().tail());
        assertEquals(KEYS, store.approximateSize());
        assertWritten(group, 0);
    }

    /** What a group has written to a store that was empty, and another may have added to key 0. */
    private void assertWritten(Group group, long addedToFirst) {
        for (int key = 0; key < KEYS; key++) {
            assertEquals((group.isPut() ? key : 0) + 7 + (key == 0 ? addedToFirst : 0), store.get(key, -1), "key " + key);
        }
    }

    static Stream<Arguments> momentsOfANewKey() {
        return groups().flatMap(group -> Stream.of("block.reserved", "block.written").map(point -> Arguments.of(group, point)));
    }

    /** Before the record is written, and before its entry is made. */
    @ParameterizedTest
    @MethodSource("momentsOfANewKey")
    void shouldMakeAKeyOnceThatAnotherMakesMeanwhile(Group group, String point) {
        open(1 << 14);
        runWhileAnotherMakesItsFirstKey(group, store, point);
        assertMadeOnce(group);
    }

    /** The other makes it when the group comes to that point first. */
    private void runWhileAnotherMakesItsFirstKey(Group group, Operations on, String point) {
        AtomicBoolean isMade = new AtomicBoolean();
        Thread self = Thread.currentThread();
        Probe.install(reached -> {
            if (Thread.currentThread() == self && reached.equals(point) && !isMade.getAndSet(true)) {
                CompletableFuture.runAsync(() -> store.add(0, 100)).join();
            }
        });
        group.run.accept(on);
        Probe.install(null);
        assertTrue(isMade.get());
    }

    static Stream<Arguments> momentsOfAnExpectedKey() {
        return groups().flatMap(group -> Stream.of("group.expected", "block.reserved", "block.written").map(point -> Arguments.of(group, point)));
    }

    /** The same in a session whose last group had new keys, so that places for more are noted before the keys are looked up. */
    @ParameterizedTest
    @MethodSource("momentsOfAnExpectedKey")
    void shouldMakeAnExpectedKeyOnceThatAnotherMakesMeanwhile(Group group, String point) {
        open(1 << 14);
        try (Session session = store.openSession()) {
            session.putAll(new long[] {KEYS, KEYS + 1, KEYS + 2}, new long[3], 0, 3);
            runWhileAnotherMakesItsFirstKey(group, session, point);
        }
        for (long key = KEYS; key < KEYS + 3; key++) {
            assertNotEquals(Status.ABSENT, store.delete(key));
        }
        assertMadeOnce(group);
    }

    /** It takes the place that somebody else has found for the same key, who comes again. */
    @ParameterizedTest
    @MethodSource("groups")
    void shouldMakeAKeyOnceThatAnotherIsAboutToMake(Group group) {
        open(1 << 14);
        CountDownLatch hasFound = new CountDownLatch(1);
        CountDownLatch isMade = new CountDownLatch(1);
        AtomicReference<CompletableFuture<Void>> other = new AtomicReference<>();
        AtomicInteger looks = new AtomicInteger();
        Thread self = Thread.currentThread();
        Probe.install(reached -> {
            if (Thread.currentThread() != self && reached.equals("index.reserved")) {
                looks.incrementAndGet();
                hasFound.countDown();
                await(isMade);
            } else if (Thread.currentThread() == self && reached.equals("block.reserved") && other.get() == null) {
                other.set(CompletableFuture.runAsync(() -> store.add(0, 100)));
                await(hasFound);
            } else if (Thread.currentThread() == self && reached.equals("index.published")) {
                isMade.countDown();
            }
        });
        group.run.accept(store);
        other.get().join();
        Probe.install(null);
        assertEquals(1, looks.get(), "it found the key when it came again");
        assertEquals(107, store.get(0, -1), "the addition of the other is lost");
        assertMadeOnce(group);
    }

    private void assertMadeOnce(Group group) {
        assertEquals(KEYS, store.approximateSize());
        long first = store.get(0, -1);
        assertTrue(first == 107 || group.isPut() && first == 7, "the addition of the other is lost: " + first);
        assertWritten(group, first - 7);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException stopped) {
            throw new AssertionError(stopped);
        }
    }

    @Test
    void shouldMakeANewKeyOnceThatStandsTwiceInAGroup() {
        open(1 << 14);
        store.rmwAll(new long[] {3, 3, 5, 3}, 0, 4, Update.ADD, 10);
        assertEquals(30, store.get(3, -1));
        assertEquals(10, store.get(5, -1));
        store.putAll(new long[] {6, 7, 6}, new long[] {1, 2, 3}, 0, 3);
        assertEquals(3, store.get(6, -1));
        assertEquals(4, store.approximateSize());
    }

    static IntStream lengths() {
        return IntStream.of(0, 1, 7, 8, 9, 100, 255, 256, 257, 1000);
    }

    /** New, in place, in the place of what is read-only, and of another length. */
    @ParameterizedTest
    @MethodSource("lengths")
    void shouldPutValuesOfAnyLength(int length) {
        open(1 << 14);
        for (int round = 0; round < 6; round++) {
            int valueBytes = length + (round == 4 ? 3 : 0);
            byte[] values = new byte[KEYS * valueBytes];
            new Random(round).nextBytes(values);
            store.putAll(keys(KEYS), values, valueBytes, 0, KEYS);
            for (int key = 0; key < KEYS; key++) {
                assertArrayEquals(Arrays.copyOfRange(values, key * valueBytes, (key + 1) * valueBytes), bytesOf(key), "key " + key);
            }
            assertEquals(KEYS, store.approximateSize());
            if (round > 1) {
                makeReadOnly();
            }
        }
    }

    private byte[] bytesOf(long key) {
        ValueHolder value = ValueHolder.growing();
        assertEquals(Status.FOUND, store.get(key, value));
        return value.toArray();
    }

    /** Lengths that do not fit two words of a header, and more than a part of a page. */
    @Test
    void shouldPutLongValuesOneByOne() {
        int valueBytes = RecordLayout.MAX_SHORT_VALUE_BYTES + 1;
        open(1 << 23); // it would hold three of an eighth of it
        byte[] values = new byte[3 * valueBytes];
        new Random(1).nextBytes(values);
        AtomicInteger appended = countOf("append.reserved");
        store.putAll(new long[] {1, 2, 3}, values, valueBytes, 0, 3);
        assertEquals(3, appended.get());
        assertArrayEquals(Arrays.copyOfRange(values, valueBytes, 2 * valueBytes), bytesOf(2));
    }

    @Test
    void shouldPutAPartOfTheValues() {
        open(1 << 14);
        store.putAll(keys(KEYS), bytes(i -> i + 7), Long.BYTES, 10, 5);
        assertEquals(5, store.approximateSize());
        assertEquals(21, store.get(14, -1));
        store.putAll(keys(KEYS), new byte[0], 0, 0, KEYS); // no value at all is one
        assertEquals(0, bytesOf(14).length);
    }

    @Test
    void shouldRefuseValuesThatAreNotThere() {
        open(1 << 14);
        assertThrows(IndexOutOfBoundsException.class, () -> store.putAll(new long[3], new byte[11], 4, 0, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> store.putAll(new long[3], new byte[12], 4, 1, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> store.putAll(new long[3], new byte[12], -1, 0, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> store.putAll(new long[1 << 16], new byte[12], 1 << 16, 0, 1 << 16), "the product overflows");
        assertThrows(IllegalArgumentException.class, () -> store.putAll(new long[1], new byte[1 << 14], 1 << 14, 0, 1), "longer than a page");
        assertEquals(0, store.approximateSize());
    }

    /** The members in front of the one that has no room are there, with or without a plan. */
    @Test
    void shouldKeepTheMembersInFrontOfAFullIndex() {
        store = Store.open(StoreConfig.builder().memory(1 << 20).pageSize(1 << 14).buckets(1).hashSeed(7).hugePages(false).build());
        long[] many = keys(14_000);
        FullFault full = assertThrows(FullFault.class, () -> store.putAll(many, many, 0, many.length));
        assertEquals(FullFault.Place.INDEX, full.place());
        long made = store.approximateSize();
        assertTrue(made >= 7 * 1025, () -> made + " keys in 1025 buckets");
        for (int key = 0; key < made; key += 97) {
            assertEquals(key, store.get(key, -1));
        }
        assertEquals(made - 1, store.get(made - 1, -1));
        assertEquals(-1, store.get(made, -1));
    }

    /** A page must not lose much where a block does not fit it any more. */
    @ParameterizedTest
    @MethodSource("groups")
    void shouldPrepareNoMoreThanAPartOfAPage(Group group) {
        openReadOnly(1 << 12);
        AtomicInteger appended = countOf("append.reserved");
        group.run.accept(store);
        assertEquals(KEYS - (1 << 12) / RECORD_BYTES / 8, appended.get());
        assertAdded(7);
    }

    @ParameterizedTest
    @MethodSource("groups")
    void shouldReplaceWhatAnotherWroteMeanwhile(Group group) {
        openReadOnly(1 << 14);
        once("block.reserved", () -> CompletableFuture.runAsync(() -> store.add(0, 100)).join());
        group.run.accept(store);
        assertAdded(group.isPut() ? 7 : 107, 7);
        assertEquals(KEYS, store.stats().copied(), "one by the other, whose copy was changed in place");
    }

    /** Between the last look at the index and the compare-and-set. */
    @ParameterizedTest
    @MethodSource("groups")
    void shouldNotPublishOverWhatAnotherHasPublished(Group group) {
        openReadOnly(1 << 14);
        once("block.written", () -> CompletableFuture.runAsync(() -> store.add(0, 100)).join());
        group.run.accept(store);
        assertAdded(group.isPut() ? 7 : 107, 7);
    }

    @Test
    void shouldTakeEveryMemberOfTheSameKeyInItsTurn() {
        openReadOnly(1 << 14);
        store.rmwAll(new long[] {3, 3, 5, 3}, 0, 4, Update.ADD, 10);
        assertEquals(33, store.get(3, -1));
        assertEquals(15, store.get(5, -1));
        store.shiftReadOnly();
        store.putAll(new long[] {3, 3, 5, 3}, new long[] {1, 2, 3, 4}, 0, 4);
        assertEquals(4, store.get(3, -1));
        assertEquals(3, store.get(5, -1));
    }

    /** A deleted key is made anew, and a value of another length is none that can be copied as a word. */
    @Test
    void shouldLeaveAloneWhatIsNoPlainRecord() {
        open(1 << 14);
        store.putAll(keys(KEYS), keys(KEYS), 0, KEYS);
        store.delete(1);
        store.put(2, new byte[] {1, 2, 3});
        store.shiftReadOnly();
        store.rmwAll(new long[] {0, 1, 3}, 0, 3, Update.ADD, 10);
        store.putAll(new long[] {0, 2, 4}, new long[] {1, 2, 3}, 0, 3);
        assertEquals(1, store.get(0, -1));
        assertEquals(10, store.get(1, -1));
        assertEquals(2, store.get(2, -1));
        assertEquals(13, store.get(3, -1));
        assertEquals(3, store.get(4, -1));
        assertEquals(KEYS, store.approximateSize());
    }

    /** The first member that is on the device ends the group, so nothing is prepared for those behind it, which would be lost. */
    @Test
    void shouldPrepareNothingBehindAnUpdateOnTheDevice() {
        openReadOnly(1 << 14);
        evictAll();
        store.putAll(keys(30), keys(30), 0, 30); // 30 to 39 are on the device only
        makeReadOnly();
        long tail = store.stats().tail();
        long[] mixed = new long[KEYS];
        Arrays.setAll(mixed, i -> (i + 37) % KEYS); // three of those, and then the others
        store.rmwAll(mixed, 0, KEYS, Update.ADD, 7);
        assertEquals(tail + KEYS * RECORD_BYTES, store.stats().tail());
        assertAdded(7);
    }

    /** In the steady state of a checkpoint: nothing is made on the way. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldMakeNoObject(boolean puts) {
        openReadOnly(1 << 14);
        byte[] values = bytes(i -> i);
        try (Session session = store.openSession()) {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 50; round++) {
                makeReadOnly();
                long copied = store.stats().copied();
                long before = threads.getCurrentThreadAllocatedBytes();
                if (puts) {
                    session.putAll(KEYS_OF_ALL, values, Long.BYTES, 0, KEYS);
                } else {
                    session.rmwAll(KEYS_OF_ALL, 0, KEYS, Update.ADD, 1);
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
                assertEquals(copied + KEYS, store.stats().copied());
            }
            assertEquals(0, least);
        }
    }

    /** What is on the device is replaced without a look at it. */
    @Test
    void shouldPutSideBySideInFrontOfWhatIsOnTheDevice() {
        openReadOnly(1 << 14);
        evictAll();
        AtomicInteger appended = countOf("append.reserved");
        long[] values = keys(KEYS);
        Arrays.setAll(values, i -> i + 7);
        store.putAll(keys(KEYS), values, 0, KEYS);
        assertEquals(0, appended.get());
        assertEquals(0, store.stats().deviceReads());
        assertAdded(7);
    }

    @ParameterizedTest
    @MethodSource("groups")
    void shouldForgetItsPlacesWhenItHasLeftTheEpoch(Group group) {
        openReadOnly(1 << 14);
        runOutsideInBetween(group);
        assertAdded(group.isPut() ? 7 : 207, 7);
    }

    @ParameterizedTest
    @MethodSource("groups")
    void shouldForgetThePlacesOfNewKeysWhenItHasLeftTheEpoch(Group group) {
        open(1 << 14);
        runOutsideInBetween(group);
        assertEquals(KEYS, store.approximateSize());
        assertWritten(group, group.isPut() ? 0 : 200);
    }

    /**
     * A member that loses a race leaves the epoch, and when it is back the places that were prepared may be sealed, or somebody else's page: each of them
     * stays the filler that it was, but for that of the member itself. Another adds 200 to key 0 meanwhile.
     */
    private void runOutsideInBetween(Group group) {
        Thread self = Thread.currentThread();
        AtomicInteger published = new AtomicInteger();
        AtomicInteger outside = new AtomicInteger();
        Probe.install(point -> {
            if (Thread.currentThread() != self) {
                return;
            }
            if (point.equals("block.written") && published.getAndIncrement() == 0) {
                CompletableFuture.runAsync(() -> store.add(0, 100)).join(); // so the member goes the usual way
                store.kernel().log.shiftReadOnly(store.stats().tail()); // which finds its record read-only
            } else if (point.equals("append.reserved") && outside.getAndIncrement() == 0) {
                CompletableFuture.runAsync(() -> store.add(0, 100)).join(); // and that it lost a race
            }
        });
        group.run.accept(store);
        Probe.install(null);
        assertTrue(outside.get() > 0, "the usual way was not taken");
        assertEquals(1, published.get(), "a place was used in another stay");
    }

    /** Counts how often this thread comes by a point. */
    private static AtomicInteger countOf(String point) {
        AtomicInteger count = new AtomicInteger();
        Thread self = Thread.currentThread();
        Probe.install(reached -> {
            if (reached.equals(point) && Thread.currentThread() == self) {
                count.getAndIncrement();
            }
        });
        return count;
    }

    private static void once(String point, Runnable action) {
        AtomicInteger count = new AtomicInteger();
        Thread self = Thread.currentThread();
        Probe.install(reached -> {
            if (reached.equals(point) && Thread.currentThread() == self && count.getAndIncrement() == 0) {
                action.run();
            }
        });
    }
}
