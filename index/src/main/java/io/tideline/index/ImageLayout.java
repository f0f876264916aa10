package io.tideline.index;

import io.tideline.hlog.format.BlockLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Where everything is in an index image, little-endian. Blocks follow each other without gaps; block 0, the head, has 4,096 bytes, all
 * others have the length that the head names, but for the last, which ends with its buckets. A block begins as
 * {@link BlockLayout} says, and goes on with
 *
 * <pre>
 *  40             48                 56                60
 *  | home buckets | overflow buckets | buckets in here | block length |
 * </pre>
 *
 * followed by its buckets, 64 bytes each, and zeros up to a multiple of 4,096. Buckets are numbered through: the home buckets, then the
 * overflow buckets from their number 1 on. Only the head knows how many of the latter there are, because it is written last.
 */
final class ImageLayout {
    static final int HOME_OFFSET = BlockLayout.FIELDS_OFFSET;
    static final int OVERFLOW_OFFSET = HOME_OFFSET + Long.BYTES;
    static final int BUCKETS_OFFSET = OVERFLOW_OFFSET + Long.BYTES;
    static final int LENGTH_OFFSET = BUCKETS_OFFSET + Integer.BYTES;
    static final int HEADER_BYTES = 64;

    static final long MAGIC = ByteBuffer.wrap("TIDELIDX".getBytes(StandardCharsets.US_ASCII)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    static final int VERSION = 1;
    static final int PAGE_BYTES = BlockLayout.ALIGNMENT_BYTES;
    static final int HEAD_BYTES = PAGE_BYTES;
    static final int MAX_BLOCK_BYTES = 1 << 20;

    static {
        if (HEADER_BYTES != BucketLayout.SIZE_BYTES || LENGTH_OFFSET + Integer.BYTES != HEADER_BYTES) {
            throw new AssertionError("the header of a block does not take the room of a bucket");
        }
    }

    private ImageLayout() {
    }

    /** Whether blocks may be so long. */
    static boolean isBlockLength(int blockBytes) {
        return blockBytes >= PAGE_BYTES && blockBytes <= MAX_BLOCK_BYTES && Integer.bitCount(blockBytes) == 1;
    }

    /** How many buckets a block has room for. */
    static int bucketsPerBlock(int blockBytes) {
        return (blockBytes - HEADER_BYTES) / BucketLayout.SIZE_BYTES;
    }

    /** How many blocks so many buckets take. */
    static long blocks(long buckets, int blockBytes) {
        return (buckets + bucketsPerBlock(blockBytes) - 1) / bucketsPerBlock(blockBytes);
    }

    /** Where a block stands in the file. */
    static long offset(long number, int blockBytes) {
        return number == 0 ? 0 : HEAD_BYTES + (number - 1) * blockBytes;
    }

    /** The bytes that a block of so many buckets takes. */
    static int lengthBytes(int buckets) {
        return HEADER_BYTES + buckets * BucketLayout.SIZE_BYTES + PAGE_BYTES - 1 & -PAGE_BYTES;
    }

    /** The size of the file. */
    static long fileBytes(long buckets, int blockBytes) {
        long blocks = blocks(buckets, blockBytes);
        return offset(blocks, blockBytes) + lengthBytes((int) (buckets - (blocks - 1) * bucketsPerBlock(blockBytes)));
    }
}
