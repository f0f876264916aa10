package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WaitsTest {
    @Test
    void shouldReturnFromEveryPauseWithinAMoment() {
        long begin = Waits.SYSTEM.nanoTime();
        for (int attempt = 0; attempt < 300; attempt++) {
            Waits.SYSTEM.pause(attempt);
        }
        Waits.SYSTEM.pause(Integer.MAX_VALUE);
        Waits.SYSTEM.pause(Integer.MIN_VALUE); // where a counter of attempts has wrapped
        Waits.SYSTEM.spin();
        long passed = Waits.SYSTEM.nanoTime() - begin;
        assertTrue(passed >= 0 && passed < TimeUnit.SECONDS.toNanos(30), passed + " ns");
    }

    @Test
    void shouldLeaveAnInterruptForItsOwner() {
        Thread.currentThread().interrupt();
        Waits.SYSTEM.pause(1_000);
        assertTrue(Thread.interrupted());
    }
}
