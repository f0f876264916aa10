package io.tideline.memory;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

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
        public void await(BooleanSupplier condition) {
            boolean interrupted = false;
            while (!condition.getAsBoolean()) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted(); // an interrupted thread could not park
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void wake(Thread waiter) {
            LockSupport.unpark(waiter);
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

    /**
     * Waits, outside any epoch, until {@code condition} holds. Whoever makes it true calls {@link #wake} with the waiting thread after that.
     * An interrupt does not end the wait; the thread is interrupted again afterwards.
     */
    default void await(BooleanSupplier condition) {
        SYSTEM.await(condition);
    }

    /** Tells a thread in {@link #await} to look at its condition. Never blocks. */
    default void wake(Thread waiter) {
        SYSTEM.wake(waiter);
    }

    /** A clock in nanoseconds, with any origin. */
    long nanoTime();
}
