package io.tideline.memory;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How this store waits: every spin, back-off and look at a clock goes through one injected instance, so that a test can run the real
 * store in virtual time.
 */
public interface Waits {
    /** Spins, then yields, then parks for at most a millisecond. */
    Waits SYSTEM = new Waits() {
        private static final int SPINS = 64;
        private static final int YIELDS = 128;

        @Override
        public void spin() {
            Thread.onSpinWait();
        }

        @Override
        public void pause(int attempt) {
            if (attempt < SPINS) {
                Thread.onSpinWait();
            } else if (attempt < YIELDS) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(Math.min(1_000, 10L * (attempt - YIELDS + 1))));
            }
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }
    };

    /** One turn of a short wait that may happen inside an epoch: never yields or parks. */
    void spin();

    /** One turn of a longer wait, outside any epoch; {@code attempt} counts its turns from 0. Returns soon, whatever happened. */
    void pause(int attempt);

    /** A clock in nanoseconds, with any origin. */
    long nanoTime();
}
