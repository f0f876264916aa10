package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.checkpoint.SystemState.Phase;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Stores, lived through by seeds: {@code -Dtest.sim.seed=S} replays one and prints who went on when, {@code -Dtest.sim=N} tries so many. */
@Tag("simulation")
class SimulatorTest {
    /** Some minutes. */
    private static final long SEEDS_OF_A_PART = 5_000;

    /** Held, because it forgets its level otherwise. */
    private final Logger warnings = Logger.getLogger(Checkpointer.class.getName());

    @BeforeEach
    void beQuiet() {
        warnings.setLevel(Level.OFF); // of closes that find no room, as planned
    }

    @AfterEach
    void beLoudAgain() {
        warnings.setLevel(null);
    }

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

    /** For instance with other identity hash codes. */
    @Test
    void shouldLiveTheSameLivesInAnotherProcess() throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(flag -> !flag.startsWith("-javaagent")).toList());
        System.getProperties().stringPropertyNames().stream().filter(name -> name.startsWith("tideline.")).forEach(name -> command.add("-D" + name + "=" + System.getProperty(name)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SimulatedHashes.class.getName(), "11", "14"));
        Process other = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        List<String> hashes = new ArrayList<>();
        for (long seed = 11; seed < 14; seed++) {
            hashes.add(seed + " " + hashOf(seed));
        }
        assertEquals(hashes, other.inputReader().lines().filter(line -> line.matches("\\d+ -?\\d+")).toList());
        assertEquals(0, other.waitFor());
    }

    /** The main class of that process: prints the hashes of the seeds from the first argument up to the second. */
    static final class SimulatedHashes {
        private SimulatedHashes() {
        }

        public static void main(String[] seeds) {
            for (long seed = Long.parseLong(seeds[0]); seed < Long.parseLong(seeds[1]); seed++) {
                System.out.println(seed + " " + hashOf(seed));
            }
        }
    }

    /** The first seed and the number of those of each part. */
    static List<Arguments> parts() {
        long first = Long.getLong("tideline.sim.from", 1);
        long end = first + Long.getLong("tideline.sim", 500);
        List<Arguments> parts = new ArrayList<>();
        for (long from = first; from < end; from += SEEDS_OF_A_PART) {
            parts.add(Arguments.of(from, Math.min(SEEDS_OF_A_PART, end - from)));
        }
        return parts;
    }

    @ParameterizedTest
    @MethodSource("parts")
    @DisabledIf("isReplay")
    void shouldKeepItsPromisesFromLifeToLife(long first, long count) {
        long start = System.nanoTime();
        long points = 0;
        long switches = 0;
        long copiedUp = 0;
        int fullCloses = 0;
        Map<String, Integer> deaths = new TreeMap<>();
        for (long seed = first; seed < first + count; seed++) {
            SimulatedLives lives = new SimulatedLives(SimulatedLives.Options.of(seed));
            lives.run();
            points += lives.simulation().steps();
            switches += lives.simulation().switches();
            copiedUp += lives.copiedUp();
            fullCloses += lives.fullCloses();
            lives.deaths().forEach((where, times) -> deaths.merge(where, times, Integer::sum));
        }
        System.out.println(count + " seeds from " + first + " on: " + points + " points, " + switches + " changes of threads in "
                + (System.nanoTime() - start) / 1_000_000 + " ms, " + copiedUp + " hot reads copied, " + fullCloses + " closes found no room, deaths " + deaths);
        assertTrue(count < 100 || copiedUp > 0, "no hot read was ever copied to the tail");
        assertTrue(count < 100 || fullCloses > 0, "no close ever found the disk full");
        for (Phase phase : Phase.values()) {
            assertTrue(deaths.getOrDefault(phase.toString(), 0) >= count / 100, () -> "too few deaths in " + phase + ": " + deaths);
        }
        assertTrue(deaths.getOrDefault(SimulatedLives.OPENING, 0) >= count / 20, () -> "too few deaths in an opening: " + deaths);
    }

    static boolean isReplay() {
        return !System.getProperty("tideline.sim.seed", "").isEmpty();
    }

    @Test
    @EnabledIf("isReplay")
    void shouldReplay() {
        SimulatedLives.Options options = SimulatedLives.Options.of(Long.getLong("tideline.sim.seed"));
        System.out.println(options);
        SimulatedLives lives = new SimulatedLives(options);
        lives.simulation().logTo(System.out::println);
        lives.run();
        System.out.println("trace " + Long.toHexString(lives.hash()));
    }
}
