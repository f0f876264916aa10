package io.tideline.index;

import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;

/**
 * Writes an image of an index that is in use: copies bucket after bucket, while the device writes the blocks before.
 *
 * <p>Every word is copied by one acquiring load, and no two of them belong together: an entry is its own truth, and a link leads to a bucket
 * that was handed out before. So the image is of no single moment, but every entry that was made before it began is in it, with the
 * address of then or a newer one.
 */
final class ImageWriter {
    /** Enough for most disks, and others read from them meanwhile. */
    static final int UNDER_WAY = 4;

    private final BucketTable table;
    private final OverflowPool overflow;
    private final ImageSeal seal;
    private final LongUnaryOperator inImage;
    private final int blockBytes;
    /** Known once all home buckets are copied; until then 0. */
    private long overflowBuckets;

    /** @param inImage from the address that an entry has to the one that it is to have in the image */
    ImageWriter(HashIndex index, ImageSeal seal, LongUnaryOperator inImage, int blockBytes) {
        this.table = index.table();
        this.overflow = index.overflow();
        this.seal = seal;
        this.inImage = inImage;
        this.blockBytes = blockBytes;
    }

    long overflowBuckets() {
        return overflowBuckets;
    }

    /** Writes everything, the head last: a file that was not finished is no image. Returns its size. */
    long write(DeviceFile file, Waits waits, boolean sync, LongConsumer progressBytes) {
        long end;
        try (ImageBlocks blocks = new ImageBlocks(file, waits, blockBytes, UNDER_WAY)) {
            end = writeBuckets(blocks, progressBytes);
            blocks.await();
            ImageBlocks.Block head = blocks.of(0);
            finish(head, 0, 0);
            head.await();
        }
        if (sync) {
            new BlockingIo(waits, ImageBlocks.TIMEOUT_NANOS).sync(file);
        }
        return end;
    }

    private long writeBuckets(ImageBlocks blocks, LongConsumer progressBytes) {
        long end = ImageLayout.HEAD_BYTES;
        long copied = 0;
        for (long number = 1; copied < table.buckets() + overflowBuckets; number++) {
            ImageBlocks.Block block = blocks.of(number);
            int count = fill(block.address() + ImageLayout.HEADER_BYTES, copied);
            end += finish(block, number, count);
            copied += count;
            progressBytes.accept(end);
        }
        return end;
    }

    /** Copies as many buckets as a block takes, or as there are; how many. */
    private int fill(long target, long first) {
        int room = ImageLayout.bucketsPerBlock(blockBytes);
        int home = Math.clamp(table.buckets() - first, 0, room);
        for (int i = 0; i < home; i++) {
            copy(table.bucketAt(first + i), target + ((long) i << BucketLayout.SIZE_SHIFT), BucketLayout.ADDRESS_MASK);
        }
        if (first + home < table.buckets()) {
            return home;
        }
        if (home > 0) {
            // Behind the last home bucket, so that no link of theirs leads beyond.
            overflowBuckets = overflow.handedOut();
        }
        long number = first + home - table.buckets() + 1;
        int more = (int) Math.min(room - home, overflowBuckets + 1 - number);
        for (int i = 0; i < more; i++) {
            // A bucket beyond was handed out after the image had begun. Its entries were made after that, by who entered the epoch after the tail
            // was noted from which on the log is replayed, so their records stand behind that; nothing that was there before the beginning stands in it.
            copy(overflow.address(number + i), target + ((long) (home + i) << BucketLayout.SIZE_SHIFT), overflowBuckets);
        }
        return home + more;
    }

    /** Leaves out counts, which belong to running operations alone, and links beyond {@code lastOverflow}. */
    private void copy(long bucket, long target, long lastOverflow) {
        for (int at = 0; at < BucketLayout.ENTRIES_BYTES; at += 8) {
            long entry = Words.getAcquire(bucket + at);
            Words.set(target + at, entry == 0 ? 0 : BucketLayout.entry(BucketLayout.tagBitsOf(entry), inImage.applyAsLong(BucketLayout.address(entry))));
        }
        long link = BucketLayout.overflow(Words.getAcquire(bucket + BucketLayout.OVERFLOW_OFFSET));
        Words.set(target + BucketLayout.OVERFLOW_OFFSET, link <= lastOverflow ? link : 0);
    }

    /** Seals a block that holds its buckets and begins to write it; its length. */
    private int finish(ImageBlocks.Block block, long number, int buckets) {
        int lengthBytes = ImageLayout.lengthBytes(buckets);
        int usedBytes = ImageLayout.HEADER_BYTES + buckets * BucketLayout.SIZE_BYTES;
        Words.zero(block.address() + usedBytes, lengthBytes - usedBytes);
        seal.seal(block.bytes(lengthBytes), number, table.buckets(), number == 0 ? overflowBuckets : 0, buckets, blockBytes);
        block.write(ImageLayout.offset(number, blockBytes), lengthBytes);
        return lengthBytes;
    }
}
