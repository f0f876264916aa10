package io.tideline.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Words;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BucketTableTest {
    /** Tables of 2^31 to 2^38 entries and beyond, by their number of buckets. */
    @ParameterizedTest
    @ValueSource(ints = {28, 29, 30, 31, 32, 33, 35, 38, 39, 42})
    void shouldReachTheLastBucketOfTablesBeyondAnInt(int bucketBits) {
        long mask = (1L << bucketBits) - 1 << BucketLayout.SIZE_SHIFT;
        long last = (1L << bucketBits) - 1;
        assertEquals(last << 6, BucketTable.offset(-1, mask));
        assertEquals(last << 6, BucketTable.offset(last, mask));
        assertEquals(0, BucketTable.offset(last + 1, mask));
        assertEquals(1L << 6, BucketTable.offset(last + 2, mask));
        for (int bit = 0; bit < bucketBits; bit++) {
            assertEquals(1L << bit + 6, BucketTable.offset(1L << bit, mask), "bit " + bit);
        }
        for (int bit = bucketBits; bit < 50; bit++) {
            assertEquals(0, BucketTable.offset(1L << bit, mask), "bit " + bit);
        }
    }

    @Test
    void shouldTouchBothEndsOfTwoBillionEntries() {
        long buckets = 1L << 28; // 16 GiB of address space, of which a few pages become resident
        try (BucketTable table = new BucketTable(buckets, false)) {
            assertEquals(buckets, table.buckets());
            assertEquals(buckets << 6, table.sizeBytes());
            long[] numbers = {0, 1, (1 << 25) - 1, 1 << 25, (1 << 26) + 5, 1 << 27, buckets - 2, buckets - 1};
            for (long number : numbers) {
                assertEquals(Words.pin(table.bucketAt(number)), table.bucket(number), "bucket " + number);
                assertEquals(Words.pin(table.bucketAt(number)), table.bucket(number | -1L << 28), "bucket " + number);
                Words.set(table.bucket(number), number + 1);
                Words.set(table.bucket(number) + BucketLayout.OVERFLOW_OFFSET, -number - 1);
            }
            for (long number : numbers) {
                assertEquals(number + 1, Words.get(table.bucket(number)), "bucket " + number);
                assertEquals(-number - 1, Words.get(table.bucket(number) + BucketLayout.OVERFLOW_OFFSET), "bucket " + number);
            }
            table.clear();
            for (long number : numbers) {
                assertEquals(0, Words.get(table.bucket(number)));
                assertEquals(0, Words.get(table.bucket(number) + BucketLayout.OVERFLOW_OFFSET));
            }
        }
    }

    @Test
    void shouldAlignBucketsToCacheLines() {
        try (BucketTable table = new BucketTable(1, false)) {
            assertEquals(0, table.bucketAt(0) & 63);
            assertEquals(1, table.buckets());
            assertTrue(table.sizeBytes() >= 64);
            assertEquals(table.bucket(0), table.bucket(-1));
        }
    }
}
