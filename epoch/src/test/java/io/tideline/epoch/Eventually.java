package io.tideline.epoch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.memory.Waits;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for what another thread will make true, and fails after half a minute. */
final class Eventually {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private Eventually() {
    }

    static void await(String what, BooleanSupplier condition) {
        long begin = Waits.SYSTEM.nanoTime();
        for (int attempt = 0; !condition.getAsBoolean(); attempt++) {
            assertTrue(Waits.SYSTEM.nanoTime() - begin < PATIENCE_NANOS, () -> "not within half a minute: " + what);
            Waits.SYSTEM.pause(attempt);
        }
    }
}
