package io.tideline.hlog;

import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.StoreDirectory;
import io.tideline.hlog.format.SealedFile;
import io.tideline.hlog.format.SealedKind;
import io.tideline.hlog.format.SealedPayload;
import io.tideline.memory.Waits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a store is from its creation on and never changes, kept in the file IDENTITY: the bytes of the log cannot be read without it.
 *
 * @param storeId drawn at random; tells the store's files from those of all others, so not 0
 * @param pageBits base-2 logarithm of the page size in bytes
 * @param segmentBytes size of a file of the log: a power of two, at least a page
 * @param hashSeed what keys are hashed with
 * @param createdAt milliseconds since 1970
 */
public record Identity(long storeId, int pageBits, long segmentBytes, long hashSeed, long createdAt) {
    static final SealedKind KIND = new SealedKind(1, 1);
    /** The largest file of a log: 1 TiB. */
    public static final long MAX_SEGMENT_BYTES = 1L << 40;
    /** The end of the year 9999. */
    private static final long MAX_CREATED_AT = 253_402_300_799_999L;

    public Identity {
        if (storeId == 0) {
            throw new IllegalArgumentException("a store id of 0; it takes any other");
        }
        if (pageBits < HybridLog.MIN_PAGE_BITS || pageBits > HybridLog.MAX_PAGE_BITS) {
            throw new IllegalArgumentException("a page of 2^" + pageBits + " bytes; it takes 2^" + HybridLog.MIN_PAGE_BITS + " to 2^"
                    + HybridLog.MAX_PAGE_BITS);
        }
        if (!isSegment(segmentBytes, pageBits)) {
            throw new IllegalArgumentException("segments of " + segmentBytes + " bytes; they take a power of two from the page size to 2^40");
        }
        if (createdAt < 0 || createdAt > MAX_CREATED_AT) {
            throw new IllegalArgumentException("a store created at " + createdAt + " ms; it takes 0 to " + MAX_CREATED_AT);
        }
    }

    private static boolean isSegment(long bytes, int pageBits) {
        return bytes >= 1L << pageBits && bytes <= MAX_SEGMENT_BYTES && Long.bitCount(bytes) == 1;
    }

    public static boolean exists(Device device) {
        return device.exists(StoreDirectory.IDENTITY);
    }

    /** Makes a directory a store, for good; the first file that is written. */
    public void publish(Device device, Waits waits) {
        if (exists(device)) {
            throw new IllegalStateException("the directory has an " + StoreDirectory.IDENTITY + " already; it is written once");
        }
        byte[] payload = ByteBuffer.allocate(4 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(pageBits).putLong(segmentBytes).putLong(hashSeed).putLong(createdAt).array();
        SealedFile.publish(device, waits, StoreDirectory.IDENTITY, KIND, storeId, 0, payload);
    }

    /** What the directory's store is; see {@link SealedFile#read} for the faults. */
    public static Identity read(Device device, Waits waits) {
        return SealedFile.read(device, waits, StoreDirectory.IDENTITY, KIND, Identity::decode);
    }

    static Identity decode(SealedPayload payload) {
        int pageBits = (int) payload.word("the page size's logarithm", HybridLog.MIN_PAGE_BITS, HybridLog.MAX_PAGE_BITS);
        long segmentBytes = payload.word("the segment size");
        if (!isSegment(segmentBytes, pageBits)) {
            throw payload.wrong("the segment size", segmentBytes, "a power of two from " + (1L << pageBits) + " to " + MAX_SEGMENT_BYTES);
        }
        long hashSeed = payload.word("the hash seed");
        long createdAt = payload.word("the time of creation", 0, MAX_CREATED_AT);
        return new Identity(payload.storeId(), pageBits, segmentBytes, hashSeed, createdAt);
    }
}
