package io.tideline.jcstress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Runs the stress cases in JVMs of their own: all of them, or those whose names contain {@code -Dstress.tests=…}. What they print besides
 * their verdicts is in {@code target/jcstress/console.txt}.
 */
class StressSuiteTest {
    private static final boolean LONG = Boolean.getBoolean("stress.long");
    private static final String NAMES = System.getProperty("stress.tests", "");
    private static final String MILLIS = System.getProperty("stress.millis", "500");
    private static final long TIMEOUT_MINUTES = LONG ? 60 : 10;

    @Test
    void shouldSeeNoForbiddenOutcomeAndEveryControlFail() throws IOException, InterruptedException {
        assumeTrue(Runtime.getRuntime().availableProcessors() >= 2, "two actors need two processors to race");
        Path folder = Files.createDirectories(Path.of("target", "jcstress").toAbsolutePath());
        Path verdicts = folder.resolve("verdicts.txt");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), StressRun.class.getName(),
                folder.toString(), LONG ? "long" : "short", MILLIS, NAMES)
                .directory(folder.toFile()).redirectErrorStream(true).redirectOutput(verdicts.toFile()).start();
        boolean ended = false;
        try {
            ended = process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES);
        } finally {
            List<ProcessHandle> running = process.descendants().toList();
            process.destroyForcibly();
            running.forEach(ProcessHandle::destroyForcibly);
        }
        String said = Files.readString(verdicts, StandardCharsets.UTF_8);
        System.out.println(said);
        assertTrue(ended, "the stress cases did not end within " + TIMEOUT_MINUTES + " minutes; see " + folder);
        assertEquals(0, process.exitValue(), said);
    }
}
