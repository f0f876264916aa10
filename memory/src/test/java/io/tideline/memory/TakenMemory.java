package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * The memory that something takes: the heap of the calling thread, and the regions of the whole JVM, also what is given back at once. Whoever measures
 * a reader gives it a device that needs no thread, and lets nobody else make regions.
 */
public final class TakenMemory {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int MEBIBYTE = 1 << 20;

    private final long heapBytes = heap();
    private final long regionBytes = Region.requestedBytes();

    private TakenMemory() {
    }

    private static long heap() {
        return THREADS.getThreadAllocatedBytes(Thread.currentThread().threadId());
    }

    public static TakenMemory fromNow() {
        return new TakenMemory();
    }

    public long heapBytes() {
        return heap() - heapBytes;
    }

    public long regionBytes() {
        return Region.requestedBytes() - regionBytes;
    }

    public long bytes() {
        return heapBytes() + regionBytes();
    }

    /**
     * Has a file read, and demands that this takes no more than it is long, and 1 MiB, however the reading ends. What takes more is done once more, because
     * code that runs for the first time takes memory for itself.
     *
     * @param reading which can be done twice
     */
    public static void requireForFile(long fileBytes, Runnable reading) {
        TakenMemory taken = fromNow();
        try {
            reading.run();
        } finally {
            if (taken.bytes() > fileBytes + MEBIBYTE) {
                requireAgain(fileBytes, reading);
            }
        }
    }

    private static void requireAgain(long fileBytes, Runnable reading) {
        TakenMemory taken = fromNow();
        try {
            reading.run();
        } finally {
            long heapBytes = taken.heapBytes();
            long regionBytes = taken.regionBytes();
            assertTrue(heapBytes + regionBytes <= fileBytes + MEBIBYTE, () -> "to read a file of " + fileBytes + " bytes took " + heapBytes
                    + " bytes of the heap and " + regionBytes + " of regions");
        }
    }
}
