package io.tideline.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BucketLayoutTest {
    @Test
    void shouldFillACacheLine() {
        assertEquals(64, BucketLayout.SIZE_BYTES);
        assertEquals(64, 1 << BucketLayout.SIZE_SHIFT);
        assertEquals(56, BucketLayout.OVERFLOW_OFFSET);
        assertEquals(7, BucketLayout.ENTRIES);
    }

    @Test
    void shouldGiveEveryTagItsOwnBits() {
        Set<Long> seen = new HashSet<>();
        for (long tag = 0; tag < 1 << 14; tag++) {
            long bits = BucketLayout.tagBits(tag << 48 | 0xC000_FFFF_FFFF_FFFFL);
            assertEquals(0, bits & (BucketLayout.ADDRESS_MASK | BucketLayout.READ_CACHE | 1L << 63), "tag " + tag);
            assertTrue(seen.add(bits), "tag " + tag);
        }
    }

    @Test
    void shouldTakeTagAndBucketFromDisjointBitsAtEveryTableSize() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 10_000; i++) {
            long hash = random.nextLong();
            for (int bit = 0; bit < 64; bit++) {
                boolean inTag = BucketLayout.tagBits(hash) != BucketLayout.tagBits(hash ^ 1L << bit);
                boolean inBucket = false;
                for (int sizeBits = 0; sizeBits <= BucketLayout.MAX_BUCKET_BITS - BucketLayout.SIZE_SHIFT; sizeBits += 7) {
                    long mask = (1L << sizeBits) - 1 << BucketLayout.SIZE_SHIFT;
                    inBucket |= BucketTable.offset(hash, mask) != BucketTable.offset(hash ^ 1L << bit, mask);
                }
                assertFalse(inTag && inBucket, "bit " + bit + " is in the tag and in the bucket");
                assertEquals(bit >= 48 && bit < 62, inTag, "bit " + bit);
                assertEquals(bit < 42, inBucket, "bit " + bit);
            }
        }
    }

    @Test
    void shouldKeepTheFieldsOfAnEntryApart() {
        long tagBits = BucketLayout.tagBits(-1);
        long entry = BucketLayout.entry(tagBits, BucketLayout.ADDRESS_MASK);
        assertEquals(BucketLayout.ADDRESS_MASK, BucketLayout.address(entry));
        assertEquals(tagBits, BucketLayout.tagBitsOf(entry));
        assertEquals(-1L, entry | BucketLayout.READ_CACHE | 1L << 63, "the three fields take all bits but the last");
        assertFalse(BucketLayout.hasForeignBits(entry));
        for (long foreign : new long[] {BucketLayout.READ_CACHE, 1L << 63}) {
            assertTrue(BucketLayout.hasForeignBits(entry | foreign));
            assertTrue(BucketLayout.isSound(BucketLayout.entry(tagBits, 64), 128));
            assertFalse(BucketLayout.isSound(BucketLayout.entry(tagBits, 64) | foreign, 128), "no image has it");
        }
        long other = BucketLayout.tagBits(5L << 48);
        for (long address : new long[] {1, 64, BucketLayout.ADDRESS_MASK}) {
            long plain = BucketLayout.entry(tagBits, address);
            for (long marked : new long[] {plain, plain | BucketLayout.READ_CACHE}) {
                assertTrue(BucketLayout.matches(marked, tagBits));
                assertFalse(BucketLayout.matches(marked, other));
                assertEquals(tagBits, BucketLayout.tagBitsOf(marked));
                assertEquals(address, BucketLayout.address(marked));
            }
        }
    }

    @Test
    void shouldMatchNoHashWithAFreeEntry() {
        for (long tag = 0; tag < 1 << 14; tag++) {
            long tagBits = BucketLayout.tagBits(tag << 48);
            assertFalse(BucketLayout.matches(0, tagBits), "tag " + tag);
            assertEquals(0, BucketLayout.ifMatches(0, tagBits), "tag " + tag);
            assertTrue(BucketLayout.matches(BucketLayout.entry(tagBits, 1), tagBits), "tag " + tag);
        }
    }

    @Test
    void shouldAnswerWithoutABranchWhatItAnswersWithOne() {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 100_000; i++) {
            long tagBits = BucketLayout.tagBits(random.nextLong() & (i % 2 == 0 ? 3L << 48 : -1L));
            long entry = random.nextLong() & (i % 3 == 0 ? -1L : 3L << 48 | 1L << 63 | BucketLayout.READ_CACHE | BucketLayout.ADDRESS_MASK);
            assertEquals(BucketLayout.matches(entry, tagBits) ? entry : 0, BucketLayout.ifMatches(entry, tagBits), () -> Long.toHexString(entry));
            assertEquals(0, BucketLayout.ifFree(Math.max(1, entry & Long.MAX_VALUE), i), () -> Long.toHexString(entry));
            assertEquals(i, BucketLayout.ifFree(0, i));
        }
    }

    @Test
    void shouldKeepBothCountsWhenTheOverflowLinkChanges() {
        for (long counts : new long[] {0, 1L << 48, 1L << 56, 0xFFL << 48, 0xFFL << 56, 0xA5C3L << 48, 0xFFFFL << 48}) {
            long word = BucketLayout.withOverflow(counts, BucketLayout.ADDRESS_MASK);
            assertEquals(BucketLayout.ADDRESS_MASK, BucketLayout.overflow(word));
            assertEquals(counts, word & ~BucketLayout.ADDRESS_MASK);
            assertEquals(counts | 5, BucketLayout.withOverflow(word, 5));
            assertEquals(counts, BucketLayout.withOverflow(word, 0));
        }
    }
}
