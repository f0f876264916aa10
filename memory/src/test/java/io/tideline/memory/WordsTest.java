package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything of {@link Words}, through the door that the system property names; the build runs it once with each. */
class WordsTest {
    /** Beyond the border between the loop over words and the bulk copy, on both sides of a word. */
    private static final int LONGEST = 600;
    /** Where the bytes begin in a target, so that words before and behind them can be guarded. */
    private static final int GUARD = 16;
    private static final byte DIRT = 0x5A;
    private static final long DIRTY_WORD = 0x5A5A_5A5A_5A5A_5A5AL;

    private final Region region = Region.allocate(1 << 20, false);
    private final long block = region.address();
    private final byte[] bytes = new byte[LONGEST + 64];

    WordsTest() {
        new Random(42).nextBytes(bytes);
    }

    @AfterEach
    void closeRegion() {
        region.close();
    }

    @Test
    void shouldStandBehindTheDoorThatWasAskedFor() {
        assertEquals(System.getProperty("tideline.door"), Words.doorName());
    }

    @Test
    void shouldReadBackByEveryOrderWhatEveryOrderWrote() {
        Words.set(block, -1);
        assertEquals(-1, Words.getAcquire(block));
        Words.setRelease(block, Long.MIN_VALUE);
        assertEquals(Long.MIN_VALUE, Words.getVolatile(block));
        Words.setVolatile(block, 5);
        assertEquals(5, Words.get(block));
        Words.setAndFence(block, 5);
        assertEquals(5, Words.getAndAdd(block, -6));
        assertFalse(Words.compareAndSet(block, 0, 1));
        assertTrue(Words.compareAndSet(block, -1, 1));
        assertEquals(1, Words.get(Words.pin(block)));
        Words.loadFence();
        Words.storeStoreFence();
        assertEquals(0, Words.get(block + 8));
    }

    @Test
    void shouldAnnounceOnlyOverTheExpectedValue() {
        assertTrue(Words.announce(block, 0, 7));
        assertEquals(7, Words.get(block));
        assertFalse(Words.announce(block, 0, 8));
        assertEquals(7, Words.get(block));
    }

    @Test
    void shouldRaiseAndNeverLower() {
        Words.set(block, -5);
        assertTrue(Words.raise(block, -4));
        assertFalse(Words.raise(block, -4));
        assertFalse(Words.raise(block, Long.MIN_VALUE));
        assertEquals(-4, Words.get(block));
        assertTrue(Words.raise(block, Long.MAX_VALUE));
        assertFalse(Words.raise(block, Long.MAX_VALUE));
        assertEquals(Long.MAX_VALUE, Words.get(block));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldRaiseEachValueAtMostOnceWhateverTheRace(long seed) throws Exception {
        int rounds = 20_000;
        CyclicBarrier start = new CyclicBarrier(2);
        List<Future<List<Long>>> racing = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (int t = 0; t < 2; t++) {
                Random random = new Random(seed * 2 + t);
                racing.add(threads.submit(() -> {
                    List<Long> raised = new ArrayList<>();
                    start.await(30, TimeUnit.SECONDS);
                    for (int i = 1; i <= rounds; i++) {
                        long value = i + random.nextInt(4);
                        if (Words.raise(block, value)) {
                            raised.add(value);
                        }
                        assertTrue(Words.getAcquire(block) >= value, "the word fell");
                    }
                    return raised;
                }));
            }
            List<Long> all = new ArrayList<>();
            for (Future<List<Long>> future : racing) {
                List<Long> raised = future.get(60, TimeUnit.SECONDS);
                assertEquals(raised.stream().sorted().distinct().toList(), raised, "one thread raises upwards only");
                all.addAll(raised);
            }
            assertEquals(all.stream().distinct().count(), all.size(), "a value was raised twice, seed " + seed);
            assertEquals(all.stream().mapToLong(Long::longValue).max().getAsLong(), Words.get(block));
        }
    }

