package io.tideline.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.epoch.Epoch;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OverflowPoolTest {
    private final Epoch epoch = new Epoch(Waits.SYSTEM);
    private final OverflowPool pool = new OverflowPool(epoch, 100, false);

    @AfterEach
    void close() {
        pool.close();
    }

    private void assertZeroed(long number) {
        for (int at = 0; at < 64; at += 8) {
            assertEquals(0, Words.get(pool.address(number) + at), "word at " + at + " of bucket " + number);
        }
    }

    private void soil(long number) {
        for (int at = 0; at < 64; at += 8) {
            Words.set(pool.address(number) + at, -1);
        }
    }

    /** Lets an epoch pass, as the log does at each page turn. */
    private void pass() {
        assertTrue(epoch.bump(() -> { }));
        epoch.drain();
    }

    @Test
    void shouldHandOutEachBucketOnceAndThenSayExhausted() {
        Set<Long> numbers = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            long number = pool.take();
            assertNotEquals(OverflowPool.EXHAUSTED, number);
            assertTrue(numbers.add(number), "bucket " + number + " twice");
            assertZeroed(number);
            assertEquals(0, pool.address(number) & 63);
            soil(number);
            assertEquals(i + 1, pool.used());
        }
        for (int i = 0; i < 3; i++) {
            assertEquals(OverflowPool.EXHAUSTED, pool.take());
        }
        assertEquals(100, pool.used());
    }

    @Test
    void shouldReuseAtOnceWhatNobodyEverSaw() {
        long slot = epoch.claim("somebody");
        epoch.tryEnter(slot);
        long number = pool.take();
        soil(number);
        pool.giveBack(number);
        assertEquals(0, pool.used());
        assertEquals(number, pool.take());
        assertZeroed(number);
        epoch.exit(slot);
    }

    @Test
    void shouldReuseARetiredBucketOnlyWhenAllWhoWereInsideHaveLeft() {
        long slot = epoch.claim("reader");
        long number = pool.take();
        soil(number);
        assertTrue(epoch.tryEnter(slot));
        pool.retire(number);
        pass();
        pass();
        assertNotEquals(number, pool.take(), "the reader may still be looking at it");
        assertEquals(-1, Words.get(pool.address(number)), "nor may it be zeroed under the reader");
        epoch.exit(slot);
        pass();
        assertEquals(number, pool.take());
        assertZeroed(number);
    }

    @Test
    void shouldLetARefreshedReaderGo() {
        long slot = epoch.claim("reader");
        epoch.tryEnter(slot);
        long number = pool.take();
        pool.retire(number);
        pass();
        epoch.refresh(slot);
        pass();
        assertEquals(number, pool.take());
        epoch.exit(slot);
    }

    @Test
    void shouldNotBeHeldBackByWhoEnteredLater() {
        long number = pool.take();
        pool.retire(number);
        pass();
        long slot = epoch.claim("late");
        epoch.tryEnter(slot);
        assertEquals(number, pool.take());
        epoch.exit(slot);
    }

    @Test
    void shouldTakeRetiredBucketsOldestFirstAndCountThem() {
        List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            numbers.add(pool.take());
        }
        numbers.forEach(pool::retire);
        assertEquals(0, pool.used());
        pass();
        for (long number : numbers) {
            assertEquals(number, pool.take());
        }
        assertEquals(10, pool.used());
    }

    @Test
    void shouldBeAsNewAfterAClear() {
        for (int i = 0; i < 100; i++) {
            soil(pool.take());
        }
        pool.retire(3);
        pool.clear();
        assertEquals(0, pool.used());
        Set<Long> numbers = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            long number = pool.take();
            assertZeroed(number);
            assertTrue(numbers.add(number));
        }
        assertEquals(OverflowPool.EXHAUSTED, pool.take());
    }

    @Test
    void shouldGiveABucketToOneTakerUnderManyThreads() throws Exception {
        for (long seed = 1; seed <= 20; seed++) {
            String replay = "seed " + seed;
            try (OverflowPool shared = new OverflowPool(epoch, 40, false)) {
                Hammer.run(seed, 4, random -> {
                    long slot = epoch.claim("taker");
                    try {
                        for (int i = 0; i < 400; i++) {
                            epoch.tryEnter(slot);
                            long number = shared.take();
                            if (number != OverflowPool.EXHAUSTED) {
                                assertTrue(Words.compareAndSet(shared.address(number), 0, slot), "bucket " + number + " has two owners, " + replay);
                                Thread.yield();
                                assertEquals(slot, Words.getVolatile(shared.address(number)), "bucket " + number + " was taken away, " + replay);
                                shared.retire(number);
                            }
                            epoch.exit(slot);
                            if (random.nextInt(4) == 0) {
                                epoch.bump(() -> { });
                            }
                        }
                    } finally {
                        epoch.release(slot);
                    }
                    return null;
                });
            }
        }
    }
}
