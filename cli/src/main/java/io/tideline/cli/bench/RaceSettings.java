package io.tideline.cli.bench;

import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a race is about.
 *
 * @param work what every contestant does
 * @param door how this store reaches its memory
 * @param seconds the length of one measured window
 * @param spill how this store goes to disk, null if it lives in memory
 * @param repetitions how many measured windows each contestant gets
 * @param loadings how often each is loaded
 * @param memoryBytes how much memory each contestant that keeps its data on disk may take; 0 for enough to hold them all
 */
record RaceSettings(WorkSettings work, Door door, Spill spill, double seconds, int repetitions, int loadings, long memoryBytes) {

    /** A JVM needs about so long until what it runs is compiled. */
    private static final double LEAST_WARM_UP_SECONDS = 2;

    /** Of a store in memory, which is loaded once. */
    RaceSettings(WorkSettings work, Door door, double seconds, int repetitions, long memoryBytes) {
        this(work, door, null, seconds, repetitions, 1, memoryBytes);
    }

    /** The same about other operations on the same keys. */
    RaceSettings with(WorkSettings other) {
        return new RaceSettings(other, door, spill, seconds, repetitions, loadings, memoryBytes);
    }

    double warmUpSeconds() {
        return Math.max(seconds, LEAST_WARM_UP_SECONDS);
    }

    Map<String, Object> toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("workload", work.workload().toString());
        fields.put("distribution", work.distribution().toString());
        fields.put("keys", work.keys());
        fields.put("valueSize", work.valueSize());
        fields.put("threads", work.threads());
        fields.put("buckets", work.buckets());
        fields.put("batch", work.batch());
        fields.put("door", door.toString());
        fields.put("logMemoryBytes", spill == null ? null : spill.memoryBytes());
        fields.put("device", spill == null ? null : spill.device());
        fields.put("copyReads", spill == null ? null : spill.copiesReads());
        fields.put("seconds", seconds);
        fields.put("repetitions", repetitions);
        fields.put("loadings", loadings);
        fields.put("memoryLimit", memoryBytes == 0 ? null : memoryBytes);
        return fields;
    }
}
