package io.tideline.cli.bench;

/**
 * What one window showed.
 *
 * @param operations how many operations were done
 * @param nanos how long they took
 * @param allocatedBytes what the threads that did them allocated on the Java heap
 * @param absent how many reads did not find their key
 * @param deviceReads how many records were read from disk for it
 */
record Throughput(long operations, long nanos, long allocatedBytes, long absent, long deviceReads) {

    private static final double NANOS_PER_SECOND = 1e9;

    /** Of a store in memory. */
    Throughput(long operations, long nanos, long allocatedBytes, long absent) {
        this(operations, nanos, allocatedBytes, absent, 0);
    }

    double deviceReadsPerSecond() {
        return deviceReads * NANOS_PER_SECOND / nanos;
    }

    double operationsPerSecond() {
        return operations * NANOS_PER_SECOND / nanos;
    }

    double allocatedBytesPerOperation() {
        return (double) allocatedBytes / operations;
    }
}
