package io.tideline.cli.bench.contestant;

import io.tideline.cli.bench.timeline.Window;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** What the host of a virtual machine kept of its processors for others while somebody here wanted them, as the kernel counts it ({@code steal}). */
final class StolenTime {

    private static final Path COUNTS = Path.of("/proc/stat");
    private static final String ALL_PROCESSORS = "cpu ";
    /** Of the words of that line, the name in front included. */
    private static final int STEAL = 8;
    /** The unit that Linux shows such times in, whatever its clock does. */
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private StolenTime() {
    }

    /** Of all processors together since the machine started, in steps of 10 ms; negative where the platform does not tell. */
    static long nanos() {
        return nanos(COUNTS);
    }

    static long nanos(Path counts) {
        try (BufferedReader lines = Files.newBufferedReader(counts, StandardCharsets.US_ASCII)) {
            String line = lines.readLine();
            String[] words = line == null || !line.startsWith(ALL_PROCESSORS) ? new String[0] : line.split(" +");
            return words.length <= STEAL ? Window.UNKNOWN : Long.parseLong(words[STEAL]) * TICK_NANOS;
        } catch (IOException | NumberFormatException untold) {
            return Window.UNKNOWN;
        }
    }
}
