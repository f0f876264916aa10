package io.tideline.epoch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The promise itself, under seeded random work: pages are replaced and retired by some while others read them, and no action runs while
 * anybody is inside who was inside at its bump.
 *
 * <p>The model is a ticket per critical section, drawn <em>after</em> entering and cleared <em>before</em> leaving. An action draws a
 * ticket before its bump; when it runs, nobody may hold an older one. Both errors of the drawing are on the safe side: a section is never
 * thought to be longer than it is, so the model accuses nobody wrongly.
 */
class EpochProtectionTest {
    private static final int THREADS = 4;
    private static final int STEPS = 4_000;
    private static final int PAGES = 4;
    private static final long LIVE = 1;
    private static final long RECLAIMED = 2;

    record Run(long seed, boolean housekeeper, boolean virtual) {
    }

    static List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        for (long seed = 1; seed <= 12; seed++) {
            runs.add(new Run(seed, seed % 2 == 0, seed % 3 == 0));
        }
        return runs;
    }

    private final Epoch epoch = new Epoch(Waits.SYSTEM);
    private final AtomicLong tickets = new AtomicLong();
    private final AtomicLongArray insideSince = new AtomicLongArray(THREADS);
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger ran = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    @ParameterizedTest
    @MethodSource("runs")
    void shouldRunEveryActionOnceAndOnlyWhenAllHaveMovedOn(Run run) throws Exception {
        try (Region arena = Region.allocate(8L * (PAGES + THREADS * STEPS), false);
                ExecutorService threads = run.virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(THREADS)) {
            long pointers = arena.address();
            long pages = pointers + 8L * PAGES;
            AtomicLong nextPage = new AtomicLong();
            for (int i = 0; i < PAGES; i++) {
                publish(pointers + 8L * i, pages, nextPage);
            }
            Housekeeper keeper = run.housekeeper ? new Housekeeper(epoch, Waits.SYSTEM) : null;
            List<Future<?>> working = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                int thread = t;
                working.add(threads.submit(() -> work(thread, run, pointers, pages, nextPage)));
            }
            for (Future<?> future : working) {
                future.get(120, TimeUnit.SECONDS);
            }
            if (keeper == null) {
                epoch.drain();
            }
            Eventually.await("every action ran, " + run, () -> !epoch.isPending());
            if (keeper != null) {
                keeper.close();
            }
            epoch.close();
        }
        assertNull(epoch.lastFailure(), () -> run + ": " + epoch.lastFailure());
        assertEquals(accepted.get(), ran.get(), run.toString());
        assertTrue(accepted.get() > 0, run.toString());
        assertEquals(0, epoch.ownedSlots());
    }

    /** A fresh live page behind the pointer; returns the page that was there. */
    private static long publish(long pointer, long pages, AtomicLong nextPage) {
        long page = pages + 8 * nextPage.getAndIncrement();
        Words.set(page, LIVE);
        for (;;) {
            long old = Words.getAcquire(pointer);
            if (Words.compareAndSet(pointer, old, page)) {
                return old;
            }
        }
    }

    private void work(int thread, Run run, long pointers, long pages, AtomicLong nextPage) {
        Random random = new Random(run.seed * THREADS + thread);
        long slot = epoch.claim("worker-" + thread);
        long budget = STEPS - PAGES; // one page a step at most, and the first ones are spent
        for (int step = 0; step < budget; step++) {
            if (random.nextInt(64) == 0) {
                epoch.release(slot);
                slot = epoch.claim("worker-" + thread);
            }
            assertTrue(epoch.tryEnter(slot));
            insideSince.set(thread, tickets.incrementAndGet());
            read(random, pointers, run);
            if (random.nextInt(8) == 0) {
                insideSince.set(thread, 0);
                epoch.refresh(slot);
                insideSince.set(thread, tickets.incrementAndGet());
                read(random, pointers, run);
            }
            boolean retiresInside = random.nextInt(8) == 0;
            if (retiresInside) {
                retire(random, pointers, pages, nextPage);
            }
            insideSince.set(thread, 0);
            epoch.exit(slot);
            if (!retiresInside && random.nextInt(8) == 0) {
                retire(random, pointers, pages, nextPage);
            }
        }
        assertFalse(epoch.isInside(slot));
        epoch.release(slot);
    }

    private void read(Random random, long pointers, Run run) {
        for (int i = random.nextInt(3); i >= 0; i--) {
            long page = Words.getAcquire(pointers + 8L * random.nextInt(PAGES));
            if (random.nextInt(16) == 0) {
                Thread.yield();
            }
            assertEquals(LIVE, Words.get(page), () -> run + ": a page was reclaimed under its reader");
        }
    }

    private void retire(Random random, long pointers, long pages, AtomicLong nextPage) {
        long page = publish(pointers + 8L * random.nextInt(PAGES), pages, nextPage);
        long ticket = tickets.incrementAndGet();
        boolean taken = epoch.bump(() -> {
            ran.incrementAndGet();
            Words.set(page, RECLAIMED);
            for (int t = 0; t < THREADS; t++) {
                long since = insideSince.get(t);
                assertTrue(since == 0 || since > ticket, "worker " + since + " was inside at the bump " + ticket + " and still is");
            }
        });
        (taken ? accepted : refused).incrementAndGet();
    }
}
