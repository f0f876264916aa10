package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FreeMemoryTest {
    private static final Path OWN = Path.of("/proc/self/status");

    private static long kibibytes(String field) throws IOException {
        return Files.readAllLines(OWN).stream().filter(line -> line.startsWith(field + ":")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElseThrow();
    }

    @Test
    void shouldTakeAllOfItAndGiveItBack() throws IOException {
        assumeTrue(Files.exists(OWN));
        long bytes = 300L << 20;
        FreeMemory.fetch(1); // what the first call loads
        long before = kibibytes("VmRSS");
        FreeMemory.fetch(bytes);
        assertTrue(kibibytes("VmHWM") - before >= (bytes >> 10) * 9 / 10, "it was never there");
        assertTrue(kibibytes("VmRSS") - before < bytes >> 11, "it is still there");
    }
}
