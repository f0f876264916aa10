package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.SystemState.Gate;
import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.fault.ClosedFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.RecordLatch;
import io.tideline.hlog.RecordLayout;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Where the cut of a checkpoint falls while a session is in the middle of something, and what a checkpoint meets that others close. */
@Tag("spill")
class CutTest {
    private static final Completion QUIET = (context, status, value) -> { };
    private static final Completion QUIET_EVEN_OF_FAILURES = new Completion() {
        @Override
        public void completed(long context, Status status, ValueView value) {
        }

        @Override
        public void failed(long context, Throwable why) {
        }
    };

    private final HookedWaits waits = new HookedWaits();
    private final HookedDevice device = new HookedDevice(new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS)));
    private final Store store = open();

    private Store open() {
        return Store.open(StoreConfig.builder().memory(8 << 12).pageSize(1 << 12).segmentSize(1 << 16).buckets(1024).hashSeed(7)
                .maxPending(4, 8).hugePages(false).files(device).waits(waits).build());
    }

    /** The waits of the system, where a test may act on the thread that waits. */
    private static final class HookedWaits implements Waits {
        private volatile Runnable onPause;

        /** Runs an action at the next pause of whatever thread the action accepts, once. */
        void atPauseOf(Thread thread, Runnable action) {
            onPause = () -> {
                if (Thread.currentThread() == thread) {
                    onPause = null;
                    action.run();
                }
            };
        }

        void atPauseOf(String threadName, Runnable action) {
            onPause = () -> {
                if (Thread.currentThread().getName().equals(threadName)) {
                    onPause = null;
                    action.run();
                }
            };
        }

        @Override
        public void spin() {
            SYSTEM.spin();
        }

        @Override
        public void pause(int attempt) {
            Runnable action = onPause;
            if (action != null) {
                action.run();
            }
            SYSTEM.pause(attempt);
        }

        @Override
        public long nanoTime() {
            return SYSTEM.nanoTime();
        }
    }

    @AfterEach
    void close() {
        Probe.install(null);
        store.close();
        device.close();
    }

    /** Keys from 0 on, of which the first have left the memory. */
    private void fill() {
        for (long key = 0; key < 3000; key++) {
            store.put(key, key);
        }
        assertTrue(store.stats().head() > 10 * 4096);
    }

    private CommitPoint commit() {
        try {
            return store.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS);
        } catch (Exception failed) {
            throw new AssertionError(failed);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException unexpected) {
            throw new AssertionError(unexpected);
        }
    }

    @Test
    void shouldNotCountReadsOfAGroupThatAreStillToCome() {
        fill();
        commit();
        Session session = store.openSession("s");
        session.put(5000, 1);
        AtomicReference<CommitPoint> point = new AtomicReference<>();
        device.beforeNextRead(() -> {
            point.set(commit());
            store.put(1, -1);
        });
        long[] values = new long[2];
        assertEquals(2, session.getAll(new long[] {5000, 1}, values, 0, 2, 0));
        assertEquals(-1, values[1], "written behind the cut");
        assertEquals(Map.of("s", 1L), point.get().serials());
        assertEquals(3, session.serial());
        session.close();
    }

    @Test
    void shouldCountWhatASessionHasDoneWhileItCompletesAnEarlierRead() {
        fill();
        commit();
        Session session = store.openSession("s");
        assertEquals(Status.PENDING, session.submitGet(1, 0, QUIET));
        session.put(1, 100);
        assertEquals(2, session.serial());
        Kernel kernel = store.kernel();
        long record = kernel.log.physical(kernel.index.find(kernel.hash.of(1)));
        long stateWord = Words.getAcquire(record + RecordLayout.STATE_OFFSET);
        assertTrue(RecordLatch.tryLock(record, stateWord));
        AtomicReference<CommitPoint> point = new AtomicReference<>();
        waits.atPauseOf(Thread.currentThread(), () -> {
            RecordLatch.unlock(record, stateWord);
            point.set(commit());
        });
        assertEquals(1, session.completePending(true));
        assertEquals(Map.of("s", 2L), point.get().serials());
        session.close();
    }

    @Test
    void shouldCountTheMembersDoneWhileAGroupLooksAheadAndMeetsTheNextVersion() throws Exception {
        fill();
        commit();
        Session session = store.openSession("s");
        Kernel kernel = store.kernel();
        kernel.pendingUpdates.incrementAndGet(); // keeps the driver in PREPARE
        CountDownLatch drains = new CountDownLatch(1);
        waits.atPauseOf("tideline-checkpointer", drains::countDown);
        CompletableFuture<CommitPoint> checkpoint = store.checkpoint(CheckpointRequest.logOnly());
        await(drains);
        assertEquals(Phase.PREPARE, kernel.state.phase());
        Thread self = Thread.currentThread();
        AtomicInteger appended = new AtomicInteger();
        Probe.install(point -> {
            if (point.equals("append.reserved") && Thread.currentThread() == self && appended.getAndIncrement() == 0) {
                kernel.pendingUpdates.decrementAndGet();
                while (kernel.state.phase() != Phase.IN_PROGRESS) {
                    Thread.onSpinWait();
                }
                CompletableFuture.runAsync(() -> store.put(2999, -1)).join();
            }
        });
        // The last look of the first round is refused for want of lookups; in the second that key is in memory, and the one behind it is of the next version.
        session.rmwAll(new long[] {0, 400, 500, 600, 0, 2999}, 0, 6, Update.ADD, 1);
        assertTrue(appended.get() > 0);
        assertEquals(Map.of("s", 1L), checkpoint.get(60, TimeUnit.SECONDS).serials());
        assertEquals(2, store.get(0, -1));
        assertEquals(0, store.get(2999, -1));
        session.close();
    }

    @Test
    void shouldNotLookAheadBehindAShutGate() {
        fill();
        Session session = store.openSession("s");
        AtomicInteger reads = new AtomicInteger();
        device.beforeNextRead(() -> {
            device.beforeNextRead(reads::incrementAndGet);
            store.kernel().state.setGate(Gate.CLOSED);
        });
        assertThrows(ClosedFault.class, () -> session.rmwAll(new long[] {0, 400}, 0, 2, Update.ADD, 1));
        assertEquals(0, reads.get());
        store.kernel().state.setGate(Gate.OPEN);
        session.close();
    }

    @Test
    void shouldNotWaitForASessionThatIsClosedMeanwhile() throws Exception {
        List<Session> sessions = List.of(store.openSession("a"), store.openSession("b"), store.openSession("c"));
        sessions.forEach(session -> session.put(1, 1));
        CountDownLatch waiting = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        waits.atPauseOf("mover", () -> {
            waiting.countDown();
            await(closed);
        });
        AtomicReference<Throwable> problem = new AtomicReference<>();
        Thread mover = Thread.ofPlatform().name("mover").unstarted(() -> {
            try {
                store.kernel().checkpointer().moveTo(store.kernel().state.version() + 1);
            } catch (Throwable thrown) {
                problem.set(thrown);
            }
        });
        sessions.get(0).batch(_ -> sessions.get(1).batch(_ -> sessions.get(2).batch(_ -> {
            mover.start();
            await(waiting);
        })));
        sessions.forEach(Session::close);
        closed.countDown();
        mover.join();
        assertEquals(null, problem.get());
    }

    /** An operation that is used again has the end of its earlier lookup still on it. */
    @Test
    void shouldNotTakeAnUpdateWhoseLookupHasNotBegun() {
        fill();
        Kernel kernel = store.kernel();
        Session helper = Session.ofDriver(kernel);
        Session session = store.openSession("s");
        session.submitRmw(0, Update.ADD, 1, 0, QUIET);
        session.completePending(true);
        CountDownLatch looked = new CountDownLatch(1);
        AtomicInteger drained = new AtomicInteger();
        session.batch(same -> {
            assertTrue(kernel.epoch.bump(() -> { // runs when the session leaves the epoch to begin the lookup
                drained.set(session.submitted().drain(helper, kernel.waits.nanoTime() + TimeUnit.MINUTES.toNanos(1), _ -> { }));
                looked.countDown();
            }));
            device.beforeNextRead(() -> await(looked));
            assertEquals(Status.PENDING, same.submitRmw(400, Update.ADD, 1, 0, QUIET));
        });
        assertEquals(0, drained.get());
        session.completePending(true);
        assertEquals(401, store.get(400, -1));
        session.close();
        helper.close();
    }

    @Test
    void shouldHoldWhatASessionHasSubmittedThatIsClosedBesideTheStore() throws Exception {
        fill();
        Session session = store.openSession("s");
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicReference<Status> told = new AtomicReference<>();
        Thread submitter = Thread.ofPlatform().start(() -> {
            device.beforeNextRead(() -> await(goOn));
            session.submitRmw(0, Update.ADD, 7, 0, (_, status, value) -> {
                assertThrows(IllegalStateException.class, session::close);
                assertEquals(7, value.getLong(0));
                told.set(status);
            });
            session.close();
        });
        while (store.kernel().pendingUpdates.get() == 0) {
            Thread.onSpinWait();
        }
        CompletableFuture<Void> closing = CompletableFuture.runAsync(store::close);
        while (!store.kernel().isClosed()) {
            Thread.onSpinWait();
        }
        goOn.countDown();
        closing.get(90, TimeUnit.SECONDS);
        submitter.join();
        assertEquals(Status.COPIED, told.get());
        try (Store again = open(); Session resumed = again.resumeSession("s")) {
            assertEquals(1, resumed.serial());
            assertEquals(7, again.get(0, -1));
        }
    }

    /** In a batch the session stays where it is when the gate is shut, so it meets that in the middle of what it completes. */
    @Test
    void shouldHoldWhatIsCompletedInABatchWhileTheStoreIsClosed() throws Exception {
        fill();
        Session session = store.openSession("s");
        Told told = new Told();
        session.submitRmw(0, Update.ADD, 7, 0, told);
        AtomicReference<CompletableFuture<Void>> closing = new AtomicReference<>();
        session.batch(same -> {
            closing.set(closeBeside());
            same.completePending(true);
        });
        session.close();
        closing.get().get(90, TimeUnit.SECONDS);
        assertHeld(told);
    }

    @Test
    void shouldNotHoldUpTheCloseWithTheBatchOfAnotherSession() throws Exception {
        fill();
        Session session = store.openSession("s");
        Session other = store.openSession("other");
        Told told = new Told();
        session.submitRmw(0, Update.ADD, 7, 0, told);
        AtomicReference<CompletableFuture<Void>> closing = new AtomicReference<>();
        other.batch(_ -> {
            closing.set(closeBeside());
            session.close();
        });
        other.close();
        closing.get().get(90, TimeUnit.SECONDS);
        assertHeld(told);
    }

    private CompletableFuture<Void> closeBeside() {
        CompletableFuture<Void> closing = CompletableFuture.runAsync(store::close);
        while (!store.kernel().isClosed()) {
            Thread.onSpinWait();
        }
        return closing;
    }

    /** The store, which was closed, holds an operation that added 7, and the completion knows. */
    private void assertHeld(Told told) {
        assertEquals(List.of(Status.COPIED), told.all);
        try (Store again = open(); Session resumed = again.resumeSession("s")) {
            assertEquals(1, resumed.serial());
            assertEquals(7, again.get(0, -1));
        }
    }

    /** What a completion is told: statuses and what was thrown. */
    private static final class Told implements Completion {
        private final List<Object> all = new CopyOnWriteArrayList<>();

        @Override
        public void completed(long context, Status status, ValueView value) {
            all.add(status);
        }

        @Override
        public void failed(long context, Throwable thrown) {
            all.add(thrown);
        }
    }

    /** A store with one update that waits for the device, which has refused it, and what its session is told of that. */
    private static final class Refused implements AutoCloseable {
        final List<Throwable> told = new ArrayList<>();
        final SimulatedDisk disk;
        final Store store;
        final Session session;

        Refused() {
            FaultPlan plan = FaultPlan.none();
            disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.INLINE), plan);
            HookedDevice hooked = new HookedDevice(disk);
            store = Store.open(StoreConfig.builder().memory(8 << 12).pageSize(1 << 12).segmentSize(1 << 16).buckets(1024).hashSeed(7).hugePages(false)
                    .files(hooked).build());
            store.put(0, 1);
            Eviction.ofAll(store);
            session = store.openSession("s");
            hooked.beforeNextRead(() -> sometimes(disk, plan, 1));
            assertEquals(Status.PENDING, session.submitRmw(0, Update.ADD, 7, 0, new Completion() {
                @Override
                public void completed(long context, Status status, ValueView value) {
                    throw new AssertionError("the device has refused it");
                }

                @Override
                public void failed(long context, Throwable why) {
                    assertThrows(IllegalStateException.class, session::close);
                    told.add(why);
                }
            }));
            sometimes(disk, plan, 0);
        }

        void assertTold() {
            assertEquals(1, told.size());
            assertTrue(assertInstanceOf(IoFault.class, told.getFirst()).getMessage().contains("EIO"), told.toString());
        }

        @Override
        public void close() {
            session.close();
            store.close();
            disk.close();
        }
    }

    @Test
    void shouldTellBehindTheCloseOfTheStoreOfAnUpdateThatItsCheckpointCouldNotBringToItsEffect() {
        try (Refused refused = new Refused()) {
            refused.store.close();
            assertEquals(List.of(), refused.told);
            refused.session.close();
            refused.assertTold();
        }
    }

    /** Or, if the process died now, a serial would be durable whose operation never took effect, and nobody would know. */
    @Test
    void shouldNotCommitAnUpdateThatTheDeviceRefusedBeforeSomebodyIsTold() throws Exception {
        try (Refused refused = new Refused()) {
            Throwable why = assertThrows(ExecutionException.class, () -> refused.store.checkpoint(CheckpointRequest.full()).get(60, TimeUnit.SECONDS)).getCause();
            assertTrue(assertInstanceOf(IoFault.class, why).getMessage().contains("nothing was committed") && why.getMessage().contains("EIO"), why.toString());
            assertTrue(refused.store.lastCommit().isEmpty());
            assertEquals(List.of(), refused.told);
            CommitPoint next = refused.store.checkpoint(CheckpointRequest.full()).get(60, TimeUnit.SECONDS);
            assertEquals(Map.of("s", 1L), next.serials());
            refused.session.completePending(true);
            refused.assertTold();
        }
    }

    /** The next checkpoint meets the refused one no more, so a time-out must not keep it to itself. */
    @Test
    void shouldTellOfARefusalBesideATimeOut() throws Exception {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS), plan);
        try (Store other = Store.open(StoreConfig.builder().memory(8 << 12).pageSize(1 << 12).segmentSize(1 << 16).buckets(1024).hashSeed(7).hugePages(false)
                .files(disk).waits(new FastClock(100)).build())) {
            other.put(1, 40);
            other.put(2, 50);
            Eviction.ofAll(other);
            Session session = other.openSession("s");
            for (Fault fault : List.of(Fault.EIO, Fault.STALL)) {
                int reads = disk.steps().size();
                synchronized (disk) {
                    plan.failAt(reads, fault);
                }
                assertEquals(Status.PENDING, session.submitRmw(fault == Fault.EIO ? 1 : 2, Update.ADD, 7, 0, QUIET_EVEN_OF_FAILURES));
            }
            Throwable why = assertThrows(ExecutionException.class, () -> other.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS)).getCause();
            assertTrue(why.getMessage().contains("still wait for the device after 60 s"), why.toString());
            assertEquals(1, why.getSuppressed().length);
            assertTrue(why.getSuppressed()[0].getMessage().contains("EIO"), why.getSuppressed()[0].toString());
            disk.failStalled();
            session.close();
        }
        disk.close();
    }

    private static void sometimes(SimulatedDisk disk, FaultPlan plan, double chance) {
        synchronized (disk) {
            plan.sometimes(Fault.EIO, chance);
        }
    }

    @Test
    void shouldLetWhatFollowsACheckpointCloseTheStore() throws Exception {
        store.kernel().pendingUpdates.incrementAndGet(); // until somebody waits for it
        CompletableFuture<Void> closed = store.checkpoint().thenRun(store::close);
        store.kernel().pendingUpdates.decrementAndGet();
        closed.get(60, TimeUnit.SECONDS);
    }

    @Test
    void shouldRefuseACloseByWhoIsToldOfADurableOperation() {
        Session session = store.openSession("s");
        AtomicReference<Throwable> refused = new AtomicReference<>();
        session.onDurable(_ -> {
            try {
                store.close();
            } catch (RuntimeException thrown) {
                refused.set(thrown);
            }
        });
        session.put(1, 1);
        commit();
        assertNotNull(refused.get());
        assertInstanceOf(IllegalStateException.class, refused.get());
        session.onDurable(null);
        session.close();
    }
}
