package io.tideline.epoch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Waits;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HousekeeperTest {
    private final Epoch epoch = new Epoch(Waits.SYSTEM);
    private final long slot = epoch.claim("sleeper");

    @AfterEach
    void closeEpoch() {
        epoch.close();
    }

    private void assertRunsAnAction() throws InterruptedException {
        CountDownLatch ran = new CountDownLatch(1);
        assertTrue(epoch.bump(ran::countDown));
        assertTrue(ran.await(30, TimeUnit.SECONDS));
    }

    @Test
    void shouldRunActionsThoughEverySessionSleeps() throws Exception {
        try (Housekeeper keeper = new Housekeeper(epoch, Waits.SYSTEM)) {
            for (int i = 0; i < 100; i++) {
                assertRunsAnAction();
            }
            assertEquals(List.of(), keeper.stallWatch().lastStall());
        }
    }

    @Test
    void shouldRunWhatWasRegisteredBeforeItStarted() throws Exception {
        CountDownLatch ran = new CountDownLatch(1);
        epoch.bump(ran::countDown);
        try (Housekeeper keeper = new Housekeeper(epoch, Waits.SYSTEM)) {
            assertTrue(ran.await(30, TimeUnit.SECONDS));
            assertEquals(List.of(), keeper.stallWatch().lastStall());
        }
    }

    @Test
    void shouldLeaveActionsToThoseWhoLeaveWhereItHasNoThread() {
        AtomicInteger ran = new AtomicInteger();
        try (Housekeeper keeper = Housekeeper.withoutThread(epoch, Waits.SYSTEM)) {
            assertTrue(epoch.tryEnter(slot));
            assertTrue(epoch.bump(ran::incrementAndGet));
            assertEquals(0, ran.get());
            epoch.exit(slot);
            assertEquals(1, ran.get());
            assertEquals(List.of(), keeper.stallWatch().lastStall());
        }
    }

    /** The one who leaves last finds the list being drained by another and so runs nothing itself. */
    @Test
    void shouldRunAnActionThatTheLastReaderCouldNotDrain() throws Exception {
        CountDownLatch ran = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        CountDownLatch draining = new CountDownLatch(1);
        try (Housekeeper keeper = new Housekeeper(epoch, Waits.SYSTEM)) {
            epoch.bump(() -> {
                draining.countDown();
                Eventually.await("the reader has left", () -> left.getCount() == 0);
            });
            assertTrue(draining.await(30, TimeUnit.SECONDS));
            assertTrue(epoch.tryEnter(slot));
            epoch.bump(ran::countDown);
            epoch.exit(slot);
            assertEquals(1, ran.getCount());
            left.countDown();
            assertTrue(ran.await(30, TimeUnit.SECONDS));
            assertEquals(List.of(), keeper.stallWatch().lastStall());
        }
    }

    @Test
    void shouldNameTheSessionThatStaysInsideAndRunTheActionWhenItLeaves() throws Exception {
        CountDownLatch ran = new CountDownLatch(1);
        try (Housekeeper keeper = new Housekeeper(epoch, Waits.SYSTEM, TimeUnit.MILLISECONDS.toNanos(5))) {
            assertTrue(epoch.tryEnter(slot));
            epoch.bump(ran::countDown);
            Eventually.await("the stall is named", () -> !keeper.stallWatch().lastStall().isEmpty());
            assertEquals(List.of("sleeper"), keeper.stallWatch().lastStall());
            assertEquals(1, ran.getCount());
            epoch.exit(slot);
            assertTrue(ran.await(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void shouldOutliveAnActionThatThrows() throws Exception {
        Logger log = Logger.getLogger(DrainList.class.getName());
        log.setUseParentHandlers(false);
        try (Housekeeper keeper = new Housekeeper(epoch, Waits.SYSTEM)) {
            epoch.bump(() -> {
                throw new AssertionError("planted");
            });
            Eventually.await("the failure is kept", () -> epoch.lastFailure() != null);
            assertEquals("planted", epoch.lastFailure().getMessage());
            assertRunsAnAction();
            assertEquals(List.of(), keeper.stallWatch().lastStall());
        } finally {
            log.setUseParentHandlers(true);
        }
    }

    @Test
    void shouldParkAgainAfterAnInterruptThatNobodyMeant() throws Exception {
        try (Housekeeper keeper = new Housekeeper(epoch, Waits.SYSTEM)) {
            AtomicReference<Thread> thread = new AtomicReference<>();
            epoch.bump(() -> {
                Thread.currentThread().interrupt();
                thread.set(Thread.currentThread());
            });
            Eventually.await("the housekeeper parks", () -> thread.get() != null && thread.get().getState() == Thread.State.WAITING);
            assertFalse(thread.get().isInterrupted());
            assertRunsAnAction();
            assertEquals(List.of(), keeper.stallWatch().lastStall());
        }
    }

    @Test
    void shouldEndItsThreadAtCloseAndLeaveWhatStillWaits() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        AtomicInteger ran = new AtomicInteger();
        Housekeeper keeper = new Housekeeper(epoch, Waits.SYSTEM);
        epoch.bump(() -> thread.set(Thread.currentThread()));
        Eventually.await("the first action ran", () -> thread.get() != null);
        assertTrue(epoch.tryEnter(slot));
        epoch.bump(ran::incrementAndGet);
        keeper.close();
        assertFalse(thread.get().isAlive());
        keeper.close();
        assertEquals(0, ran.get());
        assertTrue(epoch.isPending());
        epoch.exit(slot);
        assertEquals(1, ran.get());
    }

    @Test
    void shouldWaitForItsThreadThoughTheCloserIsInterruptedAndKeepTheInterrupt() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        CountDownLatch mayReturn = new CountDownLatch(1);
        Housekeeper keeper = new Housekeeper(epoch, Waits.SYSTEM);
        epoch.bump(() -> {
            thread.set(Thread.currentThread());
            Eventually.await("the test says so", () -> mayReturn.getCount() == 0);
        });
        Eventually.await("the action runs", () -> thread.get() != null);
        AtomicReference<String> seen = new AtomicReference<>();
        Thread closer = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            keeper.close();
            seen.set("interrupted " + Thread.currentThread().isInterrupted() + ", alive " + thread.get().isAlive());
        });
        Eventually.await("the closer waits for the thread", () -> closer.getState() == Thread.State.WAITING);
        mayReturn.countDown();
        assertTrue(closer.join(Duration.ofSeconds(60)));
        assertEquals("interrupted true, alive false", seen.get());
    }
}
