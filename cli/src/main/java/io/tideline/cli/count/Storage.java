package io.tideline.cli.count;

import io.tideline.cli.console.ByteSize;
import io.tideline.core.StoreStats;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;

/**
 * What the counts of a store took, in memory and on disk, when the counting ended.
 *
 * @param memoryBytes index and used log memory
 * @param indexBytes the index alone
 * @param logMemoryBytes what the log may take in memory
 * @param diskBytes bytes of the log that were written to disk; 0 in a store that does not spill
 * @param deviceReads records that were read back from there
 * @param deviceReadsPerSecond the same for each second of the counting
 * @param throttledSeconds how long threads waited for the disk to take what they wrote, added up
 */
record Storage(long memoryBytes, long indexBytes, long logMemoryBytes, long diskBytes, long deviceReads, double deviceReadsPerSecond,
        double throttledSeconds) {

    private static final double NANOS = 1e9;

    static Storage of(StoreStats stats, double seconds) {
        return new Storage(stats.memoryBytes(), stats.indexBytes(), stats.logMemoryBytes(), stats.deviceWrittenBytes(), stats.deviceReads(),
                seconds > 0 ? Math.round(stats.deviceReads() / seconds) : 0, stats.throttledNanos() / NANOS);
    }

    void print(PrintStream out, long liveBytes) {
        out.printf(Locale.ROOT, "%-9s %d bytes (%s), of it the index %s%n", "memory", memoryBytes, ByteSize.describe(memoryBytes),
                ByteSize.describe(indexBytes));
        if (diskBytes > 0) {
            out.printf(Locale.ROOT, "%-9s %d bytes (%s), %.1f times the log memory of %s%n", "live", liveBytes, ByteSize.describe(liveBytes),
                    (double) liveBytes / logMemoryBytes, ByteSize.describe(logMemoryBytes));
            out.printf(Locale.ROOT, "%-9s %d bytes written (%s), %d records read back (%.0f reads a second), %.1f s throttled%n", "disk", diskBytes,
                    ByteSize.describe(diskBytes), deviceReads, deviceReadsPerSecond, throttledSeconds);
        }
    }

    /** Adds the fields of {@code --json}. */
    void addTo(Map<String, Object> fields) {
        fields.put("memoryBytes", memoryBytes);
        fields.put("indexBytes", indexBytes);
        fields.put("logMemoryBytes", logMemoryBytes);
        fields.put("diskBytes", diskBytes);
        fields.put("deviceReads", deviceReads);
        fields.put("deviceReadsPerSecond", deviceReadsPerSecond);
    }
}
