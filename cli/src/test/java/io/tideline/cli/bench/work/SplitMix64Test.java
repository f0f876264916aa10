package io.tideline.cli.bench.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SplitMix64Test {

    @Test
    void shouldGiveThePublishedWordsOfSeedZero() {
        SplitMix64 random = new SplitMix64(0);
        assertEquals(0xe220a8397b1dcdafL, random.next());
        assertEquals(0x6e789e6aa1b965f4L, random.next());
        assertEquals(0x06c45d188009454fL, random.next());
        assertEquals(0xf88bb8a8724c81ecL, random.next());
    }

    @Test
    void shouldMapAllWordsIntoTheBound() {
        assertEquals(0, SplitMix64.below(0, 10));
        assertEquals(9, SplitMix64.below(-1, 10));
        assertEquals(5, SplitMix64.below(Long.MIN_VALUE, 10));
        SplitMix64 random = new SplitMix64(7);
        int[] seen = new int[10];
        for (int i = 0; i < 100_000; i++) {
            seen[(int) SplitMix64.below(random.next(), 10)]++;
        }
        for (int count : seen) {
            assertTrue(count > 9_500 && count < 10_500, "of 100,000 words " + count + " fell into one tenth");
        }
    }
}
