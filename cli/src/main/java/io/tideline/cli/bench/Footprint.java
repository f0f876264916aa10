package io.tideline.cli.bench;

import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.console.ByteSize;
import io.tideline.cli.console.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much memory the contestants of a race need, so that it is refused before the machine runs out of it. */
final class Footprint {

    private static final Path MEMORY_INFO = Path.of("/proc/meminfo");
    private static final String AVAILABLE = "MemAvailable:";
    private static final long KIBIBYTE = 1024;
    private static final long MEBIBYTE = 1L << 20;

    private static final long JVM_BYTES = 128 * MEBIBYTE;
    /** Of a native store, beside its caches: its library, arenas and stacks, and what the kernel keeps for the process and charges to it. */
    private static final long NATIVE_BYTES = 128 * MEBIBYTE;
    private static final long LEAST_HEAP_BYTES = 128 * MEBIBYTE;
    /** Of one thread: its histograms, and a group of the longest values. */
    private static final long THREAD_HEAP_BYTES = MEBIBYTE;
    /** Beside the operations and threads: of a JVM with {@link #YOUNG_BYTES}. What is more than needed would be memory for the kernel's cache under the limit of all contestants. */
    private static final long SPARE_HEAP_BYTES = 64 * MEBIBYTE;
    /** Of the heap of a JVM that holds nothing but the operations: there is next to no garbage beside them. */
    static final long YOUNG_BYTES = 32 * MEBIBYTE;
    private static final long LEAST_MAP_HEAP_BYTES = 512 * MEBIBYTE;
    private static final long LEAST_DATA_BYTES = 64 * MEBIBYTE;
    private static final long OPERATION_BYTES = 9;
    private static final long BUCKET_BYTES = 64;
    private static final long HEADER_AND_KEY_BYTES = 24;
    private static final long RECORD_ALIGNMENT_BYTES = 16;
    private static final long RECORD_BYTES_BESIDE_VALUE = HEADER_AND_KEY_BYTES + RECORD_ALIGNMENT_BYTES - 1;

    private static final int HEAPS_PER_LIVE_BYTE = 3;
    /** A node of 32, a boxed key of 24, and a share of at most 16 in the table. */
    private static final long MAP_ENTRY_BYTES = 32 + 24 + 16;
    private static final long BOXED_LONG_BYTES = 24;
    private static final long ARRAY_HEADER_BYTES = 16 + 7;

    private Footprint() {
    }

    /** The heap of a JVM that holds nothing but the operations. */
    static long plainHeapBytes(WorkSettings work) {
        return roundUp(Math.max(LEAST_HEAP_BYTES, operationsBytes(work) + work.threads() * THREAD_HEAP_BYTES + SPARE_HEAP_BYTES));
    }

    private static long operationsBytes(WorkSettings work) {
        return OPERATION_BYTES * work.operations();
    }

    /** The heap of a JVM whose store keeps so much of its data there, and makes garbage of it. */
    static long heapBytes(WorkSettings work, long dataBytes) {
        return plainHeapBytes(work) + roundUp(operationsBytes(work)) + dataBytes;
    }

    /** The heap of a JVM that also holds a map of all keys: three times of what lives in it, so that collections stay rare. */
    static long mapHeapBytes(WorkSettings work) {
        long value = work.hasLongValues() ? BOXED_LONG_BYTES : ARRAY_HEADER_BYTES + work.valueSize();
        long live = work.mostKeys() * (MAP_ENTRY_BYTES + value) + operationsBytes(work);
        return roundUp(Math.max(LEAST_MAP_HEAP_BYTES, HEAPS_PER_LIVE_BYTE * live));
    }

    /** The memory for the data of a store on disk when nobody said how much: twice the data, so that all of them stay there. */
    static long allDataBytes(WorkSettings work) {
        return roundUp(Math.max(LEAST_DATA_BYTES, 2 * recordsBytes(work)));
    }

    /** What the process of a store on disk takes beside its data: the JVM, the native code and the operations. */
    static long processBytes(WorkSettings work) {
        return JVM_BYTES + NATIVE_BYTES + plainHeapBytes(work);
    }

    /** The index of this store without its overflow. */
    static long indexBytes(WorkSettings work) {
        return work.buckets() * BUCKET_BYTES;
    }

    /** The log of this store once all keys are loaded. */
    static long loadedRecordsBytes(WorkSettings work) {
        return work.keys() * ((HEADER_AND_KEY_BYTES + work.valueSize() + RECORD_ALIGNMENT_BYTES - 1) & -RECORD_ALIGNMENT_BYTES);
    }

    private static long recordsBytes(WorkSettings work) {
        return work.mostKeys() * (RECORD_BYTES_BESIDE_VALUE + work.valueSize());
    }

    private static long roundUp(long bytes) {
        return (bytes + MEBIBYTE - 1) / MEBIBYTE * MEBIBYTE;
    }

    /**
     * What a contestant keeps resident, about.
     *
     * @param spill how this store goes to disk, null if it lives in memory
     * @param memoryBytes what a contestant with its data on disk may take for them
     */
    static long of(Contestant contestant, WorkSettings work, Spill spill, long memoryBytes) {
        long store = indexBytes(work) + recordsBytes(work);
        return switch (contestant) {
            case TIDELINE -> spill == null ? JVM_BYTES + plainHeapBytes(work) + store : processBytes(work) + memoryBytes;
            case CHM -> JVM_BYTES + mapHeapBytes(work);
            case C -> operationsBytes(work) + store;
            case ROCKSDB, LMDB, MVSTORE -> processBytes(work) + memoryBytes;
        };
    }

    /** Refuses a race that does not fit into the memory that is free now, where the platform tells how much that is. */
    static void require(List<Contestant> contestants, WorkSettings work, Spill spill, long memoryBytes) {
        long needed = contestants.stream().mapToLong(contestant -> of(contestant, work, spill, memoryBytes)).sum();
        long available = available();
        if (needed > available) {
            throw new Failure("This needs about " + ByteSize.describe(needed) + " of memory and " + ByteSize.describe(available)
                    + " are free; use fewer --keys, shorter values, or one --against at a time.");
        }
    }

    /** The memory that is free now; no limit where the platform does not tell. */
    static long available() {
        if (!Files.isReadable(MEMORY_INFO)) {
            return Long.MAX_VALUE;
        }
        try {
            return Files.readAllLines(MEMORY_INFO).stream()
                    .filter(line -> line.startsWith(AVAILABLE))
                    .map(line -> line.substring(AVAILABLE.length()).trim().split(" ")[0])
                    .mapToLong(kibibytes -> Long.parseLong(kibibytes) * KIBIBYTE)
                    .findFirst()
                    .orElse(Long.MAX_VALUE);
        } catch (IOException refused) {
            throw new Failure("Cannot read " + MEMORY_INFO + ": " + refused.getMessage() + ".", refused);
        }
    }
}
