package io.tideline.cli.bench.work;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that a contestant must know about the work, as it is handed to its process: one argument {@code name=value} each. A
 * contestant takes the arguments it has a use for.
 *
 * @param workload which operations
 * @param distribution on which keys
 * @param keys how many keys are loaded
 * @param valueSize the length of every value in bytes
 * @param threads how many threads replay the operations
 * @param buckets how many 64-byte buckets the index has, a power of two
 * @param batch how many operations stand in one batch; 1 for none
 * @param operations how many operations are generated and then replayed over and over, a multiple of {@link OperationStream#CHUNK}
 */
public record WorkSettings(Workload workload, Distribution distribution, long keys, int valueSize, int threads, long buckets, int batch,
        int operations) {

    /** The number of operations that every published figure rests on. */
    public static final int USUAL_OPERATIONS = 16_000_000;

    public static final int MOST_THREADS = 256;

    public WorkSettings {
        requireRange("keys", keys, 1, 1L << 40);
        requireRange("valueSize", valueSize, Long.BYTES, 1 << 17);
        requireRange("threads", threads, 1, MOST_THREADS);
        requireRange("buckets", buckets, 1, 1L << 40);
        requireRange("batch", batch, 1, 1 << 30);
        requireRange("operations", operations, OperationStream.CHUNK, Integer.MAX_VALUE - 8);
        if (Long.bitCount(buckets) != 1) {
            throw new IllegalArgumentException("buckets=" + buckets + " must be a power of two");
        }
        if (operations % OperationStream.CHUNK != 0) {
            throw new IllegalArgumentException("operations=" + operations + " must be a multiple of " + OperationStream.CHUNK);
        }
    }

    private static void requireRange(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + "=" + value + " must be a number from " + least + " to " + most);
        }
    }

    /** Reads what {@link #toArguments} wrote; arguments of other names are left to others. */
    public static WorkSettings parse(List<String> arguments) {
        Map<String, String> values = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals > 0) {
                values.put(argument.substring(0, equals), argument.substring(equals + 1));
            }
        }
        return new WorkSettings(
                Workload.parse(required(values, "workload")),
                Distribution.parse(required(values, "distribution")),
                number(values, "keys"),
                Math.toIntExact(number(values, "valueSize")),
                Math.toIntExact(number(values, "threads")),
                number(values, "buckets"),
                Math.toIntExact(number(values, "batch")),
                Math.toIntExact(number(values, "operations")));
    }

    private static String required(Map<String, String> values, String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the argument " + name + "=… is missing");
        }
        return value;
    }

    private static long number(Map<String, String> values, String name) {
        String text = required(values, name);
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException("the argument " + name + "=" + text + " must be a number", wrong);
        }
    }

    /** The settings as arguments of a contestant's process. */
    public List<String> toArguments() {
        return List.of("workload=" + workload, "distribution=" + distribution, "keys=" + keys, "valueSize=" + valueSize,
                "threads=" + threads, "buckets=" + buckets, "batch=" + batch, "operations=" + operations);
    }

    /** How many different keys there are at most: an inserting workload doubles the loaded ones. */
    public long mostKeys() {
        return workload.isInserting() ? 2 * keys : keys;
    }

    /** The same, replayed by other threads and in other batches. */
    public WorkSettings by(int otherThreads, int otherBatch) {
        return new WorkSettings(workload, distribution, keys, valueSize, otherThreads, buckets, otherBatch, operations);
    }

    /** The same on a small store: no more keys than that, an index for as many, and so many operations. */
    public WorkSettings inSmall(long mostKeys, int fewerOperations) {
        long fewerKeys = Math.min(keys, mostKeys);
        return new WorkSettings(workload, distribution, fewerKeys, valueSize, threads, Math.min(buckets, Long.highestOneBit(fewerKeys)), batch, fewerOperations);
    }

    /** The same with so many buckets that each has that many keys or more; fewer are not made more. */
    public WorkSettings withKeysPerBucket(int keysPerBucket) {
        long fewer = Math.max(1, Long.highestOneBit(keys / keysPerBucket));
        return new WorkSettings(workload, distribution, keys, valueSize, threads, Math.min(buckets, fewer), batch, operations);
    }

    /** Whether a store that was loaded for one of the two is what the other needs: only the operations differ. */
    public boolean hasSameKeys(WorkSettings other) {
        return keys == other.keys && valueSize == other.valueSize && buckets == other.buckets && !workload.isInserting() && !other.workload.isInserting();
    }

    /** The bytes of all keys and values that are loaded. */
    public long loadedBytes() {
        return keys * (Long.BYTES + valueSize);
    }

    /** Whether values are single words, for which stores may have a path of their own. */
    public boolean hasLongValues() {
        return valueSize == Long.BYTES;
    }
}
