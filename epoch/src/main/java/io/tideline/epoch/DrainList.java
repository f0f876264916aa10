package io.tideline.epoch;

import io.tideline.memory.Waits;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Actions that wait for an epoch to become safe: bounded, each run exactly once.
 *
 * <p><b>State.</b> {@code epochs[i]} is {@link #FREE}, {@link #FILLING} or the epoch that must be safe; {@code actions[i]} goes with it.
 *
 * <p><b>Invariants.</b> (1) Only the winner of FREE → FILLING writes an action, and its epoch is published after the action. (2) Only the
 * holder of {@code draining} takes entries out, so an action runs once. (3) {@code pending} counts from before an entry is visible until
 * after its action ran, so zero means that nothing registered is still to run. (4) {@code closed} is set by the last holder of
 * {@code draining}, who keeps it.
 *
 * <p><b>Linearisation points.</b> {@link #offer}: publishing the epoch. {@link #drain}: setting the entry FREE.
 *
 * <p>An action must neither block nor enter an epoch that may be full of waiters. What it throws is kept and logged, and it counts as
 * run. An action may offer another; it runs in a later drain, never by recursion.
 */
final class DrainList {
    private static final Logger LOG = System.getLogger(DrainList.class.getName());
    private static final long FREE = Long.MAX_VALUE;
    private static final long FILLING = Long.MAX_VALUE - 1;

    private final AtomicLongArray epochs;
    private final AtomicReferenceArray<Runnable> actions;
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicBoolean draining = new AtomicBoolean();
    private volatile boolean closed;
    private volatile Throwable lastFailure;

    DrainList(int capacity) {
        epochs = new AtomicLongArray(capacity);
        actions = new AtomicReferenceArray<>(capacity);
        for (int i = 0; i < capacity; i++) {
            epochs.set(i, FREE);
        }
    }

    /** Registers an action to run once {@code epoch} is safe; false if the list is full or closed. Never waits. */
    boolean offer(long epoch, Runnable action) {
        if (closed) {
            return false;
        }
        pending.incrementAndGet();
        for (int i = 0; i < epochs.length(); i++) {
            if (epochs.get(i) == FREE && epochs.compareAndSet(i, FREE, FILLING)) {
                actions.set(i, action);
                epochs.set(i, epoch);
                return true;
            }
        }
        pending.decrementAndGet();
        return false;
    }

    /** Whether an action may still have to run. */
    boolean isPending() {
        return pending.get() != 0;
    }

    /** The smallest epoch that an action waits for, or {@link Long#MAX_VALUE}. */
    long oldest() {
        long oldest = Long.MAX_VALUE;
        for (int i = 0; i < epochs.length(); i++) {
            long epoch = epochs.get(i);
            if (epoch != FREE && epoch != FILLING) {
                oldest = Math.min(oldest, epoch);
            }
        }
        return oldest;
    }

    /** Runs the actions whose epoch is at most {@code safe}; does nothing where somebody else is at it. Returns how many ran. */
    int drain(long safe) {
        if (!draining.compareAndSet(false, true)) {
            return 0;
        }
        try {
            return runSafe(safe);
        } finally {
            draining.set(false);
        }
    }

    /**
     * Waits for a drain under way, runs a last time what is safe, and lets nothing run any more. An action that was offered meanwhile
     * may never run. Not to be called from an action, which would wait for itself; called once.
     */
    void close(long safe, Waits waits) {
        for (int attempt = 0; !draining.compareAndSet(false, true); attempt++) {
            waits.pause(attempt);
        }
        runSafe(safe);
        closed = true;
    }

    private int runSafe(long safe) {
        int ran = 0;
        for (int i = 0; i < epochs.length(); i++) {
            if (epochs.get(i) <= safe) {
                Runnable action = actions.get(i);
                actions.set(i, null);
                epochs.set(i, FREE);
                run(action);
                ran++;
            }
        }
        return ran;
    }

    private void run(Runnable action) {
        try {
            action.run();
        } catch (Throwable thrown) {
            lastFailure = thrown;
            log(thrown);
        } finally {
            pending.decrementAndGet();
        }
    }

    /** A log that throws must not reach whoever happened to drain: the operation of a stranger, or the housekeeper. */
    private static void log(Throwable failure) {
        try {
            LOG.log(Level.ERROR, "an epoch action failed; it counts as run", failure);
        } catch (Throwable unlogged) {
            failure.addSuppressed(unlogged);
        }
    }

    /** What the latest failed action threw; null if none did. */
    Throwable lastFailure() {
        return lastFailure;
    }
}
