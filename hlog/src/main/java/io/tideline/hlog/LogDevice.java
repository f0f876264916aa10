package io.tideline.hlog;

import io.tideline.hlog.device.Device;

/**
 * Where and how a log spills.
 *
 * @param segmentBits base-2 logarithm of the bytes of a segment file, at least the page's
 * @param storeId salts every checksum
 * @param maxOpenFiles how many segment files may be open at once
 */
public record LogDevice(Device device, int segmentBits, long storeId, int maxOpenFiles) {
    public LogDevice {
        if (segmentBits < HybridLog.MIN_PAGE_BITS || segmentBits > 40) {
            throw new IllegalArgumentException("a segment of 2^" + segmentBits + " bytes; it takes 2^" + HybridLog.MIN_PAGE_BITS + " to 2^40");
        }
        if (maxOpenFiles < 1) {
            throw new IllegalArgumentException(maxOpenFiles + " open files; it takes at least 1");
        }
    }
}
