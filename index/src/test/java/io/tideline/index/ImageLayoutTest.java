package io.tideline.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ImageLayoutTest {
    /** Of more buckets than an int of bytes can say, one after the other, without a gap. */
    @Test
    void shouldPlaceEveryBlockOfAnImageOfSixteenGiB() {
        long buckets = 1L << 28;
        int perBlock = ImageLayout.bucketsPerBlock(IndexImage.BLOCK_BYTES);
        long blocks = ImageLayout.blocks(buckets, IndexImage.BLOCK_BYTES);
        long at = ImageLayout.HEAD_BYTES;
        long placed = 0;
        for (long number = 1; number <= blocks; number++) {
            assertEquals(at, ImageLayout.offset(number, IndexImage.BLOCK_BYTES));
            int count = (int) Math.min(perBlock, buckets - placed);
            at += number < blocks ? IndexImage.BLOCK_BYTES : ImageLayout.lengthBytes(count);
            placed += count;
        }
        assertEquals(buckets, placed);
        assertEquals(at, ImageLayout.fileBytes(buckets, IndexImage.BLOCK_BYTES));
        assertTrue(at > 16L << 30, at + " bytes");
    }
}
