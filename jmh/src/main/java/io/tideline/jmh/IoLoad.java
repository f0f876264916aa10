package io.tideline.jmh;

import com.sun.management.OperatingSystemMXBean;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.IoRequest;
import io.tideline.memory.Region;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** So many transfers always under way, each followed by the next one as it completes, for as long as there are places to go to. */
final class IoLoad implements AutoCloseable {
    private static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final List<DeviceFile> files;
    private final long segmentBytes;
    private final int lengthBytes;
    private final boolean writes;
    private final LongSupplier places;
    private final Region memory;
    private final List<Loop> loops = new ArrayList<>();
    private final CountDownLatch ended;
    private final long begun = System.nanoTime();
    private final long cpuBefore = SYSTEM.getProcessCpuTime();
    private volatile boolean stopped;
    private volatile StoreFault failure;

    /**
     * What was measured.
     *
     * @param count transfers
     * @param seconds from the first submission to the last completion
     * @param cpuNanos of all threads of this process meanwhile, those of the kernel that work for it included
     * @param latencies nanoseconds of each transfer, sorted
     */
    record Result(long count, double seconds, long cpuNanos, long[] latencies) {
        double perSecond() {
            return count / seconds;
        }

        double cpuMicrosEach() {
            return cpuNanos / 1e3 / count;
        }

        double micros(double quantile) {
            return latencies[(int) Math.min(latencies.length - 1L, (long) (latencies.length * quantile))] / 1e3;
        }
    }

    /** One of the transfers that are under way. */
    private final class Loop extends IoRequest {
        private final long address;
        private long[] latencies = new long[1 << 12];
        private int count;
        private long submittedAt;

        private Loop(long address) {
            this.address = address;
        }

        private void next() {
            long place = stopped ? -1 : places.getAsLong();
            if (place < 0) {
                ended.countDown();
                return;
            }
            DeviceFile file = files.get((int) (place / segmentBytes));
            submittedAt = System.nanoTime();
            if (writes) {
                file.write(this, place % segmentBytes, address, lengthBytes);
            } else {
                file.read(this, place % segmentBytes, address, lengthBytes);
            }
        }

        @Override
        protected void completed(StoreFault fault) {
            if (fault != null) {
                failure = fault;
                ended.countDown();
                return;
            }
            if (count == latencies.length) {
                latencies = Arrays.copyOf(latencies, 2 * count);
            }
            latencies[count++] = System.nanoTime() - submittedAt;
            next();
        }
    }

    /** @param places thread-safe: where the next transfer goes, counted over all files; negative when there is none */
    IoLoad(List<DeviceFile> files, long segmentBytes, int lengthBytes, boolean writes, int depth, LongSupplier places) {
        this.files = files;
        this.segmentBytes = segmentBytes;
        this.lengthBytes = lengthBytes;
        this.writes = writes;
        this.places = places;
        this.memory = Region.allocate((long) depth * lengthBytes, false);
        this.ended = new CountDownLatch(depth);
        for (int i = 0; i < depth; i++) {
            loops.add(new Loop(memory.address() + (long) i * lengthBytes));
        }
        loops.forEach(Loop::next);
    }

    /** Goes on for so long, unless the places end. */
    Result runFor(long seconds) throws InterruptedException {
        if (!ended.await(seconds, TimeUnit.SECONDS)) {
            stopped = true;
        }
        return await();
    }

    /** Goes on until the places end. */
    Result await() throws InterruptedException {
        ended.await();
        double seconds = (System.nanoTime() - begun) / 1e9;
        long cpuNanos = SYSTEM.getProcessCpuTime() - cpuBefore;
        if (failure != null) {
            throw failure;
        }
        long[] latencies = loops.stream().flatMapToLong(loop -> Arrays.stream(loop.latencies, 0, loop.count)).sorted().toArray();
        return new Result(latencies.length, seconds, cpuNanos, latencies);
    }

    /** Ends it, where it is not at its end, and gives its memory back. */
    @Override
    public void close() {
        stopped = true;
        try {
            ended.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while transfers are under way, whose memory is leaked", e);
        }
        memory.close();
    }
}
