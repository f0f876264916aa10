package io.tideline.cli.bench;

import io.tideline.cli.bench.work.CutPlan;
import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the measurement of checkpoints is about.
 *
 * @param work what every run does
 * @param door how the store reaches its memory
 * @param spill memory, device, and the directory in which each run makes its store
 * @param seconds the length of a run
 * @param plan what is done beside it; its kind is that of the run with checkpoints
 */
record CheckpointSettings(WorkSettings work, Door door, Spill spill, double seconds, CutPlan plan) {

    private static final double NANOS_PER_SECOND = 1e9;
    /** A JVM needs some seconds until what it runs is compiled, and the processor's caches until they hold what is asked for often. */
    private static final double WARM_UP_SECONDS = 5;
    private static final long LEAST_MEMORY_BYTES = 64L << 20;

    double warmUpSeconds() {
        return Math.min(WARM_UP_SECONDS, seconds);
    }

    double everySeconds() {
        return plan.everyNanos() / NANOS_PER_SECOND;
    }

    double imageEverySeconds() {
        return plan.imageEveryNanos() / NANOS_PER_SECOND;
    }

    /**
     * So much log memory that nothing leaves it, however many of the keys are copied to the tail after each cut.
     *
     * @param cuts how many there are in a run
     */
    static long memoryForAll(WorkSettings work, long cuts) {
        long loaded = Footprint.loadedRecordsBytes(work);
        return Math.max(LEAST_MEMORY_BYTES, Math.addExact(Math.multiplyExact(loaded, cuts + 1), loaded / 2));
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
        fields.put("logMemoryBytes", spill.memoryBytes());
        fields.put("device", spill.device());
        fields.put("seconds", seconds);
        fields.put("checkpointEverySeconds", everySeconds());
        fields.put("imageEverySeconds", imageEverySeconds());
        return fields;
    }
}
