package io.tideline.index;

import io.tideline.fault.FormatFault;
import io.tideline.fault.FullFault;
import io.tideline.fault.FullFault.Place;
import io.tideline.hlog.LogAddress;
import io.tideline.hlog.RecordLayout;
import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.memory.NativeBuffer;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/**
 * Reads an image into an empty index, the next blocks while one is looked at. Nothing of a block is believed before all of it was checked;
 * and whatever a right checksum covers, no entry leads beyond the log, and no two links to one bucket. So every chain that begins in a home
 * bucket ends: to come to a bucket twice, it would have to be led there twice. Without an index it only checks.
 */
final class ImageReader {
    /** With 4 of 256 KiB a virtual disk that takes 2 ms for each gave half of what it can, and while a store is opened nobody else wants it. */
    static final int MOST_UNDER_WAY = 16;
    /** Blocks that follow each other are read at once up to this: each request wakes two threads. */
    private static final int READ_BYTES = 1 << 20;

    private final DeviceFile file;
    /** Null where the image is only checked, as the other is. */
    private final BucketTable table;
    private final OverflowPool overflow;
    private final long homeBuckets;
    private final ImageSeal seal;
    private final long addressLimit;
    private int blockBytes;
    private long overflowBuckets;
    private int blocksAtOnce;
    /** A bit for each overflow bucket: whether a link leads to it. */
    private long[] linked;

    ImageReader(DeviceFile file, HashIndex into, ImageSeal seal, long addressLimit) {
        this.file = file;
        this.table = into.table();
        this.overflow = into.overflow();
        this.homeBuckets = into.buckets();
        this.seal = seal;
        this.addressLimit = addressLimit;
    }

    /** One that only checks. */
    ImageReader(DeviceFile file, long homeBuckets, ImageSeal seal, long addressLimit) {
        this.file = file;
        this.table = null;
        this.overflow = null;
        this.homeBuckets = homeBuckets;
        this.seal = seal;
        this.addressLimit = addressLimit;
    }

    long overflowBuckets() {
        return overflowBuckets;
    }

    /** Reads everything; the size of the file. Who meets a fault clears the index. */
    long read(Waits waits, LongConsumer progressBytes) {
        long sizeBytes = file.sizeBytes();
        readHead(waits, sizeBytes);
        linked = new long[Math.toIntExact((overflowBuckets >>> 6) + 1)];
        if (overflow != null) {
            overflow.restore(overflowBuckets);
        }
        long last = ImageLayout.blocks(homeBuckets + overflowBuckets, blockBytes);
        blocksAtOnce = Math.clamp(last / MOST_UNDER_WAY, 1, READ_BYTES / blockBytes); // no more than leaves something to read beside it
        long reads = (last + blocksAtOnce - 1) / blocksAtOnce;
        int underWay = (int) Math.min(MOST_UNDER_WAY, reads);
        // Only the last read of all is shorter than its place, and where that is the last place, all together are what the file has behind the head.
        try (ImageBlocks parts = new ImageBlocks(file, waits, blocksAtOnce * blockBytes, underWay, sizeBytes - ImageLayout.HEAD_BYTES)) {
            readBuckets(parts, reads, last, progressBytes);
        }
        if (overflow != null) {
            spareUnlinked();
        }
        return sizeBytes;
    }

    /** Believes the numbers of the head only where the size of the file agrees, before memory is taken for them. */
    private void readHead(Waits waits, long sizeBytes) {
        if (sizeBytes < ImageLayout.HEAD_BYTES) {
            throw seal.damage(sizeBytes, "the size", sizeBytes + "", "at least " + ImageLayout.HEAD_BYTES);
        }
        BlockingIo io = new BlockingIo(waits, ImageBlocks.TIMEOUT_NANOS);
        Region memory = Region.allocate(ImageLayout.HEAD_BYTES, false);
        try {
            io.read(file, 0, memory.address(), ImageLayout.HEAD_BYTES);
            ByteBuffer head = NativeBuffer.of(memory.address(), ImageLayout.HEAD_BYTES);
            seal.checkHead(head);
            long found = head.getLong(ImageLayout.HOME_OFFSET);
            if (found != homeBuckets) {
                throw new FormatFault("the index image " + file.path() + " is of " + found + " buckets and does not fit an index of "
                        + homeBuckets + "; nothing of it was used. Open the store with as many buckets as it was made with");
            }
            blockBytes = head.getInt(ImageLayout.LENGTH_OFFSET);
            overflowBuckets = head.getLong(ImageLayout.OVERFLOW_OFFSET);
        } finally {
            if (!io.isUnderWay()) {
                memory.close(); // else leaked rather than taken from under a device that hangs
            }
        }
        // What the file has room for at most; so the numbers below stay small, whatever the head says.
        long roomBuckets = sizeBytes / BucketLayout.SIZE_BYTES;
        if (overflowBuckets < 0 || overflowBuckets > roomBuckets) {
            throw seal.damage(ImageLayout.OVERFLOW_OFFSET, "the number of overflow buckets", overflowBuckets + "", "0 to " + roomBuckets);
        }
        long expectedBytes = ImageLayout.fileBytes(homeBuckets + overflowBuckets, blockBytes);
        if (sizeBytes != expectedBytes) {
            throw seal.damage(Math.min(sizeBytes, expectedBytes), "the size", sizeBytes + "", expectedBytes + "");
        }
        if (overflow != null && overflowBuckets > overflow.capacity()) {
            throw new FullFault(Place.INDEX, "the index image " + file.path() + " has " + overflowBuckets + " overflow buckets and the index has room for "
                    + overflow.capacity() + "; nothing of it was used");
        }
    }

