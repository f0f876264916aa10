package io.tideline.cli.bench;

/**
 * What one window showed.
 *
 * @param operations how many operations were done
 * @param nanos how long they took
 * @param allocatedBytes what the threads that did them allocated on the Java heap
 * @param absent how many reads did not find their key
 * @param deviceLookups how many operations had to ask the disk, {@link #UNKNOWN} if the store does not count that
 * @param deviceReads how many records were read from disk for them, or unknown
 * @param kernelReads how many reads of the disk the kernel counted meanwhile, whoever asked for them, or unknown
 * @param mergedReads how many more went along with a neighbouring one, or unknown
 */
record Throughput(long operations, long nanos, long allocatedBytes, long absent, long deviceLookups, long deviceReads, long kernelReads, long mergedReads) {

    /** Stands for a number that nobody counts. */
    static final long UNKNOWN = -1;

    private static final double NANOS_PER_SECOND = 1e9;

    /** Of a store in memory. */
    Throughput(long operations, long nanos, long allocatedBytes, long absent) {
        this(operations, nanos, allocatedBytes, absent, UNKNOWN, UNKNOWN);
    }

    /** Of which the kernel was not asked. */
    Throughput(long operations, long nanos, long allocatedBytes, long absent, long deviceLookups, long deviceReads) {
        this(operations, nanos, allocatedBytes, absent, deviceLookups, deviceReads, UNKNOWN, UNKNOWN);
    }

    Throughput withKernelReads(long reads, long merged) {
        return new Throughput(operations, nanos, allocatedBytes, absent, deviceLookups, deviceReads, reads, merged);
    }

    double operationsPerSecond() {
        return perSecond(operations);
    }

    /** So many in a second. */
    double perSecond(long count) {
        return count * NANOS_PER_SECOND / nanos;
    }

    double allocatedBytesPerOperation() {
        return (double) allocatedBytes / operations;
    }
}
