package io.tideline.cli.bench.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZipfRanksTest {

    private static final double THETA = 0.99;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 999, 1_000, 1_001, 50_000, 1_000_000})
    void shouldSumTheHarmonicSeriesWithoutPowers(long items) {
        double sum = 0;
        for (long i = items; i > 0; i--) {
            sum += Math.pow(i, -THETA);
        }
        assertEquals(sum, ZipfRanks.zeta(items), 1e-12 * sum);
    }

    /** YCSB carries the sum for 10^10 items as a constant; it was summed up one by one, with the errors of so many additions. */
    @Test
    void shouldAgreeWithTheConstantOfYcsb() {
        assertEquals(26.46902820178302, ZipfRanks.zeta(10_000_000_000L), 1e-9);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1.0, 2.0, 3.5, 1e3, 16_777_216.0, 1e12})
    void shouldInvertTheHundredthPower(double number) {
        assertEquals(Math.pow(number, 0.01), ZipfRanks.hundredthRoot(number), 1e-14);
        assertEquals(number, ZipfRanks.hundredthPower(ZipfRanks.hundredthRoot(number)), 1e-12 * number);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 10, 1_000, 1_000_000, 16_777_216})
    void shouldStayAmongTheItemsForEveryWord(long items) {
        ZipfRanks ranks = new ZipfRanks(items);
        SplitMix64 random = new SplitMix64(items);
        assertEquals(0, ranks.rank(0));
        assertTrue(ranks.rank(-1) < items);
        for (int i = 0; i < 100_000; i++) {
            long rank = ranks.rank(random.next());
            assertTrue(rank >= 0 && rank < items, rank + " is no rank of " + items + " items");
        }
    }

    /** Gray's method is exact for the first two ranks and near for all others. */
    @Test
    void shouldGiveEachRankItsShare() {
        int draws = 4_000_000;
        int items = 10_000;
        ZipfRanks ranks = new ZipfRanks(items);
        SplitMix64 random = new SplitMix64(1);
        int[] counts = new int[items];
        for (int i = 0; i < draws; i++) {
            counts[(int) ranks.rank(random.next())]++;
        }
        double zeta = ZipfRanks.zeta(items);
        assertEquals(1 / zeta, counts[0] / (double) draws, 0.001);
        assertEquals(Math.pow(2, -THETA) / zeta, counts[1] / (double) draws, 0.001);
        double expected = 0;
        double measured = 0;
        int next = 10;
        for (int rank = 0; rank < items; rank++) {
            expected += Math.pow(rank + 1, -THETA) / zeta;
            measured += counts[rank] / (double) draws;
            if (rank + 1 == next) {
                assertEquals(expected, measured, 0.03, "share of the first " + next + " ranks");
                next *= 10;
            }
        }
        assertTrue(counts[0] > counts[1] && counts[1] > counts[10] && counts[10] > counts[1_000], "more frequent ranks come first");
        assertTrue(counts[items - 1] > 0, "the last rank is reached");
    }
}
