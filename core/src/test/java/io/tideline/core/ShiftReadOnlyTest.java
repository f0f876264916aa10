package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.ClosedFault;
import io.tideline.hlog.device.SimulatedDisk;
import io.tideline.memory.Waits;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a shift of the read-only frontier does to values and to the device. */
@Tag("spill")
class ShiftReadOnlyTest {
    private static final int KEYS = 300;

    private static StoreConfig.Builder tiny() {
        return StoreConfig.builder().memory(8 << 14).pageSize(1 << 14).segmentSize(1 << 16).buckets(1024).hashSeed(7).hugePages(false);
    }

    private static void addToAll(Store store) {
        for (long key = 0; key < KEYS; key++) {
            store.add(key, 1);
        }
    }

    @Test
    void shouldCopyEveryValueOnceThatIsChangedAfterwardsAndWriteWhatIsBehind() {
        SimulatedDisk disk = new SimulatedDisk(SimulatedDisk.Options.DEFAULT.seed(3).mode(SimulatedDisk.Mode.THREADS));
        try (Store store = Store.open(tiny().files(disk).build())) {
            addToAll(store);
            assertEquals(0, store.stats().copied());
            long readOnly = store.shiftReadOnly();
            assertTrue(store.stats().readOnly() >= readOnly && readOnly >= KEYS * 32L, store.stats().toString());
            addToAll(store);
            addToAll(store);
            assertEquals(KEYS, store.stats().copied());
            long deadline = Waits.SYSTEM.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            for (int attempt = 0; store.stats().flushed() < readOnly; attempt++) {
                assertTrue(Waits.SYSTEM.nanoTime() - deadline < 0, store.stats().toString());
                Waits.SYSTEM.pause(attempt);
            }
            for (long key = 0; key < KEYS; key++) {
                assertEquals(3, store.get(key, -1));
            }
        }
    }

    @Test
    void shouldCopyInAStoreInMemoryToo() {
        try (Store store = Store.open(tiny().build())) {
            addToAll(store);
            store.shiftReadOnly();
            addToAll(store);
            assertEquals(KEYS, store.stats().copied());
            assertEquals(2, store.get(KEYS - 1, -1));
        }
    }

    /** Whoever clears or closes the store has found nobody inside, and takes the log's memory. */
    @Test
    void shouldWaitWhereNobodyMayBeInside() throws InterruptedException {
        try (Store store = Store.open(tiny().build())) {
            addToAll(store);
            long readOnly = store.stats().readOnly();
            Thread shifting = Thread.ofPlatform().unstarted(store::shiftReadOnly);
            store.kernel().exclusively(() -> {
                shifting.start();
                awaitState(shifting);
                assertEquals(Thread.State.WAITING, shifting.getState());
                assertEquals(readOnly, store.kernel().log.readOnly());
            });
            shifting.join(TimeUnit.SECONDS.toMillis(60));
            assertTrue(store.stats().readOnly() > readOnly, store.stats().toString());
        }
    }

    /** Returns when the thread waits for somebody, or has ended. */
    private static void awaitState(Thread thread) {
        long deadline = Waits.SYSTEM.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        for (int attempt = 0; thread.getState() != Thread.State.WAITING && thread.isAlive(); attempt++) {
            assertTrue(Waits.SYSTEM.nanoTime() - deadline < 0, () -> "it is " + thread.getState());
            Waits.SYSTEM.pause(attempt);
        }
    }

    @Test
    void shouldRefuseInsideABatchAndAfterTheClose() {
        Store store = Store.open(tiny().build());
        try (store) {
            store.batch(_ -> assertThrows(IllegalStateException.class, store::shiftReadOnly));
        }
        assertThrows(ClosedFault.class, store::shiftReadOnly);
    }
}
