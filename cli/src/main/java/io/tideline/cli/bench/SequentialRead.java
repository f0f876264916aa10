package io.tideline.cli.bench;

import io.tideline.cli.console.Failure;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.DirectDevice;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How fast the files of a directory are read from their starts to their ends past the kernel's cache, by some threads that each read the next
 * 1 MiB. It stands in for fio where there is none.
 */
final class SequentialRead {

    /** What the figure is said to come from. */
    static final String NAME = "own reads past the cache";

    private static final int THREADS = 8;
    private static final int PIECE_BYTES = 1 << 20;
    private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final double NANOS_PER_SECOND = 1e9;

    private SequentialRead() {
    }

    /** Bytes in a second. The ends of files, as far as they fill no whole sector of the device, are left out. */
    static double measure(Path directory, Runnable tick) {
        AtomicLong bytes = new AtomicLong();
        long start = System.nanoTime();
        try (DirectDevice device = new DirectDevice(directory, THREADS); ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            for (String name : device.list()) {
                tick.run();
                try (DeviceFile file = device.open(name)) {
                    read(file, file.sizeBytes() & -device.alignmentBytes(), threads, bytes);
                }
            }
            if (!device.model().equals("direct")) {
                throw new Failure("Cannot see what the disk gives: " + directory + " cannot be read past the kernel's cache. Name a --dir whose file"
                        + " system can do that, or install fio.");
            }
        } catch (StoreFault refused) {
            throw new Failure("Cannot see what the disk gives: " + refused.getMessage() + ".", refused);
        }
        return bytes.get() * NANOS_PER_SECOND / Math.max(1, System.nanoTime() - start);
    }

    private static void read(DeviceFile file, long size, ExecutorService threads, AtomicLong bytes) {
        AtomicLong next = new AtomicLong();
        List<Future<?>> parts = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            parts.add(threads.submit(() -> read(file, size, next, bytes)));
        }
        try {
            for (Future<?> part : parts) {
                part.get();
            }
        } catch (ExecutionException failed) {
            throw new Failure("Cannot see what the disk gives: " + failed.getCause().getMessage() + ".", failed);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new Failure("Reading " + file.path() + " was interrupted.", stop);
        }
    }

    /** One thread's part. */
    private static void read(DeviceFile file, long size, AtomicLong next, AtomicLong bytes) {
        BlockingIo io = new BlockingIo(Waits.SYSTEM, TIMEOUT_NANOS);
        Region piece = Region.allocate(PIECE_BYTES, false);
        try {
            for (long at = next.getAndAdd(PIECE_BYTES); at < size; at = next.getAndAdd(PIECE_BYTES)) {
                int length = (int) Math.min(PIECE_BYTES, size - at);
                io.read(file, at, piece.address(), length);
                bytes.addAndGet(length);
            }
        } finally {
            if (!io.isUnderWay()) {
                piece.close(); // else leaked rather than taken from under a device that hangs
            }
        }
    }
}
