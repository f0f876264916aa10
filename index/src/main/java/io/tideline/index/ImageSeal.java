package io.tideline.index;

import io.tideline.fault.CorruptionFault;
import io.tideline.hlog.format.BlockSeal;
import java.nio.ByteBuffer;

/** Seals the blocks of one image and checks them, with the fields that only an image has. Single-threaded. */
final class ImageSeal {
    private final BlockSeal blocks;

    /** @param path where the image is, for people */
    ImageSeal(String path, long storeId, long sequence) {
        this.blocks = new BlockSeal(path, ImageLayout.MAGIC, ImageLayout.VERSION, storeId, sequence);
    }

    /**
     * Completes a block whose buckets are in place.
     *
     * @param block as long as it will be in the file
     * @param overflowBuckets of the image, if this is the head, else 0
     */
    void seal(ByteBuffer block, long number, long homeBuckets, long overflowBuckets, int buckets, int blockBytes) {
        block.putLong(ImageLayout.HOME_OFFSET, homeBuckets);
        block.putLong(ImageLayout.OVERFLOW_OFFSET, overflowBuckets);
        block.putInt(ImageLayout.BUCKETS_OFFSET, buckets);
        block.putInt(ImageLayout.LENGTH_OFFSET, blockBytes);
        blocks.seal(block, ImageLayout.offset(number, blockBytes), number);
    }

    /** Checks that this is the head of the image, before anything of it is believed. */
    void checkHead(ByteBuffer head) {
        blocks.check(head, 0, 0);
        blocks.word(0, ImageLayout.BUCKETS_OFFSET, "the number of buckets in the block", head.getInt(ImageLayout.BUCKETS_OFFSET), 0);
        int blockBytes = head.getInt(ImageLayout.LENGTH_OFFSET);
        if (!ImageLayout.isBlockLength(blockBytes)) {
            throw damage(ImageLayout.LENGTH_OFFSET, "the length of blocks", blockBytes + "",
                    "a power of two from " + ImageLayout.PAGE_BYTES + " to " + ImageLayout.MAX_BLOCK_BYTES);
        }
        blocks.zeros(head, 0, ImageLayout.HEADER_BYTES);
    }

    /** Checks that this is the block of that number, with so many buckets, before anything of it is believed. */
    void checkBlock(ByteBuffer block, long number, long homeBuckets, int buckets, int blockBytes) {
        long offset = ImageLayout.offset(number, blockBytes);
        blocks.check(block, offset, number);
        blocks.word(offset, ImageLayout.HOME_OFFSET, "the number of buckets", block.getLong(ImageLayout.HOME_OFFSET), homeBuckets);
        blocks.word(offset, ImageLayout.OVERFLOW_OFFSET, "the number of overflow buckets", block.getLong(ImageLayout.OVERFLOW_OFFSET), 0);
        blocks.word(offset, ImageLayout.BUCKETS_OFFSET, "the number of buckets in the block", block.getInt(ImageLayout.BUCKETS_OFFSET), buckets);
        blocks.word(offset, ImageLayout.LENGTH_OFFSET, "the length of blocks", block.getInt(ImageLayout.LENGTH_OFFSET), blockBytes);
        blocks.zeros(block, offset, ImageLayout.HEADER_BYTES + buckets * BucketLayout.SIZE_BYTES);
    }

    /** How a damaged image is reported, always. */
    CorruptionFault damage(long offset, String what, String found, String expected) {
        return blocks.damage(offset, what, found, expected);
    }
}
