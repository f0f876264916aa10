package io.tideline.hlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RecordLatchTest {
    private final Region region = Region.allocate(4096, false);
    private final long record = region.address();
    private final long free = RecordLayout.lengthBits(8, 8) | 41;

    @BeforeEach
    void write() {
        Words.set(record + RecordLayout.STATE_OFFSET, free);
    }

    @AfterEach
    void close() {
        region.close();
    }

    private long stateWord() {
        return Words.get(record + RecordLayout.STATE_OFFSET);
    }

    @Test
    void shouldLetOneLockAndNumberTheChange() {
        assertTrue(RecordLatch.tryLock(record, free));
        assertFalse(RecordLatch.tryLock(record, free));
        assertFalse(RecordLatch.trySeal(record, free));
        RecordLatch.unlock(record, free);
        assertEquals(free + 1, stateWord());
        assertFalse(RecordLatch.tryLock(record, free), "the word that was decided upon is stale");
    }

    @Test
    void shouldChangeLengthsWithTheRelease() {
        assertTrue(RecordLatch.tryLock(record, free));
        RecordLatch.unlock(record, free, RecordLayout.lengthBits(8, 9));
        assertEquals(RecordLayout.lengthBits(8, 9) | 42, stateWord());
    }

    @Test
    void shouldExcludeLockAndSeal() {
        assertTrue(RecordLatch.trySeal(record, free));
        assertFalse(RecordLatch.tryLock(record, free));
        assertFalse(RecordLatch.tryLock(record, stateWord() & ~RecordLayout.STATE_MASK));
        assertFalse(RecordLatch.trySeal(record, free));
        RecordLatch.unseal(record, free);
        assertEquals(free, stateWord());
        assertTrue(RecordLatch.tryLock(record, free));
    }

    @Test
    void shouldAnswerBusyWhereALatchStays() {
        assertEquals(free, RecordLatch.awaitFree(record, Waits.SYSTEM));
        RecordLatch.tryLock(record, free);
        assertEquals(RecordLatch.BUSY, RecordLatch.awaitFree(record, Waits.SYSTEM));
        assertEquals(RecordLatch.BUSY, RecordLatch.awaitUnlocked(record, Waits.SYSTEM));
        RecordLatch.unlock(record, free);
        RecordLatch.trySeal(record, free + 1);
        assertEquals(RecordLatch.BUSY, RecordLatch.awaitFree(record, Waits.SYSTEM));
        assertEquals(stateWord(), RecordLatch.awaitUnlocked(record, Waits.SYSTEM), "a sealed record may be read");
    }

    @Test
    void shouldTakeASealForNoChangeAndALockForOne() {
        assertTrue(RecordLatch.isUnchanged(record, free));
        RecordLatch.trySeal(record, free);
        assertTrue(RecordLatch.isUnchanged(record, free));
        assertTrue(RecordLatch.isUnchanged(record, stateWord()));
        RecordLatch.unseal(record, free);
        RecordLatch.tryLock(record, free);
        assertFalse(RecordLatch.isUnchanged(record, free));
        RecordLatch.unlock(record, free);
        assertFalse(RecordLatch.isUnchanged(record, free));
    }

    @Test
    void shouldNotTakeAnyFreeWordForBusy() {
        assertFalse(RecordLayout.isLocked(RecordLayout.nextFree(RecordLayout.lengthBits(0, 0) | 0xFFFF_FFFFL)));
        assertTrue(RecordLayout.isLocked(RecordLatch.BUSY));
    }
}