    private void readBuckets(ImageBlocks parts, long reads, long last, LongConsumer progressBytes) {
        for (long read = 0; read < Math.min(reads, parts.count()); read++) {
            begin(parts.of(read), read, last);
        }
        for (long read = 0; read < reads; read++) {
            ImageBlocks.Block part = parts.of(read);
            for (long number = first(read); number <= last(read, last); number++) {
                placeBlock(part, (int) (number - first(read)) * blockBytes, number, progressBytes);
            }
            if (read + parts.count() < reads) {
                begin(part, read + parts.count(), last);
            }
        }
    }

    /** The first block of those that are read at once. */
    private long first(long read) {
        return 1 + read * blocksAtOnce;
    }

    private long last(long read, long last) {
        return Math.min(last, first(read + 1) - 1);
    }

    private void begin(ImageBlocks.Block part, long read, long last) {
        long offset = ImageLayout.offset(first(read), blockBytes);
        part.read(offset, (int) (end(last(read, last)) - offset));
    }

    /** Where a block ends in the file. */
    private long end(long number) {
        return ImageLayout.offset(number, blockBytes) + ImageLayout.lengthBytes(count(number));
    }

    private void placeBlock(ImageBlocks.Block part, int at, long number, LongConsumer progressBytes) {
        int count = count(number);
        int perBlock = ImageLayout.bucketsPerBlock(blockBytes);
        seal.checkBlock(part.bytes(at, ImageLayout.lengthBytes(count)), number, homeBuckets, count, blockBytes);
        place(part.address() + at, ImageLayout.offset(number, blockBytes), (number - 1) * perBlock, count);
        progressBytes.accept(end(number));
    }

    /** How many buckets that block has. */
    private int count(long number) {
        int perBlock = ImageLayout.bucketsPerBlock(blockBytes);
        return (int) Math.min(perBlock, homeBuckets + overflowBuckets - (number - 1) * perBlock);
    }

    /** Puts the buckets of a block where they belong. */
    private void place(long block, long blockOffset, long first, int count) {
        for (int i = 0; i < count; i++) {
            long at = ImageLayout.HEADER_BYTES + ((long) i << BucketLayout.SIZE_SHIFT);
            long number = first + i;
            place(block + at, blockOffset + at, table == null ? 0 : number < homeBuckets ? table.bucketAt(number) : overflow.address(number - homeBuckets + 1));
        }
    }

    /** @param bucket 0 where it is only checked */
    private void place(long source, long offset, long bucket) {
        for (int at = 0; at < BucketLayout.ENTRIES_BYTES; at += 8) {
            long entry = Words.get(source + at);
            if (entry != 0) { // what is free stays untouched, and takes no memory where nothing stands around it
                if (!BucketLayout.isSound(entry, addressLimit)) {
                    throw badEntry(offset + at, entry);
                }
                set(bucket, at, entry);
            }
        }
        long link = Words.get(source + BucketLayout.OVERFLOW_OFFSET);
        if (link != 0) {
            requireLink(offset + BucketLayout.OVERFLOW_OFFSET, link);
            set(bucket, BucketLayout.OVERFLOW_OFFSET, link);
        }
    }

    private static void set(long bucket, int offset, long word) {
        if (bucket != 0) {
            Words.set(bucket + offset, word);
        }
    }

    private RuntimeException badEntry(long offset, long entry) {
        return seal.damage(offset, "the entry", "0x" + Long.toHexString(entry),
                "0, or one of the address " + LogAddress.CHAIN_END + ", or of a multiple of " + RecordLayout.GRANULE_BYTES + " from "
                        + LogAddress.FIRST + " to below " + addressLimit);
    }

    private void requireLink(long offset, long link) {
        if (link < 0 || link > overflowBuckets) {
            throw seal.damage(offset, "the overflow word", "0x" + Long.toHexString(link), "a number from 0 to " + overflowBuckets);
        }
        if (isLinked(link)) {
            throw seal.damage(offset, "the overflow word", "the number " + link, "another one, because a bucket before leads there");
        }
        linked[(int) (link >>> 6)] |= 1L << link;
    }

    private boolean isLinked(long number) {
        return (linked[(int) (number >>> 6)] >>> number & 1) != 0;
    }

    /**
     * Gives back the buckets that no home bucket leads to: they were handed out, or hung onto a bucket, after that had been copied. Each is led
     * to by one bucket at most, so following the links of the unlinked ones meets each once.
     */
    private void spareUnlinked() {
        for (long number = 1; number <= overflowBuckets; number++) {
            long next = isLinked(number) ? 0 : number;
            while (next != 0) {
                long unlinked = next;
                next = BucketLayout.overflow(Words.get(overflow.address(unlinked) + BucketLayout.OVERFLOW_OFFSET));
                overflow.spare(unlinked);
            }
        }
    }
}
