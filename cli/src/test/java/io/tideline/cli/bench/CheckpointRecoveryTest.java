package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointRecoveryTest {

    private static final long COMMITTED = 1_000;

    private static CheckpointRecovery recovery(long recovered, long sum, long absent, long checkpoint, long keys) {
        Reply ended = new Reply("x", "checkpoint=3 serials=" + COMMITTED);
        Reply reply = new Reply("x", "nanos=2000000000 imageBytes=600 imageNanos=1000000000 logBytes=400 logNanos=500000000 diskBytes=1000 checkpoint="
                + checkpoint + " serials=" + recovered + " sum=" + sum + " absent=" + absent);
        return CheckpointRecovery.of(ended, reply, null, 1_000, "fio", keys);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 7, 10, 1_001})
    void shouldExpectEachKeysIndexAndFiveForEachCommittedAddition(long keys) {
        long sum = LongStream.range(0, keys).sum() + 5 * COMMITTED;
        assertEquals(sum, recovery(COMMITTED, sum, 0, 3, keys).expectedSum());
        assertTrue(recovery(COMMITTED, sum, 0, 3, keys).isRight());
    }

    @Test
    void shouldCatchEverythingThatIsNotExactlyWhatWasCommitted() {
        long sum = 45 + 5 * COMMITTED;
        assertFalse(recovery(COMMITTED, sum - 5, 0, 3, 10).isRight(), "an addition is lost");
        assertFalse(recovery(COMMITTED, sum + 5, 0, 3, 10).isRight(), "one was done twice");
        assertFalse(recovery(COMMITTED + 1, sum, 0, 3, 10).isRight(), "a session says more than was committed");
        assertFalse(recovery(COMMITTED, sum, 1, 3, 10).isRight(), "a key is gone");
        assertFalse(recovery(COMMITTED, sum, 0, 2, 10).isRight(), "an older checkpoint came back");
    }

    @Test
    void shouldCompareTheWholeOpeningWithTheDisk() {
        CheckpointRecovery recovery = recovery(COMMITTED, 0, 0, 3, 10);
        assertEquals(500, recovery.bytesPerSecond());
        assertEquals(600, recovery.imageBytesPerSecond());
        assertEquals(0.5, recovery.ratio());
    }

    @Test
    void shouldShowTheMiddleOneOfSeveralButAWrongOneBefore() {
        long sum = 45 + 5 * COMMITTED;
        List<CheckpointRecovery> all = new ArrayList<>();
        for (long bandwidth : new long[] {500, 4_000, 1_000}) {
            all.add(CheckpointRecovery.of(new Reply("x", "checkpoint=3 serials=" + COMMITTED), new Reply("x", "nanos=2000000000 imageBytes=600 imageNanos=1000000000"
                    + " logBytes=400 logNanos=500000000 diskBytes=1000 checkpoint=3 serials=" + COMMITTED + (bandwidth == 1_000 ? " sum=" + sum + " absent=0" : "")), null,
                    bandwidth, "fio", 10));
        }
        CheckpointRecoveries right = new CheckpointRecoveries(all);
        assertTrue(right.areRight());
        assertEquals(1_000, right.shown().bandwidth());
        assertEquals(1_000 / 1.5 / 4_000, right.readingRatios().min(), 1e-9);
        all.set(1, recovery(COMMITTED, sum - 5, 0, 3, 10));
        CheckpointRecoveries wrong = new CheckpointRecoveries(all);
        assertFalse(wrong.areRight());
        assertFalse(wrong.shown().isRight());
        assertThrows(IllegalArgumentException.class, () -> new CheckpointRecoveries(all.subList(0, 2)), "none is in the middle");
        assertThrows(IllegalArgumentException.class, () -> new CheckpointRecoveries(all.subList(0, 1)), "nobody looked");
    }
}
