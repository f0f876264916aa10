package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.ClosedFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.SimulatedDisk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sessions whose threads die in a batch: closed in their place, and no others. */
@Tag("spill")
class ReapTest {
    private final SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT);
    private Store store = Store.open(config(disk).build());

    @AfterEach
    void close() {
        store.close();
    }

    private static StoreConfig.Builder config(SimulatedDisk disk) {
        return StoreConfig.builder().memory(8 * 4096).pageSize(4096).segmentSize(1 << 14).buckets(16).hashSeed(7).maxPending(4, 4).hugePages(false)
                .files(disk);
    }

    /** Begins a batch on a thread that ends without ending it, as one whose {@code finally} blocks fail for want of stack. */
    private static void dieInBatch(Session session, Consumer<Session> operations) throws InterruptedException {
        Thread thread = Thread.ofPlatform().start(() -> {
            session.enterAgain();
            session.beginBatch();
            operations.accept(session);
        });
        thread.join();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException stop) {
            throw new AssertionError(stop);
        }
    }

    private static void putAll(Session session, int count) {
        for (int i = 1; i <= count; i++) {
            session.put(i, 10 * i);
        }
    }

    /** Its close may wait for a close of the store, and that for the dead one. */
    @Test
    void shouldNotWaitForASessionThatIsBeingClosed() throws Exception {
        for (int key = 0; key < 3000; key++) {
            store.put(key, key);
        }
        Session closing = store.openSession("closing");
        Session dead = store.openSession("dead");
        CountDownLatch isTold = new CountDownLatch(1);
        CountDownLatch isReaped = new CountDownLatch(1);
        assertEquals(Status.PENDING, closing.submitGet(1, 0, (_, _, _) -> {
            isTold.countDown();
            await(isReaped);
        }));
        Thread closer = Thread.ofPlatform().daemon().start(closing::close);
        await(isTold);
        dieInBatch(dead, dying -> putAll(dying, 5));
        CompletableFuture<List<ReapedSession>> reaped = CompletableFuture.supplyAsync(store::reapSessions);
        try {
            assertEquals(List.of(new ReapedSession("dead", 5, false, 0)), reaped.get(60, TimeUnit.SECONDS));
        } finally {
            isReaped.countDown();
        }
        assertTrue(closer.join(Duration.ofSeconds(60)));
    }

    @Test
    void shouldCloseTheSessionOfAThreadThatDiedInABatch() throws Exception {
        Session session = store.openSession("worker");
        dieInBatch(session, dying -> putAll(dying, 5));
        assertEquals(List.of("worker"), store.kernel().epoch.inside());
        assertThrows(IllegalStateException.class, () -> session.put(1, 1));
        assertThrows(IllegalStateException.class, session::close);

        assertEquals(List.of(new ReapedSession("worker", 5, false, 0)), store.reapSessions());

        assertEquals(List.of(), store.kernel().epoch.inside());
        assertEquals(List.of(), store.reapSessions());
        String refused = assertThrows(IllegalStateException.class, () -> session.put(1, 1)).getMessage();
        assertEquals("session worker is closed", refused);
        refused = assertThrows(IllegalStateException.class, () -> session.batch(batch -> batch.put(1, 1))).getMessage();
        assertEquals("session worker is closed", refused);
        session.close();
        store.checkpoint().get(60, TimeUnit.SECONDS);
        store.close();
        store = Store.open(config(disk).build());
        for (int i = 1; i <= 5; i++) {
            assertEquals(10 * i, store.get(i, -1));
        }
        assertEquals(5, store.approximateSize());
        try (Session next = store.resumeSession("worker")) {
            assertEquals(5, next.serial());
            next.put(6, 60);
            assertEquals(6, next.serial());
        }
        assertEquals(List.of(), StoreVerifier.verify(store));
    }

    @Test
    void shouldNotCountAnOperationThatDidNotEnd() throws Exception {
        Session session = store.openSession("worker");
        dieInBatch(session, dying -> {
            putAll(dying, 5);
            dying.enter(); // the sixth begins
        });
        assertEquals(List.of(new ReapedSession("worker", 5, true, 0)), store.reapSessions());
        try (Session next = store.resumeSession("worker")) {
            assertEquals(5, next.serial());
        }
    }

    @Test
    void shouldKeepWhatWasSubmittedAndTellNobody() throws Exception {
        store.put(1, 40);
        Eviction.ofAll(store);
        List<String> told = new ArrayList<>();
        Session session = store.openSession("worker");
        Status[] status = new Status[1];
        dieInBatch(session, dying -> status[0] = dying.submitRmw(1, Update.ADD, 2, 7, (context, done, value) -> told.add("told")));
        assertEquals(Status.PENDING, status[0]);
        assertEquals(List.of(new ReapedSession("worker", 1, false, 0)), store.reapSessions());
        assertEquals(42, store.get(1, -1));
        assertEquals(List.of(), told);
        assertEquals(0, store.stats().checkpoints().pendingUpdates());
        store.checkpoint().get(60, TimeUnit.SECONDS);
    }

    @Test
    void shouldSayThatTheDeviceHangsAndGoOnOnceItDoesNot() throws Exception {
        FaultPlan plan = FaultPlan.none();
        SimulatedDisk hanging = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.mode(SimulatedDisk.Mode.THREADS), plan);
        try (Store other = Store.open(config(hanging).waits(new FastClock(100)).build())) {
            other.put(1, 40);
            Eviction.ofAll(other);
            Session session = other.openSession("worker");
            dieInBatch(session, dying -> {
                synchronized (hanging) {
                    plan.failAt(hanging.steps().size(), Fault.STALL);
                }
                assertEquals(Status.PENDING, dying.submitRmw(1, Update.ADD, 2, 7, (_, _, _) -> { }));
            });
            String late = assertThrows(IoFault.class, other::reapSessions).getMessage();
            assertEquals("session worker is not reaped yet, because its submitted operations still wait for the device after 60 s", late);
            assertEquals(1, hanging.stalled());
            assertEquals(List.of(), other.kernel().epoch.inside());
            other.put(2, 50); // nobody waits for it
            hanging.failStalled();
            assertEquals(List.of(new ReapedSession("worker", 1, false, 1)), other.reapSessions());
            assertEquals(40, other.get(1, -1), "the read failed, and with it the update");
        }
        hanging.close();
    }

    @Test
    void shouldNeverTouchTheSessionOfALivingThread() throws Exception {
        CountDownLatch inside = new CountDownLatch(2);
        CountDownLatch goOn = new CountDownLatch(1);
        Session session = store.openSession("living");
        Consumer<Session> parks = batch -> {
            putAll(batch, 3);
            inside.countDown();
            park(goOn);
            batch.put(4, 40);
        };
        Future<Void> platform = Hammer.start(() -> {
            session.batch(parks);
            return null;
        });
        Thread virtual = Thread.ofVirtual().start(() -> store.batch(parks));
        inside.await();
        Session idle = store.openSession("idle");
        for (int i = 0; i < 1_000; i++) {
            assertEquals(List.of(), store.reapSessions());
        }
        assertEquals(2, store.kernel().epoch.inside().size());
        goOn.countDown();
        Hammer.await(platform);
        virtual.join();
        assertEquals(4, session.serial());
        assertEquals(List.of(), store.reapSessions(), "the threads that ended their batches left by themselves");
        session.put(5, 50);
        idle.put(6, 60);
        session.close();
        idle.close();
    }

    private static void park(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldReapWhatACallWithoutASessionLeft() throws Exception {
        Thread thread = Thread.ofPlatform().start(() -> {
            Session pooled = store.enter();
            pooled.beginBatch();
            pooled.put(1, 10);
        });
        thread.join();
        assertEquals(1, store.kernel().epoch.inside().size());
        assertEquals(1, store.reapSessions().size());
        assertEquals(List.of(), store.kernel().epoch.inside());
        for (int i = 0; i < 100; i++) {
            assertEquals(10, store.get(1, -1));
        }
        assertEquals(1, store.approximateSize());
    }

    @Test
    void shouldLetACheckpointGoOnThatWaitedForIt() throws Exception {
        Session session = store.openSession("worker");
        dieInBatch(session, dying -> putAll(dying, 5));
        CompletableFuture<CommitPoint> checkpoint = store.checkpoint();
        while (store.stats().checkpoints().phase().equals("REST")) {
            Thread.onSpinWait();
        }
        assertFalse(checkpoint.isDone());
        assertEquals(List.of(new ReapedSession("worker", 5, false, 0)), store.reapSessions());
        assertEquals(5L, checkpoint.get(60, TimeUnit.SECONDS).serials().get("worker"));
    }

    @Test
    void shouldLetACloseGoOnThatWaitedForIt() throws Exception {
        Session session = store.openSession("worker");
        dieInBatch(session, dying -> putAll(dying, 5));
        Future<Void> closing = Hammer.start(() -> {
            store.close();
            return null;
        });
        while (!store.kernel().isClosed()) {
            Thread.onSpinWait();
        }
        assertEquals(List.of(new ReapedSession("worker", 5, false, 0)), store.reapSessions());
        Hammer.await(closing);
        session.close();
        assertThrows(ClosedFault.class, () -> store.put(1, 1));
        assertThrows(IllegalStateException.class, () -> session.put(1, 1));
        store = Store.open(config(disk).build());
        try (Session next = store.resumeSession("worker")) {
            assertEquals(5, next.serial());
            assertEquals(50, next.get(5, -1));
        }
    }

    /** A batch ends, its thread dies and others begin theirs, while somebody reaps: nobody is ever taken for dead who is not. */
    @Test
    void shouldNotTakeABatchForTheOneBeforeIt() throws Exception {
        Session session = store.openSession("handed on");
        Future<Void> batches = Hammer.start(() -> {
            for (int i = 0; i < 500; i++) {
                Thread one = Thread.ofPlatform().start(() -> session.batch(batch -> batch.add(1, 1)));
                one.join();
            }
            return null;
        });
        while (!batches.isDone()) {
            assertEquals(List.of(), store.reapSessions());
        }
        Hammer.await(batches);
        assertEquals(500, session.serial());
        assertEquals(500, store.get(1, -1));
        session.close();
    }
}
