package io.tideline.cli.bench;

/**
 * What it took to load all keys.
 *
 * @param nanos how long it took
 * @param appendedBytes bytes of the records that the store appended, {@link Throughput#UNKNOWN} if it does not say
 * @param writtenBytes bytes of them that were on disk by the end, or unknown
 * @param writing the part of it in which the disk had to keep pace; null if it is unknown, or there was none
 * @param kernelWrittenBytes bytes that the kernel wrote to the disk meanwhile, or unknown
 */
record Loading(long nanos, long appendedBytes, long writtenBytes, Writing writing, long kernelWrittenBytes) {

    private static final double NANOS_PER_SECOND = 1e9;

    /**
     * From the moment when something was on disk to the end.
     *
     * @param nanos how long it took
     * @param bytes what the store wrote to its disk meanwhile
     */
    record Writing(long nanos, long bytes) {

        double bytesPerSecond() {
            return bytes * NANOS_PER_SECOND / Math.max(nanos, 1);
        }
    }

    Loading withKernelWrittenBytes(long bytes) {
        return new Loading(nanos, appendedBytes, writtenBytes, writing, bytes);
    }

    double seconds() {
        return nanos / NANOS_PER_SECOND;
    }

    /** So many of {@code bytes} in a second; null if they are unknown. */
    Double perSecond(long bytes) {
        return bytes == Throughput.UNKNOWN ? null : bytes * NANOS_PER_SECOND / Math.max(nanos, 1);
    }

    Double appendedPerSecond() {
        return perSecond(appendedBytes);
    }

    Double writtenPerSecond() {
        return perSecond(writtenBytes);
    }

    Double kernelWrittenPerSecond() {
        return perSecond(kernelWrittenBytes);
    }

    /** What was written in a second while the disk had to keep pace; null if it is unknown. */
    Double writingPerSecond() {
        return writing == null ? null : writing.bytesPerSecond();
    }
}
