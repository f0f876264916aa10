package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.FormatFault;
import io.tideline.memory.Region;
import io.tideline.memory.Words;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordLayoutTest {
    private static final long LARGEST_ADDRESS = LogAddress.MASK;
    private final Region region = Region.allocate(1 << 20, false);
    private final long record = region.address();

    @AfterEach
    void close() {
        region.close();
    }

    static Stream<Arguments> lengths() {
        int[] keys = {0, 1, 7, 8, 9, 15, 16, 17, 4093, 4094, 4095, 4096, 4097};
        int[] values = {0, 1, 7, 8, 9, 15, 16, 17, 4094, 4095, 4096, 262_142, 262_143, 262_144, 262_145};
        return IntStream.of(keys).boxed().flatMap(key -> IntStream.of(values).mapToObj(value -> Arguments.of(key, value)));
    }

    /** Writes a record whose bytes follow from the seed; returns its state word. */
    private long write(int keyBytes, int valueBytes, long previous, long flags) {
        long stateWord = RecordLayout.begin(record, keyBytes, valueBytes);
        Words.copyIn(bytes(1, keyBytes), 0, keyBytes, RecordLayout.keyAddress(record, stateWord));
        Words.copyIn(bytes(2, valueBytes), 0, valueBytes, RecordLayout.valueAddress(record, stateWord));
        RecordLayout.finish(record, stateWord, previous, flags);
        return stateWord;
    }

    private static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] read(long address, int length) {
        byte[] bytes = new byte[length];
        Words.copyOut(address, bytes, 0, length);
        return bytes;
    }

    @ParameterizedTest
    @MethodSource("lengths")
    void shouldGiveBackLengthsKeyAndValue(int keyBytes, int valueBytes) {
        write(keyBytes, valueBytes, LARGEST_ADDRESS, 0);
        long stateWord = Words.get(record + RecordLayout.STATE_OFFSET);
        assertEquals(keyBytes, RecordLayout.keyBytes(record, stateWord));
        assertEquals(valueBytes, RecordLayout.valueBytes(record, stateWord));
        assertArrayEquals(bytes(1, keyBytes), read(RecordLayout.keyAddress(record, stateWord), keyBytes));
        assertArrayEquals(bytes(2, valueBytes), read(RecordLayout.valueAddress(record, stateWord), valueBytes));
        assertEquals(RecordLayout.FREE, RecordLayout.state(stateWord));
        assertEquals(LARGEST_ADDRESS, RecordLayout.previous(Words.get(record)));
    }

    @ParameterizedTest
    @MethodSource("lengths")
    void shouldBeSelfFraming(int keyBytes, int valueBytes) {
        long sizeBytes = RecordLayout.sizeBytes(keyBytes, valueBytes);
        write(keyBytes, valueBytes, LogAddress.CHAIN_END, 0);
        long stateWord = Words.get(record + RecordLayout.STATE_OFFSET);
        long link = Words.get(record);
        assertEquals(sizeBytes, RecordLayout.sizeBytes(record, link, stateWord));
        assertEquals(0, sizeBytes % RecordLayout.GRANULE_BYTES);
        long end = RecordLayout.valueAddress(record, stateWord) + valueBytes;
        assertTrue(end <= record + sizeBytes, "the value ends behind the record");
        assertTrue(record + sizeBytes - end < RecordLayout.GRANULE_BYTES, "the record has padding of a granule or more");
        assertEquals(0, RecordLayout.keyAddress(record, stateWord) & 7);
        assertEquals(0, RecordLayout.valueAddress(record, stateWord) & 7);
    }

    @ParameterizedTest
    @MethodSource("lengths")
    void shouldUseTheLongFormExactlyWhereTheShortOneEnds(int keyBytes, int valueBytes) {
        boolean longForm = keyBytes > 4094 || valueBytes > 262_143;
        assertEquals(longForm, RecordLayout.needsLongLengths(keyBytes, valueBytes));
        long stateWord = write(keyBytes, valueBytes, 64, 0);
        assertEquals(longForm, (Words.get(record) & RecordLayout.LONG_LENGTHS) != 0);
        assertEquals(longForm ? 24 : 16, RecordLayout.keyAddress(record, stateWord) - record);
    }

    @Test
    void shouldTakeThirtyTwoBytesForLongToLong() {
        assertEquals(RecordLayout.LONG_TO_LONG_BYTES, RecordLayout.sizeBytes(8, 8));
        long stateWord = write(8, 8, 64, 0);
        assertEquals(RecordLayout.LONG_TO_LONG, stateWord & RecordLayout.LENGTHS_MASK);
        assertEquals(RecordLayout.LONG_KEY, stateWord & RecordLayout.KEY_LENGTH_MASK);
        assertEquals(record + RecordLayout.LONG_TO_LONG_VALUE_OFFSET, RecordLayout.valueAddress(record, stateWord));
        assertEquals(record + RecordLayout.KEY_OFFSET, RecordLayout.keyAddress(record, stateWord));
        assertEquals(16, RecordLayout.sizeBytes(0, 0));
    }

    @Test
    void shouldCountSizesBeyondAnIntWithoutOverflow() {
        assertEquals(4_294_967_328L, RecordLayout.sizeBytes(Integer.MAX_VALUE, Integer.MAX_VALUE));
    }

    @Test
    void shouldKeepFlagsAddressAndSlackApart() {
        long[] flags = {RecordLayout.TOMBSTONE, RecordLayout.INVALID, RecordLayout.FILLER, RecordLayout.PARITY, RecordLayout.EXPIRY,
            RecordLayout.TABLE_ID, RecordLayout.LONG_LENGTHS, RecordLayout.SUBSET_POINTERS};
        long all = 0;
        for (int i = 0; i < flags.length; i++) {
            assertEquals(1L << 48 + i, flags[i]);
            all |= flags[i];
        }
        assertEquals(0, all & LogAddress.MASK);
        for (int slack = 0; slack <= RecordLayout.MAX_SLACK_BYTES; slack += 16) {
            long link = RecordLayout.withSlack(LARGEST_ADDRESS | all | 0xAAL << 56, slack);
            assertEquals(slack, RecordLayout.slackBytes(link));
            assertEquals(LARGEST_ADDRESS, RecordLayout.previous(link));
            assertEquals(all, link & all);
        }
    }

    @Test
    void shouldNumberChangesAndKeepLengthsAcrossStates() {
        long free = RecordLayout.lengthBits(4094, 262_143) | 0xFFFF_FFFEL;
        long next = RecordLayout.nextFree(RecordLayout.inState(free, RecordLayout.LOCKED));
        assertEquals(0xFFFF_FFFFL, next & 0xFFFF_FFFFL);
        assertEquals(free & RecordLayout.LENGTHS_MASK, next & RecordLayout.LENGTHS_MASK);
        assertEquals(RecordLayout.FREE, RecordLayout.state(next));
        long wrapped = RecordLayout.nextFree(next);
        assertEquals(free & RecordLayout.LENGTHS_MASK, wrapped, "the number wraps to 0 without touching the lengths");
        for (long state : new long[] {RecordLayout.FREE, RecordLayout.LOCKED, RecordLayout.SEALED, RecordLayout.IMMUTABLE}) {
            long word = RecordLayout.inState(free, state);
            assertEquals(state, RecordLayout.state(word));
            assertEquals(free & ~RecordLayout.STATE_MASK, word & ~RecordLayout.STATE_MASK);
            assertEquals(state == RecordLayout.LOCKED, RecordLayout.isLocked(word));
            assertEquals(4094, RecordLayout.keyBytes(record, word));
            assertEquals(262_143, RecordLayout.valueBytes(record, word));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {16, 32, 48, 4064, 4096, 65_536, 33_554_432})
    void shouldFrameFillerOfAnySize(long sizeBytes) {
        RecordLayout.writeFiller(record, sizeBytes);
        long link = Words.get(record);
        assertEquals(RecordLayout.FILLER, link & RecordLayout.FILLER);
        assertEquals(sizeBytes, RecordLayout.sizeBytes(record, link, Words.get(record + RecordLayout.STATE_OFFSET)));
        assertFalse(RecordLayout.isLocked(Words.get(record + RecordLayout.STATE_OFFSET)));
    }

    @Test
    void shouldFrameFillerOfEverySizeOfAPage() {
        for (long sizeBytes = 16; sizeBytes <= 4096; sizeBytes += 16) {
            RecordLayout.writeFiller(record, sizeBytes);
            assertEquals(sizeBytes, RecordLayout.sizeBytes(record, Words.get(record), Words.get(record + RecordLayout.STATE_OFFSET)));
        }
    }

    @Test
    void shouldStayFramedAsFillerUntilFinished() {
        long sizeBytes = RecordLayout.sizeBytes(5000, 20);
        RecordLayout.writeFiller(record, sizeBytes);
        long stateWord = RecordLayout.begin(record, 5000, 20);
        assertEquals(RecordLayout.FILLER, Words.get(record));
        assertEquals(sizeBytes, RecordLayout.sizeBytes(record, Words.get(record), Words.get(record + RecordLayout.STATE_OFFSET)));
        RecordLayout.finish(record, stateWord, 64, RecordLayout.TOMBSTONE);
        assertEquals(64 | RecordLayout.TOMBSTONE | RecordLayout.LONG_LENGTHS, Words.get(record));
        assertTrue(RecordLayout.isTombstone(Words.get(record)));
        RecordLayout.invalidate(record);
        assertEquals(64 | RecordLayout.TOMBSTONE | RecordLayout.LONG_LENGTHS | RecordLayout.INVALID, Words.get(record));
        assertEquals(sizeBytes, RecordLayout.sizeBytes(record, Words.get(record), Words.get(record + RecordLayout.STATE_OFFSET)));
    }

    @ParameterizedTest
    @ValueSource(longs = {RecordLayout.EXPIRY, RecordLayout.TABLE_ID, RecordLayout.SUBSET_POINTERS})
    void shouldRefuseUnknownFlagsNamingAddressAndFlag(long flag) {
        FormatFault fault = assertThrows(FormatFault.class, () -> RecordLayout.requireKnown(64 | RecordLayout.TOMBSTONE | flag, 8_192));
        assertTrue(fault.getMessage().contains("8192"), fault.getMessage());
        assertTrue(fault.getMessage().contains("0x" + Long.toHexString(flag >>> 48)), fault.getMessage());
        assertTrue((RecordLayout.NOT_PLAIN & flag) != 0, "operations must not take such a record for a live one");
    }

    @Test
    void shouldAcceptEveryFlagItKnows() {
        RecordLayout.requireKnown(LARGEST_ADDRESS | RecordLayout.TOMBSTONE | RecordLayout.INVALID | RecordLayout.FILLER | RecordLayout.PARITY
            | RecordLayout.LONG_LENGTHS | 0xFFL << 56, 64);
    }

    // --- growing and shrinking in place ---

    /** What {@link RecordLayout#slackInPlace} must say, from first principles: the place is as long as before, its rest is slack. */
    private static int expectedSlack(int keyBytes, int firstBytes, int oldBytes, int newBytes) {
        if ((oldBytes == 8) != (newBytes == 8)) {
            return -1;
        }
        boolean longForm = keyBytes > 4094 || firstBytes > 262_143;
        if (!longForm && newBytes > 262_143) {
            return -1;
        }
        long header = (longForm ? 24 : 16) + (keyBytes + 7) / 8 * 8L;
        long place = (header + firstBytes + 15) / 16 * 16;
        long slack = place - (header + newBytes + 15) / 16 * 16;
        return slack < 0 || slack > 4080 ? -1 : (int) slack;
    }

    /** Changes the value's length as an in-place writer does, if the layout says that it fits. */
    private boolean resize(int newBytes) {
        long stateWord = Words.get(record + RecordLayout.STATE_OFFSET);
        long link = Words.get(record);
        int slack = RecordLayout.slackInPlace(record, link, stateWord, newBytes);
        if (slack < 0) {
            return false;
        }
        Words.set(record, RecordLayout.withSlack(link, slack));
        Words.set(record + RecordLayout.STATE_OFFSET,
            RecordLayout.nextFree(stateWord, RecordLayout.changedLengthBits(record, stateWord, newBytes)));
        return true;
    }

    @Test
    void shouldKeepItsPlaceThroughEverySlackAndBack() {
        for (int first : new int[] {4096, 4097, 4111, 262_143, 262_144, 270_000}) {
            write(12, first, 64, 0);
            long sizeBytes = RecordLayout.sizeBytes(12, first);
            for (int shrunk = first; shrunk >= Math.max(first - 4100, 9); shrunk--) {
                assertEquals(expectedSlack(12, first, first, shrunk) >= 0, resize(shrunk), first + " to " + shrunk);
                long stateWord = Words.get(record + RecordLayout.STATE_OFFSET);
                if (expectedSlack(12, first, first, shrunk) < 0) {
                    break;
                }
                assertEquals(shrunk, RecordLayout.valueBytes(record, stateWord));
                assertEquals(12, RecordLayout.keyBytes(record, stateWord));
                assertEquals(expectedSlack(12, first, first, shrunk), RecordLayout.slackBytes(Words.get(record)));
                assertEquals(sizeBytes, RecordLayout.sizeBytes(record, Words.get(record), stateWord));
                assertTrue(resize(first), "back to " + first);
                assertEquals(sizeBytes, RecordLayout.sizeBytes(record, Words.get(record), Words.get(record + RecordLayout.STATE_OFFSET)));
            }
        }
    }

    @Test
    void shouldFrameTheSamePlaceThroughRandomResizes() {
        for (long seed = 1; seed <= 2_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int keyBytes = random.nextInt(4) == 0 ? 4090 + random.nextInt(12) : random.nextInt(40);
            int first = switch (random.nextInt(3)) {
                case 0 -> random.nextInt(64);
                case 1 -> random.nextInt(9000);
                default -> 262_144 + random.nextInt(200) - 100;
            };
            write(keyBytes, first, 64, 0);
            long sizeBytes = RecordLayout.sizeBytes(keyBytes, first);
            int current = first;
            for (int i = 0; i < 20; i++) {
                int next = Math.max(0, first + random.nextInt(40) - random.nextInt(5000));
                boolean fits = resize(next);
                assertEquals(expectedSlack(keyBytes, first, current, next) >= 0, fits, "seed " + seed);
                current = fits ? next : current;
                long stateWord = Words.get(record + RecordLayout.STATE_OFFSET);
                assertEquals(current, RecordLayout.valueBytes(record, stateWord), "seed " + seed);
                assertEquals(keyBytes, RecordLayout.keyBytes(record, stateWord), "seed " + seed);
                assertEquals(sizeBytes, RecordLayout.sizeBytes(record, Words.get(record), stateWord), "seed " + seed);
            }
        }
    }

    @Test
    void shouldNotChangeAnEightByteValueFromOrToAnotherLengthInPlace() {
        write(8, 8, 64, 0);
        for (int length : new int[] {0, 1, 7, 9, 16}) {
            assertFalse(resize(length), "8 to " + length);
        }
        assertTrue(resize(8));
        for (int length : new int[] {0, 1, 7, 9, 16}) {
            write(8, length, 64, 0);
            assertFalse(resize(8), length + " to 8");
        }
    }
}
