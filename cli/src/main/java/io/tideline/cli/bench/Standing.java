package io.tideline.cli.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * All that a race showed of one contender.
 *
 * @param name what reports call it
 * @param loadings how it took all keys in, each time
 * @param windows its measured windows, in order
 * @param latency from a window of its own
 * @param memory after all windows
 */
record Standing(String name, List<Loading> loadings, List<Throughput> windows, Latency latency, MemoryUse memory) {

    Spread loadSeconds() {
        return Spread.of(loadings.stream().mapToDouble(Loading::seconds));
    }

    /** A speed of its loadings, if all of them tell it, which are null where they do not. */
    Optional<Spread> loaded(Function<Loading, Double> perSecond) {
        return loadings.stream().map(perSecond).allMatch(Objects::nonNull)
                ? Optional.of(Spread.of(loadings.stream().map(perSecond).mapToDouble(Double::doubleValue))) : Optional.empty();
    }

    Spread operationsPerSecond() {
        return Spread.of(windows.stream().mapToDouble(Throughput::operationsPerSecond));
    }

    /** Records that were read from disk in a second, by its own account, if it has one. */
    Optional<Spread> diskReadsPerSecond() {
        return known(Throughput::deviceReads, Throughput::deviceReads);
    }

    /** Operations in a second that did without the disk, by its own account. */
    Optional<Spread> memoryHitsPerSecond() {
        return known(Throughput::deviceLookups, window -> window.operations() - window.deviceLookups());
    }

    /** Reads of the disk in a second that the kernel counted during its windows. */
    Optional<Spread> kernelReadsPerSecond() {
        return known(Throughput::kernelReads, Throughput::kernelReads);
    }

    /** How many more went along with a neighbouring one: so it goes with keys that were written in the order in which they are read. */
    Optional<Spread> mergedReadsPerSecond() {
        return known(Throughput::mergedReads, Throughput::mergedReads);
    }

    private Optional<Spread> known(ToLongFunction<Throughput> condition, ToLongFunction<Throughput> count) {
        return windows.stream().allMatch(window -> condition.applyAsLong(window) != Throughput.UNKNOWN)
                ? Optional.of(Spread.of(windows.stream().mapToDouble(window -> window.perSecond(count.applyAsLong(window)))))
                : Optional.empty();
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

    /**
     * The measured fields of {@code --json}, the same for every contender.
     *
     * @param loadedBytes the keys and values that were loaded
     */
    Map<String, Object> toJson(long loadedBytes) {
        Spread speed = operationsPerSecond();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("opsPerSecond", Math.round(speed.median()));
        fields.put("min", Math.round(speed.min()));
        fields.put("max", Math.round(speed.max()));
        fields.put("loadSeconds", loadSeconds().median());
        fields.put("loadBytesPerSecond", loadedPerSecond(loading -> loading.perSecond(loadedBytes)));
        fields.put("loadAppendedBytesPerSecond", loadedPerSecond(Loading::appendedPerSecond));
        fields.put("loadWrittenBytesPerSecond", loadedPerSecond(Loading::writtenPerSecond));
        fields.put("loadWritingBytesPerSecond", loadedPerSecond(Loading::writingPerSecond));
        fields.put("loadKernelWrittenBytesPerSecond", loadedPerSecond(Loading::kernelWrittenPerSecond));
        fields.put("eachLoadSeconds", loadings.stream().map(Loading::seconds).toList());
        fields.put("diskReadsPerSecond", rounded(diskReadsPerSecond().map(Spread::median)));
        fields.put("kernelReadsPerSecond", rounded(kernelReadsPerSecond().map(Spread::median)));
        fields.put("kernelMergedReadsPerSecond", rounded(mergedReadsPerSecond().map(Spread::median)));
        fields.put("memoryHitsPerSecond", rounded(memoryHitsPerSecond().map(Spread::median)));
        fields.put("allocatedBytesPerOp", allocatedBytesPerOperation());
        fields.put("latencyNanos", latency.toJson());
        fields.put("memoryBytes", memory.totalBytes());
        fields.put("memory", memory.toJson());
        fields.put("absent", absent());
        return fields;
    }

    private Long loadedPerSecond(Function<Loading, Double> perSecond) {
        return rounded(loaded(perSecond).map(Spread::median));
    }

    private static Long rounded(Optional<Double> number) {
        return number.map(Math::round).orElse(null);
    }
}
