package io.tideline.hlog;

import static io.tideline.hlog.RecordLayout.STATE_OFFSET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Region;
import io.tideline.memory.Words;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PageSealTest {
    private static final int RECORDS = 70; // two groups, and some
    private static final int SIZE_BYTES = (int) RecordLayout.sizeBytes(8, 8);
    private static final long ADDRESS = 1 << 20;

    private final Region region = Region.allocate(4096, false);
    private final PageSeal seal = new PageSeal(7);

    PageSealTest() {
        for (int i = 0; i < RECORDS; i++) {
            long record = record(i);
            long stateWord = RecordLayout.begin(record, 8, 8);
            Words.set(RecordLayout.keyAddress(record, stateWord), i);
            LogRecords.fill(RecordLayout.valueAddress(record, stateWord), 8, i);
            RecordLayout.finish(record, stateWord, LogAddress.CHAIN_END, 0);
        }
    }

    @AfterEach
    void close() {
        region.close();
    }

    private long record(int number) {
        return region.address() + (long) number * SIZE_BYTES;
    }

    private long stateWord(int number) {
        return Words.getAcquire(record(number) + STATE_OFFSET);
    }

    /** Who copied a record leaves it sealed for good. On the device it is as any other, so a recovery meets no mark of somebody who was at it. */
    @Test
    void shouldLeaveNoMarkOfACopyInWhatGoesToTheDevice() {
        for (int i = 0; i < RECORDS; i += 3) {
            assertTrue(RecordLatch.trySeal(record(i), stateWord(i)));
        }
        seal.seal(ADDRESS, ADDRESS + RECORDS * SIZE_BYTES, region.address());
        for (int i = 0; i < RECORDS; i++) {
            assertEquals(RecordLayout.IMMUTABLE, RecordLayout.state(stateWord(i)), "record " + i);
            assertTrue(seal.isIntact(ADDRESS + (long) i * SIZE_BYTES, record(i), SIZE_BYTES), "record " + i);
            long free = stateWord(i);
            RecordLatch.unseal(record(i), free);
            assertEquals(free, stateWord(i), "nobody takes the stamp back");
        }
    }

    @Test
    void shouldTellEveryBitAndEveryOtherPlace() {
        seal.seal(ADDRESS, ADDRESS + RECORDS * SIZE_BYTES, region.address());
        assertFalse(seal.isIntact(ADDRESS + SIZE_BYTES, record(0), SIZE_BYTES), "at the address of another");
        assertFalse(new PageSeal(8).isIntact(ADDRESS, record(0), SIZE_BYTES), "in another store");
        for (int bit = 0; bit < SIZE_BYTES * 8; bit++) {
            long word = record(0) + bit / 64 * 8;
            Words.set(word, Words.get(word) ^ 1L << bit);
            assertFalse(RecordLayout.state(stateWord(0)) == RecordLayout.IMMUTABLE && seal.isIntact(ADDRESS, record(0), SIZE_BYTES), "bit " + bit);
            Words.set(word, Words.get(word) ^ 1L << bit);
        }
        assertTrue(seal.isIntact(ADDRESS, record(0), SIZE_BYTES));
    }

    /** Below safeReadOnly nobody is at a record any more; were somebody, what goes to the device would be torn. */
    @Test
    void shouldRefuseARecordThatIsBeingChanged() {
        assertTrue(RecordLatch.tryLock(record(1), stateWord(1)));
        assertThrows(AssertionError.class, () -> seal.seal(ADDRESS, ADDRESS + RECORDS * SIZE_BYTES, region.address()));
    }
}
