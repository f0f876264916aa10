package io.tideline.index;

import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.FileUse;
import io.tideline.memory.Waits;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;

/**
 * An image of the index in a file: what was written or read, and how long that took. It spares recovery from reading the whole log: only
 * what was appended since some moment before the image began must be replayed with {@link HashIndex#raise}. Layout in {@link ImageLayout}.
 *
 * @param sizeBytes of the file
 */
public record IndexImage(long homeBuckets, long overflowBuckets, long sizeBytes, long nanos) {
    /** Transfers long enough to reach a device's speed; the table is read and the device kept busy in pieces of this size. */
    static final int BLOCK_BYTES = 256 << 10;

    /**
     * Writes the index beside running operations, in no epoch, on the calling thread. Neither growth nor the removal of entries is under way.
     *
     * <p>The replay begins at the tail of a moment after which the caller awaited that everybody inside left, before this call: who reserved a
     * record in front of that tail has published it, and the image has it.
     *
     * @param name of a new file; it is removed again if this fails
     * @param sync whether the file survives a crash of the machine afterwards; its name does once the directory is synced
     * @param progressBytes told after each block how many bytes the device was given
     * @throws io.tideline.fault.StoreFault if not everything was written, or synced
     */
    public static IndexImage write(HashIndex index, Device device, Waits waits, String name, long storeId, long sequence, boolean sync,
            LongConsumer progressBytes) {
        return write(index, device, waits, name, storeId, sequence, sync, LongUnaryOperator.identity(), progressBytes);
    }

    /**
     * The same with other addresses than the index has.
     *
     * @param inImage from the address of an entry to one further down its chain, or the end of chains; asked on the calling thread, and may wait
     */
    public static IndexImage write(HashIndex index, Device device, Waits waits, String name, long storeId, long sequence, boolean sync,
            LongUnaryOperator inImage, LongConsumer progressBytes) {
        return write(index, device, waits, name, storeId, sequence, sync, inImage, progressBytes, BLOCK_BYTES);
    }

    /** With blocks of another length; for tests. */
    static IndexImage write(HashIndex index, Device device, Waits waits, String name, long storeId, long sequence, boolean sync,
            LongConsumer progressBytes, int blockBytes) {
        return write(index, device, waits, name, storeId, sequence, sync, LongUnaryOperator.identity(), progressBytes, blockBytes);
    }

    private static IndexImage write(HashIndex index, Device device, Waits waits, String name, long storeId, long sequence, boolean sync,
            LongUnaryOperator inImage, LongConsumer progressBytes, int blockBytes) {
        FileUse.requireAlignment(device, ImageLayout.PAGE_BYTES);
        long start = waits.nanoTime();
        return FileUse.ofNew(device, name, file -> {
            ImageWriter writer = new ImageWriter(index, new ImageSeal(file.path(), storeId, sequence), inImage, blockBytes);
            long sizeBytes = writer.write(file, waits, sync, progressBytes);
            return new IndexImage(index.buckets(), writer.overflowBuckets(), sizeBytes, waits.nanoTime() - start);
        });
    }

    /** How many buckets the file has room for at most; 0 if there is none. What says otherwise is not to be believed, nor memory taken for it. */
    public static long mostBuckets(Device device, String name) {
        return device.exists(name) ? FileUse.of(device, name, file -> file.sizeBytes() / BucketLayout.SIZE_BYTES) : 0;
    }

    /**
     * Reads an image into an empty index of the same number of buckets, which nobody uses yet. If this fails, the index is empty again.
     * It takes 16 MiB at most, of a shorter file no more than that is long, and a bit for each overflow bucket.
     *
     * @param addressLimit what all addresses of the image are below: the end of the log that it belongs to
     * @param progressBytes told after each block how many bytes are checked and in place
     * @throws io.tideline.fault.CorruptionFault if it is not as it was written, or of another store or sequence number, naming the offset
     * @throws io.tideline.fault.FormatFault if it is of a newer version, or of an index with another number of buckets
     * @throws io.tideline.fault.FullFault if the index has not room for so many overflow buckets
     */
    public static IndexImage read(Device device, Waits waits, String name, long storeId, long sequence, HashIndex into, long addressLimit,
            LongConsumer progressBytes) {
        FileUse.requireAlignment(device, ImageLayout.PAGE_BYTES);
        if (into.overflow().handedOut() != 0) {
            throw new IllegalStateException("an index image is read into an index that has " + into.overflowBuckets() + " overflow buckets already");
        }
        long start = waits.nanoTime();
        return FileUse.of(device, name, file -> {
            try {
                ImageReader reader = new ImageReader(file, into, new ImageSeal(file.path(), storeId, sequence), addressLimit);
                long sizeBytes = reader.read(waits, progressBytes);
                return new IndexImage(into.buckets(), reader.overflowBuckets(), sizeBytes, waits.nanoTime() - start);
            } catch (Throwable failed) {
                into.clear();
                throw failed;
            }
        });
    }

    /**
     * Checks an image as {@link #read} does, without an index to read it into.
     *
     * @param homeBuckets of the index that it is of
     * @return the size of its file in bytes
     */
    public static long check(Device device, Waits waits, String name, long storeId, long sequence, long homeBuckets, long addressLimit,
            LongConsumer progressBytes) {
        FileUse.requireAlignment(device, ImageLayout.PAGE_BYTES);
        return FileUse.of(device, name,
                file -> new ImageReader(file, homeBuckets, new ImageSeal(file.path(), storeId, sequence), addressLimit).read(waits, progressBytes));
    }
}
