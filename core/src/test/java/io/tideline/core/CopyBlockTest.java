package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a group of writes does to records that are read-only, and what others may do while its copies are prepared. */
@Tag("spill")
class CopyBlockTest {
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

    private void openReadOnly(int pageBytes) {
        open(pageBytes);
        store.putAll(keys(KEYS), keys(KEYS), 0, KEYS);
        makeReadOnly();
    }

    private void makeReadOnly() {
        long readOnly = store.shiftReadOnly();
        long deadline = Waits.SYSTEM.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        for (int attempt = 0; store.kernel().log.safeReadOnly() < readOnly; attempt++) { // a thread of the store may be inside
            assertTrue(Waits.SYSTEM.nanoTime() - deadline < 0, store.stats().toString());
            Waits.SYSTEM.pause(attempt);
        }
    }

    private void assertAdded(long... added) {
        for (int key = 0; key < KEYS; key++) {
            assertEquals(key + (key < added.length ? added[key] : added[added.length - 1]), store.get(key, -1), "key " + key);
        }
    }

    /** A group that replaces what is read-only, and what it writes to key 0. */
    record Group(String name, long written, Consumer<Operations> run) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Group> groups() {
        return Stream.of(new Group("putAll", 7, on -> {
            long[] values = keys(KEYS);
            Arrays.setAll(values, i -> i + 7);
            on.putAll(keys(KEYS), values, 0, KEYS);
        }), new Group("rmwAll", 7, on -> on.rmwAll(keys(KEYS), 0, KEYS, Update.ADD, 7)));
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
        assertAdded(group.name.equals("putAll") ? 7 : 14);
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
        assertAdded(group.name.equals("putAll") ? 7 : 107, 7);
        assertEquals(KEYS, store.stats().copied(), "one by the other, whose copy was changed in place");
    }

    /** Between the last look at the index and the compare-and-set. */
    @ParameterizedTest
    @MethodSource("groups")
    void shouldNotPublishOverWhatAnotherHasPublished(Group group) {
        openReadOnly(1 << 14);
        once("block.written", () -> CompletableFuture.runAsync(() -> store.add(0, 100)).join());
        group.run.accept(store);
        assertAdded(group.name.equals("putAll") ? 7 : 107, 7);
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
        Eviction.ofAll(store);
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
    @Test
    void shouldMakeNoObject() {
        openReadOnly(1 << 14);
        try (Session session = store.openSession()) {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 50; round++) {
                makeReadOnly();
                long copied = store.stats().copied();
                long before = threads.getCurrentThreadAllocatedBytes();
                session.rmwAll(KEYS_OF_ALL, 0, KEYS, Update.ADD, 1);
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
        Eviction.ofAll(store);
        AtomicInteger appended = countOf("append.reserved");
        long[] values = keys(KEYS);
        Arrays.setAll(values, i -> i + 7);
        store.putAll(keys(KEYS), values, 0, KEYS);
        assertEquals(0, appended.get());
        assertEquals(0, store.stats().deviceReads());
        assertAdded(7);
    }

    /**
     * A member that loses a race leaves the epoch, and when it is back the places that were prepared may be sealed, or somebody else's page: each of them
     * stays the filler that it was.
     */
    @ParameterizedTest
    @MethodSource("groups")
    void shouldForgetItsPlacesWhenItHasLeftTheEpoch(Group group) {
        openReadOnly(1 << 14);
        Thread self = Thread.currentThread();
        AtomicInteger published = new AtomicInteger();
        AtomicInteger outside = new AtomicInteger();
        Probe.install(point -> {
            if (Thread.currentThread() != self) {
                return;
            }
            if (point.equals("block.written") && published.getAndIncrement() == 0) {
                CompletableFuture.runAsync(() -> store.add(0, 100)).join(); // so the member goes the usual way
                store.kernel().log.shiftReadOnly(store.stats().tail()); // which finds its record read-only again
            } else if (point.equals("append.reserved") && outside.getAndIncrement() == 0) {
                CompletableFuture.runAsync(() -> store.add(0, 100)).join(); // and that it lost a race
            }
        });
        group.run.accept(store);
        Probe.install(null);
        assertTrue(outside.get() > 0, "the usual way was not taken");
        assertEquals(1, published.get(), "a place was used in another stay");
        assertAdded(group.name.equals("putAll") ? 7 : 207, 7);
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
