package io.tideline.cli.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Processes that work on a store are killed, and what comes back is a prefix of every session. {@code -Dtideline.stress.kills=N} says how
 * often, {@code -Dtideline.stress.seed=S} with which plan.
 */
class KillRunTest {
    private static final int KILLS = Integer.getInteger("tideline.stress.kills", 40);
    private static final long SEED = Long.getLong("tideline.stress.seed", 1);
    /** A bug that is not found by so many kills is not found. */
    private static final int MOST_KILLS_OF_MUTANTS = 40;

    private static KillReport run(Path folder, String classPath, long seed, int kills) {
        KillReport report = new KillReport();
        new KillRun(folder, classPath, report, () -> { }).run(seed, kills);
        return report;
    }

    @Test
    void shouldKeepAPrefixOfEverySessionWheneverAndWhereverItIsKilled(@TempDir Path folder) throws IOException {
        KillReport report = run(folder, System.getProperty("java.class.path"), SEED, KILLS);
        System.out.println(report.summary() + "; seed " + SEED);
        if (report.violation() != null) {
            Path kept = Files.createDirectories(Path.of("target")).toAbsolutePath().resolve("violation-" + System.nanoTime());
            Files.move(report.violation().kept(), kept);
            throw new AssertionError(report.violation().sentence() + "; its files stay in " + kept + "; again: " + report.violation().replay());
        }
        assertEquals(KILLS, report.kills());
        if (KILLS >= 40) {
            assertTrue(report.inRecovery() >= KILLS / 20, report::summary);
            assertTrue(report.recoveredTwiceCount() >= 1, report::summary);
            long met = Arrays.stream(KillSite.values()).filter(site -> report.at(site) > 0).count();
            assertTrue(met >= KillSite.values().length / 2, report::summary);
        }
        if (KILLS >= 1_500) {
            assertTrue(report.inRecovery() >= KILLS / 12, report::summary); // some openings are over before they are killed
            for (KillSite site : KillSite.values()) {
                assertTrue(report.at(site) > 0, () -> "never killed at " + site.point + ": " + report.summary());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindABugThatIsPlanted(Mutant mutant, @TempDir Path folder) throws IOException {
        KillReport report = run(Files.createDirectory(folder.resolve("stores")), mutant.classPath(folder), SEED, MOST_KILLS_OF_MUTANTS);
        assertNotNull(report.violation(), () -> mutant + " lives: " + report.summary());
        System.out.println(mutant + ", killed by " + report.kills() + " kills: " + report.violation().sentence());
    }

    /** A probe point that is new is killed at, too. */
    @Test
    void shouldKnowEveryProbePoint() throws IOException {
        TreeSet<String> found = new TreeSet<>();
        Pattern probe = Pattern.compile("Probe\\.at\\(\"([^\"]+)\"\\)");
        for (String module : Mutant.storeModules()) {
            try (Stream<Path> files = Files.walk(Mutant.checkout().resolve(module).resolve("src/main/java"))) {
                for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    probe.matcher(Files.readString(file)).results().forEach(result -> found.add(result.group(1)));
                }
            }
        }
        TreeSet<String> known = new TreeSet<>();
        Arrays.stream(KillSite.values()).forEach(site -> known.add(site.point));
        assertEquals(found, known);
    }

    /** Every site has its turn within two stores, and a tenth of the lives ends in an opening. */
    @Test
    void shouldPlanEverySiteAndATenthOfOpenings() {
        TreeSet<KillSite> sites = new TreeSet<>();
        int openings = 0;
        int twice = 0;
        int lives = 20 * KillPlan.MOST_LIVES;
        for (int life = 0; life < lives; life++) {
            KillPlan plan = KillPlan.of(SEED + life / KillPlan.MOST_LIVES, life % KillPlan.MOST_LIVES);
            assertEquals(plan, KillPlan.of(plan.seed(), plan.life()));
            if (plan.site() != null) {
                sites.add(plan.site());
            }
            openings += plan.endsInOpening() ? 1 : 0;
            twice += plan.recoversTwice() ? 1 : 0;
        }
        assertEquals(lives / 10, openings);
        assertEquals(lives / 100, twice);
        assertEquals(KillSite.values().length, sites.size());
    }

    @Test
    void shouldSayHowOftenItKilledOnTheCommandLine(@TempDir Path folder) throws IOException {
        Path json = folder.resolve("result.json");
        Run run = Run.of("stress", "--kill", "2", "--seed", "3", "--quiet", "--dir", folder.resolve("stores").toString(), "--json", json.toString());
        assertEquals("", run.err());
        assertEquals(0, run.exitCode());
        assertTrue(run.out().startsWith("no violation; 2 kills of 1 store: "), run.out());
        assertTrue(Files.readString(json).contains("\"violations\": 0"), () -> "no count of violations in " + json);
        try (Stream<Path> left = Files.list(folder.resolve("stores"))) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void shouldRefuseWrongUse(@TempDir Path folder) throws IOException {
        assertEquals(2, Run.of("stress").exitCode());
        assertEquals(2, Run.of("stress", "--kill", "0").exitCode());
        assertEquals(2, Run.of("stress", "--kill", "1", "--seed", "0").exitCode());
        Path file = Files.createFile(folder.resolve("file"));
        Run run = Run.of("stress", "--kill", "1", "--dir", file.toString());
        assertEquals(2, run.exitCode());
        assertTrue(run.err().contains("this is not a directory"), run.err());
    }
}
