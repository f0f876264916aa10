package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.CheckpointKind;
import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.fault.ClosedFault;
import io.tideline.fault.FullFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A spilling store of eight tiny pages over a disk that fills up, fails or stops answering. */
class SpillFaultTest {
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** Records of 32 bytes: 13 pages. */
    private static final int KEYS = 1600;

    private static StoreConfig.Builder config(SimulatedDisk disk) {
        return StoreConfig.builder().memory(8 * 4096).pageSize(4096).segmentSize(1 << 14).buckets(512).hashSeed(7).maxOpenFiles(2)
                .hugePages(false).files(disk);
    }

    private static SimulatedDisk disk(SimulatedDisk.Mode mode, FaultPlan plan) {
        return new SimulatedDisk(SimulatedDisk.Options.DEFAULT.mode(mode), plan);
    }

    private static void await(BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + WAIT_NANOS;
        for (int attempt = 0; !condition.getAsBoolean(); attempt++) {
            assertTrue(System.nanoTime() - deadline < 0, what);
            Waits.SYSTEM.pause(attempt);
        }
    }

    /** Puts until one is refused; how many were not. */
    private static int putUntilRefused(Store store, int from, Class<? extends StoreFault> expected) {
        for (int key = from; key < KEYS; key++) {
            try {
                store.put(key, key * 3L);
            } catch (StoreFault refused) {
                assertInstanceOf(expected, refused);
                return key;
            }
        }
        return KEYS;
    }

    private static void putInTheEnd(Store store, int key) {
        boolean[] done = new boolean[1];
        await(() -> {
            try {
                done[0] = store.put(key, key * 3L).isChange();
            } catch (FullFault stillFull) {
                assertTrue(stillFull.getMessage().contains("no space left"), stillFull.getMessage());
            }
            return done[0];
        }, "room was made, and key " + key + " was refused all the same");
    }

    private static void assertHolds(Store store, int count) {
        for (int key = 0; key < count; key++) {
            assertEquals(key * 3L, store.get(key, -1), "key " + key + " of " + count);
        }
    }

    // --- no room on the disk ---

    @Test
    void shouldKeepEverythingReadableWhereverTheDiskFillsUpAndGoOnOnceThereIsRoom() {
        int refusals = 0;
        for (long budget = 0; budget <= 16 * 4096; budget += 4096) {
            FaultPlan plan = FaultPlan.none().budget(budget);
            SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
            if (budget == 0) {
                assertThrows(FullFault.class, () -> Store.open(config(disk).build()));
                assertEquals(0, disk.openFiles());
                continue;
            }
            try (Store store = Store.open(config(disk).build())) {
                int accepted = putUntilRefused(store, 0, FullFault.class);
                assertHolds(store, accepted);
                assertEquals(-1, store.get(accepted, -1));
                if (accepted > 0) {
                    store.add(accepted - 1, 0); // in place, in memory: that goes on
                }
                synchronized (disk) {
                    plan.budget(Long.MAX_VALUE);
                }
                if (accepted < KEYS) {
                    refusals++;
                    for (int key = accepted; key < KEYS; key++) {
                        putInTheEnd(store, key); // until the failed writes were tried again
                    }
                }
                assertHolds(store, KEYS);
                assertEquals(List.of(), StoreVerifier.verify(store));
            }
            assertEquals(0, disk.openFiles());
        }
        assertTrue(refusals >= 5, "the disk filled up " + refusals + " times");
    }

    private static FullFault requireKept(Store store) {
        FullFault full = assertThrows(FullFault.class, store::close);
        assertEquals(FullFault.Place.DISK, full.place());
        assertTrue(full.getMessage().contains("not closed, and nothing is lost") && full.getMessage().contains("close it again"), full.getMessage());
        assertThrows(ClosedFault.class, () -> store.get(1, -1));
        return full;
    }

