package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Simulation.Policy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SimulationTest {
    private static final long MAX_STEPS = 10_000;

    private static Simulation run(Simulation.Options options, Consumer<Simulation> body) {
        Simulation simulation = new Simulation(options);
        simulation.run(() -> body.accept(simulation));
        return simulation;
    }

    private static Simulation run(long seed, Consumer<Simulation> body) {
        return run(Simulation.Options.of(seed, MAX_STEPS), body);
    }

    private static void runAll(Simulation simulation, int count, Runnable work) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            threads.add(simulation.thread("worker " + i, work));
        }
        threads.forEach(simulation::start);
        threads.forEach(simulation::join);
    }

    /** What three threads write into a list, with a point before each. */
    private static List<String> orderOf(Simulation.Options options) {
        List<String> order = new ArrayList<>();
        run(options, simulation -> runAll(simulation, 3, () -> {
            for (int i = 0; i < 4; i++) {
                simulation.at("a point");
                order.add(Thread.currentThread().getName());
            }
        }));
        return order;
    }

    @Test
    void shouldRunInTheSameOrderWithTheSameSeedAndInManyWithMany() {
        for (Policy policy : Policy.values()) {
            Set<List<String>> orders = new HashSet<>();
            for (long seed = 1; seed <= 100; seed++) {
                Simulation.Options options = new Simulation.Options(seed, policy, 0, 2, 8, 5, 40, MAX_STEPS);
                List<String> order = orderOf(options);
                assertEquals(order, orderOf(options));
                orders.add(order);
            }
            assertTrue(orders.size() > 20, policy + " found " + orders.size() + " orders of 34,650");
        }
    }

    @Test
    void shouldTellRunsApartByTheirTraces() {
        Consumer<Simulation> body = simulation -> runAll(simulation, 3, () -> simulation.pause(0));
        assertEquals(run(7, body).traceHash(), run(7, body).traceHash());
        assertNotEquals(run(7, body).traceHash(), run(8, body).traceHash());
    }

    /** A race of two steps: read, then write what was read, more by one. */
    @Test
    void shouldFindALostUpdateAndNoneUnderALock() {
        int lost = 0;
        for (long seed = 1; seed <= 100; seed++) {
            int[] counts = new int[2];
            run(seed, simulation -> {
                Lock lock = simulation.lock();
                runAll(simulation, 3, () -> {
                    int seen = counts[0];
                    simulation.at("between");
                    counts[0] = seen + 1;
                    lock.lock();
                    lock.lock();
                    seen = counts[1];
                    simulation.pause(0);
                    counts[1] = seen + 1;
                    lock.unlock();
                    simulation.at("still under it");
                    lock.unlock();
                });
            });
            lost += counts[0] < 3 ? 1 : 0;
            assertEquals(3, counts[1], "seed " + seed);
        }
        assertTrue(lost > 20, "lost " + lost);
    }

    @Test
    void shouldWakeWhoWaitsHoweverEarlyItIsTold() {
        for (long seed = 1; seed <= 100; seed++) {
            boolean[] ready = new boolean[1];
            run(seed, simulation -> {
                Thread waiter = simulation.thread("waiter", () -> simulation.await(() -> ready[0]));
                simulation.start(waiter);
                simulation.at("about to tell");
                ready[0] = true;
                simulation.wake(waiter);
                simulation.join(waiter);
            });
        }
    }

    @Test
    void shouldLetTimePassWhereAllWait() {
        long wait = TimeUnit.MINUTES.toNanos(10);
        run(1, simulation -> {
            long start = simulation.nanoTime();
            for (int attempt = 0; simulation.nanoTime() - start < wait; attempt++) {
                simulation.pause(attempt);
            }
        });
    }

    @Test
    void shouldDoSomethingBetweenTwoSteps() {
        List<Long> at = new ArrayList<>();
        run(1, simulation -> {
            simulation.at(simulation.steps() + 5, () -> at.add(simulation.steps()));
            for (int i = 0; i < 10; i++) {
                simulation.at("a point");
            }
            assertEquals(List.of(5L), at);
        });
    }

    private static String failure(Consumer<Simulation> body) {
        return assertThrows(AssertionError.class, () -> run(1, body)).getMessage();
    }

    @Test
    void shouldSayWhoWaitsForWhom() {
        String told = failure(simulation -> {
            Lock lock = simulation.lock();
            lock.lock();
            runAll(simulation, 1, lock::lock);
        });
        assertTrue(told.startsWith("every thread waits for another"), told);
        assertTrue(told.contains("main (0) runs, at join") || told.contains("main (0) is WAITING, at join, for worker 0 (1)"), told);
        assertTrue(told.contains("worker 0 (1)") && told.contains("for a lock of main (0)"), told);
    }

    @Test
    void shouldEndARunThatComesToNoEnd() {
        String told = failure(simulation -> {
            for (;;) {
                simulation.spin();
            }
        });
        assertTrue(told.startsWith("more than " + MAX_STEPS + " points"), told);
    }

    @Test
    void shouldPassOnWhatAThreadThrows() {
        String told = failure(simulation -> runAll(simulation, 1, () -> {
            throw new IllegalStateException("planted");
        }));
        assertTrue(told.startsWith("worker 0 (1) threw java.lang.IllegalStateException: planted"), told);
    }

    /** What the one holds at a point is no lock of the simulation, so it cannot know that the other waits for it. */
    @Test
    void shouldNameAThreadThatWaitsBehindItsBack() {
        Object monitor = new Object();
        CountDownLatch held = new CountDownLatch(1);
        String told = failure(simulation -> {
            simulation.start(simulation.thread("holder", () -> {
                synchronized (monitor) {
                    held.countDown();
                    simulation.nap("under a monitor", 1_000_000_000);
                }
            }));
            while (held.getCount() > 0) {
                simulation.pause(0);
            }
            synchronized (monitor) {
                simulation.at("not reached");
            }
        });
        assertTrue(told.startsWith("main (0) came to no point for") && told.contains("it is BLOCKED"), told);
    }

    @Test
    void shouldRefuseStrangers() {
        Simulation simulation = new Simulation(Simulation.Options.of(1, MAX_STEPS));
        assertThrows(IllegalStateException.class, () -> simulation.pause(0));
        simulation.at("a point of somebody else's");
        assertEquals(0, simulation.steps());
    }
}