    @Test
    void shouldTakeAByteOutOfItsWord() {
        for (int i = 0; i < 64; i++) {
            Words.copyIn(bytes, 0, 64, block);
            assertEquals(bytes[i], Words.getByte(block + i));
        }
    }

    @Test
    void shouldPutTheLastBytesAtTheLowEndOfAWord() {
        byte[] ends = {0x11, (byte) 0xFF, 0x33, (byte) 0x80, 0x55, 0x66, 0x77, (byte) 0x88};
        assertEquals(0, Words.lastWord(ends, 8, 0));
        assertEquals(0x11, Words.lastWord(ends, 0, 1));
        assertEquals(0x80_33FFL, Words.lastWord(ends, 1, 3));
        assertEquals(0x77_6655_8033_FF11L, Words.lastWord(ends, 0, 7));
        assertEquals(0x88_77_6655_8033_FFL, Words.lastWord(ends, 1, 7));
        assertEquals(0x88L, Words.lastWord(ends, 7, 1));
        assertEquals(0x8877_6655_8033_FF11L, Words.lastWord(ends, 0, 8));
    }

    @Test
    void shouldCopyInFromAnArrayOfEveryLengthAtEveryOffset() {
        for (int length = 0; length <= LONGEST; length++) {
            for (int offset = 0; offset < 9; offset++) {
                dirty(length);
                Words.copyIn(bytes, offset, length, block + GUARD);
                assertCopiedIn(offset, length);
            }
        }
    }

