package io.tideline.epoch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DrainListTest {
    private final AtomicInteger ran = new AtomicInteger();

    @Test
    void shouldRunExactlyThoseWhoseEpochIsSafe() {
        DrainList list = new DrainList(4);
        List<Integer> order = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            int number = i;
            assertTrue(list.offer(10 * i, () -> order.add(number)));
        }
        assertEquals(10, list.oldest());
        assertEquals(0, list.drain(9));
        assertEquals(1, list.drain(10));
        assertEquals(2, list.drain(39));
        assertEquals(List.of(1, 2, 3), order);
        assertEquals(40, list.oldest());
        assertTrue(list.isPending());
        assertEquals(1, list.drain(Long.MAX_VALUE - 2));
        assertEquals(Long.MAX_VALUE, list.oldest());
        assertFalse(list.isPending());
    }

    @Test
    void shouldRefuseBeyondItsCapacityAndAcceptAgainWhenDrained() {
        DrainList list = new DrainList(2);
        assertTrue(list.offer(1, ran::incrementAndGet));
        assertTrue(list.offer(2, ran::incrementAndGet));
        assertFalse(list.offer(1, () -> ran.addAndGet(1_000)));
        assertEquals(1, list.drain(1));
        assertTrue(list.offer(3, ran::incrementAndGet));
        assertFalse(list.offer(3, () -> ran.addAndGet(1_000)));
        assertEquals(2, list.drain(3));
        assertEquals(3, ran.get());
        assertFalse(list.isPending());
    }

    @Test
    void shouldCountAnActionAsPendingUntilItHasReturned() {
        DrainList list = new DrainList(1);
        list.offer(1, () -> {
            assertTrue(list.isPending());
            ran.incrementAndGet();
        });
        list.drain(1);
        assertEquals(1, ran.get());
        assertFalse(list.isPending());
    }

    @Test
    void shouldMakeRoomForTheActionsOfAnAction() {
        DrainList list = new DrainList(1);
        list.offer(1, () -> assertTrue(list.offer(2, ran::incrementAndGet)));
        assertEquals(1, list.drain(1));
        assertNull(list.lastFailure());
        assertEquals(1, list.drain(2));
        assertEquals(1, ran.get());
    }

    @Test
    void shouldDropAtCloseOnlyWhatIsNotSafe() {
        DrainList list = new DrainList(4);
        list.offer(1, ran::incrementAndGet);
        list.offer(2, () -> ran.addAndGet(1_000));
        list.close(1, Waits.SYSTEM);
        assertEquals(1, ran.get());
        assertFalse(list.offer(1, ran::incrementAndGet));
        assertEquals(0, list.drain(2));
        assertEquals(1, ran.get());
    }

    /** Two offer, two drain, with a list so small that it is full most of the time. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldRunEveryAcceptedActionOnceWhoeverDrains(long seed) throws Exception {
        int offers = 4_000;
        DrainList list = new DrainList(1 + (int) (seed % 4));
        AtomicLong safe = new AtomicLong();
        AtomicIntegerArray runs = new AtomicIntegerArray(2 * offers);
        AtomicInteger drained = new AtomicInteger();
        AtomicInteger offering = new AtomicInteger(2);
        List<Future<boolean[]>> offered = new ArrayList<>();
        List<Future<?>> draining = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int t = 0; t < 2; t++) {
                int first = t * offers;
                Random random = new Random(seed * 2 + t);
                offered.add(threads.submit(() -> {
                    boolean[] accepted = new boolean[offers];
                    for (int i = 0; i < offers; i++) {
                        int number = first + i;
                        long epoch = safe.incrementAndGet() + random.nextInt(3);
                        accepted[i] = list.offer(epoch, () -> {
                            assertTrue(epoch <= safe.get(), "ran before its epoch");
                            runs.incrementAndGet(number);
                        });
                        if (!accepted[i]) {
                            Thread.onSpinWait();
                        }
                    }
                    offering.decrementAndGet();
                    return accepted;
                }));
                draining.add(threads.submit(() -> {
                    while (offering.get() > 0) {
                        drained.addAndGet(list.drain(safe.get()));
                    }
                }));
            }
            int accepted = 0;
            for (Future<?> future : draining) {
                future.get(60, TimeUnit.SECONDS);
            }
            safe.addAndGet(3);
            drained.addAndGet(list.drain(safe.get()));
            for (int t = 0; t < 2; t++) {
                boolean[] taken = offered.get(t).get(60, TimeUnit.SECONDS);
                for (int i = 0; i < offers; i++) {
                    assertEquals(taken[i] ? 1 : 0, runs.get(t * offers + i), "seed " + seed + ", action " + (t * offers + i));
                    accepted += taken[i] ? 1 : 0;
                }
            }
            assertEquals(accepted, drained.get());
            assertTrue(accepted > 0 && accepted < 2 * offers, "never full or always full: " + accepted + " accepted, seed " + seed);
        }
        assertNull(list.lastFailure());
        assertFalse(list.isPending());
    }
}
