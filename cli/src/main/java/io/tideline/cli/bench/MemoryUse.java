package io.tideline.cli.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a store takes: the first three by its own account, the last two as its process grew since the moment before it was opened.
 *
 * @param index the bytes of the index without overflow
 * @param overflow the bytes of the overflow buckets in use
 * @param usedLog the bytes of the log that records fill
 * @param liveHeap the Java heap in use after a full collection
 * @param residentOutsideHeap the resident memory outside the Java heap, negative where the platform does not tell
 */
record MemoryUse(long index, long overflow, long usedLog, long liveHeap, long residentOutsideHeap) {

    /** All of it, counted in the same way for a store on the heap and one beside it. */
    long totalBytes() {
        return liveHeap + (isResidentKnown() ? residentOutsideHeap : accountedBytes());
    }

    /** What the store says it holds. */
    long accountedBytes() {
        return index + overflow + usedLog;
    }

    boolean isResidentKnown() {
        return residentOutsideHeap >= 0;
    }

    Map<String, Object> toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("index", index);
        fields.put("overflow", overflow);
        fields.put("usedLog", usedLog);
        fields.put("liveHeap", liveHeap);
        fields.put("residentOutsideHeap", isResidentKnown() ? residentOutsideHeap : null);
        return fields;
    }
}
