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
 * @param peakResident the most that was ever resident of the whole process, negative where nobody knows
 * @param groupPeak the most that was ever charged to its control group, the kernel's cache of its files included; negative where there is none
 * @param groupLimit what the control group holds it to, or negative
 */
record MemoryUse(long index, long overflow, long usedLog, long liveHeap, long residentOutsideHeap, long peakResident, long groupPeak,
        long groupLimit) {

    /** Of a process without a control group. */
    MemoryUse(long index, long overflow, long usedLog, long liveHeap, long residentOutsideHeap, long peakResident) {
        this(index, overflow, usedLog, liveHeap, residentOutsideHeap, peakResident, Throughput.UNKNOWN, Throughput.UNKNOWN);
    }

    /** The same in that control group. */
    MemoryUse in(MemoryLimit group) {
        return new MemoryUse(index, overflow, usedLog, liveHeap, residentOutsideHeap, peakResident, group.peakBytes(), group.bytes());
    }

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
        fields.put("peakResident", peakResident < 0 ? null : peakResident);
        fields.put("groupPeak", groupPeak < 0 ? null : groupPeak);
        fields.put("groupLimit", groupLimit < 0 ? null : groupLimit);
        return fields;
    }
}
