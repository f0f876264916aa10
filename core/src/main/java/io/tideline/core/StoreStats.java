package io.tideline.core;

import java.util.List;

/**
 * A picture of a store's counters and sizes, taken while others go on: each number is right for itself.
 *
 * @param created keys created since the store was opened or cleared, and those it was recovered with
 * @param deleted keys deleted since then
 * @param copied values that went to the tail because their old place was read-only or too small
 * @param appended upserts that went to the tail without a look at what the device has of their key; the size leaves them out
 * @param retries how often an operation lost a race and began anew
 * @param indexBytes home buckets and overflow buckets
 * @param overflowBuckets overflow buckets in use
 * @param logUsedBytes bytes of the log from head to tail
 * @param logMemoryBytes bytes of log memory configured
 * @param readBufferBytes bytes of the buffers that records are read into from the device, with the keys that wait for them
 * @param deviceLookups operations that found their key's chain going on on the device and asked it
 * @param deviceReads records read from the device for them
 * @param copiedUp values read from the device and copied to the tail
 * @param deviceWrittenBytes bytes of the log written to the device
 * @param pendingDeleteBytes bytes of files that are no longer needed and still being read
 * @param openFiles files of the log that are open
 * @param throttled how often an append waited because the device was behind
 * @param throttledNanos for how long, all waits added up
 * @param begin first address that counts
 * @param head first address in memory
 * @param flushed first address that is not on the device yet; where there is none, as head
 * @param readOnly first address that is changed in place
 * @param tail first address not yet used
 * @param sessions open sessions, those behind session-free calls included
 * @param indexHugePages whether the index asked for huge pages and was given leave
 * @param logHugePages whether the log did
 * @param door how words are reached: {@code unsafe}, {@code segment}, {@code checked} or {@code heap}
 * @param device how files are read and written: {@code buffered}, {@code direct}, …; {@code none} where there are no files
 * @param deviceFallback why that is not the model that was configured; empty where it is
 * @param checkpoints what there is to say of those
 * @param lastStall who held the epoch for too long the last time that happened; empty if it never did
 */
public record StoreStats(long created, long deleted, long copied, long appended, long retries, long indexBytes, long overflowBuckets, long logUsedBytes,
        long logMemoryBytes, long readBufferBytes, long deviceLookups, long deviceReads, long copiedUp, long deviceWrittenBytes, long pendingDeleteBytes, int openFiles, long throttled,
        long throttledNanos, long begin, long head, long flushed, long readOnly, long tail, int sessions, boolean indexHugePages, boolean logHugePages, String door,
        String device, String deviceFallback, CheckpointStats checkpoints, List<String> lastStall) {
    /** Bytes that the data takes: index, overflow and used log. */
    public long memoryBytes() {
        return indexBytes + logUsedBytes;
    }

    /** Live keys. */
    public long size() {
        return created - deleted;
    }
}
