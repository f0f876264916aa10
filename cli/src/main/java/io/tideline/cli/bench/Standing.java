package io.tideline.cli.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * All that a race showed of one contender.
 *
 * @param name what reports call it
 * @param windows its measured windows, in order
 * @param latency from a window of its own
 * @param memory after all windows
 */
record Standing(String name, List<Throughput> windows, Latency latency, MemoryUse memory) {

    Spread operationsPerSecond() {
        return Spread.of(windows.stream().mapToDouble(Throughput::operationsPerSecond));
    }

    /** Records that were read from disk in a second. */
    Spread deviceReadsPerSecond() {
        return Spread.of(windows.stream().mapToDouble(Throughput::deviceReadsPerSecond));
    }

    double allocatedBytesPerOperation() {
        return Spread.of(windows.stream().mapToDouble(Throughput::allocatedBytesPerOperation)).median();
    }

    /** How many reads did not find a key that was loaded. */
    long absent() {
        return windows.stream().mapToLong(Throughput::absent).sum();
    }

    /** How many times faster this one is than {@code other}: of the windows that stood side by side. */
    Spread ratioTo(Standing other) {
        return Spread.of(IntStream.range(0, windows.size()).mapToDouble(i ->
                windows.get(i).operationsPerSecond() / other.windows.get(i).operationsPerSecond()));
    }

    /** The measured fields of {@code --json}, the same for every contender. */
    Map<String, Object> toJson() {
        Spread speed = operationsPerSecond();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("opsPerSecond", Math.round(speed.median()));
        fields.put("min", Math.round(speed.min()));
        fields.put("max", Math.round(speed.max()));
        fields.put("deviceReadsPerSecond", Math.round(deviceReadsPerSecond().median()));
        fields.put("allocatedBytesPerOp", allocatedBytesPerOperation());
        fields.put("latencyNanos", latency.toJson());
        fields.put("memoryBytes", memory.totalBytes());
        fields.put("memory", memory.toJson());
        fields.put("absent", absent());
        return fields;
    }
}
