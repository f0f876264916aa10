package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * However long a store is written, the process holds no more than it was given, and a little. {@code -Dtideline.churn.seconds=N} sets for how long,
 * {@code -Dtideline.churn.parts=N} how often, each time in a process of its own; {@code -Pnightly} makes an hour of it. Memory that is no power of
 * two has more frames than pages.
 */
@EnabledOnOs(OS.LINUX)
class ChurnTest {
    private static final long SECONDS = Long.getLong("tideline.churn.seconds", 3);
    private static final int PARTS = Integer.getInteger("tideline.churn.parts", 1);

    @TempDir
    private Path parent;

    @ParameterizedTest
    @ValueSource(longs = {64 << 20, 40 << 20})
    void shouldHoldNoMoreThanItWasGiven(long memory) throws IOException, InterruptedException {
        for (int part = 1; part <= PARTS; part++) {
            assertHoldsNoMore(memory, parent.resolve("store" + part));
        }
    }

    private void assertHoldsNoMore(long memory, Path directory) throws IOException, InterruptedException {
        Path output = parent.resolve("printed");
        Process churn = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx96m", "-Xms96m",
                "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), Churn.class.getName(), directory.toString(), Long.toString(memory),
                Long.toString(SECONDS)).redirectError(ProcessBuilder.Redirect.INHERIT).redirectOutput(output.toFile()).start();
        try {
            assertTrue(churn.waitFor(SECONDS + 120, TimeUnit.SECONDS), "it did not end");
        } finally {
            churn.destroyForcibly();
        }
        String printed = Files.readString(output);
        assertEquals(0, churn.exitValue(), printed);
        System.out.print(printed);
        Map<String, Long> figures = Stream.of(printed.trim().split(" ")).map(word -> List.of(word.split("=")))
                .collect(Collectors.toMap(List::getFirst, pair -> Long.parseLong(pair.getLast())));
        assertTrue(figures.get("written") >= 2 * memory, printed);
        assertTrue(figures.get("deviceReads") > 1000, printed);
        long allowed = figures.get("budget") * 11 / 10 + (16 << 20);
        assertTrue(figures.get("grown") <= allowed, "grown by more than " + allowed + ": " + printed);
        assertTrue(figures.get("filesLater") <= figures.get("files") + 8, printed);
        assertTrue(figures.get("descriptorsLater") <= 2 * figures.get("filesLater"), printed);
        assertTrue(figures.get("mappingsLater") <= figures.get("mappings") + 40, printed);
    }
}
