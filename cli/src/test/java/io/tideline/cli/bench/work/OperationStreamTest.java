package io.tideline.cli.bench.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OperationStreamTest {

    private static final int OPERATIONS = 320_000;

    private static OperationStream generate(Workload workload, Distribution distribution, long keys) {
        return new OperationStream(new WorkSettings(workload, distribution, keys, 8, 1, 64, 1, OPERATIONS));
    }

    @Test
    void shouldTouchKeysUniformlyBySeed42() {
        OperationStream stream = generate(Workload.READ, Distribution.UNIFORM, 1_000);
        SplitMix64 random = new SplitMix64(42);
        for (int i = 0; i < OPERATIONS; i++) {
            assertEquals(Keys.keyOf(Math.unsignedMultiplyHigh(random.next(), 1_000)), stream.key(i));
        }
        Map<Long, Integer> counts = counts(stream);
        assertEquals(1_000, counts.size());
        counts.values().forEach(count -> assertTrue(count > 200 && count < 460, count + " of about 320"));
    }

    @Test
    void shouldScatterZipfRanksBySeed43() {
        OperationStream stream = generate(Workload.READ, Distribution.ZIPF, 1_000);
        SplitMix64 random = new SplitMix64(43);
        ZipfRanks ranks = new ZipfRanks(1_000);
        for (int i = 0; i < OPERATIONS; i++) {
            long item = Long.remainderUnsigned(Keys.mix(ranks.rank(random.next()) + 0x12345678), 1_000);
            assertEquals(Keys.keyOf(item), stream.key(i));
        }
    }

    @Test
    void shouldAskForTheSameHotKeysInAnotherOrderForOtherOperations() {
        Set<List<Long>> orders = new HashSet<>();
        Set<Long> hottest = new HashSet<>();
        for (Workload workload : List.of(Workload.READ, Workload.UPSERT, Workload.RMW, Workload.MIXED, Workload.YCSB_B, Workload.YCSB_F)) {
            OperationStream stream = generate(workload, Distribution.ZIPF, 1_000);
            assertTrue(orders.add(IntStream.range(0, 100).mapToObj(stream::key).toList()), workload + " asks in the order of another");
            Map<Long, Integer> counts = counts(stream);
            hottest.add(counts.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey());
        }
        assertEquals(1, hottest.size(), "the hottest keys of all");
    }

    @Test
    void shouldTouchTheNewestKeyMostOftenWithTheLatestDistribution() {
        Map<Long, Integer> counts = counts(generate(Workload.READ, Distribution.LATEST, 1_000));
        int newest = counts.get(Keys.keyOf(999));
        assertTrue(counts.values().stream().allMatch(count -> count <= newest));
        assertTrue(counts.get(Keys.keyOf(998)) > counts.get(Keys.keyOf(990)));
        assertTrue(counts.get(Keys.keyOf(990)) > counts.getOrDefault(Keys.keyOf(0), 0));
        assertEquals(1 / ZipfRanks.zeta(1_000), newest / (double) OPERATIONS, 0.005);
    }

    @ParameterizedTest
    @CsvSource({"READ,100,READ", "UPSERT,0,UPSERT", "RMW,0,RMW", "MIXED,50,UPSERT", "YCSB_A,50,UPSERT", "YCSB_B,95,UPSERT",
        "YCSB_C,100,READ", "YCSB_D,95,UPSERT", "YCSB_F,50,RMW"})
    void shouldMixKindsAsTheWorkloadSays(Workload workload, double readPercent, OperationKind write) {
        OperationStream stream = generate(workload, workload.usualDistribution(), 1_000);
        long reads = IntStream.range(0, OPERATIONS).filter(i -> stream.kind(i) == OperationKind.READ).count();
        long writes = IntStream.range(0, OPERATIONS).filter(i -> stream.kind(i) == write).count();
        assertEquals(readPercent / 100, reads / (double) OPERATIONS, readPercent % 100 == 0 ? 0 : 0.003);
        assertEquals(OPERATIONS, write == OperationKind.READ ? reads : reads + writes);
    }

    @Test
    void shouldTakeTheHighestBitOfSeed44ForHalfAndHalf() {
        OperationStream stream = generate(Workload.MIXED, Distribution.UNIFORM, 1_000);
        SplitMix64 random = new SplitMix64(44);
        for (int i = 0; i < OPERATIONS; i++) {
            assertEquals(random.next() >= 0 ? OperationKind.READ : OperationKind.UPSERT, stream.kind(i));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"READ", "MIXED", "YCSB_A", "YCSB_F"})
    void shouldOnlyTouchLoadedKeysWhereNothingIsInserted(Workload workload) {
        Set<Long> loaded = new HashSet<>(LongStream.range(0, 777).mapToObj(Keys::keyOf).toList());
        for (Distribution distribution : Distribution.values()) {
            assertTrue(loaded.containsAll(counts(generate(workload, distribution, 777)).keySet()), distribution.toString());
        }
    }

    /** A store that begins with the loaded keys must have every key that is read, in every pass, and never more than twice the keys. */
    @ParameterizedTest
    @CsvSource({"1,LATEST", "10,LATEST", "1000,LATEST", "5000,ZIPF", "20000,UNIFORM", "100000,LATEST"})
    void shouldInsertAroundARingOfTwiceTheKeys(int keys, Distribution distribution) {
        OperationStream stream = generate(Workload.YCSB_D, distribution, keys);
        Set<Long> present = new HashSet<>(LongStream.range(0, keys).mapToObj(Keys::keyOf).toList());
        int created = 0;
        for (long position = 0; position < 3L * OPERATIONS; position += OperationStream.CHUNK) {
            int from = stream.chunkStart(position);
            long shift = stream.shift(position);
            for (int i = from; i < from + OperationStream.CHUNK; i++) {
                long key = stream.key(i, shift);
                if (stream.kind(i) == OperationKind.READ) {
                    assertTrue(present.contains(key), "operation " + i + " at " + position + " reads a key that is not there");
                } else if (present.add(key)) {
                    created++;
                }
            }
        }
        assertEquals(Math.min(keys, created), created);
        int insertions = (int) IntStream.range(0, OPERATIONS).filter(i -> stream.kind(i) == OperationKind.UPSERT).count() * 3;
        assertEquals(Math.min(keys, insertions), created);
    }

    @Test
    void shouldGoOnInTheNextPassWhereInsertionsEnded() {
        OperationStream stream = generate(Workload.YCSB_D, Distribution.LATEST, 1_000_000);
        int[] inserts = IntStream.range(0, OPERATIONS).filter(i -> stream.kind(i) == OperationKind.UPSERT).toArray();
        assertEquals(0, stream.shift(OPERATIONS - 1));
        assertEquals(Keys.keyOf(1_000_000), stream.key(inserts[0], 0));
        assertEquals(Keys.keyOf(1_000_000 + inserts.length - 1), stream.key(inserts[inserts.length - 1], 0));
        assertEquals(Keys.keyOf(1_000_000 + inserts.length), stream.key(inserts[0], stream.shift(OPERATIONS)));
    }

    @Test
    void shouldReplayTheSameOperationsInEveryPassWhereNothingIsInserted() {
        OperationStream stream = generate(Workload.MIXED, Distribution.ZIPF, 1_000);
        assertEquals(0, stream.shift(5L * OPERATIONS));
        assertEquals(3_200, stream.chunkStart(5L * OPERATIONS + 3_200));
        assertEquals(stream.key(17), stream.key(17, 0));
    }

    @Test
    void shouldDumpLettersAndKeys() {
        assertEquals("r:b456bcfc34c2cb2c r:b456bcfc34c2cb2c", generate(Workload.READ, Distribution.UNIFORM, 1).dump(2));
        assertEquals("w:b456bcfc34c2cb2c", generate(Workload.RMW, Distribution.ZIPF, 1).dump(1));
        assertFalse(generate(Workload.MIXED, Distribution.ZIPF, 10).dump(100).contains("w:"));
        assertEquals(OPERATIONS, generate(Workload.UPSERT, Distribution.UNIFORM, 10).dump(Integer.MAX_VALUE).split(" ").length);
    }

    private static Map<Long, Integer> counts(OperationStream stream) {
        Map<Long, Integer> counts = new TreeMap<>();
        IntStream.range(0, stream.length()).forEach(i -> counts.merge(stream.key(i), 1, Integer::sum));
        return counts;
    }
}
