package io.tideline.index;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.memory.Checksum;
import java.nio.ByteBuffer;

/**
 * Seals the blocks of one image and checks that a block is one of them, at its place, as it was sealed. The checksum is salted with the store's
 * id and the place, and covers the sequence number of the image. Single-threaded.
 */
final class ImageSeal {
    private final String path;
    private final long storeId;
    private final long sequence;
    private final Checksum checksum;

    /** @param path where the image is, for people */
    ImageSeal(String path, long storeId, long sequence) {
        this.path = path;
        this.storeId = storeId;
        this.sequence = sequence;
        this.checksum = new Checksum(storeId);
    }

    /**
     * Completes a block whose buckets are in place.
     *
     * @param block as long as it will be in the file
     * @param overflowBuckets of the image, if this is the head, else 0
     */
    void seal(ByteBuffer block, long number, long homeBuckets, long overflowBuckets, int buckets, int blockBytes) {
        block.putLong(ImageLayout.MAGIC_OFFSET, ImageLayout.MAGIC);
        block.putInt(ImageLayout.VERSION_OFFSET, ImageLayout.VERSION);
        block.putLong(ImageLayout.STORE_ID_OFFSET, storeId);
        block.putLong(ImageLayout.SEQUENCE_OFFSET, sequence);
        block.putLong(ImageLayout.NUMBER_OFFSET, number);
        block.putLong(ImageLayout.HOME_OFFSET, homeBuckets);
        block.putLong(ImageLayout.OVERFLOW_OFFSET, overflowBuckets);
        block.putInt(ImageLayout.BUCKETS_OFFSET, buckets);
        block.putInt(ImageLayout.LENGTH_OFFSET, blockBytes);
        block.putInt(ImageLayout.CRC_OFFSET, checksum(block, ImageLayout.offset(number, blockBytes)));
    }

    private int checksum(ByteBuffer block, long offset) {
        ByteBuffer checked = block.slice(ImageLayout.CHECKED_OFFSET, block.limit() - ImageLayout.CHECKED_OFFSET);
        return checksum.of(offset, block.getLong(ImageLayout.MAGIC_OFFSET), block.getInt(ImageLayout.VERSION_OFFSET), checked);
    }

    /** Checks that this is the head of the image, before anything of it is believed. */
    void checkHead(ByteBuffer head) {
        check(head, 0, 0);
        word(0, ImageLayout.BUCKETS_OFFSET, "the number of buckets in the block", head.getInt(ImageLayout.BUCKETS_OFFSET), 0);
        int blockBytes = head.getInt(ImageLayout.LENGTH_OFFSET);
        if (!ImageLayout.isBlockLength(blockBytes)) {
            throw damage(ImageLayout.LENGTH_OFFSET, "the length of blocks", blockBytes + "",
                    "a power of two from " + ImageLayout.PAGE_BYTES + " to " + ImageLayout.MAX_BLOCK_BYTES);
        }
        checkZeros(head, 0, ImageLayout.HEADER_BYTES);
    }

    /** Checks that this is the block of that number, with so many buckets, before anything of it is believed. */
    void checkBlock(ByteBuffer block, long number, long homeBuckets, int buckets, int blockBytes) {
        long offset = ImageLayout.offset(number, blockBytes);
        check(block, number, offset);
        word(offset, ImageLayout.HOME_OFFSET, "the number of buckets", block.getLong(ImageLayout.HOME_OFFSET), homeBuckets);
        word(offset, ImageLayout.OVERFLOW_OFFSET, "the number of overflow buckets", block.getLong(ImageLayout.OVERFLOW_OFFSET), 0);
        word(offset, ImageLayout.BUCKETS_OFFSET, "the number of buckets in the block", block.getInt(ImageLayout.BUCKETS_OFFSET), buckets);
        word(offset, ImageLayout.LENGTH_OFFSET, "the length of blocks", block.getInt(ImageLayout.LENGTH_OFFSET), blockBytes);
        checkZeros(block, offset, ImageLayout.HEADER_BYTES + buckets * BucketLayout.SIZE_BYTES);
    }

    private void check(ByteBuffer block, long number, long offset) {
        // first what tells a block of another file apart, though the checksum would too: it makes the better sentence
        hexWord(offset, ImageLayout.MAGIC_OFFSET, "the magic number", block.getLong(ImageLayout.MAGIC_OFFSET), ImageLayout.MAGIC);
        hexWord(offset, ImageLayout.STORE_ID_OFFSET, "the store id", block.getLong(ImageLayout.STORE_ID_OFFSET), storeId);
        word(offset, ImageLayout.SEQUENCE_OFFSET, "the sequence number", block.getLong(ImageLayout.SEQUENCE_OFFSET), sequence);
        word(offset, ImageLayout.NUMBER_OFFSET, "the block number", block.getLong(ImageLayout.NUMBER_OFFSET), number);
        int stored = block.getInt(ImageLayout.CRC_OFFSET);
        int computed = checksum(block, offset);
        if (stored != computed) {
            throw damage(offset + ImageLayout.CRC_OFFSET, "the checksum", "0x" + Integer.toHexString(stored), "0x" + Integer.toHexString(computed));
        }
        // only now: before, a flipped bit would pass for another version
        int version = block.getInt(ImageLayout.VERSION_OFFSET);
        if (version < 1) {
            throw damage(offset + ImageLayout.VERSION_OFFSET, "the format version", version + "", "1 to " + ImageLayout.VERSION);
        }
        if (version > ImageLayout.VERSION) {
            throw new FormatFault(path + " was written by a newer version of Tideline, in format " + version + "; this one knows up to "
                    + ImageLayout.VERSION + ". Open it with that version");
        }
    }

    private void checkZeros(ByteBuffer block, long offset, int from) {
        for (int at = from; at < block.limit(); at += Long.BYTES) {
            hexWord(offset, at, "the word", block.getLong(at), 0);
        }
    }

    private void word(long offset, int field, String what, long found, long expected) {
        if (found != expected) {
            throw damage(offset + field, what, found + "", expected + "");
        }
    }

    private void hexWord(long offset, int field, String what, long found, long expected) {
        if (found != expected) {
            throw damage(offset + field, what, "0x" + Long.toHexString(found), "0x" + Long.toHexString(expected));
        }
    }

    /** How a damaged image is reported, always. */
    CorruptionFault damage(long offset, String what, String found, String expected) {
        return new CorruptionFault(path + " is damaged at offset " + offset + ": " + what + " is " + found + ", expected " + expected
                + "; nothing of it was used");
    }
}
