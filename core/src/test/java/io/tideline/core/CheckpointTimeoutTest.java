package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.SystemState.Phase;
import io.tideline.fault.ClosedFault;
import io.tideline.fault.IoFault;
import io.tideline.hlog.device.Fault;
import io.tideline.hlog.device.FaultPlan;
import io.tideline.hlog.device.Io;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A checkpoint whose phase does not end in time: the caller is told why, the store goes on, and the next checkpoint commits everything. */
@Tag("spill")
class CheckpointTimeoutTest {
    private final FaultPlan plan = FaultPlan.none();
    private final SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(1).mode(SimulatedDisk.Mode.THREADS), plan);
    private final StoreConfig config = StoreConfig.builder().memory(8 << 12).pageSize(1 << 12).segmentSize(1 << 16).buckets(1024).hashSeed(7).hugePages(false)
            .files(disk).waits(new FastClock(100)).build();
    private final Store store = Store.open(config);

    @AfterEach
    void close() {
        Probe.install(null);
        store.close();
        disk.close();
    }

    private String failure(CheckpointRequest request) {
        Throwable why = assertThrows(ExecutionException.class, () -> store.checkpoint(request).get(60, TimeUnit.SECONDS)).getCause();
        return assertInstanceOf(IoFault.class, why).getMessage();
    }

    private void assertAtRest() {
        assertEquals(Phase.REST, store.kernel().state.phase());
    }

    @Test
    void shouldEndWhereSomebodyStaysInsideInAnyPhase() throws Exception {
        try (Session session = store.openSession("s"); Session other = store.openSession("t")) {
            long serial = 0;
            for (Phase phase : List.of(Phase.INDEX, Phase.PREPARE, Phase.IN_PROGRESS)) {
                CountDownLatch isInside = new CountDownLatch(1);
                CountDownLatch mayLeave = new CountDownLatch(1);
                AtomicReference<CompletableFuture<Void>> staying = new AtomicReference<>();
                // The driver publishes a phase and then reaches the probe: whoever enters there has not been waited for.
                Probe.install(point -> {
                    if (point.equals("checkpoint.phase") && store.kernel().state.phase() == phase && staying.get() == null) {
                        staying.set(CompletableFuture.runAsync(() -> session.batch(_ -> {
                            session.put(1, 1);
                            isInside.countDown();
                            await(mayLeave);
                        })));
                        await(isInside);
                    }
                });
                CheckpointRequest request = phase == Phase.INDEX ? CheckpointRequest.full() : CheckpointRequest.logOnly();
                String why = failure(request);
                assertTrue(why.contains("stays inside the store") && why.contains("nothing was committed"), phase + ": " + why);
                assertAtRest();
                other.put(2, 2); // who is not inside goes on
                mayLeave.countDown();
                staying.get().get(60, TimeUnit.SECONDS);
                Probe.install(null);
                serial++;
                assertEquals(Map.of("s", serial, "t", serial), store.checkpoint(request).get(60, TimeUnit.SECONDS).serials(), phase.toString());
            }
        }
    }

    /** Else the last checkpoint would end in the middle, and what it was to keep would be freed. */
    @Test
    void shouldKeepEverythingWhereABatchGoesOnBehindTheGate() throws Exception {
        Session session = store.openSession("s");
        CountDownLatch isInside = new CountDownLatch(1);
        CountDownLatch mayLeave = new CountDownLatch(1);
        CompletableFuture<Void> staying = CompletableFuture.runAsync(() -> session.batch(_ -> {
            session.put(1, 1);
            isInside.countDown();
            for (int attempt = 0; !store.kernel().isClosed(); attempt++) {
                Waits.SYSTEM.pause(attempt);
            }
            assertThrows(ClosedFault.class, () -> session.put(2, 2)); // so that the gate waits for it no more
            await(mayLeave);
        }));
        await(isInside);
        IllegalStateException kept = assertThrows(IllegalStateException.class, store::close);
        assertTrue(kept.getMessage().contains("still inside") && kept.getMessage().contains("[s]"), kept.getMessage());
        mayLeave.countDown();
        staying.get(60, TimeUnit.SECONDS);
        store.close();
        session.close();
        try (Store again = Store.open(config); Session resumed = again.resumeSession("s")) {
            assertEquals(1, resumed.serial());
            assertEquals(1, again.get(1, -1));
            assertEquals(-1, again.get(2, -1));
        }
    }

    /** A batch is suspended in a completion, so that nobody is inside when the last checkpoint begins, and comes back. */
    @Test
    void shouldKeepEverythingWhereABatchComesBackBehindTheGate() throws Exception {
        int keys = 3000;
        for (int key = 0; key < keys; key++) {
            store.put(key, key);
        }
        Session session = store.openSession("s");
        CountDownLatch isTold = new CountDownLatch(1);
        CountDownLatch isEnding = new CountDownLatch(1);
        CountDownLatch isBack = new CountDownLatch(1);
        CountDownLatch mayLeave = new CountDownLatch(1);
        CompletableFuture<Void> staying = CompletableFuture.runAsync(() -> session.batch(_ -> {
            assertEquals(Status.PENDING, session.submitGet(1, 0, (_, _, value) -> {
                assertEquals(1, value.getLong(0));
                isTold.countDown();
                await(isEnding);
            }));
            session.completePending(true);
            isBack.countDown();
            await(mayLeave);
        }));
        await(isTold);
        Probe.install(point -> {
            if (point.equals("checkpoint.phase")) {
                isEnding.countDown();
                await(isBack);
            }
        });
        IllegalStateException kept = assertThrows(IllegalStateException.class, store::close);
        Probe.install(null);
        assertTrue(kept.getMessage().contains("still inside") && kept.getMessage().contains("[s]"), kept.getMessage());
        assertInstanceOf(IoFault.class, kept.getSuppressed()[0]);
        mayLeave.countDown();
        staying.get(60, TimeUnit.SECONDS);
        store.close();
        session.close();
        try (Store again = Store.open(config)) {
            for (int key = 0; key < keys; key++) {
                assertEquals(key, again.get(key, -1));
            }
        }
    }

    @Test
    void shouldEndWhereTheDeviceDoesNotTakeTheLog() throws Exception {
        try (Session session = store.openSession("s")) {
            session.put(1, 1);
            store.checkpoint().get(60, TimeUnit.SECONDS);
            session.put(2, 2);
            AtomicReference<String> met = new AtomicReference<>();
            Probe.install(point -> {
                if (point.equals("checkpoint.phase") && store.kernel().state.phase() == Phase.IN_PROGRESS && met.compareAndSet(null, point)) {
                    synchronized (disk) {
                        plan.failAt(disk.steps().size(), Fault.STALL); // the next that the disk is asked for is the write of the log
                    }
                }
            });
            String why = failure(CheckpointRequest.logOnly());
            Probe.install(null);
            assertEquals(Io.WRITE, disk.steps().stream().filter(step -> step.fault() == Fault.STALL).findFirst().orElseThrow().io());
            assertTrue(why.contains("did not take the log up to"), why);
            assertAtRest();
            session.put(3, 3);
            assertEquals(2, store.get(2, -1));
            disk.failStalled();
            assertEquals(Map.of("s", 3L), store.checkpoint(CheckpointRequest.logOnly()).get(60, TimeUnit.SECONDS).serials());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException stop) {
            throw new AssertionError(stop);
        }
    }
}