    @Test
    void shouldLoseNothingWhereACloseFindsNoRoomUntilItIsGivenUp() {
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, FaultPlan.none().budget(3 * 4096));
        Store store = Store.open(config(disk).build());
        int accepted = putUntilRefused(store, 0, FullFault.class);
        assertHolds(store, accepted);
        requireKept(store);
        requireKept(store);
        assertTrue(disk.openFiles() > 0, "given back although the store may be closed again");
        store.abandon();
        store.close();
        assertEquals(0, disk.openFiles());
    }

    /** Wherever the disk fills up, room is made step by step, and a session is closed in between. */
    @Test
    void shouldKeepEverythingWhereACloseFindsNoRoomOnceThereIs() {
        int refusals = 0;
        int starts = 0;
        for (long budget = 2 * 4096; budget <= 32 * 4096; budget += 4096) {
            long room = budget;
            int refused = 0;
            FaultPlan plan = FaultPlan.none().budget(budget);
            SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
            Store store = Store.open(config(disk).build());
            int accepted = putUntilRefused(store, 0, FullFault.class);
            Session session = store.openSession("named");
            int puts = isPut(session, 0) ? 1 : 0;
            for (; !isClosed(store); refused++) {
                assertTrue(refused < 64, "room for " + refused + " blocks more, and no end");
                session.close();
                plan.budget(room += 4096);
            }
            session.close();
            refusals += refused;
            starts += refused > 0 ? 1 : 0;
            assertEquals(0, disk.openFiles());
            plan.budget(Long.MAX_VALUE);
            try (Store again = Store.open(config(disk).build())) {
                assertHolds(again, accepted);
                try (Session resumed = again.resumeSession("named")) {
                    assertEquals(1, resumed.serial(), "of " + puts + " puts"); // also of one that was refused
                }
                assertEquals(List.of(), StoreVerifier.verify(again));
            }
        }
        assertTrue(refusals > 100 && starts > 10, refusals + " closes found no room, from " + starts + " sizes of the disk");
    }

    /** Submits additions of 4 to the first keys, which are on the device; how each ended is told to the list. */
    private static void submitAdditions(Session session, int count, List<String> told) {
        for (int key = 0; key < count; key++) {
            assertEquals(Status.PENDING, session.submitRmw(key, Update.ADD, 4, key, teller(told)));
        }
    }

    private static Completion teller(List<String> told) {
        return new Completion() {
            @Override
            public void completed(long context, Status status, ValueView value) {
                told.add(status + " " + context + " " + value.getLong(0));
            }

            @Override
            public void failed(long context, Throwable thrown) {
                told.add(thrown.toString());
            }
        };
    }

    private static void assertAdded(SimulatedDisk disk, int count, long serial, List<String> told) {
        assertEquals(IntStream.range(0, count).mapToObj(key -> "COPIED " + key + " " + (key * 3L + 4)).toList(), told.stream().sorted(
                Comparator.comparing(line -> Integer.parseInt(line.split(" ")[1]))).toList());
        try (Store again = Store.open(config(disk).build()); Session resumed = again.resumeSession("named")) {
            assertEquals(serial, resumed.serial());
            for (int key = 0; key < count; key++) {
                assertEquals(key * 3L + 4, again.get(key, -1), "key " + key);
            }
        }
    }

    /** Updates take effect in the checkpoint of whichever close goes through, and who submitted them is told so then and not before. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldBringSubmittedUpdatesToTheirEffectInTheCloseThatFindsRoom(boolean hasImage) {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
        Store store = Store.open(config(disk).build());
        assertEquals(KEYS, putUntilRefused(store, 0, FullFault.class));
        if (hasImage) {
            store.checkpoint().join(); // so that a close without room gets as far as the updates
        }
        Session session = store.openSession("named");
        int count = 5;
        List<String> told = new ArrayList<>();
        submitAdditions(session, count, told);
        plan.budget(disk.occupiedBytes());
        fillMemory(store); // there is none for the updates either
        requireKept(store);
        assertThrows(ClosedFault.class, () -> session.completePending(true));
        requireKept(store);
        assertThrows(ClosedFault.class, session::close);
        assertEquals(List.of(), told);
        assertEquals(count, session.pendingOperations());
        plan.budget(Long.MAX_VALUE);
        await(() -> isClosed(store), "room was made, and the store cannot be closed");
        session.close();
        assertAdded(disk, count, session.serial(), told);
    }

    /** False until a failed write of the log was tried again. */
    private static boolean isClosed(Store store) {
        try {
            store.close();
            return true;
        } catch (FullFault full) {
            return false;
        }
    }

    private static void fillMemory(Store store) {
        int key = KEYS;
        while (isPut(store, key)) {
            key++;
            assertTrue(key < 2 * KEYS, "the disk has room");
        }
    }

    private static boolean isPut(Operations on, int key) {
        try {
            return on.put(key, key * 3L).isChange();
        } catch (FullFault full) {
            return false;
        }
    }

    /** Each may wait long for memory, so behind the deadline no further one is begun. */
    @Test
    void shouldBringNoUpdateToItsEffectBehindTheDeadline() {
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, FaultPlan.none());
        try (Store store = Store.open(config(disk).build()); Session session = store.openSession("named"); Session helper = Session.ofDriver(store.kernel())) {
            assertEquals(KEYS, putUntilRefused(store, 0, FullFault.class));
            List<String> told = new ArrayList<>();
            submitAdditions(session, 3, told);
            long now = store.kernel().waits.nanoTime();
            assertEquals(0, session.submitted().drain(helper, now - 1, fault -> { throw fault; }));
            assertEquals(3, store.kernel().pendingUpdates.get());
            assertEquals(3, session.submitted().drain(helper, now + WAIT_NANOS, fault -> { throw fault; }));
            assertEquals(3, session.completePending(true));
            assertEquals(3, told.size());
        }
    }

    /** A checkpoint that runs when the close begins leaves them to the last one: nobody could submit them again. */
    @Test
    void shouldLeaveUpdatesThatACheckpointFindsNoRoomForToTheCloseThatBeganMeanwhile() throws Exception {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
        Store store = Store.open(config(disk).build());
        assertEquals(KEYS, putUntilRefused(store, 0, FullFault.class));
        store.checkpoint().join();
        Session session = store.openSession("named");
        int count = 5;
        List<String> told = new ArrayList<>();
        submitAdditions(session, count, told);
        plan.budget(disk.occupiedBytes());
        fillMemory(store); // there is none for the updates either
        CountDownLatch isRunning = new CountDownLatch(1);
        Probe.install(point -> {
            if (point.equals("checkpoint.phase") && store.kernel().state.phase() == Phase.PREPARE && isRunning.getCount() > 0) {
                isRunning.countDown();
                await(store.kernel()::isClosed, "nobody closes the store");
            }
        });
        try {
            CompletableFuture<CommitPoint> checkpoint = store.checkpoint(CheckpointRequest.logOnly());
            assertTrue(isRunning.await(30, TimeUnit.SECONDS));
            requireKept(store);
            assertInstanceOf(FullFault.class, assertThrows(ExecutionException.class, () -> checkpoint.get(30, TimeUnit.SECONDS)).getCause());
        } finally {
            Probe.install(null);
        }
        plan.budget(Long.MAX_VALUE);
        await(() -> isClosed(store), "room was made, and the store cannot be closed");
        session.close();
        assertAdded(disk, count, session.serial(), told);
    }

    /** The last checkpoint takes an update up while its session waits behind the gate, and gives it back. */
    @Test
    void shouldNotTakeOffWhatTheLastCheckpointGaveBack() throws Exception {
        AtomicReference<Thread> waiting = new AtomicReference<>();
        AtomicInteger turns = new AtomicInteger();
        Waits waits = new Waits() {
            @Override
            public void pause(int attempt) {
                if (Thread.currentThread() == waiting.get()) {
                    turns.incrementAndGet();
                }
                Waits.SYSTEM.pause(attempt);
            }
        };
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
        Store store = Store.open(config(disk).waits(waits).build());
        assertEquals(KEYS, putUntilRefused(store, 0, FullFault.class));
        store.checkpoint().join(); // so that a close without room gets as far as the updates
        Session session = store.openSession("named");
        List<String> told = new ArrayList<>();
        AtomicInteger waited = new AtomicInteger();
        assertEquals(Status.PENDING, session.submitRmw(0, new LongRmw() {
            @Override
            public long onAbsent(long operand) {
                throw new AssertionError("it is there");
            }

            @Override
            public long onPresent(long old, long operand) {
                if (waiting.get() != null && waited.getAndIncrement() == 0) {
                    int until = turns.get() + 100;
                    await(() -> turns.get() > until, "its session does not wait"); // while this is being brought to its effect
                }
                return old + operand;
            }
        }, 4, 0, teller(told)));
        plan.budget(disk.occupiedBytes());
        fillMemory(store); // there is none for the updates either
        FutureTask<Void> closing = new FutureTask<>(() -> {
            assertThrows(ClosedFault.class, session::close);
            return null;
        });
        Thread closer = Thread.ofPlatform().daemon().unstarted(closing);
        Probe.install(point -> {
            if (point.equals("checkpoint.phase") && store.kernel().state.phase() == Phase.PREPARE && waiting.compareAndSet(null, closer)) {
                closer.start();
                await(() -> turns.get() > 0, "the session does not wait");
            }
        });
        try {
            requireKept(store);
            closing.get(30, TimeUnit.SECONDS);
        } finally {
            Probe.install(null);
        }
        assertEquals(1, waited.get());
        assertEquals(List.of(), told);
        plan.budget(Long.MAX_VALUE);
        await(() -> isClosed(store), "room was made, and the store cannot be closed");
        session.close();
        assertAdded(disk, 1, session.serial(), told);
    }

    /** Between two closes nobody is in the epoch: what a completion is shown must not be freed under it all the same. */
    @Test
    void shouldNotCloseASessionBetweenTwoClosesWhileACompletionIsTold() throws Exception {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
        Store store = Store.open(config(disk).build());
        assertEquals(KEYS, putUntilRefused(store, 0, FullFault.class));
        Session session = store.openSession("named");
        CountDownLatch isTold = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        assertEquals(Status.PENDING, session.submitGet(0, 0, new Completion() {
            @Override
            public void completed(long context, Status status, ValueView value) {
                throw new AssertionError("looked up behind a close");
            }

            @Override
            public void failed(long context, Throwable thrown) {
                isTold.countDown();
                await(() -> mayEnd.getCount() == 0, "nobody closes the session");
            }
        }));
        plan.budget(disk.occupiedBytes());
        requireKept(store);
        FutureTask<Integer> completing = Hammer.start(() -> session.completePending(true));
        assertTrue(isTold.await(30, TimeUnit.SECONDS));
        assertThrows(IllegalStateException.class, session::close);
        mayEnd.countDown();
        assertEquals(1, Hammer.await(completing));
        session.close();
        plan.budget(Long.MAX_VALUE);
        await(() -> isClosed(store), "room was made, and the store cannot be closed");
        assertEquals(0, disk.openFiles());
    }

    /** What a completion threw comes with the refusal of what is left behind it. */
    @Test
    void shouldNotLoseWhatACompletionThrewBetweenTwoCloses() {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
        Store store = Store.open(config(disk).build());
        assertEquals(KEYS, putUntilRefused(store, 0, FullFault.class));
        Session session = store.openSession("named");
        IllegalStateException users = new IllegalStateException("of a user");
        assertEquals(Status.PENDING, session.submitGet(0, 0, new Completion() {
            @Override
            public void completed(long context, Status status, ValueView value) {
                throw users;
            }

            @Override
            public void failed(long context, Throwable thrown) {
                throw users;
            }
        }));
        List<String> told = new ArrayList<>();
        submitAdditions(session, 2, told);
        plan.budget(disk.occupiedBytes());
        requireKept(store);
        ClosedFault left = assertThrows(ClosedFault.class, session::close);
        assertEquals(List.of(users), List.of(left.getSuppressed()));
        assertEquals(2, session.pendingOperations());
        plan.budget(Long.MAX_VALUE);
        await(() -> isClosed(store), "room was made, and the store cannot be closed");
        session.close();
        assertAdded(disk, 2, session.serial(), told);
    }

    /** More than there is memory for, so that the last checkpoint has to wait for the device. */
    @Test
    void shouldBringAllSubmittedUpdatesToTheirEffectInAClose() {
        SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, FaultPlan.none());
        Store store = Store.open(config(disk).maxPending(KEYS, KEYS).build());
        assertEquals(KEYS, putUntilRefused(store, 0, FullFault.class));
        for (int key = KEYS; key < 3 * KEYS; key++) {
            store.put(key, 0L);
        }
        Session session = store.openSession("named");
        List<String> told = new ArrayList<>();
        submitAdditions(session, KEYS, told);
        store.close();
        session.close();
        assertAdded(disk, KEYS, session.serial(), told);
        disk.close();
    }

    /** What ends in a ClosedFault has no serial, wherever it waited meanwhile. */
    @Test
    void shouldNotCountWhatTheCloseRefused() throws Exception {
        for (int round = 0; round < 10; round++) {
            SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, FaultPlan.none());
            Store store = Store.open(config(disk).build());
            Session session = store.openSession("named");
            AtomicInteger done = new AtomicInteger();
            FutureTask<Void> writer = Hammer.start(() -> {
                assertThrows(ClosedFault.class, () -> {
                    for (int key = 0; ; key++) {
                        session.put(key, key * 3L);
                        done.set(key + 1);
                    }
                });
                return null;
            });
            int least = KEYS * (round + 1) / 10;
            await(() -> done.get() > least, "the writer stands still");
            store.close();
            Hammer.await(writer);
            session.close();
            assertEquals(done.get(), session.serial());
            try (Store again = Store.open(config(disk).build()); Session resumed = again.resumeSession("named")) {
                assertEquals(done.get(), resumed.serial());
                assertHolds(again, done.get());
                assertEquals(-1, again.get(done.get(), -1));
            }
            disk.close();
        }
    }

    /** An image is as large as the index; the log alone is what was changed. */
    @Test
    void shouldCloseWithACheckpointOfTheLogWhereAnImageHasNoRoom() {
        int images = 0;
        int logs = 0;
        int refused = 0;
        for (int room = 0; room <= 20; room++) {
            FaultPlan plan = FaultPlan.none();
            SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
            Store store = Store.open(config(disk).build());
            store.put(1, 3L);
            store.checkpoint().join();
            store.put(2, 6L);
            plan.budget(disk.occupiedBytes() + room * 4096L);
            int held = 2;
            try {
                store.close();
            } catch (FullFault full) {
                assertEquals(FullFault.Place.DISK, full.place());
                assertEquals(1, full.getCause().getSuppressed().length, "the log alone has no room either: " + full);
                held = 1;
                refused++;
                store.abandon();
            }
            assertEquals(0, disk.openFiles());
            plan.budget(Long.MAX_VALUE);
            try (Store again = Store.open(config(disk).build())) {
                for (int key = 1; key <= 2; key++) {
                    assertEquals(key <= held ? key * 3L : -1, again.get(key, -1), "with room for " + room + " blocks, key " + key);
                }
                if (held == 2 && again.lastCommit().orElseThrow().kind() == CheckpointKind.FULL) {
                    images++;
                } else if (held == 2) {
                    logs++;
                }
            }
        }
        assertTrue(images > 0 && logs > 2 && refused > 0, images + " images, " + logs + " of the log alone, " + refused + " refused");
    }

    // --- a disk that fails ---

    @Test
    void shouldReadFromMemoryWhenTheDiskIsGone() {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
        Store store = Store.open(config(disk).build());
        assertEquals(KEYS, putUntilRefused(store, 0, IoFault.class));
        synchronized (disk) {
            plan.failFrom(disk.steps().size(), Fault.EIO);
        }
        int more = KEYS;
        try {
            for (; more < 10 * KEYS; more++) {
                store.put(more, more * 3L);
            }
        } catch (IoFault behind) {
            assertTrue(behind.getMessage().contains("EIO"), behind.getMessage());
        }
        assertTrue(more < 10 * KEYS, "a device that takes nothing took everything");
        int fromMemory = 0;
        for (int key = 0; key < more; key++) {
            try {
                assertEquals(key * 3L, store.get(key, -1), "key " + key);
                fromMemory++;
            } catch (IoFault gone) {
                assertTrue(gone.getMessage().contains("log/"), gone.getMessage());
            }
        }
        assertTrue(fromMemory > 4 * 128, fromMemory + " keys were read from memory");
        assertThrows(IoFault.class, store::close);
        assertEquals(0, disk.openFiles());
    }

    @Test
    void shouldConcernNobodyElseThatOneReadFails() {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, plan);
        try (Store store = Store.open(config(disk).build()); Session session = store.openSession()) {
            putUntilRefused(store, 0, IoFault.class);
            store.get(0, -1); // the file is open
            int[] failed = new int[1];
            Completion completion = new Completion() {
                @Override
                public void completed(long context, Status status, ValueView value) {
                    assertEquals(context * 3, value.getLong(0));
                }

                @Override
                public void failed(long context, Throwable thrown) {
                    failed[0]++;
                }
            };
            await(() -> isQuiet(store), "the flusher does not come to rest");
            synchronized (disk) {
                plan.failAt(disk.steps().size() + 3, Fault.EIO);
            }
            for (long key = 0; key < 8; key++) {
                assertEquals(Status.PENDING, session.submitGet(key, key, completion));
            }
            assertEquals(8, session.completePending(true));
            assertEquals(1, failed[0]);
            assertHolds(store, KEYS);
        }
        disk.close();
    }

    private static boolean isQuiet(Store store) {
        StoreStats stats = store.stats();
        return stats.flushed() == stats.readOnly();
    }

    @Test
    void shouldForgetEverythingThoughItsFilesCannotBeRemoved() {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
        try (Store store = Store.open(config(disk).build())) {
            putUntilRefused(store, 0, IoFault.class);
            await(() -> isQuiet(store), "the flusher does not come to rest");
            synchronized (disk) {
                plan.failFrom(disk.steps().size(), Fault.EIO);
            }
            assertThrows(IoFault.class, store::clear);
            assertEquals(-1, store.get(1, -1));
            assertEquals(0, store.approximateSize());
            for (int key = 0; key < 3 * 128; key++) {
                store.put(key, key * 3L); // fits the memory
            }
            assertHolds(store, 3 * 128);
            assertEquals(List.of(), StoreVerifier.verify(store));
        } catch (IoFault unflushed) {
            assertTrue(unflushed.getMessage().contains("EIO"), unflushed.getMessage());
        }
    }

    @Test
    void shouldGoOnThroughManyPagesAfterAClearThatCouldNotRemoveAFile() {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
        try (Store store = Store.open(config(disk).build())) {
            putUntilRefused(store, 0, IoFault.class);
            await(() -> isQuiet(store), "the flusher does not come to rest");
            synchronized (disk) {
                plan.failAt(disk.steps().size(), Fault.EIO);
            }
            assertThrows(IoFault.class, store::clear);
            for (int round = 0; round < 3; round++) {
                assertEquals(KEYS, putUntilRefused(store, 0, IoFault.class));
                assertHolds(store, KEYS);
                assertEquals(List.of(), StoreVerifier.verify(store));
                store.clear();
                assertEquals(0, store.stats().pendingDeleteBytes());
            }
        }
    }

    @Test
    void shouldSayThatASyncFailedAndNotTryItAgain() {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
        Store store = Store.open(config(disk).build());
        putUntilRefused(store, 0, IoFault.class);
        synchronized (disk) {
            plan.sometimes(Fault.SYNC_FAILS, 1);
        }
        IoFault failed = assertThrows(IoFault.class, store::close);
        assertTrue(failed.getMessage().contains("sync of simulated:/checkpoints/1-index meets"), failed.getMessage());
        assertEquals(1, disk.met().size(), disk.met().toString());
        assertEquals(0, disk.openFiles());
    }

    // --- a disk that does not answer ---

    @Test
    void shouldGoOnBesideAReadThatNeverEndsAndNotCloseUnderIt() throws Exception {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, plan);
        Store store = Store.open(config(disk).waits(new FastClock(40)).build());
        putUntilRefused(store, 0, IoFault.class);
        store.get(0, -1);
        await(() -> isQuiet(store), "the flusher does not come to rest");
        synchronized (disk) {
            plan.failAt(disk.steps().size(), Fault.STALL);
        }
        FutureTask<Long> stalled = Hammer.start(() -> store.get(0, -1));
        await(() -> disk.stalled() == 1, "the read was not begun");
        assertHolds(store, KEYS);
        for (int key = 0; key < KEYS; key++) {
            store.add(key, 1);
        }
        assertFalse(stalled.isDone());
        long begin = System.nanoTime();
        IoFault refused = assertThrows(IoFault.class, store::close);
        assertTrue(refused.getMessage().contains("did not end reads"), refused.getMessage());
        assertTrue(System.nanoTime() - begin < WAIT_NANOS);
        assertThrows(ClosedFault.class, () -> store.get(1, -1));
        assertEquals(1, disk.failStalled());
        assertInstanceOf(StoreFault.class, assertThrows(Exception.class, () -> Hammer.await(stalled)));
        disk.close();
    }

    @Test
    void shouldNotCloseUnderAWriteThatNeverEnds() {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, plan);
        Store store = Store.open(config(disk).waits(new FastClock(400)).build());
        synchronized (disk) {
            plan.sometimes(Fault.STALL, 1);
        }
        int accepted = putUntilRefused(store, 0, IoFault.class);
        assertTrue(accepted < KEYS, "an append waits without end, or never");
        assertHolds(store, accepted);
        IoFault unchanged = assertThrows(IoFault.class, store::clear);
        assertTrue(unchanged.getMessage().contains("nothing was changed"), unchanged.getMessage());
        assertHolds(store, accepted);
        IoFault refused = assertThrows(IoFault.class, store::close);
        assertTrue(refused.getMessage().contains("did not end within"), refused.getMessage());
        assertTrue(List.of(refused.getSuppressed()).toString().contains("did not end writes"), List.of(refused.getSuppressed()).toString());
        disk.failStalled();
        disk.close();
    }

    @Test
    void shouldNotWaitWithoutEndForASync() {
        boolean found = false;
        for (int step = 0; !found; step++) {
            FaultPlan plan = FaultPlan.none();
            SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, plan);
            Store store = Store.open(config(disk).waits(new FastClock(100)).build());
            store.put(1, 1);
            int before = disk.steps().size();
            synchronized (disk) {
                plan.failAt(before + step, Fault.STALL);
            }
            IoFault refused = null;
            try {
                store.close();
            } catch (IoFault failed) {
                refused = failed;
            }
            found = refused != null && refused.getMessage().contains("a sync of the log failed") && refused.getMessage().contains("did not end within");
            assertTrue(disk.steps().size() > before + step, "no sync of the log in " + disk.steps());
            disk.failStalled();
            disk.close();
        }
    }

    /** Whichever transfer of the files beside the log it is that hangs: of the identity when opening, of the clean close when closing. */
    @Test
    void shouldNotWaitWithoutEndForAFileBesideTheLog() {
        int hung = 0;
        for (int step = 0; ; step++) {
            FaultPlan plan = FaultPlan.none();
            SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, plan);
            plan.failAt(step, Fault.STALL);
            IoFault refused = null;
            try (Store store = Store.open(config(disk).waits(new FastClock(300)).build())) {
                store.put(1, 1);
            } catch (IoFault failed) {
                refused = failed;
                String why = failed.getMessage() + " " + failed.getCause() + " " + (failed.getCause() == null ? "" : failed.getCause().getCause());
                assertTrue(why.contains("within"), why);
                hung += Stream.of("IDENTITY", "CLEAN-CLOSE", "MANIFEST", "checkpoints/").anyMatch(why::contains) ? 1 : 0;
            }
            boolean beyond = disk.steps().size() <= step;
            assertEquals(refused == null, disk.met().isEmpty(), "step " + step);
            disk.failStalled();
            disk.close();
            if (beyond) {
                break;
            }
        }
        assertTrue(hung >= 8, hung + " of a write and a sync each");
    }

    /** A page that failed to be written holds nobody up who finds room in pages that were written before it. */
    @Test
    void shouldNotRefuseAnAppendForAWriteThatItNeedNotWaitFor() {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.INLINE, plan);
        try (Store store = Store.open(config(disk).mutableFraction(0.2).build())) {
            HybridLog log = store.kernel().log;
            for (int key = 0; log.tail() < 6 * 4096; key++) {
                store.put(key, key * 3L);
            }
            await(() -> isQuiet(store) && log.flushed() >= 2 * 4096, "the flusher does not come to rest");
            synchronized (disk) {
                plan.sometimes(Fault.EIO, 1);
            }
            store.batch(batch -> log.shiftReadOnly(Long.MAX_VALUE));
            await(() -> log.failure() != null, "the write does not fail");
            long flushedPages = log.flushed() / 4096;
            log.requireProgress();
            long first = log.tail() / 32;
            int accepted = 0;
            try {
                for (; accepted < KEYS; accepted++) {
                    store.put(first + accepted, 1);
                }
            } catch (IoFault behind) {
                assertTrue(behind.getMessage().contains("EIO"), behind.getMessage());
            }
            assertEquals(flushedPages + 8, (log.tail() + 4095) / 4096, "the tail goes as far as what is flushed allows: " + store.stats());
            assertThrows(IoFault.class, log::requireProgress);
            synchronized (disk) {
                plan.sometimes(Fault.EIO, 0);
            }
        }
    }

    @Test
    void shouldDropWhatIsPendingOnADeviceThatNeverAnswers() {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, plan);
        Store store = Store.open(config(disk).waits(new FastClock(100)).build());
        Session session = store.openSession();
        putUntilRefused(store, 0, IoFault.class);
        store.get(0, -1);
        await(() -> isQuiet(store), "the flusher does not come to rest");
        synchronized (disk) {
            plan.failAt(disk.steps().size(), Fault.STALL);
        }
        assertEquals(Status.PENDING, session.submitGet(0, 0, (context, status, value) -> {
            throw new AssertionError("told of what was dropped");
        }));
        await(() -> disk.stalled() == 1, "the read was not begun");
        assertThrows(IoFault.class, store::close);
        session.close(); // does not wait: the lookup's buffer stays until the device has answered
        disk.failStalled();
        disk.close();
    }

    // --- a session that does not answer ---

    @Test
    void shouldNameTheSessionThatStaysInABatchAndLoseNothingWhileOthersWaitForIt() throws Exception {
        SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, FaultPlan.none());
        try (Store store = Store.open(config(disk).waits(new FastClock(20)).build()); Session sleeper = store.openSession("sleeper")) {
            store.put(-1, 7);
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch wake = new CountDownLatch(1);
            FutureTask<Long> asleep = Hammer.start(() -> {
                long[] seen = new long[1];
                sleeper.batch(batch -> {
                    batch.add(-1, 1);
                    entered.countDown();
                    awaitLatch(wake);
                    seen[0] = batch.rmw(-1, Update.ADD, 1, null) == null ? 0 : batch.get(-1, 0);
                });
                return seen[0];
            });
            awaitLatch(entered);
            FutureTask<Integer> writer = Hammer.start(() -> putUntilRefused(store, 0, IoFault.class));
            await(() -> store.stats().throttled() > 0, "the memory is not full yet");
            assertFalse(writer.isDone());
            assertTrue(store.stats().tail() >= 7 * 4096, () -> "others went on until the memory was full: " + store.stats());
            assertEquals(0, store.stats().head() / 4096, "nothing leaves the memory while somebody may look at it");
            assertEquals(7 + 1, store.get(-1, 0)); // reads go on, and what changes in place
            assertEquals(0, store.get(0, -1));
            long newest = (store.stats().tail() - 64) / 32 - 10;
            assertEquals(Status.UPDATED_IN_PLACE, store.put(newest, newest * 3));
            await(() -> store.stats().lastStall().contains("sleeper"), "nobody named the sleeper: " + store.stats());
            wake.countDown();
            assertEquals(7 + 2, Hammer.await(asleep));
            assertEquals(KEYS, Hammer.await(writer));
            assertHolds(store, KEYS);
            assertEquals(9, store.get(-1, 0));
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
        disk.close();
    }

    @Test
    void shouldWakeAnAppendThatWaitsWhenTheStoreCloses() throws Exception {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, plan);
        Store store = Store.open(config(disk).build());
        synchronized (disk) {
            plan.sometimes(Fault.STALL, 1);
        }
        FutureTask<Integer> writer = Hammer.start(() -> putUntilRefused(store, 0, ClosedFault.class));
        await(() -> store.stats().throttled() > 0, "the memory is not full yet");
        FutureTask<Void> closer = Hammer.start(() -> {
            store.close();
            return null;
        });
        await(() -> store.kernel().isClosed(), "the gate stays open");
        assertTrue(Hammer.await(writer) < KEYS);
        await(() -> disk.failStalled() == 0 && closer.isDone() , "the close waits though every write has failed");
        assertInstanceOf(IoFault.class, assertThrows(Exception.class, () -> Hammer.await(closer)));
        disk.close();
    }

    // --- the bound of an append's wait ---

    /** Puts until one is refused, beside a clock that stands; what it was refused with once the clock has passed five minutes, not before. */
    private static String refusedAfterFiveMinutes(Store store, HeldClock clock) throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        FutureTask<String> writer = Hammer.start(() -> {
            thread.set(Thread.currentThread());
            for (int key = 0; key < KEYS; key++) {
                try {
                    store.put(key, key * 3L);
                } catch (IoFault refused) {
                    return refused.getMessage();
                }
            }
            return "nothing was refused";
        });
        await(() -> store.stats().throttled() > 0 || writer.isDone(), "no append waits");
        clock.add(TimeUnit.MINUTES.toNanos(5));
        clock.watch(thread.get());
        await(() -> clock.looks() > 3 || writer.isDone(), "the append does not look at the clock");
        assertFalse(writer.isDone(), "refused before its time");
        clock.add(1);
        String message = Hammer.await(writer);
        assertTrue(message.contains("an append waited 5 minutes for memory; the log is written up to "), message);
        assertEquals(1, store.stats().throttled());
        assertEquals(TimeUnit.MINUTES.toNanos(5) + 1, store.stats().throttledNanos());
        return message;
    }

    @Test
    void shouldRefuseAnAppendThatTheDeviceKeepsWaitingForFiveMinutes() throws Exception {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, plan);
        HeldClock clock = new HeldClock();
        Store store = Store.open(config(disk).waits(clock).build());
        synchronized (disk) {
            plan.sometimes(Fault.STALL, 1);
        }
        String message = refusedAfterFiveMinutes(store, clock);
        assertFalse(message.contains("still inside"), message);
        assertEquals(0, store.get(0, -1)); // reads go on
        clock.letGo();
        synchronized (disk) {
            plan.sometimes(Fault.STALL, 0);
        }
        await(() -> disk.failStalled() == 0 && isQuiet(store), "the writes that failed are not tried again");
        assertEquals(KEYS, putUntilRefused(store, 0, IoFault.class)); // and so do appends
        assertHolds(store, KEYS);
        assertEquals(List.of(), StoreVerifier.verify(store));
        store.close();
        disk.close();
    }

    @Test
    void shouldNameWhoKeepsAnAppendWaitingForFiveMinutes() throws Exception {
        SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, FaultPlan.none());
        HeldClock clock = new HeldClock();
        try (Store store = Store.open(config(disk).waits(clock).build()); Session sleeper = store.openSession("sleeper")) {
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch wake = new CountDownLatch(1);
            FutureTask<Void> asleep = Hammer.start(() -> {
                sleeper.batch(batch -> {
                    entered.countDown();
                    awaitLatch(wake);
                });
                return null;
            });
            awaitLatch(entered);
            String message = refusedAfterFiveMinutes(store, clock);
            assertTrue(message.contains(", and still inside the store are [sleeper]"), message);
            clock.letGo();
            wake.countDown();
            Hammer.await(asleep);
            assertEquals(KEYS, putUntilRefused(store, 0, IoFault.class));
            assertHolds(store, KEYS);
            assertEquals(List.of(), StoreVerifier.verify(store));
        }
        disk.close();
    }

    // --- a close that somebody is in the way of ---

    @Test
    void shouldSayAgainThatSomebodyIsInsideAndCloseOnceTheyHaveLeft() throws Exception {
        SimulatedDisk disk = disk(SimulatedDisk.Mode.THREADS, FaultPlan.none());
        Store store = Store.open(config(disk).waits(new FastClock(100)).build());
        assertEquals(KEYS, putUntilRefused(store, 0, IoFault.class));
        store.get(0, -1);
        Session sleeper = store.openSession("sleeper");
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch wake = new CountDownLatch(1);
        FutureTask<Long> asleep = Hammer.start(() -> {
            long[] seen = new long[1];
            sleeper.batch(batch -> {
                batch.put(1, 7);
                entered.countDown();
                awaitLatch(wake);
                try {
                    seen[0] = batch.get(1, -1);
                } catch (ClosedFault closed) {
                    seen[0] = -2;
                }
            });
            return seen[0];
        });
        awaitLatch(entered);
        for (int round = 0; round < 2; round++) {
            String message = assertThrows(IllegalStateException.class, store::close).getMessage();
            assertTrue(message.contains("cannot close the store: still inside after 30 s: [sleeper]"), message);
            assertTrue(message.contains("Close it again"), message);
            assertThrows(ClosedFault.class, () -> store.get(1, -1));
            assertTrue(disk.openFiles() > 0, "nothing was given back");
        }
        wake.countDown();
        assertEquals(-2, Hammer.await(asleep));
        store.close();
        assertEquals(0, disk.openFiles());
        store.close();
        sleeper.close();
        disk.close();
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
