package io.tideline.cli.bench.contestant;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the process held at one moment. A contestant's JVM has a heap of fixed size whose pages are all touched at the start, so that the
 * resident memory grows by what is outside the heap alone.
 *
 * @param liveHeapBytes the heap in use after a full collection
 * @param residentBytes all resident memory, or {@link #UNKNOWN}
 */
record ProcessMemory(long liveHeapBytes, long residentBytes) {

    /** Stands for a number that the platform does not tell. */
    static final long UNKNOWN = -1;

    private static final Path ROLLUP = Path.of("/proc/self/smaps_rollup");
    private static final String RESIDENT = "Rss:";
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String PEAK = "VmHWM:";
    private static final long KIBIBYTE = 1024;

    /** Collects garbage and measures. */
    static ProcessMemory now() {
        System.gc();
        return new ProcessMemory(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(), resident());
    }

    private static long resident() {
        return number(ROLLUP, RESIDENT);
    }

    /** The most that was ever resident, the Java heap included, or {@link #UNKNOWN}. */
    static long peakResidentBytes() {
        return number(STATUS, PEAK);
    }

    private static long number(Path file, String name) {
        if (!Files.isReadable(file)) {
            return UNKNOWN;
        }
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(name.length()).trim().split(" ")[0])
                    .mapToLong(kibibytes -> Long.parseLong(kibibytes) * KIBIBYTE)
                    .findFirst()
                    .orElse(UNKNOWN);
        } catch (IOException refused) {
            throw new UncheckedIOException("Cannot read " + file, refused);
        }
    }

    /** What of the live heap came on top since {@code before}. */
    long liveHeapBytesSince(ProcessMemory before) {
        return Math.max(liveHeapBytes - before.liveHeapBytes, 0);
    }

    /** What of the resident memory outside the heap came on top since {@code before}, or {@link #UNKNOWN}. */
    long residentBytesSince(ProcessMemory before) {
        return residentBytes == UNKNOWN ? UNKNOWN : Math.max(residentBytes - before.residentBytes, 0);
    }
}