    @Test
    void shouldCopyInFromEveryKindOfSegmentAtEveryOffset() {
        try (Arena arena = Arena.ofConfined()) {
            long[] words = new long[bytes.length / 8];
            MemorySegment.copy(bytes, 0, MemorySegment.ofArray(words), ValueLayout.JAVA_BYTE, 0, bytes.length / 8 * 8);
            List<MemorySegment> sources = List.of(
                    MemorySegment.ofArray(bytes), MemorySegment.ofArray(bytes).asReadOnly(), MemorySegment.ofArray(words),
                    arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
            for (MemorySegment source : sources) {
                for (int length = 0; length <= LONGEST; length++) {
                    for (int offset = 0; offset < 9; offset++) {
                        dirty(length);
                        Words.copyIn(source, offset, length, block + GUARD);
                        assertCopiedIn(offset, length);
                    }
                }
            }
        }
    }

    @Test
    void shouldRefuseLastBytesBeyondAnArray() {
        dirty(Long.BYTES);
        byte[] array = new byte[2 * Long.BYTES];
        for (int[] range : new int[][] {{-1, 3}, {-1, 7}, {array.length - 2, 3}, {array.length - 2, 7}, {array.length, 1}, {Integer.MAX_VALUE, 7}}) {
            assertThrows(IndexOutOfBoundsException.class, () -> Words.copyIn(array, range[0], range[1], block + GUARD), () -> range[0] + ", " + range[1]);
        }
    }

    @Test
    void shouldRefuseToReachBeyondAnArray() {
        dirty(LONGEST);
        byte[] array = new byte[LONGEST];
        for (int[] range : new int[][] {{1, LONGEST}, {-1, LONGEST}, {0, LONGEST + 8}, {LONGEST, 400}, {Integer.MAX_VALUE, 400}}) {
            assertThrows(IndexOutOfBoundsException.class, () -> Words.copyIn(array, range[0], range[1], block + GUARD));
            assertThrows(IndexOutOfBoundsException.class, () -> Words.copyOut(block, array, range[0], range[1]));
        }
        for (int at = 0; at < LONGEST; at += 8) {
            assertEquals(DIRTY_WORD, Words.get(block + at), "a refused copy wrote");
        }
        assertArrayEquals(new byte[LONGEST], array, "a refused copy wrote");
    }

    private void dirty(int length) {
        for (int at = 0; at < length + 8 + 2 * GUARD; at += 8) {
            Words.set(block + at, DIRTY_WORD);
        }
    }

    /** The bytes are there, the rest of their last word is zero, and the words around them are as they were. */
    private void assertCopiedIn(int offset, int length) {
        int end = GUARD + (length + 7) / 8 * 8;
        for (int at = 0; at < end + GUARD; at += 8) {
            long expected = DIRTY_WORD;
            if (at >= GUARD && at < end) {
                expected = 0;
                for (int i = Math.min(7, GUARD + length - 1 - at); i >= 0; i--) {
                    expected = expected << 8 | bytes[offset + at - GUARD + i] & 0xFF;
                }
            }
            if (Words.get(block + at) != expected) { // formatted only where it fails
                assertEquals(expected, Words.get(block + at), "length " + length + ", offset " + offset + ", word at +" + at);
            }
        }
    }

    @Test
    void shouldCopyOutToAnArrayOfEveryLengthAtEveryOffset() {
        Words.copyIn(bytes, 0, LONGEST + 8, block);
        byte[] target = new byte[LONGEST + 64];
        for (int length = 0; length <= LONGEST; length++) {
            for (int offset = 0; offset < 9; offset++) {
                byte[] expected = expectedOut(offset, length);
                Arrays.fill(target, DIRT);
                Words.copyOut(block, target, offset, length);
                assertArrayEquals(expected, target, "length " + length + ", offset " + offset);
            }
        }
    }

    @Test
    void shouldCopyOutToEveryKindOfSegmentAtEveryOffset() {
        Words.copyIn(bytes, 0, LONGEST + 8, block);
        try (Arena arena = Arena.ofConfined()) {
            List<MemorySegment> targets = List.of(
                    MemorySegment.ofArray(new byte[LONGEST + 64]), MemorySegment.ofArray(new long[(LONGEST + 64) / 8]), arena.allocate(LONGEST + 64));
            for (MemorySegment target : targets) {
                for (int length = 0; length <= LONGEST; length++) {
                    for (int offset = 0; offset < 9; offset++) {
                        target.fill(DIRT);
                        Words.copyOut(block, target, offset, length);
                        assertEquals(-1, MemorySegment.ofArray(expectedOut(offset, length)).mismatch(target), "length " + length + ", offset " + offset);
                    }
                }
            }
        }
    }

    private byte[] expectedOut(int offset, int length) {
        byte[] expected = new byte[LONGEST + 64];
        Arrays.fill(expected, DIRT);
        System.arraycopy(bytes, 0, expected, offset, length);
        return expected;
    }

    @Test
    void shouldCopyOutNothingWhereTheRegionEnds() {
        long end = block + region.sizeBytes();
        byte[] target = {1, 2, 3};
        Words.copyOut(end, target, 1, 0);
        Words.copyOut(end, MemorySegment.ofArray(target), 1, 0);
        Words.copyIn(target, 0, 0, end);
        Words.copyIn(MemorySegment.ofArray(target), 0, 0, end);
        Words.copy(end, end, 0);
        Words.zero(end, 0);
        assertArrayEquals(new byte[] {1, 2, 3}, target);
    }

    @Test
    void shouldCopyWholeWordsOfEveryLength() {
        long source = block + (1 << 19);
        Words.copyIn(bytes, 0, LONGEST + 8, source);
        for (int length = 0; length <= LONGEST; length++) {
            dirty(length);
            Words.copy(source, block + GUARD, length);
            int whole = (length + 7) & ~7;
            for (int at = 0; at < GUARD + whole + GUARD; at += 8) {
                boolean copied = at >= GUARD && at < GUARD + whole;
                assertEquals(copied ? Words.get(source + at - GUARD) : DIRTY_WORD, Words.get(block + at), "length " + length);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 4096, 262_136, 262_144, 262_152, 524_288, 600_008})
    void shouldZeroExactlyTheRangeAcrossPieces(int length) {
        for (int at = 0; at < length + 16; at += 8) {
            Words.set(block + at, DIRTY_WORD);
        }
        Words.zero(block + 8, length);
        for (int at = 0; at < length + 16; at += 8) {
            assertEquals(at == 0 || at == length + 8 ? DIRTY_WORD : 0, Words.get(block + at), "word at +" + at);
        }
    }
}
