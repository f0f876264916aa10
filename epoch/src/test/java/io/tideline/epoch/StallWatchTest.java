package io.tideline.epoch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.tideline.memory.Waits;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StallWatchTest {
    private static final long THRESHOLD = 100;

    private final Epoch epoch = new Epoch(Waits.SYSTEM);
    private final StallWatch watch = new StallWatch(THRESHOLD);
    private final long sleeper = epoch.claim("sleeper");
    private final long worker = epoch.claim("worker");

    @AfterEach
    void closeEpoch() {
        epoch.close();
    }

    private static void nothing() {
    }

    @Test
    void shouldNameTheHolderOnceTheThresholdHasPassedAndNobodyElse() {
        epoch.tryEnter(sleeper);
        epoch.bump(StallWatchTest::nothing);
        epoch.tryEnter(worker);
        watch.waited(1_000, epoch);
        watch.waited(1_000 + THRESHOLD - 1, epoch);
        assertEquals(List.of(), watch.lastStall());
        watch.waited(1_000 + THRESHOLD, epoch);
        assertEquals(List.of("sleeper"), watch.lastStall());
        epoch.exit(sleeper);
        epoch.exit(worker);
    }

    @Test
    void shouldReportAStallOnceAndTheNextOneAgain() {
        epoch.tryEnter(sleeper);
        epoch.bump(StallWatchTest::nothing);
        watch.waited(0, epoch);
        watch.waited(THRESHOLD, epoch);
        List<String> first = watch.lastStall();
        assertEquals(List.of("sleeper"), first);
        watch.waited(10 * THRESHOLD, epoch);
        assertSame(first, watch.lastStall());
        epoch.exit(sleeper);
        watch.progressed();
        assertSame(first, watch.lastStall(), "kept for statistics");

        epoch.tryEnter(sleeper);
        epoch.bump(StallWatchTest::nothing);
        watch.waited(20 * THRESHOLD, epoch);
        assertSame(first, watch.lastStall());
        watch.waited(21 * THRESHOLD, epoch);
        assertNotSame(first, watch.lastStall());
        assertEquals(first, watch.lastStall());
        epoch.exit(sleeper);
    }

    @Test
    void shouldCallItNoStallWhereActionsComeAndGo() {
        for (long now = 0; now < 100 * THRESHOLD; now += THRESHOLD / 2) {
            epoch.tryEnter(worker);
            epoch.bump(StallWatchTest::nothing);
            watch.waited(now, epoch);
            epoch.exit(worker); // somebody else drains: the housekeeper sees only that something always waits
        }
        assertEquals(List.of(), watch.lastStall());
    }

    @Test
    void shouldNameAnActionThatDoesNotReturn() {
        epoch.bump(() -> {
            watch.waited(0, epoch);
            assertEquals(List.of(), watch.lastStall());
            watch.waited(THRESHOLD, epoch);
        });
        assertEquals(1, epoch.drain());
        assertNull(epoch.lastFailure());
        assertEquals(List.of(StallWatch.RUNNING_ACTION), watch.lastStall());
    }
}
