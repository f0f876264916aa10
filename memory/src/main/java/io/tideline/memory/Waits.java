package io.tideline.memory;

import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * How this store waits: every spin, back-off, lock that is held across such, thread of the store's own, look at a clock and number drawn by chance goes through
 * one injected instance, so that a test can run the real store in virtual time, one thread at a time in an order of its choosing.
 */
public interface Waits {
    /** Spins, then yields, then parks for at most a millisecond, or two while interrupted. */
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
                park(TimeUnit.MICROSECONDS.toNanos(Math.min(1_000, 10L * (attempt - YIELDS + 1))));
            }
        }

        /** An interrupted thread could not park: a virtual one would keep its carrier from those that it waits for. */
        private void park(long nanos) {
            boolean interrupted = Thread.interrupted();
            LockSupport.parkNanos(nanos);
            if (interrupted) {
                LockSupport.parkNanos(nanos); // an interrupt also lets one parking pass
                Thread.currentThread().interrupt();
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
    default void spin() {
        SYSTEM.spin();
    }

    /** One turn of a longer wait, outside any epoch; {@code attempt} counts its turns from 0. Returns soon, whatever happened; an interrupt stays. */
    default void pause(int attempt) {
        SYSTEM.pause(attempt);
    }

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
    default long nanoTime() {
        return SYSTEM.nanoTime();
    }

    /** How long the calling thread has had a processor, in nanoseconds, where the JVM can tell; else {@link #nanoTime}. Takes about a microsecond. */
    default long busyNanos() {
        return BusyTime.ofThisThread();
    }

    /** The time of day in milliseconds since 1970, for people to read. */
    default long currentTimeMillis() {
        return System.currentTimeMillis();
    }

    /** A number that nobody else has, as far as chance allows; never 0. */
    default long newId() {
        long id = 0;
        while (id == 0) {
            id = new SecureRandom().nextLong();
        }
        return id;
    }

    /** A daemon thread of the store's own, for {@link #start}. */
    default Thread thread(String name, Runnable work) {
        return Thread.ofPlatform().daemon().name(name).unstarted(work);
    }

    default void start(Thread thread) {
        thread.start();
    }

    /** Waits, outside any epoch, for the end of a thread from {@link #thread}; one that was not started has ended. Interrupts as in {@link #await}. */
    default void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** How many threads can run at the same time; as many as there may be where nothing shall depend on it. */
    default int processors() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** Runs what is not the store's on a thread that holds nothing and that nobody waits for. */
    default void detach(String name, Runnable work) {
        Thread.ofVirtual().name(name).start(work);
    }

    /**
     * A lock, reentrant, for what is done seldom, outside any epoch unless its holders never wait. Where a thread may reach a {@link Probe} point
     * or any of these methods under a lock, it is one of these and no monitor, so that whoever steers the threads knows who waits for whom.
     */
    default Lock lock() {
        return new ReentrantLock();
    }
}
