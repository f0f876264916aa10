package io.tideline.hlog;

import io.tideline.hlog.device.Device;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where and how a log spills.
 *
 * @param device writes the log and removes its files
 * @param reads reads single records; may be the same
 * @param scans reads whole pages in order; may be the same
 * @param segmentBits base-2 logarithm of the bytes of a segment file, at least the page's
 * @param storeId salts every checksum
 * @param maxOpenFiles how many segment files of each device may be open at once
 */
public record LogDevice(Device device, Device reads, Device scans, int segmentBits, long storeId, int maxOpenFiles) {
    /** One device for everything. */
    public LogDevice(Device device, int segmentBits, long storeId, int maxOpenFiles) {
        this(device, device, device, segmentBits, storeId, maxOpenFiles);
    }

    public LogDevice {
        if (segmentBits < HybridLog.MIN_PAGE_BITS || segmentBits > 40) {
            throw new IllegalArgumentException("a segment of 2^" + segmentBits + " bytes; it takes 2^" + HybridLog.MIN_PAGE_BITS + " to 2^40");
        }
        if (maxOpenFiles < 1) {
            throw new IllegalArgumentException(maxOpenFiles + " open files; it takes at least 1");
        }
    }

    /** Each once. */
    List<Device> devices() {
        return Stream.of(device, reads, scans).distinct().toList();
    }
}
