package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.index.KeyHash;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RecentReadsTest {
    private final KeyHash hash = new KeyHash(7);

    @Test
    void shouldKnowAKeyFromItsSecondReadOn() {
        RecentReads reads = new RecentReads(1 << 20);
        assertFalse(reads.isAgain(hash.of(1)));
        assertFalse(reads.isAgain(hash.of(2)));
        assertTrue(reads.isAgain(hash.of(1)));
        assertTrue(reads.isAgain(hash.of(1)));
        assertTrue(reads.isAgain(hash.of(2)));
    }

    @Test
    void shouldTakeNoKeyForAnotherAndForgetOldOnes() {
        RecentReads reads = new RecentReads(1 << 20); // 4096 places
        assertEquals(0, LongStream.range(0, 200_000).filter(key -> reads.isAgain(hash.of(key))).count());
        assertEquals(0, LongStream.range(0, 150_000).filter(key -> reads.isAgain(hash.of(key))).count());
    }

    @Test
    void shouldRememberMostOfAsManyKeysAsItHasHalfThePlacesFor() {
        RecentReads reads = new RecentReads(1 << 20);
        LongStream.range(0, 2048).forEach(key -> reads.isAgain(hash.of(key)));
        long remembered = LongStream.range(0, 2048).filter(key -> reads.isAgain(hash.of(key))).count();
        assertTrue(remembered > 1200, "remembered " + remembered + " of 2048");
    }
}
