package io.tideline.hlog.format;

import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A file and the memory that is written to it or read from it; leaked rather than taken from under a device that hangs. */
final class SealTransfer implements AutoCloseable {
    private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);

    final DeviceFile file;
    final BlockingIo io;
    private final List<Region> regions = new ArrayList<>();
    private boolean closed;

    SealTransfer(Waits waits, DeviceFile file) {
        this.file = file;
        this.io = new BlockingIo(waits, TIMEOUT_NANOS);
    }

    long allocate(long bytes) {
        Region region = Region.allocate(bytes, false);
        regions.add(region);
        return region.address();
    }

    /** Idempotent. */
    @Override
    public void close() {
        if (!closed && !io.isUnderWay()) {
            closed = true;
            regions.forEach(Region::close);
            file.close();
        }
    }
}
