package io.tideline.cli.bench;

/**
 * What one window showed.
 *
 * @param operations how many operations were done
 * @param nanos how long they took
 * @param allocatedBytes what the threads that did them allocated on the Java heap
 * @param absent how many reads did not find their key
 */
record Throughput(long operations, long nanos, long allocatedBytes, long absent) {

    private static final double NANOS_PER_SECOND = 1e9;

    double operationsPerSecond() {
        return operations * NANOS_PER_SECOND / nanos;
    }

    double allocatedBytesPerOperation() {
        return (double) allocatedBytes / operations;
    }
}
