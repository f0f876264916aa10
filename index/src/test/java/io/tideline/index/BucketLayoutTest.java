package io.tideline.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
    void shouldGiveEveryTagItsOwnBitsAndNeverZero() {
        Set<Long> seen = new HashSet<>();
        for (long tag = 0; tag < 1 << 14; tag++) {
            long bits = BucketLayout.tagBits(tag << 50 | 0x3_FFFF_FFFF_FFFFL);
            assertNotEquals(0, bits, "a tag of 0 would match a free entry");
            assertEquals(0, bits & (BucketLayout.ADDRESS_MASK | BucketLayout.READ_CACHE | BucketLayout.TENTATIVE), "tag " + tag);
            assertEquals(tag != 1, seen.add(bits), "only the tags 0 and 1 are the same, tag " + tag);
        }
    }

    @Test
    void shouldTakeTagAndBucketFromDisjointBitsAtEveryTableSize() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 10_000; i++) {
            long hash = random.nextLong();
            for (int bit = 0; bit < 50; bit++) {
                assertEquals(BucketLayout.tagBits(hash), BucketLayout.tagBits(hash ^ 1L << bit), "bit " + bit + " of the bucket is in the tag");
            }
            for (int bit = 50; bit < 64; bit++) {
                for (int sizeBits = 0; sizeBits <= BucketLayout.MAX_BUCKET_BITS - BucketLayout.SIZE_SHIFT; sizeBits += 7) {
                    long mask = (1L << sizeBits) - 1 << BucketLayout.SIZE_SHIFT;
                    assertEquals(BucketTable.offset(hash, mask), BucketTable.offset(hash ^ 1L << bit, mask), "bit " + bit + " of the tag is in the bucket");
                }
            }
        }
    }

    @Test
    void shouldKeepTheFieldsOfAnEntryApart() {
        long tagBits = BucketLayout.tagBits(-1);
        long entry = BucketLayout.entry(tagBits, BucketLayout.ADDRESS_MASK);
        assertEquals(BucketLayout.ADDRESS_MASK, BucketLayout.address(entry));
        assertEquals(tagBits, BucketLayout.tagBitsOf(entry));
        assertFalse(BucketLayout.isTentative(entry));
        assertEquals(-1L, entry | BucketLayout.READ_CACHE | BucketLayout.TENTATIVE, "the four fields take all 64 bits");
        long other = BucketLayout.tagBits(5L << 50);
        for (long address : new long[] {1, 64, BucketLayout.ADDRESS_MASK}) {
            long plain = BucketLayout.entry(tagBits, address);
            for (long marked : new long[] {plain, plain | BucketLayout.READ_CACHE}) {
                assertTrue(BucketLayout.matches(marked, tagBits));
                assertTrue(BucketLayout.matchesEvenTentative(marked, tagBits));
                assertFalse(BucketLayout.matches(marked, other));
                assertFalse(BucketLayout.matches(marked | BucketLayout.TENTATIVE, tagBits), "readers pass over tentative entries");
                assertTrue(BucketLayout.matchesEvenTentative(marked | BucketLayout.TENTATIVE, tagBits), "inserters do not");
                assertEquals(tagBits, BucketLayout.tagBitsOf(marked | BucketLayout.TENTATIVE));
                assertEquals(address, BucketLayout.address(marked | BucketLayout.TENTATIVE));
                assertTrue(BucketLayout.isTentative(marked | BucketLayout.TENTATIVE));
            }
        }
    }

    @Test
    void shouldMatchNoHashWithAFreeEntry() {
        for (long tag = 0; tag < 1 << 14; tag++) {
            assertFalse(BucketLayout.matches(0, BucketLayout.tagBits(tag << 50)));
            assertFalse(BucketLayout.matchesEvenTentative(0, BucketLayout.tagBits(tag << 50)));
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
