package io.tideline.core;

import java.util.List;

/**
 * A picture of a store's counters and sizes, taken while others go on: each number is right for itself.
 *
 * @param created keys created since the store was opened or cleared
 * @param deleted keys deleted since then
 * @param copied values that went to the tail because their old place was read-only or too small
 * @param retries how often an operation lost a race and began anew
 * @param indexBytes home buckets and overflow buckets
 * @param overflowBuckets overflow buckets in use
 * @param logUsedBytes bytes of the log from head to tail
 * @param logMemoryBytes bytes of log memory configured
 * @param head first address in memory
 * @param readOnly first address that is changed in place
 * @param tail first address not yet used
 * @param sessions open sessions, those behind session-free calls included
 * @param indexHugePages whether the index asked for huge pages and was given leave
 * @param logHugePages whether the log did
 * @param door how words are reached: {@code unsafe}, {@code segment}, {@code checked} or {@code heap}
 * @param lastStall who held the epoch for too long the last time that happened; empty if it never did
 */
public record StoreStats(long created, long deleted, long copied, long retries, long indexBytes, long overflowBuckets, long logUsedBytes,
        long logMemoryBytes, long head, long readOnly, long tail, int sessions, boolean indexHugePages, boolean logHugePages, String door,
        List<String> lastStall) {
    /** Bytes that the data takes: index, overflow and used log. */
    public long memoryBytes() {
        return indexBytes + logUsedBytes;
    }

    /** Live keys. */
    public long size() {
        return created - deleted;
    }
}
