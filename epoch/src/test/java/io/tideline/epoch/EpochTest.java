package io.tideline.epoch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EpochTest {
    private static final int CAPACITY = 256;

    private final ManualWaits waits = new ManualWaits();
    private final Epoch epoch = new Epoch(waits);
    private final AtomicInteger ran = new AtomicInteger();
    private final long alice = epoch.claim("alice");
    private final long bob = epoch.claim("bob");

    @AfterEach
    void closeEpoch() {
        epoch.close();
    }

    private void enter(long slot) {
        assertTrue(epoch.tryEnter(slot));
    }

    private void bump() {
        assertTrue(epoch.bump(ran::incrementAndGet));
    }

    @Test
    void shouldBeInsideFromEnterToExit() {
        assertFalse(epoch.isInside(alice));
        enter(alice);
        assertTrue(epoch.isInside(alice));
        assertFalse(epoch.isInside(bob));
        epoch.refresh(alice);
        assertTrue(epoch.isInside(alice));
        epoch.exit(alice);
        assertFalse(epoch.isInside(alice));
    }

    @Test
    void shouldRefuseToEnterASlotThatSomebodyIsInside() throws Exception {
        enter(alice);
        assertFalse(epoch.tryEnter(alice));
        AtomicBoolean entered = new AtomicBoolean(true);
        Thread other = Thread.ofVirtual().start(() -> entered.set(epoch.tryEnter(alice)));
        assertTrue(other.join(Duration.ofSeconds(30)));
        assertFalse(entered.get());
        epoch.exit(alice);
        enter(alice);
        epoch.exit(alice);
    }

    /** Two threads share one slot; what they count between enter and exit is a plain field, handed over by the slot alone. */
    @Test
    void shouldHandThePlainFieldsOfASlotFromThreadToThread() throws Exception {
        long[] counted = {0};
        long total = 0;
        CyclicBarrier start = new CyclicBarrier(2);
        List<Future<Long>> running = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (int t = 0; t < 2; t++) {
                running.add(threads.submit(() -> {
                    start.await(30, TimeUnit.SECONDS);
                    long entered = 0;
                    for (int i = 0; i < 100_000; i++) {
                        if (epoch.tryEnter(alice)) {
                            entered++;
                            counted[0]++;
                            epoch.exit(alice);
                        }
                    }
                    return entered;
                }));
            }
            for (Future<Long> future : running) {
                total += future.get(60, TimeUnit.SECONDS);
            }
        }
        enter(alice);
        assertEquals(total, counted[0]);
        epoch.exit(alice);
    }

    @Test
    void shouldRunAnActionOnceAndOnlyWhenTheLastOfThoseInsideHasLeft() {
        enter(alice);
        enter(bob);
        bump();
        assertEquals(0, epoch.drain());
        epoch.exit(alice);
        assertEquals(0, epoch.drain());
        assertEquals(0, ran.get());
        assertTrue(epoch.isPending());
        epoch.exit(bob);
        assertEquals(1, ran.get());
        assertFalse(epoch.isPending());
        assertEquals(0, epoch.drain());
        assertEquals(1, ran.get());
    }

    @Test
    void shouldRunAnActionWhenThoseInsideRefresh() {
        enter(alice);
        enter(bob);
        bump();
        epoch.refresh(alice);
        assertEquals(0, ran.get());
        epoch.refresh(bob);
        assertEquals(1, ran.get());
        assertTrue(epoch.isInside(alice) && epoch.isInside(bob));
        epoch.exit(alice);
        epoch.exit(bob);
    }

    @Test
    void shouldNotBeHeldBackByThoseWhoEnteredLater() {
        enter(alice);
        bump();
        enter(bob);
        epoch.exit(alice);
        assertEquals(1, ran.get());
        assertEquals(List.of("bob"), epoch.inside());
        epoch.exit(bob);
    }

    @Test
    void shouldNotRunAnActionOfWhoBumpsFromInsideBeforeItLeaves() {
        enter(alice);
        bump();
        assertEquals(0, epoch.drain());
        epoch.exit(alice);
        assertEquals(1, ran.get());
    }

    @Test
    void shouldRunAtTheNextDrainWhereNobodyIsInside() {
        bump();
        assertEquals(0, ran.get());
        assertEquals(1, epoch.drain());
        assertEquals(1, ran.get());
    }

    @Test
    void shouldRunEachActionOnceItsOwnEpochIsSafe() {
        List<String> order = new ArrayList<>();
        enter(alice);
        epoch.bump(() -> order.add("first"));
        enter(bob);
        epoch.bump(() -> order.add("second"));
        assertEquals(List.of("alice"), epoch.holders());
        epoch.exit(alice);
        assertEquals(List.of("first"), order);
        assertEquals(List.of("bob"), epoch.holders());
        epoch.exit(bob);
        assertEquals(List.of("first", "second"), order);
        assertEquals(List.of(), epoch.holders());
    }

    @Test
    void shouldRefuseAnActionWhereTheListIsFullAndLoseNone() {
        enter(alice);
        for (int i = 0; i < CAPACITY; i++) {
            bump();
        }
        long before = epoch.current();
        assertFalse(epoch.bump(() -> ran.addAndGet(1_000_000)));
        assertTrue(epoch.current() > before, "the epoch moved all the same");
        epoch.exit(alice);
        assertEquals(CAPACITY, ran.get());
        assertFalse(epoch.isPending());
        bump();
        epoch.drain();
        assertEquals(CAPACITY + 1, ran.get());
    }

    @Test
    void shouldGoOnAfterAnActionThatThrows() {
        assertNull(epoch.lastFailure());
        Logger log = Logger.getLogger(DrainList.class.getName());
        log.setUseParentHandlers(false); // three stack traces that nobody needs to see
        try {
            for (Throwable failure : new Throwable[] {new IllegalStateException("planted"), new StackOverflowError("planted"), new AssertionError("planted")}) {
                enter(alice);
                bump();
                assertTrue(epoch.bump(() -> throwIt(failure)));
                bump();
                epoch.exit(alice);
                assertSame(failure, epoch.lastFailure());
                assertFalse(epoch.isPending());
            }
        } finally {
            log.setUseParentHandlers(true);
        }
        assertEquals(6, ran.get());
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void throwIt(Throwable failure) throws T {
        throw (T) failure;
    }

    @Test
    void shouldGoOnWhereTheLogThrowsToo() {
        Handler broken = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                throw new IllegalStateException("disk full");
            }

            @Override
            public void flush() {
                throw new UnsupportedOperationException();
            }

            @Override
            public void close() {
                throw new UnsupportedOperationException();
            }
        };
        Logger log = Logger.getLogger(DrainList.class.getName());
        log.addHandler(broken);
        log.setUseParentHandlers(false);
        try {
            IllegalArgumentException failure = new IllegalArgumentException("planted");
            assertTrue(epoch.bump(() -> throwIt(failure)));
            bump();
            assertEquals(2, epoch.drain());
            assertFalse(epoch.isPending());
            assertEquals("disk full", failure.getSuppressed()[0].getMessage());
        } finally {
            log.removeHandler(broken);
            log.setUseParentHandlers(true);
        }
        bump();
        assertEquals(1, epoch.drain(), "the list can be drained again");
    }

    @Test
    void shouldRunAnActionThatBumpsWithoutRecursion() {
        int bumps = 20_000;
        AtomicInteger depth = new AtomicInteger();
        Runnable[] again = new Runnable[1];
        again[0] = () -> {
            assertEquals(1, depth.incrementAndGet());
            if (ran.incrementAndGet() < bumps) {
                assertTrue(epoch.bump(again[0]));
                assertEquals(0, epoch.drain(), "a drain inside a drain does nothing");
            }
            depth.decrementAndGet();
        };
        assertTrue(epoch.bump(again[0]));
        for (int drained = 0; drained < bumps; drained++) {
            assertEquals(1, epoch.drain());
        }
        assertFalse(epoch.isPending());
        assertNull(epoch.lastFailure());
    }

    @Test
    void shouldLetAnActionEnterAndExitAnotherSlot() {
        assertTrue(epoch.bump(() -> {
            enter(bob);
            bump();
            epoch.exit(bob);
        }));
        assertEquals(1, epoch.drain());
        assertNull(epoch.lastFailure());
        assertEquals(0, ran.get());
        assertEquals(1, epoch.drain());
        assertEquals(1, ran.get());
    }

    @Test
    void shouldAwaitNobodyWhereNobodyIsInside() {
        long before = epoch.current();
        assertTrue(epoch.awaitAllPassed(0));
        assertEquals(before + 1, epoch.current());
        assertEquals(0, waits.pauses);
    }

    @Test
    void shouldAwaitThoseInsideButNotThoseWhoEnterMeanwhile() {
        enter(alice);
        bump();
        waits.onPause = () -> {
            if (waits.pauses == 1) {
                enter(bob);
            } else if (waits.pauses == 5) {
                epoch.exit(alice);
            }
        };
        assertTrue(epoch.awaitAllPassed(TimeUnit.HOURS.toNanos(1)));
        assertEquals(5, waits.pauses);
        assertTrue(epoch.isInside(bob));
        assertEquals(1, ran.get());
        epoch.exit(bob);
    }

    @Test
    void shouldStopWaitingWhenTheTimeIsOver() {
        enter(alice);
        assertFalse(epoch.awaitAllPassed(100));
        assertEquals(101, waits.pauses);
        assertFalse(epoch.awaitAllPassed(-1), "a deadline that has passed already");
        assertEquals(101, waits.pauses);
        epoch.exit(alice);
        assertTrue(epoch.awaitAllPassed(-1));
    }

    @Test
    void shouldAwaitForEverWhereAsked() {
        enter(alice);
        waits.onPause = () -> {
            if (waits.pauses == 1_000) {
                epoch.exit(alice);
            }
        };
        assertTrue(epoch.awaitAllPassed(Long.MAX_VALUE));
        assertEquals(1_000, waits.pauses);
    }

    @Test
    void shouldNameWhoIsInside() {
        assertEquals(List.of(), epoch.inside());
        enter(bob);
        assertEquals(List.of("bob"), epoch.inside());
        enter(alice);
        assertEquals(List.of("alice", "bob"), epoch.inside());
        assertEquals(List.of(), epoch.holders(), "they hold nothing back");
        epoch.exit(alice);
        epoch.exit(bob);
    }

    @Test
    void shouldTellListenersOfEachRegisteredActionOnly() {
        AtomicInteger told = new AtomicInteger();
        epoch.onPending(told::incrementAndGet);
        enter(alice);
        for (int i = 0; i < CAPACITY; i++) {
            bump();
        }
        assertFalse(epoch.bump(ran::incrementAndGet));
        assertEquals(CAPACITY, told.get());
        epoch.exit(alice);
    }

    @Test
    void shouldLetNobodyInOnceClosed() {
        long late = epoch.claim("late");
        epoch.close();
        assertFalse(epoch.tryEnter(late));
        assertFalse(epoch.isInside(late));
        String message = assertThrows(IllegalStateException.class, () -> epoch.claim("latest")).getMessage();
        assertEquals("no slot for latest: the epoch is closed", message);
        epoch.release(late);
        assertThrows(IllegalStateException.class, () -> epoch.release(late));
        assertFalse(epoch.tryEnter(late));
        epoch.close();
    }

    @Test
    void shouldRunWhatWaitsAtCloseAndNothingBehindIt() {
        bump();
        bump();
        epoch.close();
        assertEquals(2, ran.get());
        assertFalse(epoch.bump(() -> ran.addAndGet(1_000_000)));
        assertEquals(0, epoch.drain());
        assertTrue(epoch.awaitAllPassed(0));
        assertEquals(2, ran.get());
    }

    /** The race of an operation with the close: it has left its slot, and looks at the drain list only when the store is closed. */
    @Test
    void shouldKeepTheSlotsForThoseWhoLookLate() {
        enter(alice);
        bump();
        epoch.close();
        epoch.exit(alice);
        epoch.refresh(bob);
        assertEquals(0, ran.get(), "no action runs behind the close");
    }

    @Test
    void shouldWaitAtCloseForAnActionThatIsRunning() throws Exception {
        Epoch watched = new Epoch(Waits.SYSTEM);
        CountDownLatch running = new CountDownLatch(1);
        AtomicBoolean finished = new AtomicBoolean();
        AtomicBoolean finishedAtClose = new AtomicBoolean();
        Thread closer = Thread.ofPlatform().unstarted(() -> {
            watched.close();
            finishedAtClose.set(finished.get());
        });
        watched.bump(() -> {
            running.countDown();
            Eventually.await("the closer waits", () -> closer.getState() == Thread.State.TIMED_WAITING);
            finished.set(true);
        });
        Thread drainer = Thread.ofPlatform().start(watched::drain);
        assertTrue(running.await(30, TimeUnit.SECONDS));
        closer.start();
        assertTrue(closer.join(Duration.ofSeconds(60)));
        assertTrue(drainer.join(Duration.ofSeconds(60)));
        assertNull(watched.lastFailure());
        assertTrue(finishedAtClose.get());
    }

    @Test
    void shouldGiveItsWordsBackWhenNobodyCanReachItAnyMore() {
        long slot = closedAndForgotten();
        Eventually.await("the slot's region is closed", () -> {
            System.gc();
            try {
                Words.getVolatile(slot);
                return false;
            } catch (AssertionError inNoLiveRegion) {
                return inNoLiveRegion.getMessage().contains("no live region");
            }
        });
    }

    private static long closedAndForgotten() {
        Epoch forgotten = new Epoch(Waits.SYSTEM);
        long slot = forgotten.claim("nobody");
        forgotten.close();
        return slot;
    }

    @Test
    void shouldKeepTheOwnerOutWhileSomebodyHoldsItsSlot() throws Exception {
        try (Epoch epoch = new Epoch(Waits.SYSTEM)) {
            long slot = epoch.claim("held");
            long idle = epoch.idleWord(slot);
            long held = epoch.tryHold(slot, idle);
            assertEquals(idle, held);
            assertEquals(Epoch.NOT_HELD, epoch.tryHold(slot, idle), "held twice");
            assertTrue(epoch.awaitAllPassed(TimeUnit.SECONDS.toNanos(30)), "a held slot holds nothing back");
            AtomicBoolean entered = new AtomicBoolean();
            Thread owner = Thread.ofPlatform().start(() -> {
                for (int attempt = 0; !epoch.tryEnter(slot); attempt++) {
                    if (!epoch.awaitTurn(slot, idle, attempt)) {
                        return;
                    }
                }
                entered.set(true);
                epoch.suspend(slot, idle);
            });
            assertFalse(entered.get());
            epoch.letGo(slot, held);
            owner.join();
            assertTrue(entered.get(), "the owner waits for the holder rather than being refused");

            long suspended = epoch.tryHold(slot, idle);
            assertEquals(EpochSlotLayout.suspended(idle), suspended);
            Thread back = Thread.ofPlatform().start(() -> epoch.resume(slot, idle));
            epoch.letGo(slot, suspended);
            back.join();
            assertEquals(Epoch.NOT_HELD, epoch.tryHold(slot, idle), "somebody is inside");
            epoch.exit(slot);
            epoch.release(slot);
        }
    }

    @Test
    void shouldTellTheOwnersOfASlotApart() throws Exception {
        try (Epoch epoch = new Epoch(Waits.SYSTEM)) {
            long slot = epoch.claim("first");
            long first = epoch.idleWord(slot);
            assertTrue(epoch.tryEnter(slot, first));
            epoch.exitForGood(slot);
            assertFalse(epoch.tryEnter(slot, first), "it was left for good");
            epoch.release(slot);
            assertEquals(slot, epoch.claim("second"));
            long second = epoch.idleWord(slot);
            assertTrue(second != first);
            assertFalse(epoch.tryEnter(slot, first), "a late user of the first owner");
            assertFalse(epoch.awaitTurn(slot, first, 0), "who is told at once that there is nothing to wait for");
            assertEquals(Epoch.NOT_HELD, epoch.tryHold(slot, first));
            assertTrue(epoch.tryEnter(slot, second));
            epoch.suspend(slot, second);
            assertEquals(Epoch.NOT_HELD, epoch.tryHold(slot, first), "nor while the next owner is suspended");
            assertFalse(epoch.awaitTurn(slot, second, 0), "a second thread of the owner's is refused at once too");
            epoch.resume(slot, second);
            epoch.exit(slot, second);
            long held = epoch.tryHold(slot, second);
            assertFalse(epoch.awaitTurn(slot, first, 0), "nor while it is held");
            epoch.letGo(slot, held);
            epoch.release(slot);
        }
    }

    @Test
    void shouldTellAnEpochFromEveryMark() {
        for (long generation : new long[] {0, 1, 2, (1L << 60) - 2}) {
            long idle = EpochSlotLayout.idle(generation);
            assertFalse(EpochSlotLayout.isInside(idle));
            for (long word : new long[] {idle, EpochSlotLayout.suspended(idle), EpochSlotLayout.held(idle)}) {
                assertTrue(word >= EpochSlotLayout.MARK && word < EpochSlotLayout.UNOWNED, Long.toHexString(word));
                assertEquals(word != idle, EpochSlotLayout.isInside(word));
            }
        }
        assertFalse(EpochSlotLayout.isInside(EpochSlotLayout.UNOWNED));
        assertTrue(EpochSlotLayout.isInside(1));
    }
}
