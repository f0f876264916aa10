package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Stores, lived through by seeds: {@code -Dtest.sim.seed=S} replays one and prints who went on when, {@code -Dtest.sim=N} tries so many. */
@Tag("simulation")
class SimulatorTest {
    private static long hashOf(long seed) {
        SimulatedLives lives = new SimulatedLives(SimulatedLives.Options.of(seed));
        lives.run();
        return lives.hash();
    }

    @Test
    void shouldLiveTheSameLivesWithTheSameSeed() {
        for (long seed = 1; seed <= 10; seed++) {
            long hash = hashOf(seed);
            assertEquals(hash, hashOf(seed), "seed " + seed);
            assertNotEquals(hash, hashOf(-seed), "seed " + seed);
        }
    }

    @Test
    void shouldKeepOfEverySessionAPrefix() {
        String single = System.getProperty("tideline.sim.seed", "");
        long first = single.isEmpty() ? Long.getLong("tideline.sim.from", 1) : Long.parseLong(single);
        long count = single.isEmpty() ? Long.getLong("tideline.sim", 500) : 1;
        long start = System.nanoTime();
        long points = 0;
        long switches = 0;
        for (long seed = first; seed < first + count; seed++) {
            SimulatedLives lives = new SimulatedLives(SimulatedLives.Options.of(seed));
            if (!single.isEmpty()) {
                System.out.println(SimulatedLives.Options.of(seed));
                lives.simulation().logTo(System.out::println);
            }
            lives.run();
            points += lives.simulation().steps();
            switches += lives.simulation().switches();
        }
        System.out.println(count + " seeds from " + first + " on: " + points + " points, " + switches + " changes of threads in "
                + (System.nanoTime() - start) / 1_000_000 + " ms");
    }
}
